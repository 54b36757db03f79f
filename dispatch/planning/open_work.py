"""The open work of a run: which visits it may place, and each as the optimizer's task."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, or_, select

from core.db import db
from dispatch.customers.models import AccessHours, Customer, EngineerStance, Site
from dispatch.planning import rules
from dispatch.planning.places import Places
from dispatch.workorders.models import OrderPart, OrderSkill, OrderTool, OrderWindow, Visit, WorkOrder
from optimizer.bounds import MOST_SECONDS
from optimizer.tasks import Lock, Previous, Task


@dataclass(frozen=True)
class OpenVisit:
    """A visit a run may place, as the snapshot saw it."""

    visit_id: uuid.UUID
    order_id: uuid.UUID
    visit_version: int
    order_version: int
    lock: str
    was_engineer_id: uuid.UUID | None
    was_start_at: datetime | None
    was_end_at: datetime | None
    lat: float | None
    lon: float | None
    row: Any

    @property
    def was(self) -> tuple[uuid.UUID, datetime] | None:
        """Engineer and start in the published plan, None where it has no place there."""
        if self.was_engineer_id is None or self.was_start_at is None:
            return None
        return self.was_engineer_id, self.was_start_at

    @property
    def fixed(self) -> bool:
        """Whether it stays exactly where it is: locked or frozen, or its order is on hold and has a place."""
        return self.lock == "both" or (self.on_hold and self.was is not None)

    def thawed(self) -> OpenVisit:
        """Return it free to move, if nothing but its time has kept it."""
        return replace(self, lock=self.row.lock)

    @property
    def service_s(self) -> int:
        """How long the work takes [s]: what stays exactly where it is keeps its planned length."""
        if self.fixed and self.was_start_at and self.was_end_at:
            return int((self.was_end_at - self.was_start_at).total_seconds())
        return int(self.row.duration_s)

    @property
    def on_hold(self) -> bool:
        """Whether its order waits for something, such as a part."""
        return bool(self.row.decision == "on_hold")


@dataclass(frozen=True)
class Scope:
    """What a run is about: its time and its territories or orders (None: all).

    What the published plan begins before `frozen_until` stays exactly where it is.
    """

    now: datetime
    starts_at: datetime
    ends_at: datetime
    territory_ids: tuple[uuid.UUID, ...] = ()
    order_ids: tuple[uuid.UUID, ...] | None = None
    frozen_until: datetime | None = None

    def is_frozen(self, start_at: datetime | None) -> bool:
        """Tell whether what begins then in the published plan is too near to be moved."""
        if self.frozen_until is None or start_at is None:
            return False
        return self.now <= start_at < self.frozen_until

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return which visits belong to the scope, joined with their order and its site.

        Visits planned outside the time are left alone, except those whose time passed unused.
        """
        unplanned, missed = Visit.planned_start_at.is_(None), Visit.planned_end_at <= self.now
        inside = and_(Visit.planned_start_at >= self.starts_at, Visit.planned_start_at < self.ends_at)
        conditions = [
            Visit.status.in_(rules.OPEN_VISIT_STATUSES),
            WorkOrder.status.not_in(rules.ENDED_ORDER_STATUSES),
            or_(unplanned, inside, and_(missed, Visit.lock.in_(("none", "engineer")))),
        ]
        if self.territory_ids:
            conditions.append(Site.territory_id.in_(self.territory_ids))
        if self.order_ids is not None:
            conditions.append(WorkOrder.id.in_(self.order_ids))
        return conditions

    def visits(self, *columns: Any) -> Select[Any]:
        """Return a query over the visits of the scope."""
        query = select(*columns).select_from(Visit).join(WorkOrder, Visit.order_id == WorkOrder.id)
        return query.join(Site, WorkOrder.site_id == Site.id).where(*self.conditions())


