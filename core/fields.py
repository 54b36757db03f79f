"""Fields for times as people and programs send them; what the rest of the code could not hold is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validate

from core.errors import mark

FIRST_YEAR, LAST_YEAR = 1900, 2200
DAY_RANGE = validate.Range(
    date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31), error=mark("Give a day between the years 1900 and 2200.")
)


class Instant(fields.AwareDateTime):
    """An instant with its time zone; UTC once loaded."""

    default_error_messages = {
        "invalid": mark("Give a date, a time and a time zone, such as 2026-11-22T08:30:00+08:00."),
        "invalid_awareness": mark("Give the time zone too, such as 2026-11-22T08:30:00+08:00."),
        "range": mark("Give an instant between the years 1900 and 2200."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        instant = super()._deserialize(value, attr, data, **kwargs)
        # At the calendar's very ends a conversion between zones overflows.
        if not FIRST_YEAR <= instant.year <= LAST_YEAR:
            raise self.make_error("range")
        return instant.astimezone(UTC)


class LocalTime(fields.Time):
    """A time of day on the wall's clock, without a time zone."""

    default_error_messages = {
        "invalid": mark("Give a time of day, such as 08:30."),
        "zone": mark("Give the local time of day without a time zone, such as 08:30."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> time:
        at: time = super()._deserialize(value, attr, data, **kwargs)
        if at.tzinfo is not None:
            raise self.make_error("zone")
        return at


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a time zone's, or empty."""
    if name and name not in available_timezones():
        raise ValidationError(mark("Give a time zone's name, such as Asia/Shanghai."))
