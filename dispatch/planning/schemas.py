"""What optimization runs, their previews and the published plan look like from outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from core.api import ListArgs
from core.errors import mark
from core.fields import Instant
from core.resource import RecordSchema
from dispatch.planning import comparison, runs
from dispatch.planning.explanation_schemas import RunRelaxationSchema, UnplannedReasonSchema
from dispatch.planning.models import CHANGES, OUTCOMES, RUN_STATUSES
from dispatch.planning.weights import WeightsSchema


class RunRequestSchema(Schema):
    """What to plan: a day (or several), or from an instant to an instant."""

    day = fields.Date(metadata={"label": "Day", "example": "2026-11-23"})
    days = fields.Integer(
        load_default=1, validate=validate.Range(1, runs.MOST_DAYS), metadata={"label": "Days"}
    )
    starts_at = Instant(metadata={"label": "From", "example": "2026-11-23T00:00:00+08:00"})
    ends_at = Instant(metadata={"label": "Until", "example": "2026-11-24T00:00:00+08:00"})
    territory_ids = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=1_000),
        metadata={"label": "Territories", "hint": "None given: everywhere."},
    )
    order_ids = fields.List(
        fields.UUID(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, runs.MOST_ORDERS),
        metadata={"label": "Orders", "hint": "None given: all that are open."},
    )
    weights = fields.Nested(WeightsSchema, load_default=dict, metadata={"label": "Weights"})
    time_limit_s = fields.Integer(
        load_default=20, validate=validate.Range(1, 600), metadata={"label": "Time limit (seconds)"}
    )
    auto_publish = fields.Boolean(load_default=False, metadata={"label": "Publish as soon as it is found"})

    @validates_schema
    def _time(self, data: dict[str, Any], **_: Any) -> None:
        instants = {"starts_at", "ends_at"} & data.keys()
        if "day" in data and instants:
            raise ValidationError(mark("Give either a day, or both start and end."), "day")
        if "day" not in data and len(instants) < 2:
            raise ValidationError(mark("Give either a day, or both start and end."), "day")

    @post_load
    def _span(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        day, days = data.pop("day", None), data.pop("days")
        if day:
            zone = current_app.config["SETTINGS"].zone
            try:
                data["starts_at"] = datetime.combine(day, time(), zone)
                data["ends_at"] = datetime.combine(day + timedelta(days=days), time(), zone)
            except OverflowError:
                raise ValidationError(
                    mark("This is more than ten years ahead: check the year."), "day"
                ) from None
        return data


class RunPublishSchema(Schema):
    """Which part to publish; nothing given: all of it."""

    visit_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(max=runs.MOST_ORDERS)
    )
    engineer_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(max=runs.MOST_ORDERS)
    )


class RunWarningSchema(Schema):
    """Something to know about a run."""

    code = fields.String(required=True)
    sentence = fields.String(required=True)


class RunProgressSchema(Schema):
    """How far a run is."""

    phase = fields.String(
        required=True, metadata={"description": "queued, reading, solving, or how the run ended"}
    )
    elapsed_s = fields.Float()
    time_limit_s = fields.Float()
    cost_cents = fields.Integer()
    unplanned = fields.Integer()
    orders = fields.Integer()
    engineers = fields.Integer()
    waiting_before = fields.Integer(metadata={"description": "jobs that come first"})
    cancel_asked = fields.Boolean()
    attempt = fields.Integer()


class PlanMetricsSchema(Schema):
    """What a plan amounts to."""

    planned = fields.Integer()
    unplanned = fields.Integer()
    travel_s = fields.Integer()
    distance_m = fields.Integer()
    late_s = fields.Integer()
    late_visits = fields.Integer()
    overtime_s = fields.Integer()
    waiting_s = fields.Integer()
    engineers = fields.Integer()
    engineers_used = fields.Integer()
    least_work_s = fields.Integer()
    most_work_s = fields.Integer()
    cost_cents = fields.Integer()
    terms = fields.Dict(keys=fields.String(), values=fields.Integer())


RUN_STATUS_NAMES = {
    "queued": mark("Queued"),
    "running": mark("Running"),
    "ready": mark("Ready to publish"),
    "published": mark("Published"),
    "failed": mark("Failed"),
    "cancelled": mark("Cancelled"),
}
ORIGIN_NAMES = {"person": mark("By a person"), "periodic": mark("By the clock")}
TRAVEL_SOURCE_NAMES = {
    "": "—",
    "roads": mark("Road network"),
    "model": mark("Distance model"),
    "mixed": mark("Road network, in part the distance model"),
}


def _instant(label: str, **more: Any) -> fields.AwareDateTime:
    return fields.AwareDateTime(metadata={"label": label}, **more)


class OptimizationRunSchema(RecordSchema):
    """One request to plan, and what came of it."""

    number = fields.String(metadata={"label": "Number"})
    status = fields.String(
        validate=validate.OneOf(RUN_STATUSES), metadata={"label": "Status", "names": RUN_STATUS_NAMES}
    )
    origin = fields.String(
        validate=validate.OneOf(tuple(ORIGIN_NAMES)),
        metadata={"label": "Asked for", "names": ORIGIN_NAMES},
    )
    starts_at = _instant("From")
    ends_at = _instant("Until")
    territory_ids = fields.List(fields.UUID(), metadata={"label": "Territories", "resource": "territories"})
    order_count = fields.Integer(
        allow_none=True,
        metadata={"label": "Orders chosen", "description": "orders asked for; null: all open ones"},
    )
    weights = fields.Dict(keys=fields.String(), values=fields.Integer())
    time_limit_s = fields.Integer(metadata={"label": "Time limit (seconds)"})
    auto_publish = fields.Boolean(metadata={"label": "Publish as soon as it is found"})
    requested_by_name = fields.String(metadata={"label": "Requested by"})
    started_at = _instant("Started", allow_none=True)
    finished_at = _instant("Finished", allow_none=True)
    published_at = _instant("Published", allow_none=True)
    published_by_name = fields.String(metadata={"label": "Published by"})
    engine = fields.String(metadata={"label": "Engine"})
    travel_source = fields.String(
        metadata={
            "label": "Travel times from",
            "description": "roads, model or mixed",
            "choices": list(TRAVEL_SOURCE_NAMES.items()),
        }
    )
    stopped = fields.String(metadata={"description": "limit, finished or cancelled"})
    solve_ms = fields.Integer(allow_none=True, metadata={"label": "Solving took (ms)"})
    before = fields.Nested(PlanMetricsSchema, allow_none=True)
    after = fields.Nested(PlanMetricsSchema, allow_none=True)
    error = fields.String(allow_none=True, metadata={"label": "What went wrong"})
    warnings = fields.List(fields.Nested(RunWarningSchema))
    progress = fields.Nested(RunProgressSchema)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return a column, or what is worked out for the reader."""
        worked_out = _WORKED_OUT.get(attr)
        return worked_out(obj) if worked_out else super().get_attribute(obj, attr, default)


