"""What a service report shows of a visit, made of its chain alone: so the report can be checked by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dispatch.evidence.rules import CLOSED, Link, Seal

FORMAT = "paidan-service-report/1"
_KEEPING = ("number", "kind", "subject_id", "received_at", "facts_sha256", "previous", "digest")
_WORK = ("visit", "order", "customer", "site", "asset", "engineer")


def sections(links: Sequence[Link]) -> dict[str, Any]:
    """Return what a chain attests: steps, outcome, photos, signature, notes, check-ins; who and what for.

    Order, customer, site, device and engineer are those of the moment at which the visit closed, and absent
    before.
    """
    steps = [_step(link, link.said()) for link in links if link.kind == "event"]
    files = _attachments(links)
    signed = [one for one in files if one["kind"] == "signature"]
    closings = [link.said() for link in links if link.kind == "closing"]
    found: dict[str, Any] = {
        "outcome": _outcome(links),
        "steps": sorted(steps, key=lambda one: (one["at"], one["link"])),
        "photos": [one for one in files if one["kind"] == "photo"],
        "documents": [one for one in files if one["kind"] == "document"],
        "signature": max(signed, key=lambda one: (one["taken_at"], one["link"]), default=None),
        "notes": [
            {"link": link.number, "id": link.subject_id, "received_at": link.received_at, **link.said()}
            for link in links
            if link.kind == "note"
        ],
        "positions": [
            {"link": link.number, "id": link.subject_id, "received_at": link.received_at, **link.said()}
            for link in links
            if link.kind == "position" and link.facts is not None
        ],
    }
    return {**{name: closings[-1][name] for name in _WORK if closings}, **found}


def _step(link: Link, said: Mapping[str, Any]) -> dict[str, Any]:
    facts = said.get("facts") or {}
    return {
        "link": link.number,
        "verb": said["verb"],
        "from_status": said["from_status"],
        "to_status": said["to_status"],
        "at": said["at"],
        "received_at": link.received_at,
        "time_quality": facts.get("time_quality"),
        "by": said["actor_name"],
        "reason": said["reason"],
        "distance_from_site_m": facts.get("distance_from_site_m"),
        "outside_geofence": facts.get("outside_geofence"),
    }


def _outcome(links: Sequence[Link]) -> dict[str, Any] | None:
    """Return how the visit ended: what was said the last time it did."""
    for link in reversed(links):
        if link.kind == "event" and (said := link.said())["to_status"] in CLOSED:
            facts = said.get("facts") or {}
            names = ("solution", "note", "signature_refused_reason", "missing")
            told = {name: facts[name] for name in names if facts.get(name)}
            return {"status": said["to_status"], "at": said["at"], "reason": said["reason"], **told}
    return None


def _attachments(links: Sequence[Link]) -> list[dict[str, Any]]:
    by_id: dict[str, dict[str, Any]] = {}
    for link in links:
        if link.kind == "attachment_named":
            by_id[link.subject_id] = {
                "link": link.number,
                "id": link.subject_id,
                "received_at": link.received_at,
                "sha256": None,
                **{name: value for name, value in link.said().items() if not name.endswith("_id")},
            }
        elif link.kind in ("attachment_bytes", "attachment_shown"):
            by_id.setdefault(link.subject_id, {"kind": ""}).update(link.said())
    return sorted((one for one in by_id.values() if one["kind"]), key=lambda one: one["link"])


def chain_as_json(links: Sequence[Link]) -> list[dict[str, Any]]:
    """Return a chain as reports have it; facts are the very text that was digested, or null."""
    return [{**{name: getattr(link, name) for name in _KEEPING}, "facts": link.facts} for link in links]


def chain_in(report: Mapping[str, Any]) -> tuple[str, list[Link], list[Seal]]:
    """Return the visit, the chain and the seals in a report.

    Raises
    ------
    KeyError, TypeError, ValueError
        It has none that can be read.
    """
    visit_id = str(report["visit_id"])
    links = [
        Link(visit_id=visit_id, facts=one["facts"], **{name: one[name] for name in _KEEPING})
        for one in report["chain"]
    ]
    seals = [Seal(**one) for one in report["seals"]]
    for one in [*links, *seals]:
        values = vars(one).items()
        if not all(isinstance(v, int if k == "number" else str) for k, v in values if k != "facts"):
            raise ValueError("not as reports have it")
        if isinstance(one, Link) and not isinstance(one.facts, str | None):
            raise ValueError("not as reports have it")
    return visit_id, links, seals


def section_faults(report: Mapping[str, Any], links: Sequence[Link]) -> Iterator[str]:
    """Yield a sentence for each part of a report that says something else than its chain."""
    for link in links:
        if link.facts is None and link.kind != "position":
            yield f"link {link.number} ({link.kind}) does not tell its facts"
    try:
        due = sections(links)
    except (KeyError, TypeError, ValueError, AttributeError):
        yield "the facts in the chain are not those of a service report"
        return
    if report.get("format") != FORMAT:
        yield f"its format is not {FORMAT}"
    if report.get("attested") != sorted(due):
        yield "it does not say which of its parts are attested"
    for name, value in due.items():
        if report.get(name) != value:
            yield f"what it says under “{name}” is not what the chain says"
