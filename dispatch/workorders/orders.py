"""Work orders: asked for, sorted, reviewed, confirmed, closed. What happens on site is in `visits`.

Every verb takes the acting person, checks what they may do, and decides by the one table.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import exists, select

from core import records
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, Invalid, mark
from dispatch.flows import categories
from dispatch.flows.models import Category
from dispatch.workorders import rules, visits
from dispatch.workorders.batches import insert_many
from dispatch.workorders.models import Visit, VisitEvent, WorkOrder
from dispatch.workorders.resources import WORK_ORDERS
from dispatch.workorders.transitions import apply_to_order

__all__ = [
    "add_visit",
    "approve",
    "cancel",
    "change",
    "close",
    "confirm",
    "create",
    "dispute",
    "follow_up",
    "insert_many",
    "merge",
    "order_of",
    "reject",
    "reopen",
    "resume",
    "triage",
]


def create(actor: Actor, data: dict[str, Any]) -> WorkOrder:
    """Create an order, with its number and its first visit, from data `WorkOrderSchema` has loaded.

    Priority, duration, skills and due instants come from the category (due instants from the contract
    first) where `data` does not say them.

    Raises
    ------
    Invalid
        A sentence a field: what is referred to does not exist or fit together, required fields are empty.
    """
    order: WorkOrder = records.create(WORK_ORDERS, actor, data)
    return order


def change(actor: Actor, order_id: uuid.UUID, version: int, data: dict[str, Any]) -> WorkOrder:
    """Change what an order says, from `version`.

    Raises
    ------
    Stale
        Somebody changed it since that version.
    Conflict
        The order is finished.
    """
    order: WorkOrder = records.change(WORK_ORDERS, actor, order_id, version, data)
    return order


def order_of(actor: Actor, order_id: uuid.UUID) -> WorkOrder:
    """Return an order the actor may see; raise NotFound otherwise."""
    order: WorkOrder = records.record_of(WORK_ORDERS, actor, order_id)
    return order


def triage(
    actor: Actor,
    order: WorkOrder,
    *,
    category_id: uuid.UUID | None = None,
    priority: str | None = None,
    urgency: str | None = None,
    impact: str | None = None,
    reason: str = "",
) -> WorkOrder:
    """Say of which class and how urgent the order is; what is left out stays.

    A new category brings its priority along, unless one is given.
    """
    said: dict[str, Any] = {"urgency": urgency, "impact": impact, "priority": priority}
    if category_id is not None and category_id != order.category_id:
        category = db.session.get(Category, category_id)
        if category is None or not categories.effective(category).active:
            message = mark("There is no such category, or it is not used any more.")
            raise Invalid(message, fields={"category_id": [message]})
        order.category = category
        said["category_id"] = category_id
        said["priority"] = priority or categories.effective(category).priority
    said = {name: value for name, value in said.items() if value is not None}

    def consequence() -> None:
        for name, value in said.items():
            setattr(order, name, value)

    apply_to_order(actor, order, "triage", reason=reason, facts=said, consequence=consequence)
    return order


def merge(actor: Actor, order: WorkOrder, into: WorkOrder, *, reason: str = "") -> WorkOrder:
    """Let an order go on in another open one, which asks for the same; both logs say so.

    Raises
    ------
    Invalid
        It is the same order, or that of another customer.
    Conflict
        The other order is not open, or an engineer is at work on this one.
    """
    if into.id == order.id:
        raise Invalid(mark("An order cannot be merged into itself: choose another."), code="same_order")
    if into.customer_id != order.customer_id:
        raise Invalid(
            mark("Only orders of the same customer can be merged: choose another."), code="other_customer"
        )
    if into.status not in rules.OPEN_ORDERS:
        raise Conflict(
            mark("%(number)s is not open any more: choose another."), code="order_closed", number=into.number
        )
    if any(rules.is_under_way(visit.status) for visit in order.visits):
        raise Conflict(mark("An engineer is at work on it: end that visit first."), code="visit_started")

    def consequence() -> None:
        order.merged_into_id = into.id
        _cancel_open_visits(actor, order, reason or into.number)

    facts = {"into_id": into.id, "into": into.number}
    apply_to_order(actor, order, "merge", reason=reason, facts=facts, consequence=consequence)
    taken = {"from_id": order.id, "from": order.number}
    apply_to_order(actor, into, "take_in", reason=reason, facts=taken)
    return order


def cancel(actor: Actor, order: WorkOrder, *, reason: str) -> WorkOrder:
    """Give an order up, and its open visits with it."""

    def consequence() -> None:
        _cancel_open_visits(actor, order, reason)

    apply_to_order(actor, order, "cancel", reason=reason, consequence=consequence)
    return order


def _cancel_open_visits(actor: Actor, order: WorkOrder, reason: str) -> None:
    for visit in order.visits:
        if visit.status in rules.OPEN_VISITS:
            visits.cancel(actor, visit, reason=reason)


def add_visit(actor: Actor, order: WorkOrder, *, required: bool = True, reason: str = "") -> Visit:
    """Add a visit to an open order and return it: a second engineer's, or one more going there."""
    added: list[Visit] = []
    apply_to_order(
        actor,
        order,
        "add_visit",
        reason=reason,
        consequence=lambda: added.append(visits.new_visit(order, required=required)),
    )
    return added[0]


