"""A part, a shelf, a supplier and an engineer with an account and a van."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from core.auth.actors import Actor
from core.auth.models import User, UserRole
from core.db import db, transaction
from dispatch.workforce.models import Engineer
from inventory import ledger
from inventory.models import Part, StockLocation


@dataclass(frozen=True)
class Stock:
    """Ids of the rows, and what tests do with them."""

    actor: Actor
    part: uuid.UUID
    supplier: uuid.UUID
    shelf: uuid.UUID
    van: uuid.UUID
    engineer: uuid.UUID
    user: uuid.UUID

    def receive(self, quantity: int, to: uuid.UUID | None = None) -> None:
        """Bring parts in from the supplier, onto the shelf unless said otherwise."""
        with transaction(self.actor):
            self.move(self.supplier, to or self.shelf, quantity)

    def move(self, source: uuid.UUID, target: uuid.UUID, quantity: int) -> Any:
        """Move parts inside the open transaction."""
        return ledger.move(
            self.actor, part_id=self.part, from_location_id=source, to_location_id=target, quantity=quantity
        )

    def on_hand(self, location: uuid.UUID) -> int:
        """Return how many lie there."""
        return ledger.on_hand([self.part], [location]).get((self.part, location), 0)


def add(record: Any) -> Any:
    """Store a row and return its id."""
    db.session.add(record)
    db.session.flush()
    return record.id


def add_location(kind: str, code: str, **values: Any) -> Any:
    """Store a location and return its id."""
    return add(StockLocation(code=code, name=code, kind=kind, **values))


@pytest.fixture
def stock(app: Any, actor: Actor) -> Stock:
    """One part, nothing of it anywhere yet."""
    with transaction(actor):
        user = add(User(email="lin@example.org", name="林静", role_rows=[UserRole(role="engineer")]))
        engineer = add(Engineer(number="E-1", name="林静", user_id=user))
        return Stock(
            actor=actor,
            part=add(Part(number="FLT-1", name_en="Air filter", name_zh="空气滤芯")),
            supplier=add_location("supplier", "SUP"),
            shelf=add_location("shelf", "A1"),
            van=add_location("van", "VAN-1", holder_id=engineer),
            engineer=engineer,
            user=user,
        )
