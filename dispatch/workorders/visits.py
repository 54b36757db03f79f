"""Visits: planned to an engineer and a time, then carried out step by step.

Every verb takes the acting person, checks what they may do, moves the visit by the one table and logs it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from core import records
from core.auth.actors import Actor
from core.errors import Conflict, Invalid, mark
from dispatch.workorders import positions, rules
from dispatch.workorders.events import VisitScheduled
from dispatch.workorders.fit import check_movable, misfits_of
from dispatch.workorders.models import LOCKS, Visit, WorkOrder
from dispatch.workorders.positions import Whereabouts
from dispatch.workorders.transitions import apply_to_visit, check, engineer_of, tell


def schedule(
    actor: Actor,
    visit: Visit,
    *,
    engineer_id: uuid.UUID,
    start_at: datetime,
    end_at: datetime,
    travel_s: int | None = None,
    distance_m: int | None = None,
    run_id: uuid.UUID | None = None,
    override_reason: str = "",
    promised: tuple[datetime, datetime] | None = None,
    expected_order_version: int | None = None,
) -> Visit:
    """Give a visit to an engineer at a time: dispatch, reassign or move it, whichever it is.

    A plan it has already only renews what is known of the way there.

    Parameters
    ----------
    travel_s, distance_m : int, optional
        Travel to the site before it [s], [m].
    run_id : uuid.UUID, optional
        The optimization run it comes from. Such a plan, and any of the system's, keeps to locks.
    override_reason : str
        Why somebody goes who lacks a skill, or whom the customer refused; kept in the log.
    promised : (from, until), optional
        When the customer was told that the work begins; None: as it was.
    expected_order_version : int, optional
        The version of the order the plan was made from.

    Raises
    ------
    Stale
        The order has changed since that version.
    Conflict
        The order needs no work any more or waits for a part, the visit has started, or a lock forbids it.
    Invalid
        The times are wrong, the engineer is unknown, or does not fit and no reason is given.
    """
    order = visit.order
    if expected_order_version is not None:
        records.check_version(order, expected_order_version)
    is_moved_by_optimizer = actor.user_id is None or run_id is not None
    same_engineer, same_start = visit.engineer_id == engineer_id, visit.planned_start_at == start_at
    check_movable(visit, is_moved_by_optimizer, same_engineer, same_start)
    problem = rules.instant_problem(start_at) or rules.instant_problem(end_at)
    if end_at <= start_at:
        problem = mark("The visit ends after it starts.")
    if problem:
        raise Invalid(problem, fields={"end_at": [problem]})
    problem = promised and rules.promise_problem(start_at, *promised)
    if problem:
        raise Invalid(problem, fields={"promised_until": [problem]})
    same_promise = promised in (None, (visit.promised_from, visit.promised_until))
    if same_engineer and same_start and visit.planned_end_at == end_at and same_promise:
        check(actor, rules.VISIT_TRANSITIONS["reschedule"], visit.status, "")
        visit.travel_s, visit.distance_m, visit.run_id = travel_s, distance_m, run_id
        return visit
    engineer = engineer_of(engineer_id)
    facts = {
        "engineer_id": engineer.id,
        "engineer": engineer.name,
        "start_at": start_at,
        "end_at": end_at,
        "run_id": run_id,
        **({"promised_from": promised[0], "promised_until": promised[1]} if promised else {}),
        **misfits_of(order, engineer, override_reason),
    }
    was = (visit.engineer_id, visit.planned_start_at)

    def change() -> None:
        visit.engineer = engineer
        visit.engineer_id = engineer.id
        visit.planned_start_at, visit.planned_end_at = start_at, end_at
        visit.travel_s, visit.distance_m, visit.run_id = travel_s, distance_m, run_id
        if promised:
            visit.promised_from, visit.promised_until = promised

    apply_to_visit(
        actor, visit, _verb(visit, same_engineer), reason=override_reason, facts=facts, change=change
    )
    tell(VisitScheduled(visit.id, visit.order_id, *was, engineer.id, start_at))
    return visit


def _verb(visit: Visit, same_engineer: bool) -> str:
    if visit.status == "created":
        return "dispatch"
    return "reschedule" if same_engineer else "reassign"


def unschedule(actor: Actor, visit: Visit, *, reason: str = "", run_id: uuid.UUID | None = None) -> Visit:
    """Take a visit off the plan: it has no engineer, no time and no lock afterwards.

    Raises
    ------
    Conflict
        It has started, is not planned, or a lock keeps the optimizer (the system, or a run) from it.
    """
    if (actor.user_id is None or run_id is not None) and visit.lock != "none":
        raise Conflict(mark("This visit is locked: the optimizer does not move it."), code="visit_locked")
    return _take_off(actor, visit, "unschedule", reason)


def _take_off(actor: Actor, visit: Visit, verb: str, reason: str, at: datetime | None = None) -> Visit:
    was = (visit.engineer_id, visit.planned_start_at)

    def change() -> None:
        visit.engineer = None
        visit.engineer_id = visit.planned_start_at = visit.planned_end_at = None
        visit.travel_s = visit.distance_m = visit.run_id = None
        visit.lock = "none"

    facts = {"engineer_id": was[0], "start_at": was[1]}
    apply_to_visit(actor, visit, verb, reason=reason, facts=facts, at=at, change=change)
    tell(VisitScheduled(visit.id, visit.order_id, *was, None, None))
    return visit


def lock(actor: Actor, visit: Visit, kind: str = "both") -> Visit:
    """Hold fast a visit's engineer, its time or both (`kind`), so that the optimizer keeps them."""
    if kind not in LOCKS:
        raise ValueError(f"unknown lock {kind!r}")

    def change() -> None:
        visit.lock = kind

    verb = "unlock" if kind == "none" else "lock"
    apply_to_visit(actor, visit, verb, facts={"lock": kind}, change=change)
    return visit


