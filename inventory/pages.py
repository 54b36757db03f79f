"""The HTML door to parts, stock locations, movements and part requests."""

from __future__ import annotations

import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext

from core import forms
from core.auth.actors import Actor
from core.pages import Pages, blueprint
from inventory import ledger, part_requests
from inventory.models import Part, StockLocation
from inventory.resources import PART_REQUESTS, PARTS, STOCK_LOCATIONS, STOCK_MOVEMENTS

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
                "text": forms.title_of(resource, each),
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
            filters=("kind", "active"),
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
                ("", ("part_id", "from_location_id", "to_location_id", "quantity", "reason")),
                ("", ("at", "actor_name")),
            ),
            create=lambda actor, data: ledger.move(actor, **data),
            editable=False,
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=PART_REQUESTS,
            columns=("number", "part_id", "quantity", "engineer_id", "status"),
            groups=(
                ("", ("part_id", "quantity", "engineer_id", "reason")),
                ("", ("status", "answer", "issued_from_id")),
            ),
            filters=("status",),
            create=lambda actor, data: part_requests.request(actor, **data),
            tones={"status": STATUS_TONES},
            editable=False,
        ),
        __name__,
    ),
]
