"""What has to be done at every visit, and what of it is not there yet, for the phone and the reviewer.

Seen when it is looked at, not when the visit is completed: photos and signatures may come later than that.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from core.db import db
from core.errors import mark
from dispatch.evidence import attachments
from dispatch.workorders.models import Visit, VisitEvent, WorkOrder
from geo.models import Position

MANDATORY = {
    "arrival": mark("Arrival or check-in"),
    "photo": mark("A photo"),
    "solution": mark("What was done"),
    "signature": mark("The customer’s signature"),
}
"""The actions of the standard template, and what people call them."""


def missing_at(visit: Visit) -> list[str]:
    """Return the mandatory actions of which nothing is here; a reason why nobody signed is one of them."""
    facts = _facts_of_end(visit)
    there = {
        "arrival": _has_arrived(visit),
        "photo": attachments.has_photo(visit.id),
        "solution": bool(facts.get("solution", "").strip()),
        "signature": bool(facts.get("signature_refused_reason"))
        or attachments.signature_of(visit.id) is not None,
    }
    return [action for action in MANDATORY if not there[action]]


def missing_of(order: WorkOrder) -> Sequence[tuple[Visit, list[str]]]:
    """Return the completed visits of an order at which something mandatory is not there, with what it is."""
    completed = (visit for visit in order.visits if visit.status == "completed")
    return [(visit, missing) for visit in completed if (missing := missing_at(visit))]


def _facts_of_end(visit: Visit) -> dict[str, str]:
    query = select(VisitEvent.facts).where(VisitEvent.visit_id == visit.id, VisitEvent.verb == "complete")
    return db.session.scalar(query.order_by(VisitEvent.id.desc()).limit(1)) or {}


def _has_arrived(visit: Visit) -> bool:
    arrived = select(VisitEvent.id).where(VisitEvent.visit_id == visit.id, VisitEvent.verb == "arrive")
    checked_in = select(Position.id).where(Position.visit_id == visit.id, Position.kind == "check_in")
    return any(db.session.scalar(query.limit(1)) is not None for query in (arrived, checked_in))
