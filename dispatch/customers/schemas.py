"""What customers, sites, assets and contracts look like from outside."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.errors import mark
from core.fields import DAY_RANGE, LocalTime, check_time_zone
from core.resource import RecordSchema
from dispatch.customers.models import GRADES, STANCES
from dispatch.workforce.schemas import Guarded
from geo.schemas import PositionFields

PRIVATE = "customers.private"
GRADE_NAMES = {
    "standard": mark("Standard"),
    "silver": mark("Silver"),
    "gold": mark("Gold"),
    "vip": mark("VIP"),
}
STANCE_NAMES = {"preferred": mark("Preferred"), "refused": mark("Refused")}


class EngineerStanceSchema(Schema):
    """An engineer a customer prefers or refuses."""

    engineer_id = fields.UUID(required=True, metadata={"label": "Engineer", "resource": "engineers"})
    stance = fields.String(
        required=True, validate=validate.OneOf(STANCES), metadata={"label": "Stance", "names": STANCE_NAMES}
    )


class CustomerSchema(RecordSchema, Guarded):
    """Somebody work is done for."""

    number = fields.String(
        required=True,
        validate=validate.Length(1, 40),
        metadata={"label": "Number", "example": "C-1001"},
    )
    name = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"label": "Name", "example": "青禾商场"}
    )
    grade = fields.String(
        load_default="standard",
        validate=validate.OneOf(GRADES),
        metadata={"label": "Grade", "names": GRADE_NAMES},
    )
    phone = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"label": "Phone", "kind": "tel"}
    )
    email = fields.String(
        load_default="", validate=validate.Length(max=254), metadata={"label": "E-mail", "kind": "email"}
    )
    notes = fields.String(
        load_default="",
        validate=validate.Length(max=10_000),
        metadata={"label": "Notes", "kind": "textarea", "permission": PRIVATE},
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})
    external_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"label": "Key in another system"},
    )
    engineer_stances = fields.List(
        fields.Nested(EngineerStanceSchema),
        load_default=list,
        validate=validate.Length(max=200),
        metadata={"label": "Preferred and refused engineers"},
    )


class AccessHoursSchema(Schema):
    """When a site can be entered on one weekday, local time."""

    weekday = fields.Integer(
        required=True,
        validate=validate.Range(0, 6),
        metadata={"label": "Weekday", "kind": "weekday", "description": "0 is Monday"},
    )
    opens = LocalTime(required=True, metadata={"label": "Opens"})
    closes = LocalTime(required=True, metadata={"label": "Closes"})

    @validates_schema
    def _order(self, data: dict[str, Any], **_: Any) -> None:
        if data["closes"] <= data["opens"]:
            raise ValidationError(mark("Closing comes after opening."), "closes")


class SiteSchema(RecordSchema, PositionFields):
    """A place where work is done."""

    customer_id = fields.UUID(required=True, metadata={"label": "Customer", "resource": "customers"})
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Name"})
    address = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "Address"})
    territory_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"label": "Territory", "resource": "territories"}
    )
    position_source = fields.String(dump_only=True)
    time_zone = fields.String(
        load_default="",
        validate=check_time_zone,
        metadata={"label": "Time zone", "hint": "Empty: the company's.", "example": "Asia/Shanghai"},
    )
    access_notes = fields.String(
        load_default="",
        validate=validate.Length(max=10_000),
        metadata={"label": "How to get in", "kind": "textarea"},
    )
    access_hours = fields.List(
        fields.Nested(AccessHoursSchema),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={"label": "Access hours", "hint": "None given: always open."},
    )
    external_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"label": "Key in another system"},
    )


class AssetSchema(RecordSchema):
    """A device that is serviced."""

    site_id = fields.UUID(required=True, metadata={"label": "Site", "resource": "sites"})
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Name"})
    model = fields.String(load_default="", validate=validate.Length(max=120), metadata={"label": "Model"})
    serial = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 120),
        metadata={"label": "Serial number"},
    )
    installed_on = fields.Date(
        load_default=None, allow_none=True, validate=DAY_RANGE, metadata={"label": "Installed on"}
    )
    warranty_until = fields.Date(
        load_default=None, allow_none=True, validate=DAY_RANGE, metadata={"label": "Warranty until"}
    )
    notes = fields.String(
        load_default="", validate=validate.Length(max=10_000), metadata={"label": "Notes", "kind": "textarea"}
    )
    attributes = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)


class ContractSchema(RecordSchema):
    """An agreement from a day to a day."""

    customer_id = fields.UUID(required=True, metadata={"label": "Customer", "resource": "customers"})
    number = fields.String(required=True, validate=validate.Length(1, 60), metadata={"label": "Number"})
    name = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "Name"})
    starts_on = fields.Date(required=True, validate=DAY_RANGE, metadata={"label": "From"})
    ends_on = fields.Date(required=True, validate=DAY_RANGE, metadata={"label": "Until"})
    response_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 525_600),
        metadata={"label": "Response within (minutes)"},
    )
    resolution_minutes = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 525_600),
        metadata={"label": "Resolution within (minutes)"},
    )
