"""What phones say that a person has to look at: put into the inbox, and what a decision there does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext

from core.auth.actors import Actor
from core.db import db
from core.errors import mark
from core.i18n import local_time
from dispatch.inbox import items
from dispatch.inbox.kinds import Kind
from dispatch.inbox.models import InboxItem
from dispatch.workforce.models import Engineer
from dispatch.workorders.models import Assignment
from dispatch.workorders.rules import VISIT_TRANSITIONS
from mobile_api import decisions, operations
from mobile_api.devices import WRITE
from mobile_api.models import Operation

NAME = "held_operation"
_WHY = {
    operations.OFF_ASSIGNMENT: mark("The visit had been given to somebody else, or taken off the plan."),
    operations.VISIT_OVER: mark("The visit had been cancelled, or given back."),
    "second_device": mark("It came from a phone that another one has replaced."),
    "no_location": mark("No van of this engineer, or no place for customers, is among the stock locations."),
    "error": mark("It could not be worked on, because of a fault of ours that was logged."),
}
_OTHERS = {
    "incomplete": VISIT_TRANSITIONS["end_incomplete"].label,
    "check_in": mark("Check-in"),
    "position": mark("Positions"),
    "note": mark("Note"),
    "photo": mark("Photo"),
    "signature": mark("Signature"),
    "article_draft": mark("Draft of an article"),
    "part_used": mark("Part used"),
    "part_returned": mark("Part put back"),
    "part_request": mark("Part request"),
    "part_request_cancel": mark("Part request withdrawn"),
}
_TEXTS = {
    "solution": mark("Solution"),
    "reason": mark("Reason"),
    "note": mark("Note"),
    "text": mark("What was written"),
    "caption": mark("Caption"),
    "signer": mark("Signed by"),
    "signature_refused_reason": mark("Why there is no signature"),
}


def follow(operation: Operation, before: str) -> None:
    """Ask a person about an operation that is held now, and no more about one that is not any more."""
    if operation.outcome == "held":
        assignment = db.session.get(Assignment, operation.assignment_id) if operation.assignment_id else None
        items.put(
            NAME,
            operation.id,
            order_id=assignment.visit.order_id if assignment else None,
            engineer_id=operation.engineer_id,
            facts={
                "kind": operation.kind,
                "code": operation.outcome_code,
                "at": operation.event_time,
                "payload": operation.payload,
            },
        )
    elif before == "held":
        items.withdraw(NAME, operation.id)


def _title(item: InboxItem) -> str:
    engineer = db.session.get(Engineer, item.engineer_id) if item.engineer_id else None
    return gettext(
        "%(name)s’s phone says: %(what)s, %(at)s",
        name=engineer.name if engineer else "—",
        what=label_of(str(item.facts["kind"])),
        at=local_time(datetime.fromisoformat(item.facts["at"]), "medium"),
    )


def label_of(kind: str) -> str:
    """Return the reader's word for a kind of operation."""
    transition = VISIT_TRANSITIONS.get(kind)
    return gettext(transition.label if transition else _OTHERS.get(kind, kind))


def _told(item: InboxItem) -> Sequence[tuple[str, str]]:
    payload: dict[str, Any] = item.facts.get("payload") or {}
    said = [(gettext(label), str(payload[name])) for name, label in _TEXTS.items() if payload.get(name)]
    why = _WHY.get(str(item.facts["code"]))
    return [*said, *([(gettext("Why it waits here"), gettext(why))] if why else [])]


def _hold(item: InboxItem) -> None:
    """Hold the visit, as a phone's next word of it does: the decision knows that, or it waits."""
    operation = db.session.get_one(Operation, item.subject_id)
    assignment = db.session.get(Assignment, operation.assignment_id) if operation.assignment_id else None
    if assignment is not None:
        operations.held_visit_of(assignment)


def _operation_of(item: InboxItem) -> Operation:
    held = {"with_for_update": True, "populate_existing": True}
    return db.session.get_one(Operation, item.subject_id, **held)  # type: ignore[arg-type]


def _accept(actor: Actor, item: InboxItem, reason: str) -> None:
    decisions.accept(actor, _operation_of(item), reason)


def _discard(_actor: Actor, item: InboxItem, reason: str) -> None:
    decisions.discard(_operation_of(item), reason)


KIND = Kind(
    name=NAME,
    label=mark("What the phone says"),
    permission=WRITE,
    title=_title,
    told=_told,
    hold=_hold,
    accept=_accept,
    discard=_discard,
    accept_label=mark("Let it count"),
)
