"""The HTML door to parts, stock locations, movements and part requests."""

from __future__ import annotations

import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext

from core.auth.actors import Actor
from core.errors import mark
from core.pages import Pages, blueprint
from core.references import title_of
from core.verb_pages import Verb, action_of, add_verbs
from inventory import ledger, part_requests
from inventory.models import Part, PartRequest, StockLocation
from inventory.resources import PART_REQUESTS, PARTS, STOCK_LOCATIONS, STOCK_MOVEMENTS
from inventory.schemas import STATUS_NAMES, PartIssueSchema, PartRefusalSchema

STATUS_TONES = {
    "requested": "grey",
    "approved": "yellow",
    "issued": "green",
    "refused": "red",
    "cancelled": "neutral",
}


def _on_hand_table(resource: str, label: str, quantities: dict[uuid.UUID, int]) -> list[dict[str, Any]]:
    rows = [
        {
            "what": {
                "text": title_of(resource, each),
                "url": url_for(f"{resource.replace('-', '_')}.detail", record_id=each),
            },
            "on_hand": {"text": str(quantity)},
        }
        for each, quantity in quantities.items()
    ]
    columns = [{"key": "what", "label": gettext(label)}, {"key": "on_hand", "label": gettext("On hand")}]
    rows.sort(key=lambda row: str(row["what"]["text"]))
    return [{"title": gettext("On hand"), "columns": columns, "rows": rows}]


def _where(actor: Actor, part: Part) -> list[dict[str, Any]]:
    held = {where: quantity for (_, where), quantity in ledger.on_hand([part.id]).items()}
    return _on_hand_table("stock-locations", "Stock location", held)


def _what(actor: Actor, location: StockLocation) -> list[dict[str, Any]]:
    held = {part: quantity for (part, _), quantity in ledger.on_hand(None, [location.id]).items()}
    return _on_hand_table("parts", "Part", held)


VERBS = (
    Verb(
        name="approve",
        permission="part-requests.decide",
        label=mark("Approve"),
        act=lambda actor, asked, data: part_requests.approve(actor, asked.id),
        primary=True,
    ),
    Verb(
        name="issue",
        permission="part-requests.decide",
        label=mark("Issue"),
        act=lambda actor, asked, data: part_requests.issue(actor, asked.id, **data),
        schema=PartIssueSchema,
        primary=True,
    ),
    Verb(
        name="refuse",
        permission="part-requests.decide",
        label=mark("Turn down"),
        act=lambda actor, asked, data: part_requests.refuse(actor, asked.id, **data),
        schema=PartRefusalSchema,
        danger=True,
    ),
    Verb(
        name="cancel",
        label=mark("Withdraw"),
        act=lambda actor, asked, data: part_requests.cancel(actor, asked.id),
        danger=True,
    ),
)


def _actions(actor: Actor, asked: PartRequest) -> list[dict[str, Any]]:
    return [
        action_of("part_requests", verb, asked)
        for verb in VERBS
        if part_requests.is_possible(actor, asked, verb.name)
    ]


_request_pages = blueprint(
    Pages(
        resource=PART_REQUESTS,
        columns=("number", "part_id", "quantity", "engineer_id", "status"),
        groups=(
            ("", ("part_id", "quantity", "engineer_id", "order_id", "reason")),
            ("Decision", ("answer", "issued_from_id")),
        ),
        filters=("status", "part_id", "engineer_id"),
        create=lambda actor, data: part_requests.request(actor, **data),
        badge=lambda asked: {
            "text": gettext(STATUS_NAMES[asked.status]),
            "tone": STATUS_TONES[asked.status],
        },
        actions=_actions,
        tones={"status": STATUS_TONES},
        editable=False,
    ),
    __name__,
)
blueprints = [
    blueprint(
        Pages(
            resource=PARTS,
            columns=("number", "name_zh", "name_en", "unit", "active"),
            groups=(
                ("", ("number", "name_zh", "name_en", "unit", "active")),
                ("Stock", ("barcode", "cost_cents", "reorder_point", "external_key")),
            ),
            filters=("active",),
            tables=_where,
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=STOCK_LOCATIONS,
            columns=("code", "name", "kind", "holder_id", "active"),
            groups=(
                ("", ("code", "name", "kind", "parent_id", "holder_id", "active")),
                ("Position", ("lat", "lon")),
            ),
            filters=("kind", "holder_id", "active"),
            tables=_what,
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=STOCK_MOVEMENTS,
            columns=(
                "at",
                "part_id",
                "quantity",
                "from_location_id",
                "to_location_id",
                "reason",
                "actor_name",
            ),
            groups=(
                ("", ("part_id", "from_location_id", "to_location_id", "quantity", "order_id", "reason")),
                ("Entry", ("part_request_id", "at", "actor_name")),
            ),
            filters=("part_id", "location_id"),
            create=lambda actor, data: ledger.move(actor, **data),
            editable=False,
        ),
        __name__,
    ),
    _request_pages,
]
add_verbs(_request_pages, PART_REQUESTS, VERBS)
