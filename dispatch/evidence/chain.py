"""The chain of what was received at a visit: written by the session itself, so that nothing goes around it.

At the end of every transaction what it wrote of a visit is linked to what was there. The chain's own row is
held meanwhile: it is the last but the feed's that a transaction takes, and those of several visits are taken
in one order, so that nobody who holds one waits for anything else. A visit's first link brings along what
there was of it before.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from core import clock, jobs
from core.db import before_commit, db, insert_rows
from dispatch.evidence import rules, seals, subjects
from dispatch.evidence.models import Attachment, EvidenceChain, EvidenceLink
from dispatch.evidence.rules import Link, first_previous, next_link
from dispatch.evidence.subjects import ATTESTED, Row, Subject
from dispatch.workorders.models import Visit, VisitEvent

_AT_ONCE = 500
_WRITTEN = "evidence_written"


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: Any) -> None:
    """Remember what was written of visits in this transaction."""
    rows = [row for row in session.new if isinstance(row, ATTESTED)]
    rows += [row for row in session.dirty if isinstance(row, Attachment)]
    if rows:
        _written(session).update(dict.fromkeys(rows))


def _written(session: Session) -> dict[Row, None]:
    """Return what is remembered of the transaction that is open; what another one left goes."""
    root = session.get_transaction()
    if session.info.get(_WRITTEN, (None, None))[0] is not root or root is None:
        session.info[_WRITTEN] = (root, {})
    rows: dict[Row, None] = session.info[_WRITTEN][1]
    return rows


def attest(_session: Any) -> None:
    """Link what this transaction wrote of visits, and have the chains of those that are over sealed."""
    session = db.session()
    session.flush()
    by_visit: dict[uuid.UUID, list[Subject]] = defaultdict(list)
    for row in _written(session):
        # What a savepoint took back is not there any more.
        if inspect(row).persistent:
            for subject in subjects.subjects_of(row):
                assert row.visit_id is not None
                by_visit[row.visit_id].append(subject)
    session.info.pop(_WRITTEN, None)
    todo = iter(sorted(by_visit))
    while visit_ids := list(islice(todo, _AT_ONCE)):
        _attest_visits(session, {visit_id: by_visit[visit_id] for visit_id in visit_ids})


before_commit(attest, first=True)


def _attest_visits(session: Session, by_visit: dict[uuid.UUID, list[Subject]]) -> None:
    now = clock.now()
    chains, begun = _held_chains(session, list(by_visit))
    for visit_id, rows in subjects.rows_of(begun).items() if begun else ():
        by_visit[visit_id] = [subject for row in rows for subject in subjects.subjects_of(row)]
    linked = _linked(session, by_visit)
    status = dict(session.execute(select(Visit.id, Visit.status).where(Visit.id.in_(by_visit))).all())
    added: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for visit_id, wanted in by_visit.items():
        chain = chains[visit_id]
        links = _new_links(chain, [one for one in wanted if one.key not in linked], now)
        if not links:
            continue
        added += [_columns(link, visit_id, now) for link in links]
        ends.append({"visit_id": visit_id, "number": links[-1].number, "digest": links[-1].digest})
        if status[visit_id] in rules.CLOSED:
            key = f"{seals.SEAL}:{visit_id}:{links[-1].number}"
            jobs.enqueue(seals.SEAL, {"visit_id": str(visit_id)}, key=key)
    insert_rows(session, EvidenceLink.__table__, added)  # type: ignore[arg-type]
    _move_ends(session, ends)


def _held_chains(
    session: Session, visit_ids: list[uuid.UUID]
) -> tuple[dict[uuid.UUID, Any], list[uuid.UUID]]:
    """Return the ends of chains, held until the transaction is over, and which of them begin only now."""
    begin = [
        {"visit_id": one, "number": 0, "digest": first_previous(str(one)), "sealed_number": 0}
        for one in visit_ids
    ]
    session.execute(_insert(EvidenceChain).values(begin).on_conflict_do_nothing())
    query = select(EvidenceChain.visit_id, EvidenceChain.number, EvidenceChain.digest)
    query = query.where(EvidenceChain.visit_id.in_(visit_ids)).order_by(EvidenceChain.visit_id)
    held = {row.visit_id: row for row in session.execute(query.with_for_update())}
    return held, [visit_id for visit_id, row in held.items() if row.number == 0]


def _insert(model: type[Any]) -> Any:
    return (postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert)(model)


def _linked(session: Session, by_visit: dict[uuid.UUID, list[Subject]]) -> set[tuple[str, str]]:
    """Return which attachments are attested already; everything else comes once only."""
    ids = {one.key[1] for wanted in by_visit.values() for one in wanted if isinstance(one.row, Attachment)}
    if not ids:
        return set()
    query = select(EvidenceLink.kind, EvidenceLink.subject_id).where(
        EvidenceLink.visit_id.in_(by_visit), EvidenceLink.subject_id.in_(ids)
    )
    return {(row.kind, row.subject_id) for row in session.execute(query)}


def _new_links(chain: Any, wanted: list[Subject], now: datetime) -> list[Link]:
    links: list[Link] = []
    visit_id, end = str(chain.visit_id), (chain.number, chain.digest)
    for subject in wanted:
        parts = [(*subject.key, subjects.facts_of(subject.kind, subject.row))]
        if isinstance(subject.row, VisitEvent) and subject.row.to_status in rules.CLOSED:
            visit = db.session.get_one(Visit, chain.visit_id)
            parts.append(("closing", str(subject.row.id), subjects.work_of(visit)))
        for kind, subject_id, facts in parts:
            links.append(next_link(visit_id, end, kind, subject_id, now, facts))
            end = (links[-1].number, links[-1].digest)
    return links


def _columns(link: Link, visit_id: uuid.UUID, received_at: datetime) -> dict[str, Any]:
    return {
        "visit_id": visit_id,
        "number": link.number,
        "kind": link.kind,
        "subject_id": link.subject_id,
        "facts": link.facts,
        "received_at": received_at,
        "previous": link.previous,
        "digest": link.digest,
    }


def _move_ends(session: Session, ends: list[dict[str, Any]]) -> None:
    if not ends:
        return
    # Every row is there and held: this changes it, and adds none.
    moved = _insert(EvidenceChain).values([{**end, "sealed_number": 0} for end in ends])
    changed = {"number": moved.excluded.number, "digest": moved.excluded.digest}
    session.execute(moved.on_conflict_do_update(index_elements=["visit_id"], set_=changed))
