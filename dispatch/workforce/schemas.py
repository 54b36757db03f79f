"""What engineers, their skills, shifts and leave look like from outside."""

from __future__ import annotations

from typing import Any

from flask import g
from marshmallow import Schema, ValidationError, fields, post_dump, post_load, validate, validates_schema
from sqlalchemy import select

from core.auth.models import User, UserRole
from core.db import db
from core.errors import mark
from core.fields import Instant
from core.resource import RecordSchema
from dispatch.workforce.models import LEAVE_KINDS, MOST_LEVEL
from geo.datum import Datum, to_wgs84
from geo.point import coordinate_problem
from geo.schemas import in_datum_asked_for

PRIVATE = "engineers.private"
LEAVE_KIND_NAMES = {
    "annual": mark("Annual leave"),
    "sick": mark("Sick leave"),
    "training": mark("Training"),
    "other": mark("Other"),
}


def _coordinate(label: str, example: float, **metadata: Any) -> fields.Float:
    metadata = {"label": label, "step": "any", "example": example, **metadata}
    return fields.Float(load_default=None, allow_none=True, metadata=metadata)


class _Placed(Schema):
    """A position in any of China's datums coming in and, by ``?datum=``, going out; WGS-84 once loaded."""

    place = ("lat", "lon")
    output_args = ("datum",)

    datum = fields.String(
        load_only=True,
        validate=validate.OneOf([datum.value for datum in Datum]),
        metadata={
            "label": "Datum of the position",
            "names": {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"},
            "description": "what the position is measured in; WGS-84 when absent",
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def _is_a_place(self, data: dict[str, Any], **_: Any) -> None:
        lat, lon = (data.get(name) for name in self.place)
        if (lat is None) != (lon is None):
            raise ValidationError(mark("Give both latitude and longitude, or neither."), self.place[0])
        problem = None if lat is None or lon is None else coordinate_problem(lat, lon)
        if problem:
            raise ValidationError(problem.sentence, self.place[0])

    @post_dump
    def _as_asked_for(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return in_datum_asked_for(data, *self.place)

    @post_load
    def _to_wgs84(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        datum = Datum(data.pop("datum", Datum.WGS84))
        if any(name in data for name in self.place):
            lat, lon = (data.get(name) for name in self.place)
            point = None if lat is None or lon is None else to_wgs84(lat, lon, datum)
            data.update(zip(self.place, (point.lat, point.lon) if point else (None, None), strict=True))
        return data


class SkillSchema(RecordSchema):
    """Something an engineer can be able to do."""

    code = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"label": "Code", "example": "HVAC"}
    )
    name_en = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "English name"}
    )
    name_zh = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "Chinese name"}
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})


class SkillLevelSchema(Schema):
    """A skill with a level from 1 to 5."""

    skill_id = fields.UUID(required=True, metadata={"label": "Skill", "resource": "skills"})
    level = fields.Integer(
        load_default=1, validate=validate.Range(1, MOST_LEVEL), metadata={"label": "Level (1 to 5)"}
    )


class ToolSchema(Schema):
    """A tool by its name."""

    tool = fields.String(required=True, validate=validate.Length(1, 60), metadata={"label": "Tool"})


def _people() -> list[tuple[str, str]]:
    query = select(User.id, User.name).join(UserRole).where(UserRole.role == "engineer").order_by(User.name)
    return [(str(user_id), name) for user_id, name in db.session.execute(query)]


def _cents(label: str, default: int) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(0, 10_000_000),
        metadata={"label": label, "permission": PRIVATE},
    )


