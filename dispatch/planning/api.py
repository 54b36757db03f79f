"""The JSON door to optimization runs and to the published plan."""

from __future__ import annotations

import uuid
from typing import Any

from flask import url_for
from flask.views import MethodView
from flask_babel import gettext
from sqlalchemy import func, select

from core import api
from core.db import db, transaction
from dispatch.planning import (
    comparison,
    explanation_schemas,
    explanations,
    plan_schemas,
    queries,
    runs,
    schemas,
    slot_schemas,
    slots,
)
from dispatch.planning.models import OptimizationRun

blp = api.blueprint("planning", __name__, "Optimization runs, and the plan that is published")


@blp.route("/optimization-runs", endpoint="optimization_runs")
class Runs(MethodView):
    @api.needs(runs.READ)
    @blp.arguments(schemas.RunListArgs, location="query")
    @blp.response(200, schemas.RunPageSchema)
    @blp.doc(operationId="list_optimization_runs", summary="List of optimization runs, newest first")
    def get(self, query: dict[str, Any]) -> Any:
        """Answer one page."""
        chosen = select(OptimizationRun)
        if "status" in query:
            chosen = chosen.where(OptimizationRun.status == query["status"])
        if query.get("q"):
            chosen = chosen.where(OptimizationRun.number.icontains(query["q"], autoescape=True))
        total = db.session.scalar(chosen.with_only_columns(func.count(), maintain_column_froms=True))
        newest = chosen.order_by(OptimizationRun.created_at.desc(), OptimizationRun.id)
        first = (query["page"] - 1) * query["page_size"]
        items = list(db.session.scalars(newest.limit(query["page_size"]).offset(first)))
        return {"items": items, "page": query["page"], "page_size": query["page_size"], "total": total}

    @api.needs(runs.WRITE)
    @blp.arguments(schemas.RunRequestSchema)
    @blp.response(202, schemas.OptimizationRunSchema)
    @blp.doc(operationId="request_optimization_run", summary="Have the open work planned")
    def post(self, data: dict[str, Any]) -> Any:
        """Ask for a run; the header Location tells where to watch it."""
        who = api.actor()
        with transaction(who):
            run = runs.request_run(who, **data)
        return run, 202, {"Location": url_for("api_planning.optimization_run", run_id=run.id)}


@blp.route("/optimization-runs/<uuid:run_id>", endpoint="optimization_run")
@blp.response(200, schemas.OptimizationRunSchema)
@blp.doc(operationId="get_optimization_run", summary="One run, with its progress")
def one(run_id: uuid.UUID) -> Any:
    """Answer one run; what changes every second carries no entity tag."""
    return runs.run_of(api.actor(), run_id)


@blp.route("/optimization-runs/<uuid:run_id>/preview", endpoint="optimization_run_preview")
@blp.response(200, schemas.RunPreviewSchema)
@blp.doc(operationId="preview_optimization_run", summary="What publishing the run would change, and why")
def preview(run_id: uuid.UUID) -> Any:
    """Answer the comparison of the plan now and the plan proposed."""
    who = api.actor()
    return comparison.preview_of(who, runs.run_of(who, run_id))


@blp.route("/optimization-runs/<uuid:run_id>/assignments", endpoint="optimization_run_assignments")
@api.needs(runs.READ)
@blp.arguments(schemas.RunAssignmentListArgs, location="query")
@blp.response(200, schemas.RunAssignmentPageSchema)
@blp.doc(operationId="list_optimization_run_assignments", summary="What a run proposes, visit by visit")
def assignments(query: dict[str, Any], run_id: uuid.UUID) -> Any:
    """Answer one page."""
    who = api.actor()
    run, size = runs.run_of(who, run_id), query["page_size"]
    changes = [query["change"]] if "change" in query else None
    items = comparison.assignments_of(
        who, run, changes=changes, limit=size, offset=(query["page"] - 1) * size
    )
    total = comparison.count_of(run, changes)
    return {"items": items, "page": query["page"], "page_size": size, "total": total}


@blp.route("/optimization-runs/<uuid:run_id>/visits/<uuid:visit_id>", endpoint="optimization_run_visit")
@api.needs(runs.READ)
@blp.response(200, explanation_schemas.RunExplanationSchema)
@blp.doc(
    operationId="explain_optimization_run_visit",
    summary="Why a run puts a visit where it does, or leaves it out, and what would help",
)
def explanation(run_id: uuid.UUID, visit_id: uuid.UUID) -> Any:
    """Answer what is worked out anew from the problem that is kept of the run."""
    who = api.actor()
    return explanations.explanation_of(who, runs.run_of(who, run_id), visit_id)


@blp.route("/optimization-runs/<uuid:run_id>/publish", methods=["POST"])
@api.needs(runs.WRITE)
@blp.arguments(schemas.RunPublishSchema)
@blp.response(200, schemas.RunPublicationSchema)
@blp.doc(operationId="publish_optimization_run", summary="Make the run's plan, or part of it, the plan")
def publish(data: dict[str, Any], run_id: uuid.UUID) -> Any:
    """Publish; what changed meanwhile is left out and told."""
    who = api.actor()
    with transaction(who):
        run = runs.run_of(who, run_id)
        done = runs.publish_run(who, run, **data)
    left_out = [{**one, "sentence": gettext(one["message"]) % one["facts"]} for one in done.left_out]
    return {"run": run, "scheduled": done.scheduled, "removed": done.removed, "left_out": left_out}


@blp.route("/optimization-runs/<uuid:run_id>/cancel", methods=["POST"])
@api.needs(runs.WRITE)
@blp.response(200, schemas.OptimizationRunSchema)
@blp.doc(operationId="cancel_optimization_run", summary="End a run early; it keeps the best plan so far")
def cancel(run_id: uuid.UUID) -> Any:
    """End a run early."""
    who = api.actor()
    with transaction(who):
        run = runs.run_of(who, run_id)
        runs.cancel_run(who, run)
    return run


@blp.route("/optimization-runs/<uuid:run_id>/discard", methods=["POST"])
@api.needs(runs.WRITE)
@blp.response(200, schemas.OptimizationRunSchema)
@blp.doc(operationId="discard_optimization_run", summary="Throw away what a run proposes")
def discard(run_id: uuid.UUID) -> Any:
    """Throw a plan away."""
    who = api.actor()
    with transaction(who):
        run = runs.run_of(who, run_id)
        runs.discard_run(who, run)
    return run


@blp.route("/plan")
@api.needs(runs.READ)
@blp.arguments(plan_schemas.PlanArgs, location="query")
@blp.response(200, plan_schemas.PlanSchema)
@blp.doc(operationId="get_plan", summary="The published plan: engineers, visits, and what has no place")
def plan(query: dict[str, Any]) -> Any:
    """Answer the plan of a span of time."""
    return queries.published_plan(api.actor(), **query)


@blp.route("/planning/slots", methods=["POST"])
@api.needs(slots.READ)
@blp.arguments(slot_schemas.SlotRequestSchema)
@blp.response(200, slot_schemas.SlotQuotesSchema)
@blp.doc(operationId="quote_slots", summary="When somebody could come, the cheapest time first, and why not")
def quote_slots(data: dict[str, Any]) -> Any:
    """Quote slots beside the published plan; nothing is changed by it."""
    return slots.offers(api.actor(), **data)
