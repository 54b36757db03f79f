"""An order's log as people read it: who did what when, at which visit, why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from core.auth.actors import Actor
from core.i18n import local_time
from dispatch.workorders import rules
from dispatch.workorders.models import OrderEvent, VisitEvent, WorkOrder
from dispatch.workorders.requests import is_customer_only
from dispatch.workorders.schemas import LOCK_NAMES
from dispatch.workorders.transitions import log_of

FOR_CUSTOMERS = ("solution", "score", "engineer", "start_at", "end_at")
"""Facts of an event that a customer is told; remarks of our people stay among them."""


@dataclass(frozen=True)
class Told:
    """An event of an order's log as somebody may read it; `visit_id` is None for the order as a whole."""

    verb: str
    from_status: str
    to_status: str
    at: datetime
    actor_id: uuid.UUID | None
    actor_name: str
    reason: str
    facts: dict[str, Any] | None
    visit_id: uuid.UUID | None


def log_for(actor: Actor, order: WorkOrder) -> list[Told]:
    """Return an order's log, oldest first; customers get their own remarks and no others."""
    return [
        _told(event, is_customer_only(actor) and event.actor_id != actor.user_id) for event in log_of(order)
    ]


def _told(event: OrderEvent | VisitEvent, abridged: bool) -> Told:
    facts = event.facts
    if abridged:
        facts = {name: value for name, value in (facts or {}).items() if name in FOR_CUSTOMERS} or None
    return Told(
        event.verb,
        event.from_status,
        event.to_status,
        event.at,
        event.actor_id,
        event.actor_name,
        "" if abridged else event.reason,
        facts,
        getattr(event, "visit_id", None),
    )


def timeline_of(actor: Actor, order: WorkOrder) -> list[dict[str, Any]]:
    """Return what happened to an order and at its visits, newest first, as `macros.html`'s timeline."""
    sequences = {visit.id: visit.sequence for visit in order.visits}
    return [
        {
            "actor": event.actor_name,
            "action": _action(event, sequences),
            "tone": rules.STATUSES[event.to_status].colour,
            "at": local_time(event.at, "medium"),
            "lines": _lines(event),
        }
        for event in reversed(log_for(actor, order))
    ]


def _action(event: Told, sequences: dict[Any, int]) -> str:
    if event.visit_id is None:
        transition = rules.ORDER_TRANSITIONS.get(event.verb)
        return gettext(transition.label) if transition else gettext("Created")
    label = gettext(rules.VISIT_TRANSITIONS[event.verb].label)
    number = sequences.get(event.visit_id, 0)
    return gettext("%(verb)s (visit %(number)s)", verb=label, number=number)


def _lines(event: Told) -> list[str]:
    reason = rules.INCOMPLETE_REASONS.get(event.reason) if event.verb == "end_incomplete" else None
    facts = event.facts or {}
    told = [gettext(reason) if reason else event.reason]
    told += [str(facts.get(name) or "") for name in ("note", "solution", "into", "from")]
    if facts.get("engineer"):
        start, end = (local_time(datetime.fromisoformat(facts[name])) for name in ("start_at", "end_at"))
        told.append(f"{facts['engineer']}, {start} – {end}")
    if facts.get("missing_skills"):
        told.append(gettext("Missing skills: %(skills)s", skills=", ".join(facts["missing_skills"])))
    if facts.get("refused_by_customer"):
        told.append(gettext("The customer refused this engineer."))
    if facts.get("lock"):
        told.append(gettext(LOCK_NAMES[facts["lock"]]))
    if facts.get("distance_from_site_m") is not None:
        told.append(gettext("%(distance)s m from the site", distance=facts["distance_from_site_m"]))
    if facts.get("outside_geofence"):
        told.append(gettext("Outside the geofence"))
    if facts.get("signature_refused_reason"):
        told.append(gettext("No signature: %(reason)s", reason=facts["signature_refused_reason"]))
    if facts.get("score"):
        told.append(gettext("Satisfaction: %(score)s of 5", score=facts["score"]))
    return [line for line in told if line]
