"""The crew of a run: who works in its territories and time, from where and until when."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import lazyload

from core.db import db
from dispatch.customers.models import Site
from dispatch.planning.places import Places
from dispatch.planning.rules import (
    OPEN_VISIT_STATUSES,
    STARTED_VISIT_STATUSES,
    Anchor,
    Availability,
    availability,
)
from dispatch.workforce.models import Engineer as EngineerRow
from dispatch.workforce.models import EngineerSkill, EngineerTool, Leave
from dispatch.workforce.models import Shift as ShiftRow
from dispatch.workforce.rules import WorkingSpan, working_spans
from dispatch.workorders.models import Visit, WorkOrder
from geo.models import Position
from inventory import ledger
from optimizer.crew import Break, Engineer, Shift

_POSITION_COUNTS = timedelta(hours=12)


def last_fixes(ids: Sequence[uuid.UUID], now: datetime) -> Select[uuid.UUID, datetime]:
    """Return the query of when some engineers last said where they are (`at`), as long as that counts."""
    query = select(Position.engineer_id, func.max(Position.recorded_at).label("at"))
    counts = (Position.recorded_at > now - _POSITION_COUNTS, Position.recorded_at <= now)
    return query.where(Position.engineer_id.in_(ids), *counts).group_by(Position.engineer_id)


def engineers_in(territory_ids: Sequence[uuid.UUID]) -> Select[Any]:
    """Return the query of active engineers of these territories (all where none are given).

    Who belongs to no territory works in all of them.
    """
    query = select(EngineerRow).where(EngineerRow.active)
    if territory_ids:
        here = EngineerRow.territory_id.in_(territory_ids)
        query = query.where(or_(here, EngineerRow.territory_id.is_(None)))
    return query


def times_of(
    model: Any, engineer_ids: Sequence[uuid.UUID], starts_at: datetime, ends_at: datetime
) -> dict[uuid.UUID, list[Any]]:
    """Return the shifts or leaves of engineers that touch a span of time, by engineer."""
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    inside = (model.ends_at > starts_at, model.starts_at < ends_at)
    query = select(model).where(model.engineer_id.in_(engineer_ids), *inside)
    for row in db.session.scalars(query.options(lazyload(model.engineer))):
        found[row.engineer_id].append(row)
    return found


@dataclass(frozen=True)
class Crew:
    """Engineers as the optimizer sees them, and what keeps each busy.

    Attributes
    ----------
    engineers : tuple of optimizer.Engineer
    names : dict
        Name by engineer id.
    spans : dict
        Working spans by engineer id, in the order of the engineer's shifts.
    ahead : dict
        Visits fixed for later, by engineer id.
    left_alone : set of str
        Visits bound to somebody which are under way or should be.
    without_start : tuple of str
        Names of engineers who cannot be planned, as nobody knows where they start.
    """

    engineers: tuple[Engineer, ...]
    names: dict[str, str]
    spans: dict[str, list[WorkingSpan]]
    ahead: dict[str, tuple[Anchor, ...]]
    left_alone: set[str]
    without_start: tuple[str, ...]


class CrewReader:
    """Reads the crew of one run; every query is asked once for all engineers.

    Parameters
    ----------
    origin : datetime
        Instant the problem's seconds count from.
    now, starts_at, ends_at : datetime
        Present, and what is planned; `starts_at` is not before `now`.
    places : Places
    zone : ZoneInfo
        The company's, in which a day's visits are counted.
    """

    def __init__(
        self,
        origin: datetime,
        now: datetime,
        starts_at: datetime,
        ends_at: datetime,
        places: Places,
        zone: ZoneInfo,
    ) -> None:
        self.origin, self.now, self.starts_at, self.ends_at = origin, now, starts_at, ends_at
        self.places, self.zone = places, zone

    def read(self, territory_ids: Sequence[uuid.UUID], movable: set[uuid.UUID]) -> Crew:
        """Return the crew; `movable` visits are the run's to place, all others bind their engineer."""
        rows = {
            row.id: row
            for row in db.session.scalars(
                engineers_in(territory_ids)
                .options(lazyload(EngineerRow.skills), lazyload(EngineerRow.tools))
                .order_by(EngineerRow.number)
            )
        }
        ids = list(rows)
        skills = self._children(EngineerSkill, ids)
        tools = self._children(EngineerTool, ids)
        span = (self.starts_at, self.ends_at)
        shifts, leaves = times_of(ShiftRow, ids, *span), times_of(Leave, ids, *span)
        starts = {shift.id: shift for of_one in shifts.values() for shift in of_one}
        anchors, done = self._anchors(rows, movable)
        stock = ledger.van_stock_of(ids)
        positions = self._positions(ids)
        crew = Crew((), {}, {}, {}, set(), ())
        engineers, lost = [], []
        for row in rows.values():
            bound = availability(anchors[row.id], self.now, self.starts_at)
            ahead = {anchor.visit_id for anchor in bound.ahead}
            crew.left_alone.update(one.visit_id for one in anchors[row.id] if one.visit_id not in ahead)
            spans = working_spans(shifts[row.id], leaves[row.id], bound.free_at, self.ends_at)
            if not spans:
                continue
            made = self._shifts(row, spans, starts, bound, positions.get(row.id), done)
            if made is None:
                lost.append(row.name)
                continue
            me = str(row.id)
            crew.names[me], crew.spans[me], crew.ahead[me] = row.name, spans, bound.ahead
            engineers.append(
                Engineer(
                    id=me,
                    shifts=made,
                    skills=tuple((str(one.skill_id), one.level) for one in skills[row.id]),
                    tools=tuple(one.tool for one in tools[row.id]),
                    parts=tuple((str(part), count) for part, count in stock[row.id].items() if count > 0),
                    territories=(str(row.territory_id),) if row.territory_id else (),
                    travel_percent=max(1, round(100 / row.speed_factor)),
                    cents_per_hour=row.cost_cents_per_hour,
                    cents_per_km=row.cost_cents_per_km,
                )
            )
        return Crew(tuple(engineers), crew.names, crew.spans, crew.ahead, crew.left_alone, tuple(lost))

    def _children(self, model: Any, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
        found: dict[uuid.UUID, list[Any]] = defaultdict(list)
        for row in db.session.execute(select(*model.__table__.columns).where(model.engineer_id.in_(ids))):
            found[row.engineer_id].append(row)
        return found

    def _anchors(
        self, rows: dict[uuid.UUID, EngineerRow], movable: set[uuid.UUID]
    ) -> tuple[dict[uuid.UUID, list[Anchor]], Counter[tuple[uuid.UUID, Any]]]:
        """Return what binds each engineer, and how many visits each has begun or done on each day."""
        found: dict[uuid.UUID, list[Anchor]] = defaultdict(list)
        done: Counter[tuple[uuid.UUID, Any]] = Counter()
        still = Visit.status.in_((*OPEN_VISIT_STATUSES, "completed", "incomplete"))
        inside = (Visit.planned_start_at < self.ends_at) & (
            Visit.planned_end_at > self.starts_at - timedelta(days=1)
        )
        query = (
            select(
                Visit.id,
                Visit.engineer_id,
                Visit.status,
                Visit.planned_start_at,
                Visit.planned_end_at,
                WorkOrder.duration_s,
                Site.lat,
                Site.lon,
            )
            .join(WorkOrder, Visit.order_id == WorkOrder.id)
            .join(Site, WorkOrder.site_id == Site.id)
            .where(
                Visit.engineer_id.in_(list(rows)),
                or_(Visit.status.in_(STARTED_VISIT_STATUSES), still & inside),
            )
        )
        for visit in db.session.execute(query):
            engineer = rows[visit.engineer_id]
            begins_at = visit.planned_start_at or self.now
            if visit.status not in OPEN_VISIT_STATUSES:
                done[engineer.id, begins_at.astimezone(self.zone).date()] += 1
            place = self._place(visit.lat, visit.lon)
            if place is None:
                place = self._place(engineer.home_lat, engineer.home_lon)
            ends_at = visit.planned_end_at or begins_at + timedelta(seconds=visit.duration_s)
            over = visit.status not in STARTED_VISIT_STATUSES and ends_at <= self.starts_at
            if visit.id in movable or visit.status in ("completed", "incomplete") or over or place is None:
                continue
            found[engineer.id].append(
                Anchor(
                    str(visit.id),
                    place,
                    begins_at,
                    ends_at,
                    visit.duration_s,
                    visit.status,
                )
            )
        return found, done

    def _positions(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[float, float]]:
        latest = last_fixes(ids, self.now).subquery()
        query = select(Position.engineer_id, Position.lat, Position.lon).join(
            latest,
            (Position.engineer_id == latest.c.engineer_id) & (Position.recorded_at == latest.c.at),
        )
        return {row.engineer_id: (row.lat, row.lon) for row in db.session.execute(query)}

    def _shifts(
        self,
        row: EngineerRow,
        spans: list[WorkingSpan],
        stored: dict[Any, ShiftRow],
        bound: Availability,
        position: tuple[float, float] | None,
        done: Counter[tuple[uuid.UUID, Any]],
    ) -> tuple[Shift, ...] | None:
        """Return the spans as the optimizer's shifts, None where nobody knows where one starts."""
        made = []
        home = self._place(row.home_lat, row.home_lon)
        for span in spans:
            shift = stored[span.shift_id]
            under_way = span.starts_at == bound.free_at and shift.starts_at < bound.free_at
            if under_way and bound.place is not None:
                start: int | None = bound.place
            elif under_way and position is not None and self.starts_at <= self.now:
                start = self.places.index_of(*position)
            else:
                start = self._place(shift.start_lat, shift.start_lon)
                start = home if start is None else start
            if start is None:
                return None
            most, day = row.most_tasks_a_day, shift.starts_at.astimezone(self.zone).date()
            made.append(
                Shift(
                    start_s=self._seconds(span.starts_at),
                    end_s=self._seconds(span.ends_at),
                    start_place=start,
                    end_place=home,
                    breaks=tuple(
                        Break(one.duration_s, self._seconds(one.earliest_at), self._seconds(one.latest_at))
                        for one in span.breaks
                    ),
                    max_overtime_s=span.most_overtime_s,
                    max_tasks=None if most is None else max(0, most - done[row.id, day]),
                )
            )
        return tuple(made)

    def _place(self, lat: float | None, lon: float | None) -> int | None:
        return None if lat is None or lon is None else self.places.index_of(lat, lon)

    def _seconds(self, instant: datetime) -> int:
        return int((instant - self.origin).total_seconds())
