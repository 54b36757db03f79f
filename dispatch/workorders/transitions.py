"""The one place where orders and visits move: by the table of `rules`, logged, told to who listens.

A visit's status is where its log has led: `apply_to_visit` takes the instant at which something
happened, so that what a phone reports late is logged with its own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import select

from core import clock, events
from core.audit import plain
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, Invalid, mark
from core.records import touch
from dispatch.workforce.models import Engineer
from dispatch.workorders import rules
from dispatch.workorders.events import OrderStatusChanged, VisitStatusChanged
from dispatch.workorders.models import OrderEvent, Visit, VisitEvent, WorkOrder

_reported: ContextVar[Reported | None] = ContextVar("reported", default=None)
_held: ContextVar[list[object] | None] = ContextVar("held", default=None)


@dataclass(frozen=True)
class Reported:
    """What a phone says was done: from which status to which it led then, and where the visit is by now.

    `time_quality` tells whether the instant it names is ``certain`` or ``uncertain``; empty: not known.
    """

    before: str
    after: str
    now: str
    time_quality: str = ""


@contextmanager
def reported(told: Reported) -> Iterator[None]:
    """Have the one verb done inside taken as reported: it is known to be possible, and may be past."""
    token = _reported.set(told)
    try:
        yield
    finally:
        _reported.reset(token)


def apply_to_visit(
    actor: Actor,
    visit: Visit,
    verb: str,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    at: datetime | None = None,
    decision: str | None = None,
    change: Callable[[], None] | None = None,
) -> None:
    """Do `verb` to a visit: check it against the table, move, log, and derive the order's status anew.

    Parameters
    ----------
    at : datetime, optional
        When it happened; now when absent.
    decision : str, optional
        What it decides about the order, where not what the table says.
    change : callable, optional
        Further changes of the visit, made together with the status.

    Raises
    ------
    Forbidden
        The actor may not do this to this visit.
    Conflict
        The visit's status does not allow it.
    Invalid
        A reason is missing.
    """
    transition, told, standing = rules.VISIT_TRANSITIONS[verb], _reported.get(), visit.status
    allowed_from = transition.before[0] if told else standing
    check(actor, transition, allowed_from, reason, is_own_visit=is_own(actor, visit))
    before, after = (told.before, told.after) if told else (standing, transition.to or standing)
    with db.session.no_autoflush:
        visit.status = told.now if told else after
        if change:
            change()
    touch(visit)
    decision = decision or transition.decides
    if decision:
        visit.order.decision = decision
    if told and told.time_quality:
        facts = {**(facts or {}), "time_quality": told.time_quality}
    log_visit(actor, visit, verb, before, after, reason=reason, facts=facts, at=at)
    settle(visit.order)
    if visit.status != standing:
        tell(VisitStatusChanged(visit.id, visit.order_id, verb, standing, visit.status))


def apply_to_order(
    actor: Actor,
    order: WorkOrder,
    verb: str,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    consequence: Callable[[], None] | None = None,
) -> None:
    """Decide `verb` about an order: check it against the table, do what follows from it, log.

    `consequence` is called after the check, before the order's status is derived anew.

    Raises
    ------
    Forbidden, Conflict, Invalid
        As `apply_to_visit`.
    """
    transition = rules.ORDER_TRANSITIONS[verb]
    check(actor, transition, order.status, reason)
    before = order.status
    order.decision = transition.to or order.decision
    if consequence:
        # What holds between columns holds again only once the status is settled.
        with db.session.no_autoflush:
            consequence()
    settle(order)
    log_order(actor, order, verb, before, reason=reason, facts=facts)


def check(
    actor: Actor, transition: rules.Transition, status: str, reason: str, *, is_own_visit: bool = False
) -> None:
    """Raise unless the actor may make this transition from this status, with this reason.

    Raises
    ------
    Forbidden, Conflict, Invalid
    """
    if not rules.is_allowed(transition, actor.roles, is_own_visit=is_own_visit):
        if "engineer" in transition.roles & actor.roles:
            raise Forbidden(
                mark("Only the engineer this visit is assigned to may do this."), code="not_yours"
            )
        raise Forbidden(
            mark("You may not do this: %(verb)s is for others."), verb=lazy_gettext(transition.label)
        )
    if status not in transition.before:
        raise Conflict(
            mark("%(verb)s is not possible now: the status is “%(status)s”; load it again."),
            code="wrong_status",
            verb=lazy_gettext(transition.label),
            status=lazy_gettext(rules.STATUSES[status].en),
            from_status=status,
            possible_from=list(transition.before),
        )
    if transition.needs_reason and not reason.strip():
        message = mark("Give a reason.")
        raise Invalid(message, code="reason_missing", fields={"reason": [message]})


def settle(order: WorkOrder) -> None:
    """Derive the order's status from its decision and its visits; tell when it changed.

    The order counts as changed in any case, so that a plan made from an older state of it is noticed.
    """
    before = order.status
    order.status = rules.order_status(order.decision, [(v.status, v.required) for v in order.visits])
    touch(order)
    if _held.get() is None:
        db.session.flush()
    if order.status != before:
        tell(OrderStatusChanged(order.id, before, order.status))


@contextmanager
def together() -> Iterator[None]:
    """Write and tell what moves inside all at once at the end, for many visits in little time."""
    held: list[object] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
    db.session.flush()
    for event in held:
        events.publish(event)


def tell(event: object) -> None:
    """Publish an event, inside `together` at its end."""
    held = _held.get()
    if held is None:
        events.publish(event)
    else:
        held.append(event)


def is_own(actor: Actor, visit: Visit) -> bool:
    """Tell whether the actor is the engineer this visit is assigned to."""
    return (
        actor.user_id is not None and visit.engineer is not None and visit.engineer.user_id == actor.user_id
    )


def log_visit(
    actor: Actor,
    visit: Visit,
    verb: str,
    before: str,
    after: str,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Append to the visit's log what happened; it is never changed again."""
    said = _said(actor, verb, before, after, reason, facts)
    db.session.add(VisitEvent(visit_id=visit.id, at=at or clock.now(), **said))


def log_order(
    actor: Actor,
    order: WorkOrder,
    verb: str,
    before: str,
    *,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Append to the order's log what was decided; it is never changed again."""
    said = _said(actor, verb, before, order.status, reason, facts)
    db.session.add(OrderEvent(order_id=order.id, at=clock.now(), **said))
    db.session.flush()


def _said(
    actor: Actor, verb: str, before: str, after: str, reason: str, facts: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "verb": verb,
        "from_status": before,
        "to_status": after,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "reason": reason.strip(),
        "facts": plain(facts),
    }


def log_of(order: WorkOrder) -> list[OrderEvent | VisitEvent]:
    """Return all that happened to an order and at its visits, oldest first."""
    decided = db.session.scalars(select(OrderEvent).where(OrderEvent.order_id == order.id))
    done = db.session.scalars(
        select(VisitEvent).join(Visit, Visit.id == VisitEvent.visit_id).where(Visit.order_id == order.id)
    )
    return sorted([*decided, *done], key=lambda event: (event.at, event.id))


def engineer_of(engineer_id: Any) -> Engineer:
    """Return an engineer who works.

    Raises
    ------
    Invalid
        There is none with this id, or they do not work any more.
    """
    engineer = db.session.get(Engineer, engineer_id)
    if engineer is None or not engineer.active:
        message = mark("There is no such engineer, or they do not work any more: choose another.")
        raise Invalid(message, code="unknown_engineer", fields={"engineer_id": [message]})
    return engineer
