"""What phones say was done: judged, one by one, and led to the verb that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from marshmallow import Schema, ValidationError
from sqlalchemy import and_, func, or_, select

from core.auth.actors import Actor
from core.db import IN_THE_WAY, db
from core.errors import DomainError
from core.messages import translated
from core.problems import sentence
from dispatch.workorders import transitions, visits
from dispatch.workorders.events import VisitStatusChanged
from dispatch.workorders.models import Assignment, Visit, WorkOrder
from inventory import field_use
from mobile_api import payloads, rules
from mobile_api.facts import FACTS, Fact
from mobile_api.models import Device, Operation, StepHere

log = structlog.get_logger("phones")
VISIT_OVER = "visit_over"
"""Code of a step that came after the visit was cancelled or given back."""
OFF_ASSIGNMENT = "off_assignment"
"""Code of what a phone said of a visit that was not its engineer's any more."""
_FOR_A_PERSON = frozenset({field_use.NoPlace.code})
"""What keeps an operation from being applied that a person can put right."""
_followers: list[Callable[[Operation, str], None]] = []
_judging: ContextVar[bool] = ContextVar("judging", default=False)


def judge(actor: Actor, device: Device, operation: Operation, *, is_last: bool = True) -> None:
    """Decide what becomes of an operation that is stored, and do it; nothing it does is left half done.

    Raises
    ------
    IntegrityError, StaleDataError, OperationalError
        Another connection was in its way, and this `is_last` not.
    """
    try:
        with db.session.begin_nested():
            is_other = device.status != "active"
            outcome, code = ("held", "second_device") if is_other else outcome_of(actor, operation)
        detail = None
    except (ValidationError, DomainError) as error:
        outcome, code, detail = _refusal(error)
    except Exception as error:
        if isinstance(error, IN_THE_WAY) and not is_last:
            raise
        # Nothing a phone said is lost for a fault of ours: a person looks at it.
        log.exception("operation not judged", operation=str(operation.id), kind=operation.kind)
        outcome, code, detail = "held", "error", None
    become(operation, outcome, code, detail)


def _refusal(error: ValidationError | DomainError) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, ValidationError):
        return "rejected", "invalid", {"errors": translated(error.normalized_messages())}
    outcome = "held" if error.code in _FOR_A_PERSON else "rejected"
    return outcome, error.code, {"detail": sentence(error), "errors": translated(error.fields)}


def become(operation: Operation, outcome: str, code: str, detail: dict[str, Any] | None = None) -> None:
    """Give an operation its outcome, and tell whoever follows it of the one before."""
    before = operation.outcome
    operation.outcome, operation.outcome_code, operation.detail = outcome, code, detail
    for tell in _followers:
        tell(operation, before)


def follow(tell: Callable[[Operation, str], None]) -> None:
    """Have ``tell(operation, outcome before)`` called in the transaction in which an outcome is decided."""
    if tell not in _followers:
        _followers.append(tell)


@contextmanager
def _judged() -> Iterator[None]:
    token = _judging.set(True)
    try:
        yield
    finally:
        _judging.reset(token)


def outcome_of(actor: Actor, operation: Operation) -> tuple[str, str]:
    """Return outcome and code, after doing what the operation says."""
    with _judged():
        return _done(actor, operation)


def _done(actor: Actor, operation: Operation) -> tuple[str, str]:
    same = (Operation.device_id == operation.device_id, Operation.device_seq == operation.device_seq)
    if db.session.scalar(select(Operation.id).where(*same, Operation.id != operation.id).limit(1)):
        return "rejected", "seq_reuse"
    schema = payloads.KINDS.get(operation.kind)
    if schema is None:
        return "rejected", "unknown_kind"
    payload = _loaded(schema, operation.payload)
    assignment = db.session.get(Assignment, operation.assignment_id) if operation.assignment_id else None
    if assignment is None and (operation.kind in payloads.OF_A_VISIT or operation.assignment_id):
        return "rejected", "unknown_assignment"
    if assignment is not None and assignment.engineer_id != operation.engineer_id:
        return "rejected", "not_yours"
    if operation.kind in rules.STEPS:
        assert assignment is not None
        return _step(actor, operation, assignment, payload)
    is_off = assignment is not None and assignment.ended_at is not None
    fact = Fact(actor, operation, assignment.visit if assignment else None, is_off)
    FACTS[operation.kind](fact, **payload)
    return "applied", OFF_ASSIGNMENT if is_off else ""