def resume(actor: Actor, order: WorkOrder, *, reason: str = "") -> WorkOrder:
    """Let an order that waited for a part be planned again."""
    if order.decision != "on_hold":
        raise Conflict(
            mark("This order does not wait for a part; resume its visit instead."), code="wrong_status"
        )
    apply_to_order(actor, order, "resume", reason=reason)
    return order


def approve(
    actor: Actor, order: WorkOrder, *, checked: list[str] | None = None, reason: str = ""
) -> WorkOrder:
    """Find the work complete; `checked` lists what was looked at.

    Raises
    ------
    Forbidden
        The reviewer worked on it.
    """
    _refuse_own_work(actor, order)
    apply_to_order(actor, order, "approve", reason=reason, facts={"checked": checked or []})
    return order


def reject(actor: Actor, order: WorkOrder, *, reason: str) -> WorkOrder:
    """Find the work incomplete: its last completed visit goes back to the engineer.

    Raises
    ------
    Forbidden
        The reviewer worked on it.
    """
    _refuse_own_work(actor, order)

    def consequence() -> None:
        done = [visit for visit in order.visits if visit.status == "completed"]
        visits.send_back(actor, done[-1], reason=reason)

    apply_to_order(actor, order, "reject", reason=reason, consequence=consequence)
    return order


def _refuse_own_work(actor: Actor, order: WorkOrder) -> None:
    if is_own_work(actor, order):
        raise Forbidden(mark("Nobody reviews their own work: another reviewer is needed."), code="own_work")


def is_own_work(actor: Actor, order: WorkOrder) -> bool:
    """Tell whether the actor is the engineer of a visit, or did something at one as engineer."""
    if actor.user_id is None:
        return False
    mine = [visit.id for visit in order.visits if visit.engineer and visit.engineer.user_id == actor.user_id]
    worked = exists().where(
        VisitEvent.visit_id.in_([visit.id for visit in order.visits]),
        VisitEvent.actor_id == actor.user_id,
        VisitEvent.verb.in_(("accept", "depart", "arrive", "start", "complete", "end_incomplete")),
    )
    return bool(mine) or bool(db.session.scalar(select(worked)))


def confirm(actor: Actor, order: WorkOrder, *, reason: str = "") -> WorkOrder:
    """Put on record that the customer is content; by the customer, or by an agent who heard it."""
    apply_to_order(actor, order, "confirm", reason=reason)
    return order


def dispute(actor: Actor, order: WorkOrder, *, reason: str) -> WorkOrder:
    """Put on record that the customer is not content: a new visit follows the last."""
    _go_again(actor, order, "dispute", reason)
    return order


def reopen(actor: Actor, order: WorkOrder, *, reason: str) -> WorkOrder:
    """Open a closed order again: a new visit follows the last."""
    _go_again(actor, order, "reopen", reason)
    return order


def _go_again(actor: Actor, order: WorkOrder, verb: str, reason: str) -> None:
    def consequence() -> None:
        ended = [visit for visit in order.visits if visit.status == "completed"] or order.visits
        visits.new_visit(order, follows=ended[-1])

    apply_to_order(actor, order, verb, reason=reason, consequence=consequence)


def close(actor: Actor, order: WorkOrder, *, reason: str = "") -> WorkOrder:
    """Close an order the customer has confirmed; without that, only with a reason.

    Raises
    ------
    Invalid
        The customer has not confirmed and there is no reason.
    """
    if order.status == "awaiting_confirmation" and order.decision != "confirmed" and not reason.strip():
        message = mark("The customer has not confirmed yet: say why the order is closed nevertheless.")
        raise Invalid(message, code="not_confirmed", fields={"reason": [message]})

    def consequence() -> None:
        _cancel_open_visits(actor, order, reason or "closed")

    apply_to_order(actor, order, "close", reason=reason, consequence=consequence)
    return order


def follow_up(actor: Actor, order: WorkOrder, *, score: int, reason: str = "") -> WorkOrder:
    """Put the customer's satisfaction on record, from 1 to 5.

    Raises
    ------
    Invalid
        The score is something else.
    """
    if not 1 <= score <= 5:
        message = mark("Give a score from 1 (worst) to 5 (best).")
        raise Invalid(message, fields={"score": [message]})

    def consequence() -> None:
        order.satisfaction = score

    apply_to_order(actor, order, "follow_up", reason=reason, facts={"score": score}, consequence=consequence)
    return order
