"""One consistent picture of what is to be planned, as a frozen problem for the optimizer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from core import clock
from core.db import consistent_read
from core.errors import mark
from dispatch.planning.crew import Crew, CrewReader
from dispatch.planning.fixed import Room
from dispatch.planning.models import OptimizationRun
from dispatch.planning.open_work import OpenVisit, Scope, TaskMaker, read_open_visits
from dispatch.planning.places import Places
from dispatch.planning.reasons import NEEDS_LOCATION, NO_WINDOW, ON_HOLD
from dispatch.planning.weights import weights_of
from geo.legs import RememberedLegs
from geo.point import Point
from geo.roads import RoadRouter
from geo.travel import travel_between
from optimizer.problem import Problem
from optimizer.tasks import Lock, Task
from optimizer.travel import Travel

WITHOUT_START = mark("Nobody knows where %(name)s starts: give a home address or a start of the shift.")


@dataclass(frozen=True)
class Snapshot:
    """What a run saw.

    Attributes
    ----------
    origin : datetime
        Instant the problem's seconds count from.
    problem : optimizer.Problem
        Visit ids are its task ids, engineer ids its engineer ids.
    points : tuple of Point
        Places of the problem, by index.
    visits : dict
        Every visit the run may place, by id as text.
    left_out : dict
        Rule by visit id, for those that are not in the problem.
    crew : Crew
    travel_source : str
    warnings : list of dict
        ``code``, ``message`` (key of a translation) and ``facts``.
    """

    origin: datetime
    problem: Problem
    points: tuple[Point, ...]
    visits: dict[str, OpenVisit]
    left_out: dict[str, str]
    crew: Crew
    travel_source: str = "model"
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def at(self, seconds: int) -> datetime:
        """Return the instant of a time of the problem."""
        return self.origin + timedelta(seconds=seconds)


def take_snapshot(run: OptimizationRun) -> Snapshot:
    """Return what there is to plan for `run` at this moment.

    The database is read in one consistent read; no transaction is open while roads are asked for.
    """
    settings = current_app.config["SETTINGS"]
    now = _whole_second(clock.now())
    starts_at = max(run.starts_at, now)
    scope = Scope(
        now,
        starts_at,
        run.ends_at,
        tuple(uuid.UUID(one) for one in run.territory_ids),
        None if run.order_ids is None else tuple(uuid.UUID(one) for one in run.order_ids),
        now + timedelta(minutes=settings.freeze_minutes),
    )
    weights = weights_of(run.weights)
    places = Places()
    with consistent_read():
        seen = read_open_visits(scope)
        movable = {visit.visit_id for visit in seen if not visit.fixed and visit.lat is not None}
        reader = CrewReader(starts_at, now, starts_at, run.ends_at, places, settings.zone)
        crew = reader.read(scope.territory_ids, movable)
        dearest = max((one.cents_per_hour for one in crew.engineers), default=0)
        late = weights.lateness_cents_per_hour
        maker = TaskMaker(scope, starts_at, settings.zone, places, dearest, late)
        # Whoever does not come after all cannot be on the way either.
        seen = [visit if _is_ours(visit, crew) else visit.thawed() for visit in seen]
        visits = {str(visit.visit_id): visit for visit in seen if _is_ours(visit, crew)}
        tasks, left_out = _tasks(maker, visits)
    known = {task.id for task in tasks}
    tasks += _fixed_tasks(crew, known, starts_at)
    cache = RememberedLegs()
    router = RoadRouter(settings.osrm_url, settings.osrm_timeout_s) if settings.osrm_url else None
    travel = travel_between(places.points, router, cache)
    cache.keep()
    warnings = [
        {"code": one.code, "message": one.message, "facts": dict(one.facts)} for one in travel.warnings
    ]
    warnings += [
        {"code": "without_start", "message": WITHOUT_START, "facts": {"name": name}}
        for name in crew.without_start
    ]
    ways = Travel(travel.travel_s, travel.distance_m)
    room = Room(ways, tasks)
    for engineer in crew.engineers:
        room.make(engineer)
    warnings += [
        {"code": "fixed_visit", "message": message, "facts": {"name": crew.names[engineer_id]}}
        for message, engineer_id in room.told
    ]
    problem = Problem(
        tasks=tuple(room.tasks.values()), engineers=tuple(room.engineers), travel=ways, weights=weights
    )
    points = tuple(places.points)
    return Snapshot(starts_at, problem, points, visits, left_out, crew, travel.source, warnings)


def _whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0) + timedelta(seconds=bool(instant.microsecond))


def _is_ours(visit: OpenVisit, crew: Crew) -> bool:
    """Tell whether the run may speak of a visit: not one that is fixed outside what the run plans."""
    if not visit.fixed:
        return True
    ahead = {anchor.visit_id for anchor in crew.ahead.get(str(visit.was_engineer_id), ())}
    return str(visit.visit_id) in ahead


def _tasks(maker: TaskMaker, visits: dict[str, OpenVisit]) -> tuple[list[Task], dict[str, str]]:
    tasks, left_out = [], {}
    for name, visit in visits.items():
        if visit.on_hold and not visit.fixed:
            left_out[name] = ON_HOLD
            continue
        if visit.lat is None:
            left_out[name] = NEEDS_LOCATION
            continue
        task = maker.task_of(visit)
        if task is None:
            left_out[name] = NO_WINDOW
        else:
            tasks.append(task)
    return tasks, left_out


def _fixed_tasks(crew: Crew, known: set[str], origin: datetime) -> list[Task]:
    """Return what others planned for the crew, held where it is, so that nothing is planned over it."""
    found = []
    for engineer, anchors in crew.ahead.items():
        for anchor in anchors:
            on_duty = any(
                anchor.start_at <= span.ends_at + timedelta(seconds=span.most_overtime_s)
                and anchor.end_at >= span.starts_at
                for span in crew.spans[engineer]
            )
            if on_duty and anchor.visit_id not in known:
                start_s = int((anchor.start_at - origin).total_seconds())
                service_s = int((anchor.end_at - anchor.start_at).total_seconds())
                lock = Lock(engineer, start_s)
                found.append(Task(id=anchor.visit_id, place=anchor.place, service_s=service_s, lock=lock))
    return found
