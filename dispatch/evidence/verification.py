"""What is wrong with evidence: chains made anew from the tables, and compared with rows, files and keys."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from core import clock, files
from core.db import consistent_read, db
from dispatch.evidence import keys, report_rules, rules, subjects
from dispatch.evidence.links import links_of, seals_of
from dispatch.evidence.models import EvidenceChain, EvidenceLink
from dispatch.evidence.rules import Link
from dispatch.workorders.models import Visit, VisitEvent, WorkOrder

SEALED_WITHIN = timedelta(minutes=10)
"""As long as this after the last link a closed visit's chain may still wait for its seal."""
_HASHES = ("sha256", "display_sha256", "thumbnail_sha256")
_CHUNK = 1 << 20


def visit_ids() -> list[uuid.UUID]:
    """Return every visit that has a chain, or should have one."""
    begun = db.session.scalar(select(func.min(EvidenceLink.received_at)))
    found = set(db.session.scalars(select(EvidenceChain.visit_id)))
    found.update(db.session.scalars(select(EvidenceLink.visit_id).distinct()))
    if begun is not None:
        query = select(VisitEvent.visit_id).join(Visit).where(Visit.created_at >= begun).distinct()
        found.update(db.session.scalars(query))
    return sorted(found)


def is_visit(visit_id: uuid.UUID) -> bool:
    """Tell whether there is such a visit, or a chain of one."""
    found = db.session.scalar(select(Visit.id).where(Visit.id == visit_id))
    return found is not None or bool(links_of(visit_id))


def count_links(ids: list[uuid.UUID]) -> int:
    """Return how many links the chains of some visits have."""
    return sum(len(links_of(visit_id)) for visit_id in ids)


def name_of(visit_id: uuid.UUID) -> str:
    """Return what people call a visit."""
    query = select(WorkOrder.number, Visit.sequence).join(Visit).where(Visit.id == visit_id)
    row = db.session.execute(query).one_or_none()
    return f"{row.number}-{row.sequence} ({visit_id})" if row else str(visit_id)


def faults_of(visit_id: uuid.UUID) -> list[str]:
    """Return a sentence for everything that is wrong with what is attested of a visit."""
    links = links_of(visit_id)
    found = list(rules.chain_faults(str(visit_id), links))
    found += _end_faults(visit_id, links)
    found += _row_faults(visit_id, links)
    for link in links:
        found += _file_faults(link)
    found += _seal_faults(visit_id, links)
    return found


def _end_faults(visit_id: uuid.UUID, links: list[Link]) -> Iterator[str]:
    query = select(EvidenceChain.number, EvidenceChain.digest).where(EvidenceChain.visit_id == visit_id)
    end = db.session.execute(query).one_or_none()
    last = links[-1] if links else None
    if end is None:
        yield "its chain is gone" if last is None else "the row that says where its chain ends is gone"
    elif end.number > (last.number if last else 0):
        at = last.number if last else 0
        yield f"the chain ends at link {at}, and had {end.number}: the last are missing"
    elif last is not None and (end.number, end.digest) != (last.number, last.digest):
        yield f"the chain ends with another link {last.number} than was written last"


def _row_faults(visit_id: uuid.UUID, links: list[Link]) -> Iterator[str]:
    """Yield what rows say now that they did not say when they were received, and what was never received."""
    known = {(link.kind, link.subject_id): link for link in links}
    db.session.expire_all()
    now = {
        subject.key: subject
        for row in subjects.rows_of([visit_id])[visit_id]
        for subject in subjects.subjects_of(row)
    }
    for link in links:
        if link.kind in subjects.MODELS:
            subject = now.get((link.kind, link.subject_id))
            what = f"{_NAMES[link.kind]} {link.subject_id} (link {link.number})"
            if subject is None:
                yield f"{what} is gone, or is of another visit now"
                continue
            is_now = subjects.facts_of(link.kind, subject.row)
            yield from (f"{what} was changed: {one}" for one in rules.differences(_said(link), is_now))
    if links:
        for kind, subject_id in now.keys() - known.keys():
            yield f"{_NAMES[kind]} {subject_id} is not in the chain: it was added around the program"


_NAMES = {
    "event": "event",
    "note": "note",
    "position": "position",
    "attachment_named": "what is said of attachment",
    "attachment_bytes": "the file of attachment",
    "attachment_shown": "the shown pictures of attachment",
}


def _said(link: Link) -> dict[str, Any]:
    """Return what a link says; nothing where somebody made it unreadable, which is told of by itself."""
    try:
        return link.said()
    except ValueError:
        return {}


def _file_faults(link: Link) -> Iterator[str]:
    if link.kind not in ("attachment_bytes", "attachment_shown"):
        return
    said = _said(link)
    for sha256 in (str(said[name]) for name in _HASHES if said.get(name)):
        what = f"the file {sha256[:16]}… of attachment {link.subject_id} (link {link.number})"
        try:
            stream = files.open_kept(sha256)
        except FileNotFoundError:
            yield f"{what} is missing: restore it from the backup"
            continue
        digest = hashlib.sha256()
        with stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != sha256:
            yield f"{what} was swapped: its SHA-256 is {digest.hexdigest()[:16]}… now"


def _seal_faults(visit_id: uuid.UUID, links: list[Link]) -> Iterator[str]:
    seals, known = seals_of(visit_id), keys.known_keys()
    yield from rules.seal_faults(links, seals)
    for seal in seals:
        fault = keys.signature_fault(str(visit_id), seal, known)
        if fault:
            yield fault
    status = db.session.scalar(select(Visit.status).where(Visit.id == visit_id))
    is_sealed = bool(links and seals and seals[-1].number >= links[-1].number)
    if not links or status not in rules.CLOSED or is_sealed:
        return
    if clock.now() - datetime.fromisoformat(links[-1].received_at) > SEALED_WITHIN:
        yield f"its end, link {links[-1].number}, is not sealed: no worker runs, or the key cannot be read"


def faults_by_visit(ids: list[uuid.UUID]) -> Iterator[tuple[uuid.UUID, list[str]]]:
    """Yield each of some visits with what is wrong with it, each from one picture of the database."""
    for visit_id in ids:
        with consistent_read():
            found = faults_of(visit_id)
        yield visit_id, found


def report_faults(report: Mapping[str, Any], trusted: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a report by itself, without a database.

    Parameters
    ----------
    trusted : mapping
        Public keys by fingerprint that are believed; a key in the report itself proves nothing.
    """
    try:
        visit_id, links, seals = report_rules.chain_in(report)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["this is no service report: its chain cannot be read"]
    found = list(rules.chain_faults(visit_id, links))
    found += rules.seal_faults(links, seals)
    found += [fault for seal in seals if (fault := keys.signature_fault(visit_id, seal, trusted))]
    found += report_rules.section_faults(report, links)
    if not links:
        found.append("the report has no chain")
    elif not seals or seals[-1].number < links[-1].number:
        sealed = seals[-1].number if seals else 0
        found.append(f"its end, link {links[-1].number}, is not sealed: signed up to link {sealed}")
    return found
