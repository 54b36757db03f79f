"""What a phone sees beside its visits: its engineer's van, what was asked for, parts, articles.

Documents are made of columns read at the moment, never of objects a session may have kept.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from core import feed
from core.audit import plain
from core.db import db
from dispatch.knowledge.models import Article
from dispatch.workorders.models import Visit
from inventory import ledger
from inventory.models import Part, PartRequest, StockLocation, StockMovement
from inventory.rules import SHELF_KINDS
from mobile_api.models import Operation
from mobile_api.operation_documents import OPS, said_lately
from mobile_api.scopes import EVERYBODY, kept_since, scope_of
from mobile_api.visit_documents import WORK_ORDERS, visits_on_phones


def parts(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield parts that are in use."""
    columns = (Part.id, Part.number, Part.name_en, Part.name_zh, Part.unit, Part.barcode)
    for row in db.session.execute(select(*columns).where(Part.id.in_(ids), Part.active)):
        yield feed.Document(EVERYBODY, row.id, plain(dict(row._mapping)))


def van_stock(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield how many of some parts lie in each engineer's van; less than nothing where a phone says so."""
    vans = select(StockLocation.id, StockLocation.holder_id).where(StockLocation.kind == "van")
    holder_of: dict[uuid.UUID, uuid.UUID] = dict(db.session.execute(vans).all())  # type: ignore[arg-type]
    held: dict[tuple[uuid.UUID, uuid.UUID], int] = defaultdict(int)
    for (part_id, van_id), quantity in ledger.on_hand(ids, holder_of).items():
        held[holder_of[van_id], part_id] += quantity
    for (engineer_id, part_id), quantity in held.items():
        if quantity:
            body = {"id": str(part_id), "quantity": quantity}
            yield feed.Document(scope_of(engineer_id), part_id, body)


def depot_stock(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield how many of some parts lie in each warehouse, its shelves counted with it."""
    place = StockLocation
    query = select(place.id, place.parent_id, place.name, place.lat, place.lon)
    shelves = db.session.execute(query.where(place.kind.in_(SHELF_KINDS), place.active))
    rows = {row.id: row for row in shelves}
    held: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(lambda: defaultdict(int))
    for (part_id, shelf_id), quantity in ledger.on_hand(ids, rows).items():
        held[part_id][_depot_of(shelf_id, rows)] += quantity
    for part_id, lying in held.items():
        depots = [
            {"id": one, "name": rows[one].name, "lat": rows[one].lat, "lon": rows[one].lon, "quantity": many}
            for one, many in sorted(lying.items())
            if many > 0
        ]
        if depots:
            yield feed.Document(EVERYBODY, part_id, plain({"id": part_id, "depots": depots}))


def _depot_of(shelf_id: uuid.UUID, rows: Mapping[uuid.UUID, Any]) -> uuid.UUID:
    seen = {shelf_id}
    while (above := rows[shelf_id].parent_id) in rows and above not in seen:
        seen.add(above)
        shelf_id = above
    return shelf_id


def part_requests(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield requests for parts of engineers, those that are open and what was answered lately."""
    columns = (
        PartRequest.id,
        PartRequest.number,
        PartRequest.part_id,
        PartRequest.quantity,
        PartRequest.status,
        PartRequest.reason,
        PartRequest.answer,
        PartRequest.created_at,
        PartRequest.engineer_id,
        PartRequest.order_id.label("work_order_id"),
    )
    for row in db.session.execute(_asked(*columns).where(PartRequest.id.in_(ids))):
        body = plain({name: value for name, value in row._mapping.items() if name != "engineer_id"})
        yield feed.Document(scope_of(row.engineer_id), row.id, body)


def _asked(*columns: Any) -> Select[Any]:
    is_open = PartRequest.status.in_(("requested", "approved"))
    recent = or_(is_open, PartRequest.updated_at >= kept_since())
    return select(*columns).where(PartRequest.engineer_id.is_not(None), recent)


def articles(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield articles that are published."""
    columns = (
        Article.id,
        Article.title,
        Article.text,
        Article.fault_code,
        Article.tags,
        Article.published_at,
    )
    for row in db.session.execute(_published(*columns).where(Article.id.in_(ids))):
        body = plain({**row._mapping, "tags": [tag for tag in row.tags.split(", ") if tag]})
        yield feed.Document(EVERYBODY, row.id, body)


def _published(*columns: Any) -> Select[Any]:
    return select(*columns).where(Article.status == "published")


PARTS = feed.Collection(
    "parts",
    made_of={Part: lambda rows: {row.id for row in rows}},
    documents=parts,
    every_id=lambda: db.session.scalars(select(Part.id).where(Part.active)),
)
VAN_STOCK = feed.Collection(
    "van_stock",
    made_of={
        StockMovement: lambda rows: {row.part_id for row in rows},
        StockLocation: lambda rows: {part for part, _ in ledger.on_hand(None, [row.id for row in rows])},
    },
    documents=van_stock,
    every_id=lambda: db.session.scalars(select(StockMovement.part_id).distinct()),
)


def _parts_in(rows: Sequence[StockLocation]) -> set[uuid.UUID]:
    """Return the parts that lie in some warehouses and on their shelves, however deep."""
    places, more = set(), {row.id for row in rows}
    while more:
        places |= more
        below = select(StockLocation.id).where(StockLocation.parent_id.in_(more))
        more = set(db.session.scalars(below)) - places
    return {part for part, _ in ledger.on_hand(None, places)}


DEPOT_STOCK = feed.Collection(
    "depot_stock",
    made_of={
        StockMovement: lambda rows: {row.part_id for row in rows},
        StockLocation: _parts_in,
    },
    documents=depot_stock,
    every_id=lambda: db.session.scalars(select(StockMovement.part_id).distinct()),
)
PART_REQUESTS = feed.Collection(
    "part_requests",
    made_of={PartRequest: lambda rows: {row.id for row in rows}},
    documents=part_requests,
    every_id=lambda: db.session.scalars(_asked(PartRequest.id)),
)
ARTICLES = feed.Collection(
    "articles",
    made_of={Article: lambda rows: {row.id for row in rows}},
    documents=articles,
    every_id=lambda: db.session.scalars(_published(Article.id)),
)
COLLECTIONS = {
    each.name: each for each in (WORK_ORDERS, PARTS, VAN_STOCK, DEPOT_STOCK, PART_REQUESTS, ARTICLES, OPS)
}
VERSIONS = dict.fromkeys(COLLECTIONS, 1)
"""The version of each collection's documents that this server makes."""


def old_ids() -> dict[str, list[uuid.UUID]]:
    """Return, by collection, what phones still hold that has ended too long ago."""
    live = select(feed.FeedEntry.doc_id).where(~feed.FeedEntry.deleted)
    still = {
        "work_orders": visits_on_phones(Visit.id),
        "part_requests": _asked(PartRequest.id),
        "ops": said_lately(Operation.id),
    }
    return {
        name: list(
            db.session.scalars(
                live.where(feed.FeedEntry.collection == name, feed.FeedEntry.doc_id.not_in(query))
            )
        )
        for name, query in still.items()
    }
