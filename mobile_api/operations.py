"""What phones say was done: judged, one by one, and led to the verb that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import structlog
from marshmallow import Schema, ValidationError
from sqlalchemy import func, or_, select

from core.auth.actors import Actor
from core.db import db
from core.errors import DomainError
from core.messages import translated
from core.problems import sentence
from dispatch.workorders import positions, transitions, visits
from dispatch.workorders.events import VisitStatusChanged
from dispatch.workorders.models import Assignment, Visit, WorkOrder
from inventory import part_requests
from mobile_api import payloads, rules
from mobile_api.models import Device, Operation, StepHere

log = structlog.get_logger("phones")
VISIT_OVER = "visit_over"
"""Code of a step that came after the visit was cancelled or given back."""
OFF_ASSIGNMENT = "off_assignment"
"""Code of what a phone said of a visit that was not its engineer's any more."""
_judging: ContextVar[bool] = ContextVar("judging", default=False)


def judge(actor: Actor, device: Device, operation: Operation) -> None:
    """Decide what becomes of an operation that is stored, and do it; nothing it does is left half done."""
    with _judged():
        try:
            with db.session.begin_nested():
                outcome, code = _outcome(actor, device, operation)
            detail = None
        except ValidationError as error:
            outcome, code, detail = "rejected", "invalid", {"errors": translated(error.normalized_messages())}
        except DomainError as error:
            outcome, code = "rejected", error.code
            detail = {"detail": sentence(error), "errors": translated(error.fields)}
        except Exception:
            # Nothing a phone said is lost for a fault of ours: a person looks at it.
            log.exception("operation not judged", operation=str(operation.id), kind=operation.kind)
            outcome, code, detail = "held", "error", None
    operation.outcome, operation.outcome_code, operation.detail = outcome, code, detail


@contextmanager
def _judged() -> Iterator[None]:
    token = _judging.set(True)
    try:
        yield
    finally:
        _judging.reset(token)


def _outcome(actor: Actor, device: Device, operation: Operation) -> tuple[str, str]:
    """Return outcome and code, after doing what the operation says."""
    if device.status != "active":
        return "held", "second_device"
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
    _FACTS[operation.kind](actor, operation, assignment.visit if assignment else None, payload)
    return "applied", OFF_ASSIGNMENT if assignment and assignment.ended_at else ""


def _loaded(schema: type[Schema], payload: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = schema(unknown="exclude").load(payload)
    return loaded


def _step(
    actor: Actor, operation: Operation, assignment: Assignment, payload: dict[str, Any]
) -> tuple[str, str]:
    visit = _held(assignment)
    db.session.refresh(assignment)
    if assignment.ended_at is not None:
        return "held", OFF_ASSIGNMENT
    told = _told_before(operation)
    here = db.session.scalars(
        select(StepHere).where(StepHere.assignment_id == assignment.id).order_by(StepHere.id)
    )
    steps = [rules.Step(one.id, one.kind, one.device_seq) for one in (*told, operation)]
    steps += [rules.Step(None, one.verb, one.after_seq, one.to_status) for one in here]
    status, landed = rules.fold(steps)
    for one in told:
        _let(one, landed[one.id])
    mine = landed[operation.id]
    if mine.outcome == "applied":
        with transitions.reported(transitions.Reported(mine.before, mine.after, status)):
            _STEPS[operation.kind](actor, visit, at=operation.event_time, **payload)
    return mine.outcome, VISIT_OVER if mine.outcome == "held" else ""


def _held(assignment: Assignment) -> Visit:
    """Return the visit, it and its order held against other changes; orders come first, as everywhere."""
    order_id = select(Visit.order_id).where(Visit.id == assignment.visit_id).scalar_subquery()
    anew = {"populate_existing": True}
    order = select(WorkOrder).where(WorkOrder.id == order_id).with_for_update(of=WorkOrder, key_share=True)
    db.session.scalars(order.execution_options(**anew)).unique().one()
    visit = select(Visit).where(Visit.id == assignment.visit_id).with_for_update(of=Visit, key_share=True)
    return db.session.scalars(visit.execution_options(**anew)).unique().one()


def _told_before(operation: Operation) -> list[Operation]:
    """Return the other steps a phone said of the same assignment, apart from what was wrong in itself."""
    counts = or_(Operation.outcome.in_(("applied", "superseded")), Operation.outcome_code == VISIT_OVER)
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
        operation.outcome = landed.outcome
        operation.outcome_code = VISIT_OVER if landed.outcome == "held" else ""


def note_step_here(event: VisitStatusChanged) -> None:
    """Remember what was done here at a visit that a phone has: what it says later stands behind it."""
    if _judging.get() or event.to_status in ("created", "dispatched"):
        return
    visit = db.session.get_one(Visit, event.visit_id)
    if visit.assignment_id is None:
        return
    query = select(func.max(Operation.device_seq)).where(
        Operation.assignment_id == visit.assignment_id, Operation.outcome.in_(("applied", "superseded"))
    )
    db.session.add(
        StepHere(
            assignment_id=visit.assignment_id,
            verb=event.verb,
            to_status=event.to_status,
            after_seq=db.session.scalar(query) or 0,
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


def _check_in(actor: Actor, operation: Operation, visit: Visit | None, payload: dict[str, Any]) -> None:
    at = operation.event_time
    positions.record(operation.engineer_id, "check_in", visit=visit, at=at, **payload)


def _position(actor: Actor, operation: Operation, visit: Visit | None, payload: dict[str, Any]) -> None:
    for fix in payload["fixes"]:
        at = operation.event_time - timedelta(milliseconds=fix.pop("age_ms"))
        positions.record(operation.engineer_id, "fix", visit=visit, at=at, **fix)


def _part_request(actor: Actor, operation: Operation, visit: Visit | None, payload: dict[str, Any]) -> None:
    order_id = visit.order_id if visit else None
    part_requests.request(
        actor, order_id=order_id, engineer_id=operation.engineer_id, request_id=operation.id, **payload
    )


def _part_request_cancel(
    actor: Actor, operation: Operation, visit: Visit | None, payload: dict[str, Any]
) -> None:
    part_requests.cancel(actor, payload["request_id"])


_FACTS: dict[str, Callable[[Actor, Operation, Visit | None, dict[str, Any]], None]] = {
    "check_in": _check_in,
    "position": _position,
    "part_request": _part_request,
    "part_request_cancel": _part_request_cancel,
}