@dataclass(frozen=True)
class OneVisit(Scope):
    """The scope that is one visit, whatever its status and time."""

    visit_id: uuid.UUID | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return which visit belongs to it."""
        return [Visit.id == self.visit_id]


def read_open_visits(scope: Scope) -> list[OpenVisit]:
    """Return every visit the scope may place, in order of request."""
    query = scope.visits(
        Visit.id,
        Visit.version,
        Visit.lock,
        Visit.engineer_id,
        Visit.planned_start_at,
        Visit.planned_end_at,
        Visit.promised_from,
        Visit.promised_until,
        WorkOrder.id.label("order_id"),
        WorkOrder.number,
        WorkOrder.version.label("order_version"),
        WorkOrder.decision,
        WorkOrder.priority,
        WorkOrder.duration_s,
        WorkOrder.resolve_due_at,
        WorkOrder.respond_due_at,
        WorkOrder.customer_id,
        Site.id.label("site_id"),
        Site.lat,
        Site.lon,
        Site.territory_id,
        Site.time_zone,
        Customer.grade,
    ).join(Customer, WorkOrder.customer_id == Customer.id)
    return [
        OpenVisit(
            row.id,
            row.order_id,
            row.version,
            row.order_version,
            "both" if scope.is_frozen(row.planned_start_at) else row.lock,
            row.engineer_id,
            row.planned_start_at,
            row.planned_end_at,
            row.lat,
            row.lon,
            row,
        )
        for row in db.session.execute(query.order_by(WorkOrder.requested_at, Visit.id))
    ]


class TaskMaker:
    """Turns open visits into tasks; what belongs to their orders is read in one query a table.

    Parameters
    ----------
    scope : Scope
    origin : datetime
        Instant the problem's seconds count from.
    zone : ZoneInfo
        Of sites that name none.
    places : Places
    cents_per_hour : int
        Pay of the dearest engineer, see `rules.unplanned_cents`.
    late_cents_per_hour : int
        Price of lateness, see `rules.waiting_cents`.
    """

    def __init__(
        self,
        scope: Scope,
        origin: datetime,
        zone: ZoneInfo,
        places: Places,
        cents_per_hour: int,
        late_cents_per_hour: int,
    ) -> None:
        self.scope, self.origin, self.zone, self.places = scope, origin, zone, places
        self.cents_per_hour, self.late_cents_per_hour = cents_per_hour, late_cents_per_hour
        self.skills = self._rows(OrderSkill, OrderSkill.order_id, WorkOrder.id)
        self.parts = self._rows(OrderPart, OrderPart.order_id, WorkOrder.id)
        self.tools = self._rows(OrderTool, OrderTool.order_id, WorkOrder.id)
        self.windows = self._rows(OrderWindow, OrderWindow.order_id, WorkOrder.id)
        self.hours = self._rows(AccessHours, AccessHours.site_id, WorkOrder.site_id)
        self.stances = self._rows(EngineerStance, EngineerStance.customer_id, WorkOrder.customer_id)

    def _rows(self, model: Any, key: Any, of: Any) -> dict[uuid.UUID, list[Any]]:
        found: dict[uuid.UUID, list[Any]] = defaultdict(list)
        if self.scope.order_ids == ():
            return found
        within = key.in_(self.scope.visits(of))
        for row in db.session.execute(select(*model.__table__.columns).where(within)):
            found[getattr(row, key.key)].append(row)
        return found

    def task_of(self, visit: OpenVisit) -> Task | None:
        """Return a located visit as a task, None where it can begin at no time in the scope's span."""
        row = visit.row
        windows = self._windows(visit)
        if windows is None and not visit.fixed and visit.lock != "time":
            return None
        due_at = row.resolve_due_at or row.respond_due_at
        # What is overdue already cannot be helped; only what the plan adds to it has a price.
        late_from = None if due_at is None else max(due_at, self.scope.starts_at)
        stances = self.stances[row.customer_id]
        return Task(
            id=str(visit.visit_id),
            place=self.places.index_of(row.lat, row.lon),
            service_s=visit.service_s,
            windows=tuple((self._seconds(a), self._seconds(b)) for a, b in windows or ()),
            due_s=None if late_from is None else self._seconds(late_from),
            lateness_percent=rules.lateness_percent(row.priority),
            unplanned_cents=rules.unplanned_cents(
                row.priority, row.grade, row.duration_s, self.cents_per_hour
            )
            + rules.waiting_cents(row.priority, late_from, self.scope.ends_at, self.late_cents_per_hour),
            skills=tuple((str(one.skill_id), one.level) for one in self.skills[row.order_id]),
            parts=tuple((str(one.part_id), one.quantity) for one in self.parts[row.order_id]),
            tools=tuple(one.tool for one in self.tools[row.order_id]),
            territory=str(row.territory_id) if row.territory_id else None,
            preferred=tuple(str(one.engineer_id) for one in stances if one.stance == "preferred"),
            refused=tuple(str(one.engineer_id) for one in stances if one.stance == "refused"),
            lock=self._lock(visit),
            previous=self._previous(visit),
            promised=(
                (self._seconds(row.promised_from), self._seconds(row.promised_until))
                if row.promised_from and row.promised_until and row.promised_from <= row.promised_until
                else None
            ),
        )

    def _windows(self, visit: OpenVisit) -> list[rules.Instants] | None:
        """Return when it may begin: an empty list for any time, None for never."""
        row = visit.row
        wanted, hours = self.windows[row.order_id], self.hours[row.site_id]
        if not wanted and not hours:
            return []
        zone = ZoneInfo(row.time_zone) if row.time_zone else self.zone
        # Work begun within the span may end after it, in overtime.
        until_at = self.scope.ends_at + timedelta(days=1)
        accessible = rules.open_hours(
            [(one.weekday, one.opens, one.closes) for one in hours], zone, self.scope.starts_at, until_at
        )
        found = rules.start_windows(
            [(one.starts_at, one.ends_at) for one in wanted], accessible, row.duration_s
        )
        reachable = [
            (max(a, self.scope.starts_at), b)
            for a, b in found
            if b >= self.scope.starts_at and a <= self.scope.ends_at
        ]
        return reachable or None

    def _lock(self, visit: OpenVisit) -> Lock | None:
        holds_engineer = visit.fixed or visit.lock == "engineer"
        holds_start = visit.fixed or visit.lock == "time"
        if not holds_engineer and not holds_start:
            return None
        return Lock(
            str(visit.was_engineer_id) if holds_engineer else None,
            self._seconds(visit.was_start_at) if holds_start else None,
        )

    def _previous(self, visit: OpenVisit) -> Previous | None:
        if visit.was is None or visit.was_start_at is None:
            return None
        missed = visit.was_end_at is not None and visit.was_end_at <= self.scope.now
        return None if missed else Previous(str(visit.was_engineer_id), self._seconds(visit.was_start_at))

    def _seconds(self, instant: datetime | None) -> int:
        assert instant is not None, "a constraint of the table gives a locked visit its time"
        seconds = int((instant - self.origin).total_seconds())
        return max(-MOST_SECONDS, min(MOST_SECONDS, seconds))
