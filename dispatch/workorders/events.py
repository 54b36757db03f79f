"""What work orders say aloud. Subscribers find the rows by their ids, changed and flushed already."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OrderCreated:
    """Somebody asked for work."""

    order_id: uuid.UUID


@dataclass(frozen=True)
class OrderStatusChanged:
    """An order came to another status."""

    order_id: uuid.UUID
    from_status: str
    to_status: str


@dataclass(frozen=True)
class VisitScheduled:
    """A visit got, or lost, its engineer and time; None: it has none."""

    visit_id: uuid.UUID
    order_id: uuid.UUID
    was_engineer_id: uuid.UUID | None
    was_start_at: datetime | None
    engineer_id: uuid.UUID | None
    start_at: datetime | None


@dataclass(frozen=True)
class VisitStatusChanged:
    """Something was done at a visit that led it to another status."""

    visit_id: uuid.UUID
    order_id: uuid.UUID
    verb: str
    from_status: str
    to_status: str
