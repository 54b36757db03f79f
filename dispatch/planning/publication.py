"""Publishing a run: what it proposes becomes the plan, except where the world moved on meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core import clock, events
from core.audit import plain
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, DomainError, mark
from dispatch.planning import rules
from dispatch.planning.events import RunPublished
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.standing import Duty, held, held_visits, visits_of
from dispatch.workforce.models import Engineer
from dispatch.workorders import transitions, visits
from dispatch.workorders.models import Visit, WorkOrder

CHANGED = mark("Changed since the run looked at it: plan again to place it.")
OCCUPIED = mark("The engineer has other work at this time by now: plan again to place it.")
IN_THE_WAY = mark("It would overlap a visit that stays where it is: publish that one too.")
TOO_LATE = mark("Its time is past: plan again to place it.")
OFF_DUTY = mark("The engineer does not work at this time any more: plan again to place it.")
#: Changes there is something to publish for.
MOVES = ("new", "moved", "removed")


@dataclass
class Publication:
    """What became of a publication.

    Attributes
    ----------
    scheduled, removed : list of uuid.UUID
        Visits that got a place, and that lost theirs.
    left_out : list of dict
        ``visit_id``, ``order_id``, ``code``, ``message`` (key of a translation) and ``facts`` of those
        that did not.
    """

    scheduled: list[uuid.UUID] = field(default_factory=list)
    removed: list[uuid.UUID] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)


def publish_run(
    actor: Actor,
    run: OptimizationRun,
    *,
    visit_ids: Collection[uuid.UUID] | None = None,
    engineer_ids: Collection[uuid.UUID] | None = None,
) -> Publication:
    """Make a run's plan, or the part for these visits and engineers, the plan.

    What changed since the run looked at it is left out, and said so; doing it twice does nothing more.

    Raises
    ------
    Conflict
        The run has no plan.
    """
    actor.require("optimization-runs.write")
    # Two people at one run: the second waits here and finds nothing open.
    db.session.refresh(run, with_for_update=True)
    if run.status not in ("ready", "published"):
        raise Conflict(mark("This run has no plan to publish."), code="run_not_ready")
    done = Publication()
    rows = _open_rows(run, visit_ids, engineer_ids)
    present, duty = held_visits(rows), Duty(run, rows)
    accepted = []
    for row in rows:
        objection = _objection(row, present[row.visit_id], duty)
        if objection:
            _leave_out(done, row, "stale", *objection)
        else:
            accepted.append(row)
    accepted = _without_collisions(done, run, accepted)
    # Held here, so that the session knows each of them without asking again.
    engineers = list(db.session.scalars(select(Engineer).where(Engineer.active)))
    with db.session.no_autoflush, transitions.together():
        for row in accepted:
            _carry_out(actor, done, run, row, present[row.visit_id])
    del engineers
    db.session.flush()
    _renew_ways(run, accepted)
    _follow_own_changes(run, [row.order_id for row in accepted])
    settle_run(actor, run)
    if done.scheduled or done.removed:
        events.publish(RunPublished(run.id, (*done.scheduled, *done.removed)))
    return done


def settle_run(actor: Actor, run: OptimizationRun) -> None:
    """Call a run published once nothing of it is open any more, and some of it is or it changes nothing."""
    db.session.flush()
    counted = select(RunAssignment.outcome, func.count()).where(
        RunAssignment.run_id == run.id, RunAssignment.change.in_(MOVES)
    )
    counts = dict(db.session.execute(counted.group_by(RunAssignment.outcome)).all())
    if run.status == "ready" and not counts.get("open") and (counts.get("published") or not counts):
        run.status, run.published_at, run.published_by_name = "published", clock.now(), actor.name
        rest = (RunAssignment.run_id == run.id, RunAssignment.outcome == "open")
        db.session.execute(update(RunAssignment).where(*rest).values(outcome="published"))
    db.session.flush()


def _open_rows(
    run: OptimizationRun,
    visit_ids: Collection[uuid.UUID] | None,
    engineer_ids: Collection[uuid.UUID] | None,
) -> list[RunAssignment]:
    query = select(RunAssignment).where(
        RunAssignment.run_id == run.id, RunAssignment.outcome == "open", RunAssignment.change.in_(MOVES)
    )
    rows = list(db.session.scalars(query.order_by(RunAssignment.planned_start_at, RunAssignment.visit_id)))
    if visit_ids is not None:
        rows = [row for row in rows if row.visit_id in visit_ids]
    if engineer_ids is not None:
        rows = [row for row in rows if (row.engineer_id or row.was_engineer_id) in engineer_ids]
    return rows


def _objection(row: RunAssignment, visit: Visit, duty: Duty) -> tuple[str, str] | None:
    """Return code and sentence of what speaks against carrying out a row, None where nothing does."""
    if (visit.version, visit.order.version) != (row.visit_version, row.order_version):
        return "changed", CHANGED
    if row.planned_end_at is not None and row.planned_end_at <= clock.now():
        return "too_late", TOO_LATE
    return None if duty.covers(row) else ("off_duty", OFF_DUTY)


def _leave_out(done: Publication, row: RunAssignment, outcome: str, code: str, message: str) -> None:
    row.outcome = outcome
    done.left_out.append(
        {"visit_id": row.visit_id, "order_id": row.order_id, "code": code, "message": message, "facts": {}}
    )


def _without_collisions(
    done: Publication, run: OptimizationRun, rows: list[RunAssignment]
) -> list[RunAssignment]:
    """Return the rows that overlap nothing of their engineer's; what the others would is told.

    A row left out leaves its visit where it is, which may be in the way of another: hence the rounds.
    """
    standing = visits_of(run, {row.engineer_id for row in rows if row.engineer_id})
    still_open = set(
        db.session.scalars(
            select(RunAssignment.visit_id).where(
                RunAssignment.run_id == run.id,
                RunAssignment.outcome == "open",
                RunAssignment.change.in_(MOVES),
            )
        )
    )
    while True:
        moving = {row.visit_id for row in rows}
        placed = [
            rules.Placed(
                str(row.visit_id), str(row.engineer_id), row.planned_start_at, row.planned_end_at, True
            )
            for row in rows
            if row.planned_start_at and row.planned_end_at
        ]
        placed += [
            rules.Placed(str(one.id), str(one.engineer_id), one.planned_start_at, one.planned_end_at, False)
            for one in standing
            if one.id not in moving
        ]
        collided = rules.collisions(placed)
        if not collided:
            return rows
        for row in rows:
            other = collided.get(str(row.visit_id))
            if other and uuid.UUID(other) in still_open:
                _leave_out(done, row, "open", "in_the_way", IN_THE_WAY)
            elif other:
                _leave_out(done, row, "stale", "occupied", OCCUPIED)
        rows = [row for row in rows if str(row.visit_id) not in collided]


def _carry_out(
    actor: Actor, done: Publication, run: OptimizationRun, row: RunAssignment, visit: Visit
) -> None:
    try:
        if row.change == "removed":
            visits.unschedule(actor, visit, run_id=run.id)
            done.removed.append(visit.id)
        else:
            visits.schedule(
                actor,
                visit,
                **_place_of(row),
                travel_s=row.travel_s,
                distance_m=row.distance_m,
                run_id=run.id,
            )
            done.scheduled.append(visit.id)
        row.outcome = "published"
    except DomainError as error:
        _leave_out(done, row, "stale", error.code, error.message)
        done.left_out[-1]["facts"] = plain(error.facts)


def _place_of(row: RunAssignment) -> dict[str, Any]:
    return {
        "engineer_id": row.engineer_id,
        "start_at": row.planned_start_at,
        "end_at": row.planned_end_at,
    }


def _renew_ways(run: OptimizationRun, published: list[RunAssignment]) -> None:
    """Give visits that stay their new way, of engineers whose whole day now is as the run drew it."""
    of_run = (RunAssignment.run_id == run.id, RunAssignment.change.in_(MOVES))
    pair = (RunAssignment.engineer_id, RunAssignment.was_engineer_id)
    missing = db.session.execute(select(*pair).where(*of_run, RunAssignment.outcome != "published"))
    whole = {one for row in published for one in (row.engineer_id, row.was_engineer_id)}
    whole -= {one for row in missing for one in row}
    ways = {
        uuid.UUID(stop["visit_id"]): (engineer_id, stop)
        for route in run.routes or []
        if (engineer_id := uuid.UUID(route["engineer_id"])) in whole
        for stop in route["stops"]
    }
    for visit in held(Visit, ways):
        engineer_id, stop = ways[visit.id]
        if (visit.engineer_id, visit.planned_start_at) == (
            engineer_id,
            datetime.fromisoformat(stop["start_at"]),
        ):
            visit.travel_s, visit.distance_m = stop["travel_s"], stop["distance_m"]
    db.session.flush()


def _follow_own_changes(run: OptimizationRun, order_ids: list[uuid.UUID]) -> None:
    """Let what is still open of a partly published run not count as stale for that very publishing."""
    mine = (RunAssignment.run_id == run.id, RunAssignment.outcome == "open")
    for row in db.session.scalars(
        select(RunAssignment).where(*mine, RunAssignment.order_id.in_(set(order_ids)))
    ):
        order = db.session.get_one(WorkOrder, row.order_id)
        row.order_version = order.version
