"""The JSON door to work orders, visits and positions: lists, changes, and one address a verb."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from marshmallow import Schema, fields, validate

from core import api, audit, records
from core.db import transaction
from core.records import check_version
from core.resource import Resource
from dispatch.workorders import looks, orders, positions, schemas, verb_schemas
from dispatch.workorders.resources import LOOKS, POSITIONS, VISITS, WORK_ORDERS
from dispatch.workorders.rules import ENGINEER_VERBS
from dispatch.workorders.timeline import log_for
from dispatch.workorders.verbs import ORDER_VERBS, VISIT_VERBS, Act, in_wgs84
from geo.schemas import PositionSchema

blp = api.blueprint("workorders", __name__, "Work orders, their visits, and where engineers are")
api.add_resource(blp, WORK_ORDERS, verbs=("create", "change"))
api.add_resource(blp, VISITS, verbs=())

HISTORY = "work-orders.history"
_STALE: dict[str, dict[str, Any]] = {"412": {}, "428": {}}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "the ETag last read; required unless the assigned engineer reports a step",
    "schema": {"type": "string"},
}


def _add_verb(
    resource: Resource, verb: str, schema: type[Schema], act: Act, summary: str, answer: type[Schema]
) -> None:
    noun = resource.name.replace("-", "_")
    is_step = resource is VISITS and verb in ENGINEER_VERBS

    @blp.route(
        f"/{resource.name}/<uuid:record_id>/{verb.replace('_', '-')}",
        methods=["POST"],
        endpoint=f"{noun}_{verb}",
    )
    @api.needs(f"{resource.name}.{verb}")
    @blp.arguments(schema)
    @blp.response(200, answer)
    @blp.doc(operationId=f"{verb}_{noun}", summary=summary, responses=_STALE, parameters=[_IF_MATCH])
    def door(data: dict[str, Any], record_id: uuid.UUID) -> Any:
        who = api.actor()
        is_optional = is_step and who.has_role("engineer") and "If-Match" not in request.headers
        with transaction(who):
            record = records.record_of(resource, who, record_id)
            if not is_optional:
                check_version(record, api.version_sent(record_id))
            changed = act(who, record, data)
        return changed, 200, api.with_etag(changed)


for _verb, (_schema, _act, _summary) in ORDER_VERBS.items():
    _add_verb(WORK_ORDERS, _verb, _schema, _act, _summary, schemas.WorkOrderSchema)
_add_verb(
    WORK_ORDERS,
    "add_visit",
    verb_schemas.AddVisitSchema,
    lambda actor, order, data: orders.add_visit(actor, order, **data),
    "Add a visit, such as a second engineer's; answers with it",
    schemas.VisitSchema,
)
for _verb, (_schema, _act, _summary) in VISIT_VERBS.items():
    _add_verb(VISITS, _verb, _schema, _act, _summary, schemas.VisitSchema)


@blp.route("/work-orders/<uuid:record_id>/events")
@api.needs(WORK_ORDERS.read)
@blp.response(200, schemas.EventsSchema)
@blp.doc(operationId="list_work_order_events", summary="What happened to an order and at its visits")
def order_events(record_id: uuid.UUID) -> Any:
    who = api.actor()
    return {"items": log_for(who, orders.order_of(who, record_id))}


@blp.route("/work-orders/<uuid:record_id>/history")
@api.needs(HISTORY)
@blp.response(200, schemas.HistorySchema)
@blp.doc(operationId="list_work_order_history", summary="Who changed what of an order, newest first")
def order_history(record_id: uuid.UUID) -> Any:
    return {"items": audit.history(orders.order_of(api.actor(), record_id).id)}


@blp.route("/engineers/<uuid:engineer_id>/positions", methods=["POST"])
@api.needs(POSITIONS.write)
@blp.arguments(verb_schemas.FixSchema)
@blp.response(201, PositionSchema)
@blp.doc(operationId="report_position", summary="Report where an engineer is; by themselves")
def report_position(data: dict[str, Any], engineer_id: uuid.UUID) -> Any:
    who = api.actor()
    with transaction(who):
        return positions.report(who, engineer_id, **in_wgs84(data))


def _page_of(resource: Resource, name: str) -> tuple[type[Schema], type[Schema]]:
    """Return the schemas of a list's arguments and of one page of it."""
    sort = fields.String(load_default=resource.sort[0], validate=validate.OneOf(resource.sortable))
    filters = {each: item.field for each, item in resource.filters.items()}
    args = api.ListArgs.from_dict({"sort": sort, **filters}, name=f"{name}ListArgs")
    number = fields.Integer(required=True)
    items = fields.List(fields.Nested(resource.schema), required=True)
    page: dict[str, fields.Field] = {"items": items, "page": number, "page_size": number, "total": number}
    return args, Schema.from_dict(page, name=f"{name}Page")


PositionArgs, PositionPage = _page_of(POSITIONS, "Position")
LookArgs, LookPage = _page_of(LOOKS, "PositionLook")


@blp.route("/positions")
@api.needs(POSITIONS.read)
@blp.arguments(PositionArgs, location="query")
@blp.response(200, PositionPage)
@blp.doc(
    operationId="list_positions",
    summary="Where engineers reported to be, newest first",
    description="Whoever looks at where somebody else was is noted; the engineer reads who did.",
)
def list_positions(query: dict[str, Any]) -> Any:
    who = api.actor()
    page = records.page_of(POSITIONS, who, query)
    if looks.lacking(who, page.items):
        with transaction(who):
            page = records.page_of(POSITIONS, who, query)
            looks.note(who, page.items)
    return page


@blp.route("/position-looks")
@api.needs(LOOKS.read)
@blp.arguments(LookArgs, location="query")
@blp.response(200, LookPage)
@blp.doc(
    operationId="list_position_looks",
    summary="Who looked at positions, newest first; engineers read who looked at theirs",
)
def list_looks(query: dict[str, Any]) -> Any:
    return records.page_of(LOOKS, api.actor(), query)
