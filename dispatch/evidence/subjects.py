"""What links attest: rows and the plain facts they say, and what a visit was about when it closed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from core.audit import plain
from core.db import db
from dispatch.evidence import rules
from dispatch.evidence.models import Attachment, Note
from dispatch.workorders.models import Visit, VisitEvent
from geo.models import Position

Row = VisitEvent | Note | Position | Attachment
ATTESTED = (VisitEvent, Note, Position, Attachment)
_COLUMNS: dict[str, tuple[str, ...]] = {
    "event": ("verb", "from_status", "to_status", "at", "actor_id", "actor_name", "reason", "facts"),
    "note": ("text", "off_assignment", "actor_id", "actor_name", "at"),
    "position": (
        "kind",
        "engineer_id",
        "lat",
        "lon",
        "accuracy_m",
        "distance_from_site_m",
        "outside_geofence",
        "recorded_at",
    ),
    "attachment_named": (
        "kind",
        "order_id",
        "engineer_id",
        "caption",
        "signer",
        "off_assignment",
        "taken_at",
    ),
    "attachment_bytes": ("sha256", "size", "media_type", "width", "height", "filename", "stored_at"),
    "attachment_shown": ("display_sha256", "thumbnail_sha256"),
}
MODELS: dict[str, type[Any]] = {
    "event": VisitEvent,
    "note": Note,
    "position": Position,
    "attachment_named": Attachment,
    "attachment_bytes": Attachment,
    "attachment_shown": Attachment,
}
"""Of which table's rows each kind of link is; what a visit was about is of none."""


class Subject(NamedTuple):
    """What is to be attested at a visit: the kind of link, and the row."""

    kind: str
    row: Row

    @property
    def key(self) -> tuple[str, str]:
        """Kind and id, as the link names it."""
        return self.kind, str(self.row.id)


def subjects_of(row: Row) -> Iterator[Subject]:
    """Yield what a row gives to attest by now; nothing before it is known of which visit it is.

    Where an engineer was on the way is forgotten after `POSITION_DAYS`, so it is no part of what stays.
    """
    if isinstance(row, Attachment):
        if row.visit_id is None or row.named_at is None:
            return
        yield Subject("attachment_named", row)
        if row.sha256:
            yield Subject("attachment_bytes", row)
        if row.thumbnail_sha256:
            yield Subject("attachment_shown", row)
    elif row.visit_id is not None and not (isinstance(row, Position) and row.kind == "fix"):
        kinds = {VisitEvent: "event", Note: "note", Position: "position"}
        yield Subject(kinds[type(row)], row)


def facts_of(kind: str, row: Row) -> dict[str, Any]:
    """Return what a row says, as JSON has it."""
    return {name: _plain(getattr(row, name)) for name in _COLUMNS[kind]}


def _plain(value: Any) -> Any:
    return rules.told(value) if isinstance(value, datetime) else plain(value)


def rows_of(visit_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Row]]:
    """Return all there is to attest of some visits, by visit, in the order in which it came."""
    found: dict[uuid.UUID, list[Row]] = {visit_id: [] for visit_id in visit_ids}
    orders: dict[type[Any], tuple[Any, ...]] = {
        VisitEvent: (VisitEvent.id,),
        Note: (Note.at, Note.id),
        Position: (Position.received_at, Position.id),
        Attachment: (Attachment.created_at, Attachment.id),
    }
    for model, order in orders.items():
        query = select(model).where(model.visit_id.in_(visit_ids)).order_by(*order)
        for row in db.session.scalars(query):
            found[row.visit_id].append(row)
    return found


def work_of(visit: Visit) -> dict[str, Any]:
    """Return what a visit is about: order, customer, site, device and engineer, by name."""
    order = visit.order
    asset, engineer = order.asset, visit.engineer
    names = {"en": order.category.name_en, "zh": order.category.name_zh}
    return {
        "visit": {
            "id": str(visit.id),
            "sequence": visit.sequence,
            "status": visit.status,
            "planned_start_at": _plain(visit.planned_start_at),
            "planned_end_at": _plain(visit.planned_end_at),
        },
        "order": {
            "id": str(order.id),
            "number": order.number,
            "title": order.title,
            "description": order.description,
            "category": names,
            "requested_at": _plain(order.requested_at),
        },
        "customer": {"number": order.customer.number, "name": order.customer.name},
        "site": {
            "name": order.site.name,
            "address": order.site.address,
            "lat": order.site.lat,
            "lon": order.site.lon,
        },
        "asset": asset and {"name": asset.name, "model": asset.model, "serial": asset.serial},
        "engineer": engineer and {"number": engineer.number, "name": engineer.name},
    }


def parsed(facts: str) -> dict[str, Any]:
    """Return the facts of a link, as they were before they became text."""
    return dict(json.loads(facts))
