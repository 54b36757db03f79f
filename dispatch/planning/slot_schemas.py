"""What slot quotes are asked by, and what they look like from outside."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from core.errors import mark
from core.fields import DAY_RANGE, Instant
from dispatch.flows.models import PRIORITIES
from dispatch.planning.schemas import UnplannedReasonSchema
from dispatch.planning.slots import MOST_DAYS, MOST_SLOTS
from dispatch.workforce.schemas import SkillLevelSchema, ToolSchema
from dispatch.workorders.schemas import OrderPartSchema
from dispatch.workorders.verbs import in_wgs84
from geo.schemas import PositionFields


class SlotDraftSchema(PositionFields):
    """An order that is not there yet: where and what; what is left out is its category's."""

    site_id = fields.UUID(metadata={"label": "Site", "resource": "sites"})
    category_id = fields.UUID(metadata={"label": "Category", "resource": "categories"})
    duration_s = fields.Integer(
        strict=True, validate=validate.Range(60, 86_400), metadata={"description": "seconds", "example": 3600}
    )
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    skills = fields.List(fields.Nested(SkillLevelSchema), validate=validate.Length(max=30))
    parts = fields.List(fields.Nested(OrderPartSchema), validate=validate.Length(max=100))
    tools = fields.List(fields.Nested(ToolSchema), validate=validate.Length(max=30))

    @validates_schema(skip_on_field_errors=True)
    def _is_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if ("site_id" in data) == (data.get("lat") is not None):
            raise ValidationError(mark("Give either a site or a position."), "site_id")

    @post_load
    def _located(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return in_wgs84(data)


class SlotSchema(Schema):
    """A span in which the work may begin."""

    starts_at = Instant(required=True, metadata={"label": "From", "example": "2026-11-23T10:00:00+08:00"})
    ends_at = Instant(required=True, metadata={"label": "Until", "example": "2026-11-23T12:00:00+08:00"})

    @validates_schema(skip_on_field_errors=True)
    def _ends_later(self, data: dict[str, Any], **_: Any) -> None:
        if data["ends_at"] <= data["starts_at"]:
            raise ValidationError(mark("The end comes after the start."), "ends_at")


class SlotPeriodSchema(Schema):
    """The days asked about, cut into slots of one length."""

    day = fields.Date(
        validate=DAY_RANGE,
        metadata={"label": "First day", "hint": "Empty: today.", "example": "2026-11-23"},
    )
    days = fields.Integer(load_default=3, validate=validate.Range(1, MOST_DAYS), metadata={"label": "Days"})
    slot_minutes = fields.Integer(
        load_default=120, validate=validate.Range(30, 720), metadata={"label": "Length of a slot (minutes)"}
    )


class SlotRequestSchema(SlotPeriodSchema):
    """An order or a draft of one; slots, or the days to be cut into them."""

    order_id = fields.UUID(metadata={"label": "Work order", "resource": "work-orders"})
    draft = fields.Nested(SlotDraftSchema)
    slots = fields.List(fields.Nested(SlotSchema), validate=validate.Length(1, MOST_SLOTS))

    @validates_schema(skip_on_field_errors=True)
    def _is_about_one(self, data: dict[str, Any], **_: Any) -> None:
        if ("order_id" in data) == ("draft" in data):
            raise ValidationError(mark("Give either an order or a draft of one."), "order_id")

    @post_load
    def _pairs(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "slots" in data:
            data["slots"] = [(one["starts_at"], one["ends_at"]) for one in data["slots"]]
        return data


class RunnerUpSchema(Schema):
    """The next best engineer for a slot."""

    engineer_id = fields.UUID(required=True)
    engineer = fields.String(required=True)
    cost_cents = fields.Integer(required=True)


class SlotOfferSchema(Schema):
    """A slot that can be offered: who would come, when, and what that costs."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    engineer_id = fields.UUID(required=True)
    engineer = fields.String(required=True)
    start_at = fields.AwareDateTime(required=True, metadata={"description": "when the work would begin"})
    end_at = fields.AwareDateTime(required=True)
    travel_s = fields.Integer(required=True, metadata={"description": "more travel in the plan [s]"})
    cost_cents = fields.Integer(required=True, metadata={"description": "what the plan costs more"})
    runner_up = fields.Nested(RunnerUpSchema, required=True, allow_none=True)
    sentence = fields.String(required=True)


class SlotRefusalSchema(Schema):
    """A slot in which nobody could come, and why."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    reasons = fields.List(fields.Nested(UnplannedReasonSchema), required=True)


class SlotQuotesSchema(Schema):
    """Slots that can be offered, the cheapest first, and those that cannot."""

    order_id = fields.UUID(allow_none=True)
    visit_id = fields.UUID(allow_none=True)
    offers = fields.List(fields.Nested(SlotOfferSchema), required=True)
    refused = fields.List(fields.Nested(SlotRefusalSchema), required=True)


class BookingSchema(SlotSchema):
    """A slot that was chosen, and who is to come."""

    engineer_id = fields.UUID(required=True)
