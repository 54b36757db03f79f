"""Vans that hold fewer than none of a part, as far as we know: the warehouse has them counted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask_babel import gettext

from core.db import db
from core.errors import mark
from dispatch.inbox import items
from dispatch.inbox.kinds import Kind
from dispatch.inbox.models import InboxItem
from inventory.events import StockBelowZero
from inventory.models import Part, StockLocation

NAME = "stock_below_zero"


def note(event: StockBelowZero) -> None:
    """Ask the warehouse to have a van counted."""
    location = db.session.get_one(StockLocation, event.location_id)
    items.put(
        NAME,
        uuid.uuid5(event.location_id, str(event.part_id)),
        order_id=event.order_id,
        engineer_id=location.holder_id,
        facts={"location_id": event.location_id, "part_id": event.part_id, "on_hand": event.on_hand},
    )


def _title(item: InboxItem) -> str:
    location = db.session.get(StockLocation, uuid.UUID(item.facts["location_id"]))
    part = db.session.get(Part, uuid.UUID(item.facts["part_id"]))
    return gettext(
        "%(van)s: %(count)s of %(part)s",
        van=location.name if location else "—",
        count=item.facts["on_hand"],
        part=part.number if part else "—",
    )


def _told(item: InboxItem) -> Sequence[tuple[str, str]]:
    return [
        (gettext("What to do"), gettext("Have the van counted and book the difference, then say so here."))
    ]


KIND = Kind(
    name=NAME,
    label=mark("More was used than was known to be there"),
    permission="stock-movements.write",
    title=_title,
    told=_told,
    accept_label=mark("Counted"),
)
