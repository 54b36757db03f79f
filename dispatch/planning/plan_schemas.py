"""What the published plan looks like from outside, as the board draws it."""

from __future__ import annotations

from marshmallow import Schema, fields

from core.fields import Instant
from dispatch.planning.explanation_schemas import RunRelaxationSchema, UnplannedReasonSchema


class PlanArgs(Schema):
    """Which part of the published plan."""

    from_at = Instant(required=True, data_key="from")
    until_at = Instant(required=True, data_key="until")
    territory_id = fields.UUID(load_default=None)


class PlannedVisitSchema(Schema):
    """A visit as the board draws it."""

    id = fields.UUID()
    version = fields.Integer()
    order_id = fields.UUID()
    number = fields.String()
    title = fields.String()
    status = fields.String()
    order_status = fields.String()
    lock = fields.String()
    priority = fields.String()
    category = fields.String()
    customer = fields.String()
    grade = fields.String()
    site = fields.String()
    address = fields.String()
    territory_id = fields.UUID(allow_none=True)
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)
    engineer_id = fields.UUID(allow_none=True)
    planned_start_at = fields.AwareDateTime(allow_none=True)
    planned_end_at = fields.AwareDateTime(allow_none=True)
    duration_s = fields.Integer()
    travel_s = fields.Integer(allow_none=True)
    distance_m = fields.Integer(allow_none=True)
    promised_from = fields.AwareDateTime(allow_none=True)
    promised_until = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    run_id = fields.UUID(allow_none=True)


class UnplannedVisitSchema(PlannedVisitSchema):
    """An open visit without a place; what is said of it is of the latest run, while it holds."""

    reasons = fields.List(fields.Nested(UnplannedReasonSchema))
    relaxations = fields.List(fields.Nested(RunRelaxationSchema))


class PauseSchema(Schema):
    """A break: how long, and between which instants it begins."""

    earliest_at = fields.AwareDateTime()
    latest_at = fields.AwareDateTime()
    duration_s = fields.Integer()


class SpanSchema(Schema):
    """A stretch in which an engineer works."""

    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    breaks = fields.List(fields.Nested(PauseSchema))


class LaneSchema(Schema):
    """An engineer of the plan."""

    id = fields.UUID()
    number = fields.String()
    name = fields.String()
    territory_id = fields.UUID(allow_none=True)
    last_fix_at = Instant(
        allow_none=True, metadata={"description": "when a phone last said where they are, of 12 hours"}
    )
    home = fields.Dict(keys=fields.String(), values=fields.Float(), allow_none=True)
    skills = fields.List(fields.Dict())
    spans = fields.List(fields.Nested(SpanSchema))
    visits = fields.List(fields.Nested(PlannedVisitSchema))


class PlanSchema(Schema):
    """The published plan of a span of time."""

    from_at = fields.AwareDateTime(data_key="from", attribute="from")
    until_at = fields.AwareDateTime(data_key="until", attribute="until")
    territory_id = fields.UUID(allow_none=True)
    engineers = fields.List(fields.Nested(LaneSchema))
    unplanned = fields.List(fields.Nested(UnplannedVisitSchema))
