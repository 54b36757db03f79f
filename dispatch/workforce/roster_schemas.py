"""What a weekly pattern for engineers and days looks like from outside."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from core.errors import mark
from core.fields import DAY_RANGE, LocalTime, check_time_zone
from dispatch.workforce.rules import PatternBreak, PatternShift, pattern_faults
from dispatch.workforce.schemas import most_overtime


class PatternBreakSchema(Schema):
    """A break of a pattern, local times; those before the shift's start are the next day's."""

    earliest = LocalTime(required=True, metadata={"label": "Earliest start", "example": "11:30"})
    latest = LocalTime(required=True, metadata={"label": "Latest start", "example": "13:00"})
    duration_s = fields.Integer(
        required=True,
        validate=validate.Range(60, 14_400),
        metadata={"label": "Duration", "kind": "minutes", "description": "seconds"},
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PatternBreak:
        return PatternBreak(**data)


class PatternShiftSchema(Schema):
    """A shift of every week, local times; an end before the start is the next day's."""

    weekday = fields.Integer(
        required=True,
        validate=validate.Range(0, 6),
        metadata={"label": "Weekday", "kind": "weekday", "description": "0 is Monday"},
    )
    starts = LocalTime(required=True, metadata={"label": "Start", "example": "08:00"})
    ends = LocalTime(required=True, metadata={"label": "End", "example": "17:00"})
    breaks = fields.List(
        fields.Nested(PatternBreakSchema),
        load_default=list,
        validate=validate.Length(max=10),
        metadata={"label": "Breaks"},
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PatternShift:
        return PatternShift(**{**data, "breaks": tuple(data["breaks"])})


class RosterSchema(Schema):
    """A weekly pattern for engineers and days."""

    engineer_ids = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(1, 1000),
        metadata={"label": "Engineers", "resource": "engineers"},
    )
    first_day = fields.Date(required=True, validate=DAY_RANGE, metadata={"label": "First day"})
    last_day = fields.Date(required=True, validate=DAY_RANGE, metadata={"label": "Last day"})
    pattern = fields.List(
        fields.Nested(PatternShiftSchema),
        required=True,
        validate=validate.Length(1, 50),
        metadata={"label": "Shifts of a week"},
    )
    time_zone = fields.String(
        load_default="",
        validate=check_time_zone,
        metadata={"label": "Time zone", "hint": "Empty: the company's.", "example": "Asia/Shanghai"},
    )
    most_overtime_s = most_overtime()

    @validates_schema(skip_on_field_errors=True)
    def _can_be(self, data: dict[str, Any], **_: Any) -> None:
        if data["last_day"] < data["first_day"]:
            raise ValidationError(mark("The last day is not before the first."), "last_day")
        said = pattern_faults(data["pattern"])
        if said:
            raise ValidationError(said, "pattern")


class RosterResultSchema(Schema):
    """What became of a roster."""

    created = fields.Integer(required=True, metadata={"description": "shifts that were made"})
    skipped = fields.Integer(
        required=True, metadata={"description": "shifts not made, as the engineer has one at that time"}
    )