def _loaded(schema: type[Schema], payload: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = schema(unknown="exclude").load(payload)
    return loaded


def _step(
    actor: Actor, operation: Operation, assignment: Assignment, payload: dict[str, Any]
) -> tuple[str, str]:
    visit = held_visit_of(assignment)
    db.session.refresh(assignment)
    if assignment.ended_at is not None:
        return "held", OFF_ASSIGNMENT
    told = _told_before(operation)
    here = db.session.scalars(
        select(StepHere).where(StepHere.assignment_id == assignment.id).order_by(StepHere.id)
    )
    steps = [rules.Step(one.id, one.kind, one.place) for one in (*told, operation)]
    steps += [rules.Step(None, one.verb, one.after_place, one.to_status) for one in here]
    status, landed = rules.fold(steps)
    counting = [
        one
        for one in sorted((*told, operation), key=lambda one: one.place)
        if landed[one.id].outcome == "applied" and not one.done
    ]
    for one in told:
        _let(one, landed[one.id])
    try:
        with db.session.begin_nested():
            for one in counting:
                led = landed[one.id]
                said = payload if one is operation else _loaded(payloads.KINDS[one.kind], one.payload)
                told_now = transitions.Reported(led.before, led.after, status, one.time_quality)
                with transitions.reported(told_now):
                    _STEPS[one.kind](actor, visit, at=one.event_time, **said)
                # It may stop counting and count again as others arrive: the log has it once.
                one.done = True
    except (ValidationError, DomainError) as error:
        if one is operation:
            raise
        # It was to count after all, and cannot: what brought that about is not to blame.
        become(one, *_refusal(error))
        return _step(actor, operation, assignment, payload)
    mine = landed[operation.id]
    return mine.outcome, VISIT_OVER if mine.outcome == "held" else ""


def held_visit_of(assignment: Assignment) -> Visit:
    """Return the visit, it and its order held against other changes; orders come first, as everywhere."""
    order_id = select(Visit.order_id).where(Visit.id == assignment.visit_id).scalar_subquery()
    anew = {"populate_existing": True}
    order = select(WorkOrder).where(WorkOrder.id == order_id).with_for_update(of=WorkOrder, key_share=True)
    db.session.scalars(order.execution_options(**anew)).unique().one()
    visit = select(Visit).where(Visit.id == assignment.visit_id).with_for_update(of=Visit, key_share=True)
    return db.session.scalars(visit.execution_options(**anew)).unique().one()


def _told_before(operation: Operation) -> list[Operation]:
    """Return the other steps a phone said of the same assignment, apart from what was wrong in itself."""
    # What a person decided stands: it is no part of what leads anywhere.
    waits = and_(Operation.outcome == "held", Operation.outcome_code == VISIT_OVER)
    led = and_(Operation.outcome.in_(("applied", "superseded")), Operation.outcome_code != VISIT_OVER)
    counts = or_(waits, led)
    query = select(Operation).where(
        Operation.assignment_id == operation.assignment_id,
        Operation.kind.in_(rules.STEPS),
        Operation.id != operation.id,
        counts,
    )
    return list(db.session.scalars(query))


def _let(operation: Operation, landed: rules.Landed) -> None:
    """Give an operation the outcome it has now that more is known."""
    if operation.outcome != landed.outcome:
        become(operation, landed.outcome, VISIT_OVER if landed.outcome == "held" else "")


def note_step_here(event: VisitStatusChanged) -> None:
    """Remember what was done here at a visit that a phone has: what it says later stands behind it."""
    if _judging.get() or event.to_status in ("created", "dispatched"):
        return
    visit = db.session.get_one(Visit, event.visit_id)
    if visit.assignment_id is None:
        return
    query = select(func.max(Operation.place)).where(
        Operation.assignment_id == visit.assignment_id, Operation.outcome.in_(("applied", "superseded"))
    )
    db.session.add(
        StepHere(
            assignment_id=visit.assignment_id,
            verb=event.verb,
            to_status=event.to_status,
            after_place=db.session.scalar(query) or 0,
        )
    )
    db.session.flush()


def _complete(actor: Actor, visit: Visit, **payload: Any) -> None:
    missing = () if payload["solution"].strip() else ("solution",)
    visits.complete(actor, visit, missing=missing, **payload)


_STEPS: dict[str, Callable[..., Any]] = {
    "accept": visits.accept,
    "decline": visits.decline,
    "depart": visits.depart,
    "arrive": visits.arrive,
    "start": visits.start,
    "hold": visits.hold,
    "resume": visits.resume,
    "complete": _complete,
    "incomplete": visits.end_incomplete,
}
