"""What a phone sees of what it said itself: each operation, with what became of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, select

from core import feed
from core.audit import plain
from core.db import db
from mobile_api.models import Operation
from mobile_api.scopes import kept_since, scope_of


def operation_body(operation: Operation) -> dict[str, Any]:
    """Return an operation as its phone sees it: as it said it, and what became of it."""
    names = (
        "id",
        "kind",
        "work_order_id",
        "assignment_id",
        "payload",
        "device_seq",
        "device_time",
        "mono_ms",
        "boot_id",
        "clock_offset_ms",
        "outcome",
        "outcome_code",
        "detail",
        "received_at",
        "event_time",
        "time_quality",
    )
    body: dict[str, Any] = plain({name: getattr(operation, name) for name in names})
    return body


def ops(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """Yield what phones said lately, and what became of it."""
    query = said_lately(Operation).where(Operation.id.in_(ids)).execution_options(populate_existing=True)
    for operation in db.session.scalars(query):
        yield feed.Document(scope_of(operation.engineer_id), operation.id, operation_body(operation))


def said_lately(*columns: Any) -> Select[Any]:
    """Return the query of operations that phones still have."""
    return select(*columns).where(Operation.received_at >= kept_since())


OPS = feed.Collection(
    "ops",
    made_of={Operation: lambda rows: {row.id for row in rows}},
    documents=ops,
    every_id=lambda: db.session.scalars(said_lately(Operation.id)),
)
