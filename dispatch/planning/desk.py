"""The published plan, loaded once for slot quotes, and loaded anew when something of it has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import Select, and_, bindparam, func, or_, select

from core import clock
from core.db import UtcDateTime, db
from core.errors import Unavailable, mark
from dispatch.customers.models import Site
from dispatch.planning.models import OptimizationRun
from dispatch.planning.places import KnownPlaces
from dispatch.planning.rules import OPEN_VISIT_STATUSES, STARTED_VISIT_STATUSES
from dispatch.planning.snapshot import Snapshot, take_snapshot
from dispatch.workforce.models import Engineer, Leave, Shift
from dispatch.workorders.models import Visit, WorkOrder
from geo.point import Point
from geo.roads import RoadRouter
from geo.travel import travel_of_one
from inventory.models import StockMovement
from optimizer import warmth
from optimizer.plan import Plan, Route, Stop
from optimizer.problem import Problem
from optimizer.slots import Quoter, Ways

#: A plan that is under way is loaded anew after this, as its engineers move on.
FRESH = timedelta(minutes=1)
_MOST_DESKS, _MOST_OTHERS = 4, 16


@dataclass
class Desk:
    """The published plan of some days.

    Attributes
    ----------
    starts_at, ends_at : datetime
        What it is the plan of.
    state : tuple
        Of the database when it was loaded, see `state_of`.
    """

    starts_at: datetime
    ends_at: datetime
    state: tuple[Any, ...]
    loaded_at: datetime
    snapshot: Snapshot
    quoter: Quoter
    places: KnownPlaces
    _without: OrderedDict[str, Quoter] = field(default_factory=OrderedDict)
    _ways: OrderedDict[Point, Ways] = field(default_factory=OrderedDict)

    def quoter_without(self, visit_id: str) -> Quoter:
        """Return the quoter of the plan without a visit, which may not be planned at all."""
        if not any(task.id == visit_id for task in self.quoter.problem.tasks):
            return self.quoter
        return _remembered(self._without, visit_id, lambda: self.quoter.without(visit_id))

    def ways_of(self, point: Point) -> Ways:
        """Return travel between a position and the places of the plan."""
        return _remembered(self._ways, point, lambda: _ways(point, self.snapshot.points))


def _remembered(kept: OrderedDict[Any, Any], key: Any, make: Any) -> Any:
    found = kept.get(key)
    if found is None:
        found = kept[key] = make()
        while len(kept) > _MOST_OTHERS:
            kept.popitem(last=False)
    return found


def _ways(point: Point, points: tuple[Point, ...]) -> Ways:
    settings = current_app.config["SETTINGS"]
    router = RoadRouter(settings.osrm_url, settings.osrm_timeout_s) if settings.osrm_url else None
    (to_s, to_m), (from_s, from_m) = travel_of_one(point, points, router)
    return Ways(to_s, from_s, to_m, from_m)


_desks: OrderedDict[Any, Desk] = OrderedDict()
_loading = threading.Lock()


def desk_of(starts_at: datetime, ends_at: datetime) -> Desk:
    """Return the published plan between two instants; loading it takes a moment, later questions none.

    Raises
    ------
    Unavailable
        The search is not compiled yet in this process; it is being done.
    """
    if not warmth.is_warm():
        warmth.warm_in_background()
        raise Unavailable(
            mark("Slot quotes are being made ready: ask again in some seconds."), code="warming_up"
        )
    key = (str(db.engine.url), starts_at, ends_at)
    with _loading:
        state, now = state_of(starts_at, ends_at), clock.now()
        desk = _desks.get(key)
        if desk is None or desk.state != state or not _is_fresh(desk, starts_at, now):
            desk = _desks[key] = _loaded(state, starts_at, ends_at)
        _desks.move_to_end(key)
        while len(_desks) > _MOST_DESKS:
            _desks.popitem(last=False)
    return desk


def _is_fresh(desk: Desk, starts_at: datetime, now: datetime) -> bool:
    return now < starts_at or timedelta() <= now - desk.loaded_at < FRESH


def _loaded(state: tuple[Any, ...], starts_at: datetime, ends_at: datetime) -> Desk:
    # A run over no order at all: whatever is planned stays exactly where it is.
    run = OptimizationRun(starts_at=starts_at, ends_at=ends_at, territory_ids=[], order_ids=[], weights={})
    loaded_at, snapshot = clock.now(), take_snapshot(run)
    quoter = Quoter(snapshot.problem, _standing_plan(snapshot.problem))
    return Desk(starts_at, ends_at, state, loaded_at, snapshot, quoter, KnownPlaces(snapshot.points))


def _standing_plan(problem: Problem) -> Plan:
    """Return the plan that the locks of a problem amount to."""
    held: dict[str, list[Stop]] = {}
    for task in problem.tasks:
        lock = task.lock
        if lock is None or lock.engineer is None or lock.start_s is None:
            raise RuntimeError(f"visit {task.id} is in a run over no order, but not held where it is")
        end_s = lock.start_s + task.service_s
        stop = Stop(id=task.id, arrival_s=lock.start_s, start_s=lock.start_s, end_s=end_s, leave_s=end_s)
        held.setdefault(lock.engineer, []).append(stop)
    routes = []
    for engineer in problem.engineers:
        stops = sorted(held.get(engineer.id, ()), key=lambda stop: stop.start_s)
        for number, shift in enumerate(engineer.shifts):
            until_s = shift.end_s + shift.max_overtime_s
            mine = tuple(stop for stop in stops if shift.start_s <= stop.start_s <= until_s)
            if mine:
                route = Route(
                    engineer=engineer.id, shift=number, leave_s=shift.start_s, stops=mine, end_s=until_s
                )
                routes.append(route)
    return Plan(tuple(routes))


def state_of(starts_at: datetime, ends_at: datetime) -> tuple[Any, ...]:
    """Return what is different once something of the plan between two instants has changed.

    Rows count their changes; one that comes or goes shows in the numbers, one that changes in the sums.
    """
    span = {"starts_at": starts_at, "ends_at": ends_at, "day_before": starts_at - timedelta(days=1)}
    return tuple(tuple(db.session.execute(query, span).one()) for query in _state_queries())


@cache
def _state_queries() -> tuple[Select[Any], ...]:
    """Return the queries of `state_of`, made once: making them takes longer than asking them."""
    starts_at, ends_at, day_before = (
        bindparam(name, type_=UtcDateTime) for name in ("starts_at", "ends_at", "day_before")
    )
    sums = [func.sum(model.version) for model in (Visit, WorkOrder, Site)]
    ahead = and_(
        Visit.status.in_((*OPEN_VISIT_STATUSES, "completed", "incomplete")),
        Visit.planned_start_at < ends_at,
        Visit.planned_end_at > day_before,
    )
    visits: Any = (
        select(func.count(), func.max(Visit.updated_at), *sums)
        .join_from(Visit, WorkOrder, Visit.order_id == WorkOrder.id)
        .join(Site, WorkOrder.site_id == Site.id)
        .where(Visit.engineer_id.is_not(None), or_(Visit.status.in_(STARTED_VISIT_STATUSES), ahead))
    )
    crew: list[Any] = [
        select(func.count(), func.sum(model.version), func.max(model.updated_at))
        for model in (Engineer, Shift, Leave)
    ]
    times = [
        query.where(model.ends_at > starts_at, model.starts_at < ends_at)
        for query, model in zip(crew[1:], (Shift, Leave), strict=True)
    ]
    return visits, crew[0], *times, select(func.max(StockMovement.at))
