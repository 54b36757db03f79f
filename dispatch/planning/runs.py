"""Optimization runs: asked for, carried out by a worker, ended early, thrown away."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from core import clock, jobs
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.errors import Conflict, Invalid, NotFound, mark
from core.numbers import take_numbers
from dispatch.planning import archive
from dispatch.planning.crew import engineers_in
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.open_work import Scope
from dispatch.planning.publication import publish_run, settle_run
from dispatch.planning.results import store
from dispatch.planning.snapshot import take_snapshot
from dispatch.planning.solving import solve_apart
from dispatch.workforce.models import Engineer, Shift
from dispatch.workorders.models import Visit, WorkOrder
from geo.models import Territory
from optimizer.result import Progress

__all__ = ["cancel_run", "discard_run", "execute_run", "publish_run", "request_run", "run_of"]

READ, WRITE = "optimization-runs.read", "optimization-runs.write"
KIND = "planning.solve"
MOST_DAYS = 14
MOST_ORDERS = 10_000


class NothingToPlan(Invalid):
    """There is nobody to plan for, or nothing to plan."""

    code = "nothing_to_plan"


def run_of(actor: Actor, run_id: uuid.UUID) -> OptimizationRun:
    """Return one run.

    Raises
    ------
    NotFound
        It does not exist.
    """
    actor.require(READ)
    run = db.session.get(OptimizationRun, run_id)
    if run is None:
        raise NotFound(mark("There is no such run."))
    return run


def request_run(
    actor: Actor,
    *,
    starts_at: datetime,
    ends_at: datetime,
    territory_ids: Sequence[uuid.UUID] = (),
    order_ids: Sequence[uuid.UUID] | None = None,
    weights: dict[str, int] | None = None,
    time_limit_s: int = 20,
    auto_publish: bool = False,
    origin: str = "person",
) -> OptimizationRun:
    """Ask for the open work between two instants to be planned; a worker does it.

    Parameters
    ----------
    territory_ids
        None given: everywhere.
    order_ids : optional
        Only these orders; all others stay where they are.
    weights : dict
        Chosen prices, see `weights.WeightsSchema`.
    time_limit_s : int
        Of the search [s].
    auto_publish : bool
        Publish the plan as soon as it is found.

    Raises
    ------
    Invalid
        The time is past, too long, or upside down; something named does not exist; more orders are open
        than one run can plan.
    NothingToPlan
        No engineer works then, or there is no open order.
    """
    actor.require(WRITE)
    _check_time(starts_at, ends_at)
    territory_ids, order_ids = (
        list(dict.fromkeys(territory_ids)),
        order_ids and list(dict.fromkeys(order_ids)),
    )
    _check_known(Territory, territory_ids, "territory_ids")
    _check_known(WorkOrder, order_ids or [], "order_ids")
    _check_something_to_plan(starts_at, ends_at, territory_ids, order_ids)
    run = OptimizationRun(
        id=uuid.uuid4(),
        number=take_numbers("RUN", clock.now().astimezone(current_app.config["SETTINGS"].zone).year)[0],
        origin=origin,
        starts_at=starts_at,
        ends_at=ends_at,
        territory_ids=[str(one) for one in territory_ids],
        order_ids=None if order_ids is None else [str(one) for one in order_ids],
        weights=weights or {},
        time_limit_s=time_limit_s,
        auto_publish=auto_publish,
        requested_by_id=actor.user_id,
        requested_by_name=actor.name,
    )
    run.job_id = jobs.enqueue(KIND, {"run_id": str(run.id)}, key=f"run:{run.id}")
    db.session.add(run)
    db.session.flush()
    return run


def _check_time(starts_at: datetime, ends_at: datetime) -> None:
    now, zone = clock.now(), current_app.config["SETTINGS"].zone
    if ends_at <= starts_at:
        message = mark("The end comes after the start.")
        raise Invalid(message, fields={"ends_at": [message]})
    if ends_at - starts_at > timedelta(days=MOST_DAYS):
        message = mark("Plan at most 14 days at once.")
        raise Invalid(message, fields={"ends_at": [message]})
    if ends_at <= now or starts_at.astimezone(zone).date() < now.astimezone(zone).date():
        message = mark("This day is past: choose today or a later day.")
        raise Invalid(message, code="day_past", fields={"starts_at": [message]})
    if starts_at - now > timedelta(days=3_660):
        message = mark("This is more than ten years ahead: check the year.")
        raise Invalid(message, fields={"starts_at": [message]})


def _check_known(model: Any, ids: Sequence[uuid.UUID], field: str) -> None:
    known: set[uuid.UUID] = set()
    for first in range(0, len(ids), 1_000):
        known.update(db.session.scalars(select(model.id).where(model.id.in_(ids[first : first + 1_000]))))
    unknown = [str(one) for one in ids if one not in known]
    if unknown:
        message = mark("There is no such record.")
        raise Invalid(
            mark("%(count)s of the ids in %(field)s do not exist, such as %(id)s."),
            code="unknown_reference",
            fields={field: [message]},
            count=len(unknown),
            field=field,
            id=unknown[0],
        )


def _check_something_to_plan(
    starts_at: datetime,
    ends_at: datetime,
    territory_ids: Sequence[uuid.UUID],
    order_ids: Sequence[uuid.UUID] | None,
) -> None:
    now = clock.now()
    crew = engineers_in(territory_ids).with_only_columns(Engineer.id)
    on_duty = select(Shift.id).where(
        Shift.engineer_id.in_(crew), Shift.ends_at > max(now, starts_at), Shift.starts_at < ends_at
    )
    if db.session.scalar(on_duty.limit(1)) is None:
        raise NothingToPlan(
            mark("No engineer works there in this time: add shifts, or choose another day or territory."),
            code="no_engineers",
        )
    orders = None if order_ids is None else tuple(order_ids)
    scope = Scope(now, max(now, starts_at), ends_at, tuple(territory_ids), orders)
    open_visits = len(db.session.scalars(scope.visits(Visit.id).limit(MOST_ORDERS + 1)).all())
    if open_visits > MOST_ORDERS:
        message = mark(
            "More than %(most)s orders are open: plan one territory after the other, or name the orders."
        )
        raise Invalid(
            message,
            code="too_many_orders",
            fields={"territory_ids": [mark("Choose territories with fewer open orders.")]},
            most=MOST_ORDERS,
        )
    if not open_visits:
        raise NothingToPlan(
            mark("There is no open order to plan in this time: choose another day or territory."),
            code="no_orders",
        )


@jobs.handles(KIND)
def execute_run(job: jobs.JobRun) -> None:
    """Carry out one run: read, solve, store, and publish where it was asked for so."""
    run_id = uuid.UUID(job.payload["run_id"])
    with transaction():
        run = db.session.get(OptimizationRun, run_id, with_for_update=True)
        if run is None or run.status not in ("queued", "running"):
            return
        run.status, run.started_at = "running", clock.now()
    job.report({"phase": "reading", "elapsed_s": 0.0})
    began = time.monotonic()
    run = db.session.get_one(OptimizationRun, run_id)
    seconds = float(run.time_limit_s)
    snapshot = take_snapshot(run)

    def on_beat(elapsed_s: float, progress: Progress | None) -> None:
        told: dict[str, Any] = {"phase": "solving", "elapsed_s": round(elapsed_s, 1), "time_limit_s": seconds}
        if progress:
            told |= {"cost_cents": progress.cost_cents, "unplanned": progress.unplanned}
        job.report(told | {"orders": len(snapshot.visits), "engineers": len(snapshot.problem.engineers)})

    processes = current_app.config["SETTINGS"].job_processes or os.cpu_count() or 1
    result = solve_apart(snapshot.problem, seconds, on_beat, job.cancel_asked, processes=processes)
    who, files = system("optimizer"), archive.packed(snapshot.problem, result.plan)
    with job.finishing(who):
        run = db.session.get_one(OptimizationRun, run_id)
        store(run, snapshot, result, round((time.monotonic() - began) * 1_000))
        archive.keep(run_id, files)
        run.status, run.finished_at, run.error = "ready", clock.now(), None
        db.session.flush()
        asked_to_stop = db.session.scalar(select(jobs.Job.cancel_asked).where(jobs.Job.id == job.job_id))
        if run.auto_publish and not asked_to_stop:
            publish_run(who, run)


def mark_failed(payload: dict[str, Any], sentence: str) -> None:
    """Mark a run failed whose job will not be tried again."""
    run = db.session.get(OptimizationRun, uuid.UUID(payload["run_id"]))
    if run is not None and run.status in ("queued", "running"):
        run.status, run.finished_at, run.error = "failed", clock.now(), sentence


def cancel_run(actor: Actor, run: OptimizationRun) -> None:
    """End a run early: one that waits is cancelled, one at work keeps the best plan found so far.

    Raises
    ------
    Conflict
        It has ended already.
    """
    actor.require(WRITE)
    if run.status not in ("queued", "running") or run.job_id is None:
        raise Conflict(mark("This run has ended already."), code="run_ended")
    jobs.ask_to_cancel(run.job_id)
    job = db.session.get_one(jobs.Job, run.job_id, populate_existing=True)
    if job.status == "cancelled":
        run.status, run.finished_at = "cancelled", clock.now()
    db.session.flush()


def discard_run(actor: Actor, run: OptimizationRun) -> None:
    """Throw away what a run proposes and nobody published; what was published stays.

    Raises
    ------
    Conflict
        It is not ready.
    """
    actor.require(WRITE)
    db.session.refresh(run, with_for_update=True)
    if run.status != "ready":
        raise Conflict(mark("Only a run that is ready can be discarded."), code="run_not_ready")
    mine = (RunAssignment.run_id == run.id, RunAssignment.outcome == "open")
    db.session.execute(update(RunAssignment).where(*mine).values(outcome="declined"))
    done = (RunAssignment.run_id == run.id, RunAssignment.outcome == "published")
    if db.session.scalar(select(RunAssignment.visit_id).where(*done).limit(1)):
        settle_run(actor, run)
    else:
        run.status = "cancelled"
    db.session.flush()


def progress_of(run: OptimizationRun) -> dict[str, Any]:
    """Return how far a run is: its job's progress, waiting runs before it, whether an end was asked for."""
    job = db.session.get(jobs.Job, run.job_id) if run.job_id else None
    if job is None or run.status not in ("queued", "running"):
        return {"phase": run.status}
    before = 0
    if job.status == "queued":
        waiting = (jobs.Job.status.in_(("queued", "running")), jobs.Job.run_at < job.run_at)
        before = db.session.scalar(select(func.count()).select_from(jobs.Job).where(*waiting)) or 0
    told = job.progress if run.status == "running" and job.progress else {"phase": run.status}
    return {**told, "waiting_before": before, "cancel_asked": job.cancel_asked, "attempt": job.attempts}
