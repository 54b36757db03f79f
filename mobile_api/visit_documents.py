"""What a phone sees of the visits that are its engineer's: everything that is needed at them.

Documents are made of columns read at the moment, never of objects a session may have kept.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from core import feed
from core.audit import plain
from core.db import db
from dispatch.customers.models import AccessHours, Asset, Customer, Site
from dispatch.flows.models import Category
from dispatch.workorders.models import OrderPart, OrderTool, Visit, VisitEvent, WorkOrder
from mobile_api.scopes import kept_since, scope_of

ON_PHONE = ("dispatched", "accepted", "en_route", "arrived", "in_progress", "on_hold")
ENDED = ("completed", "incomplete")
MOST_HISTORY = 5
_WORK = ("arrived", "in_progress", "on_hold")


def visits_on_phones(*columns: Any) -> Select[Any]:
    """Return the query of visits that phones see."""
    recent = Visit.status.in_(ENDED) & (Visit.planned_end_at >= kept_since())
    return select(*columns).where(Visit.engineer_id.is_not(None), or_(Visit.status.in_(ON_PHONE), recent))


def _visits_of_orders(condition: Any) -> Iterable[uuid.UUID]:
    """Return the visits on phones whose order fulfils a condition."""
    return db.session.scalars(
        visits_on_phones(Visit.id).join(WorkOrder, Visit.order_id == WorkOrder.id).where(condition)
    )


def _visits_beside(events: Sequence[VisitEvent]) -> Iterable[uuid.UUID]:
    """Return the visits some events are of, and where work was done the others at the same sites."""
    found = {event.visit_id for event in events}
    done = [event.visit_id for event in events if event.to_status in ENDED]
    if done:
        sites = (
            select(WorkOrder.site_id).join(Visit, Visit.order_id == WorkOrder.id).where(Visit.id.in_(done))
        )
        found.update(_visits_of_orders(WorkOrder.site_id.in_(sites)))
    return found


def work_orders(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield visits with all an engineer needs for them."""
    query = (
        visits_on_phones(
            Visit.id,
            Visit.order_id,
            Visit.sequence,
            Visit.status,
            Visit.engineer_id,
            Visit.assignment_id,
            Visit.planned_start_at,
            Visit.planned_end_at,
            Visit.promised_from,
            Visit.promised_until,
            Visit.travel_s,
            Visit.distance_m,
            WorkOrder.number,
            WorkOrder.status.label("order_status"),
            WorkOrder.title,
            WorkOrder.description,
            WorkOrder.priority,
            WorkOrder.duration_s,
            WorkOrder.resolve_due_at,
            WorkOrder.contact_name,
            WorkOrder.contact_phone,
            WorkOrder.site_id,
            WorkOrder.asset_id,
            Category.name_en,
            Category.name_zh,
            Customer.name.label("customer"),
            Customer.phone.label("customer_phone"),
            Site.name.label("site"),
            Site.address,
            Site.lat,
            Site.lon,
            Site.access_notes,
        )
        .join(WorkOrder, Visit.order_id == WorkOrder.id)
        .join(Category, WorkOrder.category_id == Category.id)
        .join(Customer, WorkOrder.customer_id == Customer.id)
        .join(Site, WorkOrder.site_id == Site.id)
        .where(Visit.id.in_(ids))
    )
    rows = db.session.execute(query).all()
    more = _Beside(rows)
    for row in rows:
        yield feed.Document(scope_of(row.engineer_id), row.id, more.body_of(row))


