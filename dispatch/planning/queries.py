"""The published plan of a span of time, as the board draws it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import lazyload

from core import clock
from core.auth.actors import Actor
from core.db import db
from core.errors import Invalid, mark
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category
from dispatch.planning import rules
from dispatch.planning.crew import engineers_in, last_fixes, times_of
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.names import Names
from dispatch.planning.open_work import Scope
from dispatch.planning.reasons import helps, told
from dispatch.workforce.models import Engineer, Leave, Shift
from dispatch.workforce.rules import working_spans
from dispatch.workorders.models import Visit, WorkOrder

MOST_DAYS = 14
MOST_UNPLANNED = 1_000
SHOWN_VISITS = (
    *rules.OPEN_VISIT_STATUSES,
    *rules.STARTED_VISIT_STATUSES,
    "on_hold",
    "completed",
    "incomplete",
)


def published_plan(
    actor: Actor, from_at: datetime, until_at: datetime, territory_id: uuid.UUID | None = None
) -> dict[str, Any]:
    """Return engineers with their working spans and visits in order, and the open visits without a place.

    Raises
    ------
    Invalid
        The time asked about ends before it starts, or is longer than `MOST_DAYS`.
    """
    actor.require("optimization-runs.read")
    if not from_at < until_at <= from_at + timedelta(days=MOST_DAYS):
        message = mark("Ask for a time that ends after it starts and lasts at most 14 days.")
        raise Invalid(message, fields={"until": [message]})
    territories = (territory_id,) if territory_id else ()
    query = engineers_in(territories).order_by(Engineer.name, Engineer.number)
    engineers = list(db.session.scalars(query.options(lazyload(Engineer.tools))))
    ids = [engineer.id for engineer in engineers]
    shifts, leaves = times_of(Shift, ids, from_at, until_at), times_of(Leave, ids, from_at, until_at)
    visits = _visits(
        (Visit.engineer_id.in_(ids))
        & Visit.status.in_(SHOWN_VISITS)
        & (Visit.planned_start_at < until_at)
        & (Visit.planned_end_at > from_at)
    )
    fixes = {row.engineer_id: row.at for row in db.session.execute(last_fixes(ids, clock.now()))}
    by_engineer: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for visit in visits:
        by_engineer[visit["engineer_id"]].append(visit)
    now = clock.now()
    missed = (Visit.planned_end_at <= now) & (Visit.planned_start_at < from_at)
    scope = Scope(now, from_at, until_at, territories)
    without_place = or_(Visit.planned_start_at.is_(None), missed)
    unplanned = _visits(without_place, *scope.conditions(), limit=MOST_UNPLANNED)
    said = _reasons([visit["id"] for visit in unplanned])
    for visit in unplanned:
        visit.update(said.get(visit["id"], {"reasons": [], "relaxations": []}))
    return {
        "from": from_at,
        "until": until_at,
        "territory_id": territory_id,
        "engineers": [
            {
                "id": engineer.id,
                "number": engineer.number,
                "name": engineer.name,
                "territory_id": engineer.territory_id,
                "last_fix_at": fixes.get(engineer.id),
                "home": _position(engineer.home_lat, engineer.home_lon),
                "skills": [{"code": one.skill.code, "level": one.level} for one in engineer.skills],
                "spans": [
                    {"starts_at": span.starts_at, "ends_at": span.ends_at}
                    | {"breaks": [vars(pause) for pause in span.breaks]}
                    for span in working_spans(shifts[engineer.id], leaves[engineer.id], from_at, until_at)
                ],
                "visits": by_engineer[engineer.id],
            }
            for engineer in engineers
        ],
        "unplanned": unplanned,
    }


def _reasons(visit_ids: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return why the latest run left each visit out and what would help, while its order has not changed."""
    found: dict[uuid.UUID, dict[str, Any]] = {}
    names = Names()
    for first in range(0, len(visit_ids), 500):
        query = (
            select(
                RunAssignment.visit_id,
                RunAssignment.change,
                RunAssignment.reasons,
                RunAssignment.relaxations,
            )
            .join(OptimizationRun, RunAssignment.run_id == OptimizationRun.id)
            .join(WorkOrder, RunAssignment.order_id == WorkOrder.id)
            .where(
                RunAssignment.visit_id.in_(visit_ids[first : first + 500]),
                RunAssignment.order_version == WorkOrder.version,
                OptimizationRun.status.in_(("ready", "published")),
            )
            .order_by(OptimizationRun.finished_at)
        )
        for row in db.session.execute(query):
            left_out = row.change == "left_out"
            found[row.visit_id] = {
                "reasons": told(row.reasons) if left_out else [],
                "relaxations": helps(row.relaxations, names) if left_out else [],
            }
    return found


def _position(lat: float | None, lon: float | None) -> dict[str, float | None] | None:
    return None if lat is None else {"lat": lat, "lon": lon}


def _visits(*conditions: Any, limit: int | None = None) -> list[dict[str, Any]]:
    query = (
        select(
            Visit.id,
            Visit.version,
            Visit.order_id,
            Visit.status,
            Visit.lock,
            Visit.engineer_id,
            Visit.planned_start_at,
            Visit.planned_end_at,
            Visit.travel_s,
            Visit.distance_m,
            Visit.promised_from,
            Visit.promised_until,
            Visit.run_id,
            WorkOrder.number,
            WorkOrder.title,
            WorkOrder.priority,
            WorkOrder.duration_s,
            WorkOrder.status.label("order_status"),
            WorkOrder.resolve_due_at.label("due_at"),
            Category.code.label("category"),
            Customer.name.label("customer"),
            Customer.grade,
            Site.name.label("site"),
            Site.address,
            Site.territory_id,
            Site.lat,
            Site.lon,
        )
        .join(WorkOrder, Visit.order_id == WorkOrder.id)
        .join(Site, WorkOrder.site_id == Site.id)
        .join(Customer, WorkOrder.customer_id == Customer.id)
        .join(Category, WorkOrder.category_id == Category.id)
        .where(*conditions)
        .order_by(Visit.planned_start_at, WorkOrder.requested_at, Visit.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in db.session.execute(query)]
