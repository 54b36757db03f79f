"""The JSON door to parts, locations, movements and part requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from core import api
from core.db import transaction
from inventory import ledger, part_requests
from inventory.models import PartRequest
from inventory.resources import PART_REQUESTS, PARTS, STOCK_LOCATIONS, STOCK_MOVEMENTS
from inventory.schemas import (
    PartIssueSchema,
    PartRefusalSchema,
    PartRequestSchema,
    StockBalanceArgs,
    StockBalancesSchema,
    StockMovementSchema,
)

blp = api.blueprint("inventory", __name__, "Parts, where they lie, and requests for them")
api.add_resource(blp, PARTS)
api.add_resource(blp, STOCK_LOCATIONS)
api.add_resource(blp, STOCK_MOVEMENTS, verbs=())
api.add_resource(blp, PART_REQUESTS, verbs=())


@blp.route("/stock-movements", methods=["POST"])
@api.needs(STOCK_MOVEMENTS.write)
@blp.arguments(StockMovementSchema)
@blp.response(201, StockMovementSchema)
@blp.doc(operationId="move_stock", summary="Record that a part went from one location to another")
def move_stock(data: dict[str, Any]) -> Any:
    """Record a movement; it never changes afterwards, a mistake is put right by another one."""
    who = api.actor()
    with transaction(who):
        return ledger.move(who, **data)


@blp.route("/stock-balances")
@api.needs(STOCK_MOVEMENTS.read)
@blp.arguments(StockBalanceArgs, location="query")
@blp.response(200, StockBalancesSchema)
@blp.doc(operationId="list_stock_balances", summary="What is on hand of a part, or at a location")
def stock_balances(query: dict[str, Any]) -> Any:
    """Answer the sums of all movements."""
    part_ids = [query["part_id"]] if "part_id" in query else None
    location_ids = [query["location_id"]] if "location_id" in query else None
    held = ledger.on_hand(part_ids, location_ids)
    return {
        "items": [
            {"part_id": p, "location_id": place, "on_hand": n} for (p, place), n in sorted(held.items())
        ]
    }


@blp.route("/part-requests", methods=["POST"])
@api.needs(PART_REQUESTS.write)
@blp.arguments(PartRequestSchema)
@blp.response(201, PartRequestSchema)
@blp.doc(operationId="request_part", summary="Ask the warehouse for a part")
def request_part(data: dict[str, Any]) -> Any:
    """Ask for a part."""
    who = api.actor()
    with transaction(who):
        asked = part_requests.request(who, **data)
    return asked, 201, api.with_etag(asked)


def _decide(verb: Callable[..., PartRequest], request_id: uuid.UUID, **data: Any) -> Any:
    who = api.actor()
    with transaction(who):
        asked = verb(who, request_id, **data)
    return asked, 200, api.with_etag(asked)


@blp.route("/part-requests/<uuid:record_id>/approve", methods=["POST"])
@api.needs("part-requests.decide")
@blp.response(200, PartRequestSchema)
@blp.doc(
    operationId="approve_part_request", summary="Approve a part request (the warehouse, never one's own)"
)
def approve(record_id: uuid.UUID) -> Any:
    """Approve a request."""
    return _decide(part_requests.approve, record_id)


@blp.route("/part-requests/<uuid:record_id>/refuse", methods=["POST"])
@api.needs("part-requests.decide")
@blp.arguments(PartRefusalSchema)
@blp.response(200, PartRequestSchema)
@blp.doc(operationId="refuse_part_request", summary="Turn a part request down (the warehouse)")
def refuse(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Turn a request down."""
    return _decide(part_requests.refuse, record_id, **data)


@blp.route("/part-requests/<uuid:record_id>/issue", methods=["POST"])
@api.needs("part-requests.decide")
@blp.arguments(PartIssueSchema)
@blp.response(200, PartRequestSchema)
@blp.doc(operationId="issue_part_request", summary="Move the part asked for from a shelf into the van")
def issue(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Issue a request."""
    return _decide(part_requests.issue, record_id, **data)


@blp.route("/part-requests/<uuid:record_id>/cancel", methods=["POST"])
@api.needs(PART_REQUESTS.write)
@blp.response(200, PartRequestSchema)
@blp.doc(operationId="cancel_part_request", summary="Withdraw one's own part request before it is issued")
def cancel(record_id: uuid.UUID) -> Any:
    """Withdraw a request."""
    return _decide(part_requests.cancel, record_id)
