"""What is said with each verb done to orders and visits."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from core.errors import mark
from core.fields import Instant
from dispatch.flows.models import IMPACTS, PRIORITIES, URGENCIES
from dispatch.flows.schemas import PRIORITY_NAMES
from dispatch.workorders.rules import INCOMPLETE_REASONS
from dispatch.workorders.schemas import (
    IMPACT_NAMES,
    LOCK_NAMES,
    URGENCY_NAMES,
    check_instant,
    choice_field,
    reference_field,
    text_field,
)
from geo.schemas import PositionFields


class NothingSchema(Schema):
    """A verb that needs nothing said."""


class ReasonSchema(Schema):
    """A verb that needs a reason."""

    reason = text_field("Reason", 2000, required=True)


class OptionalReasonSchema(Schema):
    """A verb that may have a reason."""

    reason = text_field("Reason", 2000, load_default="")


class TriageSchema(Schema):
    """Class and priority, where they change."""

    category_id = reference_field("Category", "categories")
    priority = choice_field("Priority", PRIORITIES, PRIORITY_NAMES)
    urgency = choice_field("Urgency", URGENCIES, URGENCY_NAMES)
    impact = choice_field("Impact", IMPACTS, IMPACT_NAMES)
    reason = text_field("Reason", 2000, load_default="")


class MergeSchema(Schema):
    """The open order that goes on for both."""

    into_id = reference_field("Merge into", "work-orders", required=True)
    reason = text_field("Reason", 2000, load_default="")


class ApproveSchema(Schema):
    """What the reviewer found complete."""

    checked = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        load_default=list,
        validate=validate.Length(max=50),
        metadata={
            "label": "Found complete",
            "example": ["solution", "photos"],
            "choices": [
                ("solution", mark("Solution")),
                ("photos", mark("Photos")),
                ("parts", mark("Parts booked")),
                ("signature", mark("Signature")),
            ],
        },
    )
    reason = text_field("Note", 2000, load_default="")


class SatisfactionSchema(Schema):
    """How satisfied the customer is, from 1 to 5."""

    score = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 5, error=mark("Give a score from 1 (worst) to 5 (best).")),
        metadata={"label": "Satisfaction (1 to 5)"},
    )
    reason = text_field("Note", 2000, load_default="")


class AddVisitSchema(Schema):
    """A further visit, such as a second engineer's at once."""

    required = fields.Boolean(load_default=True, metadata={"label": "The order is not done without it"})
    reason = text_field("Reason", 2000, load_default="")


class ScheduleSchema(Schema):
    """Who goes, when."""

    engineer_id = reference_field("Engineer", "engineers", required=True)
    start_at = Instant(required=True, metadata={"label": "From", "kind": "datetime"})
    end_at = Instant(
        metadata={"label": "Until", "kind": "datetime", "hint": "Absent: as long as the work takes."}
    )
    promised_from = Instant(
        metadata={
            "label": "Promised from",
            "kind": "datetime",
            "hint": "When the customer was told that the work begins; empty: as it was.",
        }
    )
    promised_until = Instant(metadata={"label": "Promised until", "kind": "datetime"})
    override_reason = text_field("Reason to send somebody who does not fit", 2000, load_default="")

    @validates_schema
    def _promise_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        if ("promised_from" in data) != ("promised_until" in data):
            raise ValidationError(mark("Give both ends of the time promised, or neither."), "promised_until")

    @post_load
    def _promise(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        ends = [data.pop(name) for name in ("promised_from", "promised_until") if name in data]
        return {**data, "promised": (ends[0], ends[1])} if ends else data


class LockSchema(Schema):
    """What the optimizer keeps."""

    kind = choice_field("Lock", ("engineer", "time", "both"), LOCK_NAMES, load_default="both")


class ReportSchema(PositionFields):
    """A position, or the reason why there is none."""

    accuracy_m = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))
    reason = text_field("Reason without a position", 2000, load_default="")


class CompleteSchema(Schema):
    """What was done."""

    solution = text_field("Solution", required=True)
    signature_refused_reason = text_field("Why there is no signature", 2000, load_default="")


class IncompleteSchema(Schema):
    """Why the work is not done."""

    reason = choice_field("Reason", tuple(INCOMPLETE_REASONS), INCOMPLETE_REASONS, required=True)
    note = text_field("Note", 2000, load_default="")


class FixSchema(PositionFields):
    """Where an engineer is."""

    accuracy_m = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))
    recorded_at = Instant(load_default=None, allow_none=True, validate=check_instant)

    @validates_schema(skip_on_field_errors=True)
    def _has_position(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("lat") is None:
            raise ValidationError(mark("Give latitude and longitude."), "lat")
