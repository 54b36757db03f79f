"""What is quoted: a visit, or a draft of an order, as one more task beside the published plan."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import current_app
from sqlalchemy import select

from core import clock, records
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Invalid, mark
from dispatch.customers.models import EngineerStance, Site
from dispatch.customers.resources import SITES
from dispatch.flows import categories
from dispatch.flows.models import Category
from dispatch.planning.desk import Desk
from dispatch.planning.open_work import OneVisit, OpenVisit, Scope, TaskMaker, read_open_visits
from dispatch.planning.reasons import NEEDS_LOCATION, SENTENCES
from dispatch.planning.rules import OPEN_VISIT_STATUSES
from dispatch.workorders import orders
from dispatch.workorders.models import Visit
from geo import places
from geo.point import Point
from optimizer.slots import Quoter, Quotes, Ways
from optimizer.tasks import Task

Instants = tuple[datetime, datetime]


class Quoted:
    """One task beside a plan; `quotes` is None where its windows leave no time at all in these days.

    Parameters
    ----------
    desk : Desk
    visit : OpenVisit
    maker : TaskMaker
    """

    def __init__(self, desk: Desk, visit: OpenVisit, maker: TaskMaker) -> None:
        self.desk, self.visit = desk, visit
        task = maker.task_of(replace(visit, lock="none"))
        # A new appointment: what was promised or planned before it has no say.
        self.task: Task | None = task and replace(task, lock=None, previous=None, promised=None)

    def quotes(self, slots: list[Instants]) -> Quotes | None:
        """Return what each slot costs."""
        if self.task is None or self.visit.lat is None or self.visit.lon is None:
            return None
        quoter: Quoter = self.desk.quoter_without(self.task.id)
        ways: Ways | None = None
        if self.task.place == quoter.new_place:
            ways = self.desk.ways_of(Point(round(self.visit.lat, 6), round(self.visit.lon, 6)))
        origin = self.desk.snapshot.origin
        spans = [tuple(int((at - origin).total_seconds()) for at in slot) for slot in slots]
        return quoter.quote(self.task, [(from_s, until_s) for from_s, until_s in spans], ways)


def visit_to_quote(actor: Actor, order_id: uuid.UUID) -> Visit:
    """Return the visit of an order that an appointment would be made for.

    Raises
    ------
    NotFound
        There is no such order, or not for this person.
    Conflict
        None of its visits can be planned any more.
    """
    order = orders.order_of(actor, order_id)
    for visit in order.visits:
        if visit.status in OPEN_VISIT_STATUSES:
            return visit
    raise Conflict(
        mark("No visit of this order can be planned any more: add one, or reopen the order."),
        code="nothing_to_plan",
    )


def quoted_visit(desk: Desk, visit_id: uuid.UUID) -> Quoted:
    """Return a visit as it would be quoted.

    Raises
    ------
    Invalid
        Its site has no position.
    """
    scope = OneVisit(clock.now(), desk.snapshot.origin, desk.ends_at, visit_id=visit_id)
    (seen,) = read_open_visits(scope)
    _require_position(seen.lat)
    return Quoted(desk, seen, _maker(desk, scope))


def quoted_draft(actor: Actor, desk: Desk, draft: dict[str, Any]) -> Quoted:
    """Return what a draft of an order would be quoted as; what it leaves out is its category's.

    Raises
    ------
    Invalid
        The site or category does not exist, there is no position, or no duration.
    """
    maker = _maker(desk, Scope(clock.now(), desk.snapshot.origin, desk.ends_at, order_ids=()))
    order_id = uuid.uuid4()
    site = records.record_of(SITES, actor, draft["site_id"]) if draft.get("site_id") else None
    row = _row(draft, site)
    _require_position(row.lat)
    category = _category(draft.get("category_id"))
    row.duration_s = draft.get("duration_s") or (category and category.duration_s)
    if row.duration_s is None:
        message = mark("Say how long the work takes, or of which category it is.")
        raise Invalid(message, fields={"duration_s": [message]})
    row.priority = draft.get("priority") or (category.priority if category else "normal")
    skills = draft.get("skills")
    if skills is None:
        skills = [
            {"skill_id": one, "level": level} for one, level in (category.skills if category else {}).items()
        ]
    row.order_id = order_id
    maker.skills[order_id] = [SimpleNamespace(**one) for one in skills]
    maker.parts[order_id] = [SimpleNamespace(**one) for one in draft.get("parts") or ()]
    maker.tools[order_id] = [SimpleNamespace(**one) for one in draft.get("tools") or ()]
    if site is not None:
        maker.hours[site.id] = list(site.access_hours)
        stances = select(EngineerStance).where(EngineerStance.customer_id == site.customer_id)
        maker.stances[site.customer_id] = list(db.session.scalars(stances))
    seen = OpenVisit(order_id, order_id, 1, 1, "none", None, None, None, row.lat, row.lon, row)
    return Quoted(desk, seen, maker)


def _row(draft: dict[str, Any], site: Site | None) -> SimpleNamespace:
    """Return what a draft says as a row of open work."""
    common = {"decision": "created", "resolve_due_at": None, "respond_due_at": None}
    common |= {"promised_from": None, "promised_until": None}
    if site is not None:
        return SimpleNamespace(
            lat=site.lat,
            lon=site.lon,
            territory_id=site.territory_id,
            time_zone=site.time_zone,
            site_id=site.id,
            customer_id=site.customer_id,
            grade=site.customer.grade,
            **common,
        )
    lat, lon = draft.get("lat"), draft.get("lon")
    territory = None if lat is None or lon is None else places.territory_ids_at([lat], [lon])[0]
    nobody = {"site_id": None, "customer_id": None, "grade": "standard", "time_zone": ""}
    return SimpleNamespace(lat=lat, lon=lon, territory_id=territory, **nobody, **common)


def _category(category_id: uuid.UUID | None) -> Any:
    if category_id is None:
        return None
    category = db.session.get(Category, category_id)
    if category is None:
        message = mark("There is no such record.")
        raise Invalid(message, fields={"category_id": [message]})
    return categories.effective(category)


def _require_position(lat: float | None) -> None:
    if lat is None:
        raise Invalid(SENTENCES[NEEDS_LOCATION], code=NEEDS_LOCATION)


def _maker(desk: Desk, scope: Scope) -> TaskMaker:
    zone = current_app.config["SETTINGS"].zone
    # What leaving it out would cost is not asked, so nobody's pay matters.
    return TaskMaker(scope, desk.snapshot.origin, zone, desk.places, 0, 0)