def unlock(actor: Actor, visit: Visit) -> Visit:
    """Let the optimizer move a visit again."""
    return lock(actor, visit, "none")


def accept(actor: Actor, visit: Visit, *, at: datetime | None = None) -> Visit:
    """Take the visit on. `at`, here and below: when it happened; now when absent."""
    apply_to_visit(actor, visit, "accept", at=at)
    return visit


def decline(actor: Actor, visit: Visit, *, reason: str, at: datetime | None = None) -> Visit:
    """Turn the visit down; it goes back to be planned."""
    return _take_off(actor, visit, "decline", reason, at)


def depart(actor: Actor, visit: Visit, **where: Unpack[Whereabouts]) -> Visit:
    """Leave for the site; a position, or the reason why there is none.

    Raises
    ------
    Invalid
        Neither is given.
    """
    return _report(actor, visit, "depart", "fix", where)


def arrive(actor: Actor, visit: Visit, **where: Unpack[Whereabouts]) -> Visit:
    """Check in at the site; a position, or the reason why there is none.

    A position outside the geofence is flagged, never refused.

    Raises
    ------
    Invalid
        Neither is given.
    """
    return _report(actor, visit, "arrive", "check_in", where)


def _report(actor: Actor, visit: Visit, verb: str, kind: str, where: Whereabouts) -> Visit:
    positions.check_whereabouts(where)
    facts: dict[str, Any] = {}

    def change() -> None:
        facts.update(positions.record_at(visit, kind, where))

    apply_to_visit(
        actor, visit, verb, reason=where.get("reason", ""), facts=facts, at=where.get("at"), change=change
    )
    return visit


def start(actor: Actor, visit: Visit, *, at: datetime | None = None) -> Visit:
    """Begin the work, after the check-in."""
    apply_to_visit(actor, visit, "start", at=at)
    return visit


def hold(actor: Actor, visit: Visit, *, reason: str, at: datetime | None = None) -> Visit:
    """Interrupt the work."""
    apply_to_visit(actor, visit, "hold", reason=reason, at=at)
    return visit


def resume(actor: Actor, visit: Visit, *, at: datetime | None = None) -> Visit:
    """Go on with interrupted work."""
    apply_to_visit(actor, visit, "resume", at=at)
    return visit


def complete(
    actor: Actor,
    visit: Visit,
    *,
    solution: str,
    signature_refused_reason: str = "",
    missing: Sequence[str] = (),
    at: datetime | None = None,
) -> Visit:
    """Finish the work; `solution` says what was done.

    Parameters
    ----------
    missing : sequence of str
        What should be there and is not, of work that is done all the same: for the reviewer to see.

    Raises
    ------
    Invalid
        The solution is empty, and not among what is said to be missing.
    """
    if not solution.strip() and "solution" not in missing:
        message = mark("Say what was done: the solution is missing.")
        raise Invalid(message, code="solution_missing", fields={"solution": [message]})
    facts: dict[str, Any] = {
        "solution": solution.strip(),
        "signature_refused_reason": signature_refused_reason.strip(),
    }
    if missing:
        facts["missing"] = list(missing)
    apply_to_visit(actor, visit, "complete", facts=facts, at=at)
    return visit


def end_incomplete(
    actor: Actor, visit: Visit, *, reason: str, note: str = "", at: datetime | None = None
) -> Visit:
    """End the visit without the work being done, and return the new visit that follows it.

    The order goes back to be planned; where a part is missing it waits on hold for it.

    Parameters
    ----------
    reason : str
        One of `rules.INCOMPLETE_REASONS`.
    """
    if reason not in rules.INCOMPLETE_REASONS:
        message = mark("Choose one of the reasons.")
        raise Invalid(message, code="reason_unknown", fields={"reason": [message]})
    decision = "on_hold" if reason == "needs_part" else None
    following: list[Visit] = []

    def change() -> None:
        following.append(new_visit(visit.order, required=visit.required, follows=visit))

    facts = {"note": note.strip()}
    apply_to_visit(
        actor, visit, "end_incomplete", reason=reason, facts=facts, at=at, decision=decision, change=change
    )
    return following[0]


def cancel(actor: Actor, visit: Visit, *, reason: str) -> Visit:
    """Give a visit up; it keeps the engineer and time it had, for the record."""
    apply_to_visit(actor, visit, "cancel", reason=reason)
    return visit


def send_back(actor: Actor, visit: Visit, *, reason: str) -> Visit:
    """Give a completed visit back to its engineer, who is to complete what the reviewer misses."""
    apply_to_visit(actor, visit, "send_back", reason=reason)
    return visit


def new_visit(order: WorkOrder, *, required: bool = True, follows: Visit | None = None) -> Visit:
    """Return a new visit of an order, not planned yet."""
    visit = Visit(
        id=uuid.uuid4(),
        sequence=max((v.sequence for v in order.visits), default=0) + 1,
        required=required,
        status="created",
        lock="none",
        follows_id=follows.id if follows else None,
    )
    order.visits.append(visit)
    return visit
