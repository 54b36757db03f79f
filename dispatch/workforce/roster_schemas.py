"""What a weekly pattern for engineers and days looks like from outside."""

from __future__ import annotations

from datetime import time
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


WEEKDAY_NAMES = {
    0: mark("Monday"),
    1: mark("Tuesday"),
    2: mark("Wednesday"),
    3: mark("Thursday"),
    4: mark("Friday"),
    5: mark("Saturday"),
    6: mark("Sunday"),
}


class WeekSchema(Schema):
    """A roster as a form asks for it: the same shift, with at most one break, on the chosen weekdays.

    Loading gives what `RosterSchema` gives.
    """

    engineer_ids = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(1, 1000, error=mark("Choose at least one.")),
        metadata={"label": "Engineers", "resource": "engineers"},
    )
    first_day = fields.Date(required=True, metadata={"label": "First day"})
    last_day = fields.Date(required=True, metadata={"label": "Last day"})
    weekdays = fields.List(
        fields.Integer(validate=validate.OneOf(list(WEEKDAY_NAMES))),
        validate=validate.Length(1, error=mark("Choose at least one.")),
        load_default=[0, 1, 2, 3, 4],
        metadata={"label": "Weekdays", "names": WEEKDAY_NAMES},
    )
    starts = LocalTime(load_default=time(8), metadata={"label": "Start"})
    ends = LocalTime(
        load_default=time(17),
        metadata={"label": "End", "hint": "Before the start: the next day."},
    )
    most_overtime_s = most_overtime()
    time_zone = fields.String(
        load_default="", metadata={"label": "Time zone", "hint": "Empty: the company's."}
    )
    break_earliest = LocalTime(
        load_default=time(11, 30),
        allow_none=True,
        metadata={"label": "Earliest start", "hint": "Empty: no break."},
    )
    break_latest = LocalTime(load_default=time(13), allow_none=True, metadata={"label": "Latest start"})
    break_s = fields.Integer(
        load_default=1800, allow_none=True, metadata={"label": "Duration", "kind": "minutes"}
    )

    @validates_schema(skip_on_field_errors=True)
    def _has_whole_break(self, data: dict[str, Any], **_: Any) -> None:
        said = [data.get(name) is not None for name in ("break_earliest", "break_latest", "break_s")]
        if any(said) and not all(said):
            raise ValidationError(mark("Fill in all three fields of the break, or none."), "break_earliest")

    @post_load
    def _as_roster(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        pause = [data.pop(name, None) for name in ("break_earliest", "break_latest", "break_s")]
        names = ("earliest", "latest", "duration_s")
        breaks = [] if None in pause else [dict(zip(names, pause, strict=True))]
        span = {"starts": data.pop("starts"), "ends": data.pop("ends"), "breaks": breaks}
        pattern = [{"weekday": weekday, **span} for weekday in data.pop("weekdays")]
        try:
            return RosterSchema().load(RosterSchema().dump({**data, "pattern": pattern}))
        except ValidationError as error:
            said = error.normalized_messages()
            # The form has no field for the pattern as a whole.
            raise ValidationError(
                {"starts" if name == "pattern" else name: said[name] for name in said}
            ) from None
