"""Work orders, visits and positions as resources: who sees which, how lists are filtered and sorted."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, case, or_, select
from webargs.fields import DelimitedList

from core.auth.actors import Actor
from core.fields import Instant
from core.resource import Filter, Resource
from dispatch.customers.models import Customer, Site
from dispatch.customers.resources import customer_ids_of
from dispatch.flows.models import PRIORITIES
from dispatch.flows.schemas import PRIORITY_NAMES
from dispatch.workforce.models import Engineer
from dispatch.workorders import requests
from dispatch.workorders.models import CHANNELS, ORDER_STATUSES, VISIT_STATUSES, Visit, WorkOrder
from dispatch.workorders.rules import FINAL_ORDERS
from dispatch.workorders.schemas import (
    CHANNEL_NAMES,
    STATUS_NAMES,
    VisitSchema,
    WorkOrderSchema,
)
from geo.models import Position, PositionLook
from geo.schemas import PositionLookSchema, PositionSchema

ORDERS_NAME = "work-orders"
ALL_POSITIONS = "positions.read_all"
ALL_LOOKS = "position-looks.read_all"


def _engineer_ids_of(actor: Actor) -> Any:
    return select(Engineer.id).where(Engineer.user_id == actor.user_id)


def _is_limited(actor: Actor) -> bool:
    return actor.roles <= {"customer", "engineer"}


def _visible_orders(actor: Actor) -> ColumnElement[bool] | None:
    if not _is_limited(actor):
        return None
    return or_(
        WorkOrder.customer_id.in_(customer_ids_of(actor)),
        WorkOrder.id.in_(select(Visit.order_id).where(Visit.engineer_id.in_(_engineer_ids_of(actor)))),
    )


def _visible_visits(actor: Actor) -> ColumnElement[bool] | None:
    if not _is_limited(actor):
        return None
    return or_(
        Visit.engineer_id.in_(_engineer_ids_of(actor)),
        Visit.order_id.in_(select(WorkOrder.id).where(WorkOrder.customer_id.in_(customer_ids_of(actor)))),
    )


def _visible_positions(actor: Actor) -> ColumnElement[bool] | None:
    return None if actor.may(ALL_POSITIONS) else Position.engineer_id.in_(_engineer_ids_of(actor))


def _visible_looks(actor: Actor) -> ColumnElement[bool] | None:
    return None if actor.may(ALL_LOOKS) else PositionLook.engineer_id.in_(_engineer_ids_of(actor))


def _has_visit(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return WorkOrder.id.in_(select(Visit.order_id).where(Visit.status != "cancelled", *conditions))


def _at_site(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return WorkOrder.site_id.in_(select(Site.id).where(condition))


def _is_open(value: bool) -> ColumnElement[bool]:
    return WorkOrder.status.not_in(FINAL_ORDERS) if value else WorkOrder.status.in_(FINAL_ORDERS)


def _needs_location(value: bool) -> ColumnElement[bool]:
    needs = _is_open(True) & _at_site(Site.lat.is_(None))
    return needs if value else ~needs


def _one_of(label: str, values: tuple[str, ...], names: dict[str, str]) -> fields.Field:
    return DelimitedList(
        fields.String(validate=validate.OneOf(values)),
        metadata={
            "label": label,
            "names": {value: names[value] for value in values},
            "description": "one, or several with commas",
        },
    )


def _reference(label: str, resource: str) -> fields.UUID:
    return fields.UUID(metadata={"label": label, "resource": resource})


def _flag(label: str) -> fields.Boolean:
    return fields.Boolean(metadata={"label": label})


def _instant(label: str) -> Instant:
    return Instant(metadata={"label": label, "kind": "datetime"})


_customer_name = select(Customer.name).where(Customer.id == WorkOrder.customer_id).scalar_subquery()

WORK_ORDERS = Resource(
    name=ORDERS_NAME,
    label="Work order",
    label_plural="Work orders",
    model=WorkOrder,
    schema=WorkOrderSchema,
    title=lambda order: f"{order.number} {order.title}",
    search=(WorkOrder.number, WorkOrder.title, _customer_name),
    sort=("-number", "created_at", "priority", "resolve_due_at"),
    orderings={
        "priority": case({name: rank for rank, name in enumerate(PRIORITIES)}, value=WorkOrder.priority)
    },
    filters={
        "status": Filter(_one_of("Status", ORDER_STATUSES, STATUS_NAMES), WorkOrder.status.in_),
        "open": Filter(_flag("Open"), _is_open),
        "channel": Filter(_one_of("Channel", CHANNELS, CHANNEL_NAMES), WorkOrder.channel.in_),
        "category_id": Filter(
            _reference("Category", "categories"), lambda value: WorkOrder.category_id == value
        ),
        "priority": Filter(_one_of("Priority", PRIORITIES, PRIORITY_NAMES), WorkOrder.priority.in_),
        "customer_id": Filter(
            _reference("Customer", "customers"), lambda value: WorkOrder.customer_id == value
        ),
        "site_id": Filter(_reference("Site", "sites"), lambda value: WorkOrder.site_id == value),
        "territory_id": Filter(
            _reference("Territory", "territories"), lambda value: _at_site(Site.territory_id == value)
        ),
        "engineer_id": Filter(
            _reference("Engineer", "engineers"), lambda value: _has_visit(Visit.engineer_id == value)
        ),
        "located": Filter(
            _flag("Located"), lambda value: _at_site(Site.lat.is_not(None) if value else Site.lat.is_(None))
        ),
        "needs_location": Filter(_flag("Needs a location"), _needs_location),
        "planned_from": Filter(
            _instant("Planned from"), lambda value: _has_visit(Visit.planned_end_at > value)
        ),
        "planned_until": Filter(
            _instant("Planned until"), lambda value: _has_visit(Visit.planned_start_at < value)
        ),
        "due_before": Filter(_instant("Due before"), lambda value: WorkOrder.resolve_due_at < value),
        "external_source": Filter(fields.String(), lambda value: WorkOrder.external_source == value),
        "external_key": Filter(fields.String(), lambda value: WorkOrder.external_key == value),
    },
    visible=_visible_orders,
    prepare=requests.prepare,
    announce=requests.announce,
    deletable=False,
)
VISITS = Resource(
    name="visits",
    label="Visit",
    label_plural="Visits",
    model=Visit,
    schema=VisitSchema,
    title=lambda visit: f"{visit.order.number}-{visit.sequence}",
    sort=("planned_start_at", "created_at"),
    filters={
        "status": Filter(_one_of("Status", VISIT_STATUSES, STATUS_NAMES), Visit.status.in_),
        "order_id": Filter(_reference("Work order", ORDERS_NAME), lambda value: Visit.order_id == value),
        "engineer_id": Filter(_reference("Engineer", "engineers"), lambda value: Visit.engineer_id == value),
        "territory_id": Filter(
            _reference("Territory", "territories"),
            lambda value: Visit.order_id.in_(
                select(WorkOrder.id).where(_at_site(Site.territory_id == value))
            ),
        ),
        "from": Filter(_instant("From"), lambda value: Visit.planned_end_at > value),
        "until": Filter(_instant("Until"), lambda value: Visit.planned_start_at < value),
    },
    visible=_visible_visits,
    deletable=False,
)
POSITIONS = Resource(
    name="positions",
    label="Position",
    label_plural="Positions",
    model=Position,
    schema=PositionSchema,
    sort=("-recorded_at",),
    filters={
        "engineer_id": Filter(
            _reference("Engineer", "engineers"), lambda value: Position.engineer_id == value
        ),
        "visit_id": Filter(_reference("Visit", "visits"), lambda value: Position.visit_id == value),
        "from": Filter(_instant("From"), lambda value: Position.recorded_at >= value),
        "until": Filter(_instant("Until"), lambda value: Position.recorded_at < value),
    },
    visible=_visible_positions,
    deletable=False,
)
LOOKS = Resource(
    name="position-looks",
    label="Look at positions",
    label_plural="Looks at positions",
    model=PositionLook,
    schema=PositionLookSchema,
    sort=("-at",),
    filters={
        "engineer_id": Filter(
            _reference("Engineer", "engineers"), lambda value: PositionLook.engineer_id == value
        ),
        "from": Filter(_instant("From"), lambda value: PositionLook.at >= value),
        "until": Filter(_instant("Until"), lambda value: PositionLook.at < value),
    },
    visible=_visible_looks,
    deletable=False,
)
