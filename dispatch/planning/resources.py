"""Optimization runs as a resource, for their pages."""

from __future__ import annotations

from marshmallow import fields, validate

from core.errors import mark
from core.resource import Filter, Resource
from dispatch.planning.models import RUN_STATUSES, OptimizationRun
from dispatch.planning.schemas import RUN_STATUS_NAMES, OptimizationRunSchema

RUNS = Resource(
    name="optimization-runs",
    label=mark("Optimization run"),
    label_plural=mark("Optimization runs"),
    model=OptimizationRun,
    schema=OptimizationRunSchema,
    title=lambda run: run.number,
    search=(OptimizationRun.number, OptimizationRun.requested_by_name),
    sort=("-created_at", "number", "starts_at"),
    filters={
        "status": Filter(
            fields.String(
                validate=validate.OneOf(RUN_STATUSES), metadata={"label": "Status", "names": RUN_STATUS_NAMES}
            ),
            lambda value: OptimizationRun.status == value,
        ),
    },
    deletable=False,
)
