"""Parts, locations, movements and part requests as resources: who sees what, how lists are filtered."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import get_locale
from marshmallow import fields, validate
from sqlalchemy import ColumnElement, or_

from core.auth.actors import Actor
from core.db import db
from core.errors import Invalid, mark
from core.resource import Filter, Resource
from inventory.models import (
    LOCATION_KINDS,
    REQUEST_STATUSES,
    Part,
    PartRequest,
    StockLocation,
    StockMovement,
)
from inventory.schemas import (
    KIND_NAMES,
    STATUS_NAMES,
    PartRequestSchema,
    PartSchema,
    StockLocationSchema,
    StockMovementSchema,
)


def title_of_part(part: Part) -> str:
    """Return a part's number and its name in the reader's language."""
    locale = get_locale()
    return f"{part.number} {part.name_zh if locale and locale.language == 'zh' else part.name_en}"


def _check_location(actor: Actor, location: StockLocation, data: dict[str, Any], created: bool) -> None:
    def after(name: str) -> Any:
        return data.get(name, getattr(location, name))

    if not created and after("kind") != location.kind:
        # What lies there was counted by the rules of its kind.
        raise _wrong("kind", mark("The kind of a location stays; make a new location instead."))
    if after("kind") == "van" and after("holder_id") is None:
        raise _wrong("holder_id", mark("A van needs the engineer who holds it."))
    if (after("lat") is None) != (after("lon") is None):
        raise _wrong("lat", mark("Give both latitude and longitude, or neither."))
    if data.get("parent_id") and location.id in _with_ancestors(data["parent_id"]):
        raise _wrong("parent_id", mark("A location does not lie in itself."))


def _with_ancestors(location_id: uuid.UUID) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    at: uuid.UUID | None = location_id
    while at is not None and at not in found:
        found.add(at)
        location = db.session.get(StockLocation, at)
        at = location.parent_id if location else None
    return found


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: [sentence]})


def asks_for_self(actor: Actor) -> bool:
    """Tell whether the person's part requests are their own alone: they see and make no others."""
    return actor.roles <= {"engineer", "customer"}


def _own_for_engineers(actor: Actor) -> ColumnElement[bool] | None:
    return PartRequest.requested_by_id == actor.user_id if asks_for_self(actor) else None


def _of(label: str, resource: str) -> fields.UUID:
    return fields.UUID(metadata={"label": label, "resource": resource})


PARTS = Resource(
    name="parts",
    label="Part",
    label_plural="Parts",
    model=Part,
    schema=PartSchema,
    title=title_of_part,
    search=(Part.number, Part.name_en, Part.name_zh, Part.barcode),
    sort=("number", "name_en", "name_zh", "created_at"),
    filters={
        "active": Filter(fields.Boolean(metadata={"label": "Active"}), lambda value: Part.active == value),
        "external_key": Filter(fields.String(), lambda value: Part.external_key == value),
    },
)
STOCK_LOCATIONS = Resource(
    name="stock-locations",
    label="Stock location",
    label_plural="Stock locations",
    model=StockLocation,
    schema=StockLocationSchema,
    title=lambda location: f"{location.code} {location.name}",
    search=(StockLocation.code, StockLocation.name),
    sort=("code", "name", "kind", "created_at"),
    filters={
        "kind": Filter(
            fields.String(
                validate=validate.OneOf(LOCATION_KINDS), metadata={"label": "Kind", "names": KIND_NAMES}
            ),
            lambda value: StockLocation.kind == value,
        ),
        "holder_id": Filter(_of("Holder", "engineers"), lambda value: StockLocation.holder_id == value),
        "active": Filter(
            fields.Boolean(metadata={"label": "Active"}), lambda value: StockLocation.active == value
        ),
    },
    prepare=_check_location,
)
STOCK_MOVEMENTS = Resource(
    name="stock-movements",
    label="Stock movement",
    label_plural="Stock movements",
    model=StockMovement,
    schema=StockMovementSchema,
    title=lambda movement: movement.reason or str(movement.id)[:8],
    search=(StockMovement.reason, StockMovement.actor_name),
    sort=("-at",),
    filters={
        "part_id": Filter(_of("Part", "parts"), lambda value: StockMovement.part_id == value),
        "location_id": Filter(
            _of("Stock location", "stock-locations"),
            lambda value: or_(StockMovement.from_location_id == value, StockMovement.to_location_id == value),
        ),
        "order_id": Filter(_of("Work order", "work-orders"), lambda value: StockMovement.order_id == value),
        "part_request_id": Filter(fields.UUID(), lambda value: StockMovement.part_request_id == value),
    },
    deletable=False,
)
PART_REQUESTS = Resource(
    name="part-requests",
    label="Part request",
    label_plural="Part requests",
    model=PartRequest,
    schema=PartRequestSchema,
    title=lambda asked: asked.number,
    search=(PartRequest.number, PartRequest.reason),
    sort=("-created_at", "number", "status"),
    filters={
        "status": Filter(
            fields.String(
                validate=validate.OneOf(REQUEST_STATUSES), metadata={"label": "Status", "names": STATUS_NAMES}
            ),
            lambda value: PartRequest.status == value,
        ),
        "part_id": Filter(_of("Part", "parts"), lambda value: PartRequest.part_id == value),
        "engineer_id": Filter(_of("Engineer", "engineers"), lambda value: PartRequest.engineer_id == value),
        "order_id": Filter(_of("Work order", "work-orders"), lambda value: PartRequest.order_id == value),
    },
    visible=_own_for_engineers,
    deletable=False,
)
