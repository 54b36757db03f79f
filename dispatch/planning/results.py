"""What a run's plan means for each visit, and what plans amount to: stored with the run."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import delete, insert, update

from core.db import db
from dispatch.planning import rules
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.reasons import NOTICES, reasons_of
from dispatch.planning.snapshot import Snapshot
from optimizer.crew import Engineer
from optimizer.plan import Plan, Route, Stop, Unplanned
from optimizer.problem import Problem
from optimizer.result import Result
from optimizer.score import Score, score, travel_s


def store(run: OptimizationRun, snapshot: Snapshot, result: Result, solve_ms: int) -> None:
    """Write a solved plan to its run: assignments, metrics before and after, routes."""
    problem, plan = snapshot.problem, result.plan
    before = published_plan(problem)
    # Written past the session: a whole plan has no place in the record of who changed what.
    db.session.execute(
        update(OptimizationRun)
        .where(OptimizationRun.id == run.id)
        .values(
            engine=result.engine,
            stopped=result.stopped,
            solve_ms=solve_ms,
            travel_source=snapshot.travel_source,
            warnings=snapshot.warnings + _told_by_engine(snapshot, result),
            before=metrics(problem, before, score(problem, before)),
            after=metrics(problem, plan, result.score),
            routes=list(_routes(snapshot, plan)),
        )
    )
    legs = dict(_legs(problem, plan))
    db.session.execute(delete(RunAssignment).where(RunAssignment.run_id == run.id))
    rows = [_assignment(run.id, snapshot, name, legs) for name in snapshot.visits]
    unplanned = {one.task: one for one in plan.unplanned}
    for row in rows:
        name = str(row["visit_id"])
        if name in snapshot.left_out:
            row["reasons"] = [{"rule": snapshot.left_out[name]}]
        elif name in unplanned:
            row["reasons"] = reasons_of(unplanned[name], len(problem.engineers))
            row["relaxations"] = [asdict(one) for one in unplanned[name].relaxations] or None
    if rows:
        db.session.execute(insert(RunAssignment), rows)


def _told_by_engine(snapshot: Snapshot, result: Result) -> list[dict[str, Any]]:
    numbers = {name: visit.row.number for name, visit in snapshot.visits.items()}
    return [
        {
            "code": one.kind.value,
            "message": NOTICES[one.kind],
            "facts": {"about": numbers.get(one.about, one.about)},
        }
        for one in result.warnings
    ]


def _assignment(
    run_id: uuid.UUID, snapshot: Snapshot, name: str, legs: dict[str, tuple[str, Stop, int, int]]
) -> dict[str, Any]:
    visit = snapshot.visits[name]
    row: dict[str, Any] = {
        "run_id": run_id,
        "visit_id": visit.visit_id,
        "order_id": visit.order_id,
        "order_version": visit.order_version,
        "visit_version": visit.visit_version,
        "was_engineer_id": visit.was_engineer_id,
        "was_start_at": visit.was_start_at,
        "engineer_id": None,
        "planned_start_at": None,
        "planned_end_at": None,
        "travel_s": None,
        "distance_m": None,
        "reasons": None,
        "relaxations": None,
    }
    planned = None
    if name in legs:
        engineer, stop, seconds, metres = legs[name]
        planned = uuid.UUID(engineer), snapshot.at(stop.start_s), snapshot.at(stop.end_s)
        if visit.was and visit.was_end_at and stop.end_s - stop.start_s < visit.service_s:
            # Room was made for it, and nothing but that was cut.
            planned = (*visit.was, visit.was_end_at)
        row |= dict(zip(("engineer_id", "planned_start_at", "planned_end_at"), planned, strict=True))
        row |= {"travel_s": seconds, "distance_m": metres}
    # A visit nobody can be sent to by map may well have been given to somebody by hand.
    held = visit.lock != "none" or visit.lat is None
    was = visit.was and (*visit.was, visit.was_end_at)
    row["change"] = rules.change_of(was, planned, locked=held)
    if planned is None and row["change"] == "kept":
        row |= {"engineer_id": visit.was_engineer_id, "planned_start_at": visit.was_start_at}
        row["planned_end_at"] = visit.was_end_at
    return row


def published_plan(problem: Problem) -> Plan:
    """Return the plan as it is published now, for the same problem: where locks and previous say."""
    placed: dict[tuple[str, int], list[tuple[int, str, int, int]]] = defaultdict(list)
    left = []
    engineers = {engineer.id: engineer for engineer in problem.engineers}
    for task in problem.tasks:
        held = task.lock if task.lock and task.lock.engineer and task.lock.start_s is not None else None
        at = held or task.previous
        shift = None
        if at and at.engineer in engineers and at.start_s is not None:
            for index, one in enumerate(engineers[at.engineer].shifts):
                if one.start_s <= at.start_s <= one.end_s + one.max_overtime_s:
                    shift = index
        if at is None or shift is None or at.engineer is None or at.start_s is None:
            left.append(Unplanned(task.id))
        else:
            placed[at.engineer, shift].append((at.start_s, task.id, task.place, task.service_s))
    routes = [
        _published_route(problem, engineers[name], index, sorted(halts))
        for (name, index), halts in sorted(placed.items())
    ]
    return Plan(tuple(routes), tuple(left))


def _published_route(
    problem: Problem, engineer: Engineer, index: int, halts: list[tuple[int, str, int, int]]
) -> Route:
    """Return the route of one shift; each of `halts` is (start_s, task, place, service_s)."""
    travel, percent, shift = problem.travel, engineer.travel_percent, engineer.shifts[index]
    start_s, _, place, _ = halts[0]
    begin_s = leave_s = start_s - travel_s(travel, shift.start_place, place, start_s, percent)
    place, stops = shift.start_place, []
    for start_s, task, to_place, service_s in halts:
        way_s, end_s = travel_s(travel, place, to_place, leave_s, percent), start_s + service_s
        # What a person planned may leave less time than the way takes; nobody waits less than not at all.
        arrival_s = min(start_s, leave_s + way_s)
        stops.append(Stop(id=task, arrival_s=arrival_s, start_s=start_s, end_s=end_s, leave_s=end_s))
        place, leave_s = to_place, end_s
    if shift.end_place is not None:
        leave_s += travel_s(travel, place, shift.end_place, leave_s, percent)
    return Route(engineer=engineer.id, shift=index, leave_s=begin_s, stops=tuple(stops), end_s=leave_s)


def metrics(problem: Problem, plan: Plan, scored: Score) -> dict[str, Any]:
    """Return what people ask of a plan; seconds, metres and cents as the names say."""
    work_s = {engineer.id: 0 for engineer in problem.engineers}
    for _, (engineer, stop, seconds, _metres) in _legs(problem, plan):
        work_s[engineer] += seconds + stop.end_s - stop.start_s
    terms = {
        field.name: getattr(scored, field.name)
        for field in fields(scored)
        if field.name.endswith("_cents") and getattr(scored, field.name)
    }
    return {
        "planned": scored.planned_tasks,
        "unplanned": scored.unplanned_tasks,
        "travel_s": scored.travel_s,
        "distance_m": scored.distance_m,
        "late_s": scored.late_s,
        "late_visits": scored.late_tasks,
        "overtime_s": scored.overtime_s,
        "waiting_s": scored.waiting_s,
        "engineers": len(work_s),
        "engineers_used": len({route.engineer for route in plan.routes}),
        "least_work_s": min(work_s.values(), default=0),
        "most_work_s": max(work_s.values(), default=0),
        "cost_cents": scored.total_cents,
        "terms": terms,
    }


def _legs(problem: Problem, plan: Plan) -> Iterator[tuple[str, tuple[str, Stop, int, int]]]:
    """Yield (task, (engineer, stop, travel to it [s], distance to it [m])) for every task of a plan."""
    engineers = {engineer.id: engineer for engineer in problem.engineers}
    places = {task.id: task.place for task in problem.tasks}
    metres = problem.travel.metres
    for route in plan.routes:
        engineer = engineers[route.engineer]
        place, leave_s = engineer.shifts[route.shift].start_place, route.leave_s
        for stop in route.stops:
            to_place = places[stop.id]
            seconds = travel_s(problem.travel, place, to_place, leave_s, engineer.travel_percent)
            far_m = 0 if metres is None else int(metres[place, to_place])
            yield stop.id, (route.engineer, stop, seconds, far_m)
            place, leave_s = to_place, stop.leave_s


def _way_home(problem: Problem, route: Route, end_place: int | None, place: int) -> tuple[int, int]:
    """Return seconds and metres from the last stop to the end of a route; breaks on the way count as well."""
    if end_place is None:
        return 0, 0
    metres = problem.travel.metres
    far_m = 0 if metres is None else int(metres[place, end_place])
    return route.end_s - route.stops[-1].leave_s, far_m


def _routes(snapshot: Snapshot, plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield every route as JSON for the map: positions in WGS-84, instants in ISO 8601."""
    problem, legs = snapshot.problem, dict(_legs(snapshot.problem, plan))
    shifts = {engineer.id: engineer.shifts for engineer in problem.engineers}
    places = {task.id: task.place for task in problem.tasks}

    def position(place: int | None) -> dict[str, float] | None:
        if place is None:
            return None
        return {"lat": snapshot.points[place].lat, "lon": snapshot.points[place].lon}

    def when(seconds: int) -> str:
        return snapshot.at(seconds).isoformat()

    for route in plan.routes:
        shift = shifts[route.engineer][route.shift]
        home_s, home_m = _way_home(problem, route, shift.end_place, places[route.stops[-1].id])
        yield {
            "engineer_id": route.engineer,
            "engineer": snapshot.crew.names[route.engineer],
            "leave_at": when(route.leave_s),
            "back_at": when(route.end_s),
            "start": position(shift.start_place),
            "end": position(shift.end_place),
            "travel_s": home_s + sum(legs[stop.id][2] for stop in route.stops),
            "distance_m": home_m + sum(legs[stop.id][3] for stop in route.stops),
            "breaks": [{"start_at": when(a), "end_at": when(b)} for a, b in route.breaks],
            "stops": [
                {
                    "visit_id": stop.id,
                    **(position(places[stop.id]) or {}),
                    "arrival_at": when(stop.arrival_s),
                    "start_at": when(stop.start_s),
                    "end_at": when(stop.end_s),
                    "travel_s": legs[stop.id][2],
                    "distance_m": legs[stop.id][3],
                    "fixed": stop.id not in snapshot.visits,
                }
                for stop in route.stops
            ],
        }
