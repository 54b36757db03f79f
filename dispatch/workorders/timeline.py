"""An order's log as people read it: who did what when, at which visit, why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext

from core.web import local_time
from dispatch.workorders import rules
from dispatch.workorders.models import OrderEvent, VisitEvent, WorkOrder
from dispatch.workorders.schemas import LOCK_NAMES
from dispatch.workorders.transitions import log_of


def timeline_of(order: WorkOrder) -> list[dict[str, Any]]:
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
        for event in reversed(log_of(order))
    ]


def _action(event: OrderEvent | VisitEvent, sequences: dict[Any, int]) -> str:
    if not isinstance(event, VisitEvent):
        transition = rules.ORDER_TRANSITIONS.get(event.verb)
        return gettext(transition.label) if transition else gettext("Created")
    label = gettext(rules.VISIT_TRANSITIONS[event.verb].label)
    number = sequences.get(event.visit_id, 0)
    return gettext("%(verb)s (visit %(number)s)", verb=label, number=number)


def _lines(event: OrderEvent | VisitEvent) -> list[str]:
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