_WORKED_OUT: dict[str, Callable[[Any], Any]] = {
    "order_count": lambda run: None if run.order_ids is None else len(run.order_ids),
    "error": lambda run: gettext(run.error) if run.error else None,
    "warnings": comparison.warnings_told,
    "progress": runs.progress_of,
}


class RunListArgs(ListArgs):
    """Arguments of the list of runs, newest first."""

    status = fields.String(validate=validate.OneOf(RUN_STATUSES))


class RunPageSchema(Schema):
    """One page of runs."""

    items = fields.List(fields.Nested(OptimizationRunSchema), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RunAssignmentSchema(Schema):
    """What a run proposes for one visit."""

    visit_id = fields.UUID()
    order_id = fields.UUID()
    number = fields.String()
    title = fields.String()
    priority = fields.String()
    customer = fields.String()
    site = fields.String()
    change = fields.String(validate=validate.OneOf(CHANGES))
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    engineer_id = fields.UUID(allow_none=True)
    engineer = fields.String()
    planned_start_at = fields.AwareDateTime(allow_none=True)
    planned_end_at = fields.AwareDateTime(allow_none=True)
    travel_s = fields.Integer(allow_none=True)
    distance_m = fields.Integer(allow_none=True)
    was_engineer_id = fields.UUID(allow_none=True)
    was_engineer = fields.String()
    was_start_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True)
    breaks_promise = fields.Boolean()
    reasons = fields.List(fields.Nested(UnplannedReasonSchema))
    relaxations = fields.List(fields.Nested(RunRelaxationSchema))


class RunAssignmentListArgs(ListArgs):
    """Arguments of the list of assignments."""

    change = fields.String(validate=validate.OneOf(CHANGES))


class RunAssignmentPageSchema(Schema):
    """One page of assignments."""

    items = fields.List(fields.Nested(RunAssignmentSchema), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class RunPreviewSchema(Schema):
    """What would change, why, and what it is worth."""

    run = fields.Nested(OptimizationRunSchema)
    before = fields.Nested(PlanMetricsSchema, allow_none=True)
    after = fields.Nested(PlanMetricsSchema, allow_none=True)
    saved = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer())
    can_publish = fields.Boolean()
    changes = fields.List(fields.Nested(RunAssignmentSchema))
    changes_total = fields.Integer()
    engineers = fields.List(fields.Dict())
    routes = fields.List(fields.Dict())


class RunNotPublishedSchema(Schema):
    """A visit a publication left out."""

    visit_id = fields.UUID()
    order_id = fields.UUID()
    code = fields.String()
    sentence = fields.String()


class RunPublicationSchema(Schema):
    """What became of a publication."""

    run = fields.Nested(OptimizationRunSchema)
    scheduled = fields.List(fields.UUID())
    removed = fields.List(fields.UUID())
    left_out = fields.List(fields.Nested(RunNotPublishedSchema))
