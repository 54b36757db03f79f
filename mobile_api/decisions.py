"""What a person decides about an operation that was held: it counts after all, or nothing comes of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from core import clock
from core.auth import people
from core.auth.actors import Actor
from core.auth.models import User
from core.db import db
from core.errors import Conflict, mark
from dispatch.evidence import notes
from dispatch.workforce.models import Engineer
from dispatch.workorders import visits
from dispatch.workorders.models import Assignment
from mobile_api import operations
from mobile_api.models import Operation

_NOT_BEGUN = ("created", "dispatched", "accepted")


class CannotCount(Conflict):
    """What a phone says cannot be made true any more."""

    code = "cannot_count"


def accept(actor: Actor, operation: Operation, reason: str) -> None:
    """Let an operation count that was held.

    A visit given to somebody else in the meantime goes back to who says that they did it, with all the phone
    says of it. What was said of a visit that is over is kept as a note.

    Raises
    ------
    CannotCount
        Somebody else has begun the visit, or it still leads nowhere.
    """
    _check_held(operation)
    engineer = _engineer_actor(operation)
    if operation.outcome_code not in (operations.OFF_ASSIGNMENT, operations.VISIT_OVER):
        outcome, operation.outcome_code = operations.outcome_of(engineer, operation)
        if outcome not in ("held", "rejected"):
            operations.become(operation, outcome, operation.outcome_code)
            return
    if operation.outcome_code == operations.VISIT_OVER:
        _keep_as_note(engineer, operation, reason)
        operations.become(operation, "applied", operations.VISIT_OVER)
        return
    together = []
    if operation.outcome_code == operations.OFF_ASSIGNMENT:
        assignment = db.session.get_one(Assignment, operation.assignment_id)
        _give_back(actor, assignment, operation, reason)
        together = _held_of(assignment)
    for one in together:
        outcome, code = operations.outcome_of(engineer, one)
        operations.become(one, outcome, code)
    if operation.outcome in ("held", "rejected"):
        raise CannotCount(
            mark("This cannot count as things stand: look at the visit, or discard it."),
            outcome=operation.outcome_code,
        )


def discard(operation: Operation, reason: str) -> None:
    """Let nothing come of an operation that was held; its phone is told why."""
    _check_held(operation)
    operations.become(operation, "rejected", "discarded", {"detail": reason})


def _check_held(operation: Operation) -> None:
    if operation.outcome != "held":
        raise Conflict(mark("This has been settled already."))


def _engineer_actor(operation: Operation) -> Actor:
    """Return who said it, as the log is to name them."""
    engineer = db.session.get_one(Engineer, operation.engineer_id)
    user = db.session.get(User, engineer.user_id) if engineer.user_id else None
    if user is None:
        raise CannotCount(mark("This engineer has no account any more in whose name it could count."))
    return people.actor_of(user)


def _keep_as_note(engineer: Actor, operation: Operation, reason: str) -> None:
    assignment = db.session.get_one(Assignment, operation.assignment_id)
    said = [str(operation.payload.get(name) or "") for name in ("solution", "reason", "note")]
    text = "\n".join(line for line in (f"[{operation.kind}]", *said, reason) if line)
    notes.write(
        engineer,
        operation.id,
        visit=assignment.visit,
        text=text,
        at=operation.event_time,
        off_assignment=True,
    )


def _give_back(actor: Actor, assignment: Assignment, operation: Operation, reason: str) -> None:
    """Make a visit that was taken away its engineer's again, as if it had never been taken away."""
    visit = operations.held_visit_of(assignment)
    db.session.refresh(assignment)
    if assignment.ended_at is None:
        return
    if visit.status not in _NOT_BEGUN:
        raise CannotCount(
            mark("Somebody else has begun this visit, or it is over: discard what the phone says.")
        )
    start_at = visit.planned_start_at or operation.event_time
    end_at = visit.planned_end_at or start_at + timedelta(seconds=visit.order.duration_s)
    visits.schedule(
        actor,
        visit,
        engineer_id=assignment.engineer_id,
        start_at=start_at,
        end_at=end_at,
        override_reason=reason or "done already",
    )
    db.session.flush()
    if visit.assignment_id is not None and visit.assignment_id != assignment.id:
        db.session.get_one(Assignment, visit.assignment_id).ended_at = clock.now()
    assignment.ended_at, visit.assignment_id = None, assignment.id
    db.session.flush()


def _held_of(assignment: Assignment) -> list[Operation]:
    """Return what waits of an assignment, in the order in which its phone said it."""
    query = select(Operation).where(
        Operation.assignment_id == assignment.id,
        Operation.outcome == "held",
        Operation.outcome_code == operations.OFF_ASSIGNMENT,
    )
    return list(db.session.scalars(query.order_by(Operation.place)))
