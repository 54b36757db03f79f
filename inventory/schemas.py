"""What parts, locations, movements and part requests look like from outside."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.api import Strict
from core.errors import mark
from core.resource import RecordSchema
from inventory.models import LOCATION_KINDS, REQUEST_STATUSES

KIND_NAMES = {
    "warehouse": mark("Warehouse"),
    "shelf": mark("Shelf"),
    "van": mark("Van"),
    "supplier": mark("Supplier"),
    "customer": mark("Customer"),
    "scrap": mark("Scrap"),
    "difference": mark("Count difference"),
}
STATUS_NAMES = {
    "requested": mark("Awaiting approval"),
    "approved": mark("Approved"),
    "refused": mark("Turned down"),
    "issued": mark("Issued"),
    "cancelled": mark("Cancelled"),
}
MOST_PIECES = 1_000_000


def _quantity() -> fields.Integer:
    return fields.Integer(
        required=True, validate=validate.Range(1, MOST_PIECES), metadata={"label": "Quantity", "example": 2}
    )


class PartSchema(RecordSchema):
    """A kind of spare part."""

    number = fields.String(
        required=True, validate=validate.Length(1, 60), metadata={"label": "Number", "example": "FLT-2040"}
    )
    name_en = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "English name", "example": "Air filter"},
    )
    name_zh = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"label": "Chinese name", "example": "空气滤芯"},
    )
    unit = fields.String(load_default="pc", validate=validate.Length(1, 20), metadata={"label": "Unit"})
    barcode = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 60), metadata={"label": "Barcode"}
    )
    cost_cents = fields.Integer(
        load_default=0, validate=validate.Range(0, 2_000_000_000), metadata={"label": "Cost (cents)"}
    )
    reorder_point = fields.Integer(
        load_default=0, validate=validate.Range(0, MOST_PIECES), metadata={"label": "Reorder point"}
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})
    external_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"label": "Key in another system"},
    )


class StockLocationSchema(RecordSchema):
    """Where parts can lie; WGS-84."""

    code = fields.String(
        required=True, validate=validate.Length(1, 60), metadata={"label": "Code", "example": "WH1-A3"}
    )
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Location name"})
    kind = fields.String(
        required=True,
        validate=validate.OneOf(LOCATION_KINDS),
        metadata={"label": "Kind", "names": KIND_NAMES, "hint": "It stays as it is once saved."},
    )
    parent_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"label": "Lies in", "resource": "stock-locations"}
    )
    holder_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"label": "Holder", "resource": "engineers", "hint": "The engineer who drives the van."},
    )
    lat = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(-90, 90),
        metadata={"label": "Latitude", "step": "any", "example": 31.2304},
    )
    lon = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(-180, 180),
        metadata={"label": "Longitude", "step": "any", "example": 121.4737},
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})


class StockMovementSchema(Schema):
    """So many of a part went from one location to another."""

    id = fields.UUID(dump_only=True)
    part_id = fields.UUID(required=True, metadata={"label": "Part", "resource": "parts"})
    from_location_id = fields.UUID(
        required=True, metadata={"label": "From location", "resource": "stock-locations"}
    )
    to_location_id = fields.UUID(
        required=True, metadata={"label": "To location", "resource": "stock-locations"}
    )
    quantity = _quantity()
    reason = fields.String(load_default="", validate=validate.Length(max=300), metadata={"label": "Reason"})
    order_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"label": "Work order", "resource": "work-orders"}
    )
    part_request_id = fields.UUID(
        dump_only=True, metadata={"label": "Part request", "resource": "part-requests"}
    )
    at = fields.AwareDateTime(dump_only=True, metadata={"label": "Time"})
    actor_name = fields.String(dump_only=True, metadata={"label": "By"})


class PartRequestSchema(RecordSchema):
    """Somebody in the field asks the warehouse for a part."""

    number = fields.String(dump_only=True, metadata={"label": "Number"})
    part_id = fields.UUID(required=True, metadata={"label": "Part", "resource": "parts"})
    quantity = _quantity()
    engineer_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"label": "Engineer", "resource": "engineers"}
    )
    order_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"label": "Work order", "resource": "work-orders"}
    )
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=2000),
        metadata={"label": "Reason", "kind": "textarea"},
    )
    status = fields.String(
        dump_only=True,
        validate=validate.OneOf(REQUEST_STATUSES),
        metadata={"label": "Status", "names": STATUS_NAMES},
    )
    answer = fields.String(dump_only=True, metadata={"label": "Answer of the warehouse"})
    requested_by_id = fields.UUID(dump_only=True)
    approved_by_id = fields.UUID(dump_only=True)
    issued_from_id = fields.UUID(
        dump_only=True, metadata={"label": "Issued from", "resource": "stock-locations"}
    )


class PartRefusalSchema(Schema):
    """Why a request is turned down."""

    answer = fields.String(
        required=True,
        validate=validate.Length(1, 2000),
        metadata={"label": "Answer of the warehouse", "kind": "textarea", "example": "Repair it instead."},
    )


class PartIssueSchema(Schema):
    """From where, and into which van, a request is issued."""

    from_location_id = fields.UUID(
        required=True, metadata={"label": "From location", "resource": "stock-locations"}
    )
    to_location_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "label": "To location",
            "resource": "stock-locations",
            "hint": "Empty: the engineer's own van.",
        },
    )


class StockBalanceArgs(Strict):
    """Of what, or where, the balances are wanted."""

    part_id = fields.UUID()
    location_id = fields.UUID()

    @validates_schema
    def _of_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError(mark("Give part_id, location_id or both."), "part_id")


class StockBalanceSchema(Schema):
    """How many pieces of a part lie at a location; negative where a location stands for outside."""

    part_id = fields.UUID(required=True)
    location_id = fields.UUID(required=True)
    on_hand = fields.Integer(required=True)


class StockBalancesSchema(Schema):
    """Balances that are not zero."""

    items = fields.List(fields.Nested(StockBalanceSchema), required=True)