class _Beside:
    """What belongs to visits and is read for all of them at once."""

    def __init__(self, rows: Sequence[Any]) -> None:
        orders = {row.order_id for row in rows}
        sites = {row.site_id for row in rows}
        self.parts = self._by(select(OrderPart.order_id, OrderPart.part_id, OrderPart.quantity), orders)
        self.tools = self._by(select(OrderTool.order_id, OrderTool.tool), orders)
        self.hours = self._by(
            select(AccessHours.site_id, AccessHours.weekday, AccessHours.opens, AccessHours.closes), sites
        )
        self.assets = self._by(
            select(Asset.id, Asset.name, Asset.model, Asset.serial, Asset.warranty_until, Asset.notes),
            {row.asset_id for row in rows if row.asset_id},
        )
        self.steps = self._by(
            select(VisitEvent.visit_id, VisitEvent.id, VisitEvent.verb, VisitEvent.at, VisitEvent.to_status),
            {row.id for row in rows},
        )
        self.past = self._history(sites)

    def _by(self, query: Any, keys: set[Any]) -> Mapping[Any, list[Any]]:
        """Return rows by their first column, where it is one of some keys, in their own order."""
        found = defaultdict(list)
        for row in db.session.execute(query.where(query.selected_columns[0].in_(keys))):
            found[row[0]].append(row)
        for mine in found.values():
            mine.sort(key=lambda row: tuple(map(str, row[1:])))
        return found

    def _history(self, sites: set[Any]) -> Mapping[Any, list[Any]]:
        """Return what was done at sites, the newest first."""
        query = (
            select(
                WorkOrder.site_id,
                WorkOrder.asset_id,
                WorkOrder.number,
                WorkOrder.title,
                VisitEvent.visit_id,
                VisitEvent.at,
                VisitEvent.verb,
                VisitEvent.facts,
            )
            .join(Visit, VisitEvent.visit_id == Visit.id)
            .join(WorkOrder, Visit.order_id == WorkOrder.id)
            .where(WorkOrder.site_id.in_(sites), VisitEvent.to_status.in_(ENDED))
            .order_by(VisitEvent.at.desc(), VisitEvent.id.desc())
        )
        found = defaultdict(list)
        for row in db.session.execute(query):
            found[row.site_id].append(row)
        return found

    def body_of(self, row: Any) -> dict[str, Any]:
        """Return the document of a visit."""
        body: dict[str, Any] = plain(
            {
                "id": row.id,
                "work_order_id": row.order_id,
                "assignment_id": row.assignment_id,
                "number": row.number,
                "sequence": row.sequence,
                "status": row.status,
                "order_status": row.order_status,
                "title": row.title,
                "description": row.description,
                "priority": row.priority,
                "category": {"en": row.name_en, "zh": row.name_zh},
                "planned_start_at": row.planned_start_at,
                "planned_end_at": row.planned_end_at,
                "promised_from": row.promised_from,
                "promised_until": row.promised_until,
                "due_at": row.resolve_due_at,
                "duration_s": row.duration_s,
                "travel_s": row.travel_s,
                "distance_m": row.distance_m,
                "contact": {"name": row.contact_name, "phone": row.contact_phone or row.customer_phone},
                "customer": row.customer,
                "site": {
                    "id": row.site_id,
                    "name": row.site,
                    "address": row.address,
                    "lat": row.lat,
                    "lon": row.lon,
                    "access_notes": row.access_notes,
                    "access_hours": [
                        {"weekday": one.weekday, "opens": one.opens, "closes": one.closes}
                        for one in self.hours.get(row.site_id, ())
                    ],
                },
                "asset": self._asset(row.asset_id),
                "parts": [
                    {"part_id": one.part_id, "quantity": one.quantity}
                    for one in self.parts.get(row.order_id, ())
                ],
                "tools": [one.tool for one in self.tools.get(row.order_id, ())],
                "steps": [
                    {"verb": one.verb, "at": one.at, "status": one.to_status}
                    for one in sorted(self.steps.get(row.id, ()), key=lambda one: one.id)
                ],
                "history": self._past(row),
            }
        )
        return body

    def _asset(self, asset_id: uuid.UUID | None) -> dict[str, Any] | None:
        for one in self.assets.get(asset_id, ()):
            return {
                "id": one.id,
                "name": one.name,
                "model": one.model,
                "serial": one.serial,
                "warranty_until": one.warranty_until,
                "notes": one.notes,
            }
        return None

    def _past(self, row: Any) -> list[dict[str, Any]]:
        """Return what was done before at the same device, or at the site where none is named."""
        return [
            {
                "number": one.number,
                "title": one.title,
                "at": one.at,
                "outcome": one.verb,
                "solution": (one.facts or {}).get("solution", ""),
            }
            for one in self.past.get(row.site_id, ())
            if one.visit_id != row.id and (row.asset_id is None or one.asset_id == row.asset_id)
        ][:MOST_HISTORY]


def _why_visits_went(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return why visits are not on the phone any more that had them."""
    rows = db.session.execute(select(Visit.id, Visit.status).where(Visit.id.in_(ids)))
    reasons = {"cancelled": "cancelled", "created": "taken_off"} | dict.fromkeys(ENDED, "old")
    return {row.id: {"reason": reasons.get(row.status, "reassigned")} for row in rows}


WORK_ORDERS = feed.Collection(
    "work_orders",
    made_of={
        Visit: lambda rows: {row.id for row in rows},
        VisitEvent: _visits_beside,
        WorkOrder: lambda rows: _visits_of_orders(WorkOrder.id.in_([row.id for row in rows])),
        OrderPart: lambda rows: _visits_of_orders(WorkOrder.id.in_([row.order_id for row in rows])),
        OrderTool: lambda rows: _visits_of_orders(WorkOrder.id.in_([row.order_id for row in rows])),
        Customer: lambda rows: _visits_of_orders(WorkOrder.customer_id.in_([row.id for row in rows])),
        Site: lambda rows: _visits_of_orders(WorkOrder.site_id.in_([row.id for row in rows])),
        AccessHours: lambda rows: _visits_of_orders(WorkOrder.site_id.in_([row.site_id for row in rows])),
        Asset: lambda rows: _visits_of_orders(WorkOrder.asset_id.in_([row.id for row in rows])),
        Category: lambda rows: _visits_of_orders(WorkOrder.category_id.in_([row.id for row in rows])),
    },
    documents=work_orders,
    every_id=lambda: db.session.scalars(visits_on_phones(Visit.id)),
    why_gone=_why_visits_went,
)