class Guarded(Schema):
    """Leaves out fields with ``permission`` in their metadata for readers who do not hold it."""

    @post_dump
    def _without_private(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        actor = g.get("actor")
        hidden = {
            name
            for name, field in self.fields.items()
            if (needed := field.metadata.get("permission")) and not (actor and actor.may(needed))
        }
        return {name: value for name, value in data.items() if name not in hidden}


class EngineerSchema(RecordSchema, _Placed, Guarded):
    """Somebody who goes to sites."""

    place = ("home_lat", "home_lon")

    number = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"label": "Number", "example": "E-07"}
    )
    name = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"label": "Name", "example": "林晓"}
    )
    phone = fields.String(
        load_default="", validate=validate.Length(max=40), metadata={"label": "Phone", "kind": "tel"}
    )
    user_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"label": "Account", "hint": "With it they see their own work.", "choices": _people},
    )
    territory_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "label": "Territory",
            "hint": "Empty at first: the one the home lies in.",
            "resource": "territories",
        },
    )
    skills = fields.List(
        fields.Nested(SkillLevelSchema),
        load_default=list,
        validate=validate.Length(max=200),
        metadata={"label": "Skills"},
    )
    tools = fields.List(
        fields.Nested(ToolSchema),
        load_default=list,
        validate=validate.Length(max=200),
        metadata={"label": "Tools"},
    )
    home_address = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"label": "Home address", "permission": PRIVATE},
    )
    home_lat = _coordinate("Latitude of home", 31.2304, permission=PRIVATE)
    home_lon = _coordinate("Longitude of home", 121.4737, permission=PRIVATE)
    speed_factor = fields.Float(
        load_default=1.0,
        validate=validate.Range(0.2, 5),
        metadata={
            "label": "Speed factor",
            "step": "any",
            "hint": "2 travels twice as fast as the average.",
            "permission": PRIVATE,
        },
    )
    cost_cents_per_hour = _cents("Cost of an hour (cents)", 6000)
    cost_cents_per_km = _cents("Cost of a kilometre (cents)", 80)
    overtime_cents_per_hour = _cents("Cost of an hour of overtime (cents)", 9000)
    most_tasks_a_day = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 1000),
        metadata={"label": "Most tasks a day", "hint": "Empty: no limit."},
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})
    notes = fields.String(
        load_default="",
        validate=validate.Length(max=10_000),
        metadata={"label": "Notes", "kind": "textarea", "permission": PRIVATE},
    )
    external_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        metadata={"label": "Key in another system"},
    )


class BreakSchema(Schema):
    """A break: between which instants it may begin, and how long it is."""

    earliest_at = Instant(required=True, metadata={"label": "Earliest start"})
    latest_at = Instant(required=True, metadata={"label": "Latest start"})
    duration_s = fields.Integer(
        required=True,
        validate=validate.Range(60, 14_400),
        metadata={"label": "Duration", "kind": "minutes", "description": "seconds"},
    )


def most_overtime() -> fields.Integer:
    return fields.Integer(
        load_default=0,
        validate=validate.Range(0, 43_200),
        metadata={"label": "Most overtime", "kind": "minutes", "description": "seconds after the end"},
    )


class ShiftSchema(RecordSchema, _Placed):
    """A span in which an engineer works."""

    place = ("start_lat", "start_lon")

    engineer_id = fields.UUID(required=True, metadata={"label": "Engineer", "resource": "engineers"})
    starts_at = Instant(
        required=True,
        error_messages={"required": mark("Say when the shift starts.")},
        metadata={"label": "Start", "example": "2026-11-23T08:00:00+08:00"},
    )
    ends_at = Instant(
        required=True,
        error_messages={"required": mark("Say when the shift ends.")},
        metadata={"label": "End", "example": "2026-11-23T17:00:00+08:00"},
    )
    most_overtime_s = most_overtime()
    breaks = fields.List(
        fields.Nested(BreakSchema),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"label": "Breaks"},
    )
    start_lat = _coordinate("Latitude of the start", 31.2304, hint="Empty: the route starts at home.")
    start_lon = _coordinate("Longitude of the start", 121.4737)


class LeaveSchema(RecordSchema):
    """A span in which an engineer does not work."""

    engineer_id = fields.UUID(required=True, metadata={"label": "Engineer", "resource": "engineers"})
    kind = fields.String(
        load_default="annual",
        validate=validate.OneOf(LEAVE_KINDS),
        metadata={"label": "Kind", "names": LEAVE_KIND_NAMES},
    )
    starts_at = Instant(
        required=True,
        error_messages={"required": mark("Say when the leave starts.")},
        metadata={"label": "Start"},
    )
    ends_at = Instant(
        required=True,
        error_messages={"required": mark("Say when the leave ends.")},
        metadata={"label": "End"},
    )
    notes = fields.String(load_default="", validate=validate.Length(max=500), metadata={"label": "Notes"})
