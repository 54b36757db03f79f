"""What inventory says aloud."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PartsRequested:
    """Somebody asked for a part; `shortage` pieces of it cannot be promised at present."""

    request_id: uuid.UUID
    part_id: uuid.UUID
    quantity: int
    order_id: uuid.UUID | None
    engineer_id: uuid.UUID | None
    shortage: int


@dataclass(frozen=True, kw_only=True)
class PartsIssued:
    """The part asked for went from a shelf into a van."""

    request_id: uuid.UUID
    part_id: uuid.UUID
    quantity: int
    order_id: uuid.UUID | None
    engineer_id: uuid.UUID | None
    from_location_id: uuid.UUID
    to_location_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class StockBelowZero:
    """More was taken out of a van than we knew to be in it: somebody has to count it."""

    location_id: uuid.UUID
    part_id: uuid.UUID
    on_hand: int
    order_id: uuid.UUID | None
