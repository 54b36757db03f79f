"""What engineers take out of their vans at customers', and put back."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, select

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, mark
from core.events import publish
from inventory import ledger
from inventory.events import StockBelowZero
from inventory.models import StockLocation


class NoPlace(Conflict):
    """There is no van, or no place that stands for customers, in the list of locations."""

    code = "no_location"


def use(
    actor: Actor,
    *,
    engineer_id: uuid.UUID,
    part_id: uuid.UUID,
    quantity: int,
    order_id: uuid.UUID | None = None,
    reason: str = "",
) -> None:
    """Book parts out of an engineer's van, to a customer; says `StockBelowZero` where we knew of fewer.

    Raises
    ------
    NoPlace
        The engineer has no van, or there is no location that stands for customers.
    Invalid
        There is no such part.
    """
    _book(actor, _van_of(engineer_id), _customers(), part_id, quantity, order_id, reason)


def put_back(
    actor: Actor,
    *,
    engineer_id: uuid.UUID,
    part_id: uuid.UUID,
    quantity: int,
    order_id: uuid.UUID | None = None,
    reason: str = "",
) -> None:
    """Book parts that were not needed after all back into an engineer's van.

    Raises
    ------
    NoPlace, Invalid
        As `use`.
    """
    _book(actor, _customers(), _van_of(engineer_id), part_id, quantity, order_id, reason)


def _book(
    actor: Actor,
    source: StockLocation,
    target: StockLocation,
    part_id: uuid.UUID,
    quantity: int,
    order_id: uuid.UUID | None,
    reason: str,
) -> None:
    left = ledger.book_done(
        actor,
        part_id=part_id,
        from_location_id=source.id,
        to_location_id=target.id,
        quantity=quantity,
        reason=reason,
        order_id=order_id,
    )
    if source.kind == "van" and left < 0:
        publish(StockBelowZero(location_id=source.id, part_id=part_id, on_hand=left, order_id=order_id))


def _van_of(engineer_id: uuid.UUID) -> StockLocation:
    query = select(StockLocation).where(StockLocation.kind == "van", StockLocation.holder_id == engineer_id)
    return _first(query, mark("This engineer has no van in the list of stock locations."))


def _customers() -> StockLocation:
    query = select(StockLocation).where(StockLocation.kind == "customer")
    return _first(query, mark("No stock location stands for what customers get: add one of that kind."))


def _first(query: Select[Any], sentence: str) -> StockLocation:
    """Return the first of some locations by its code, those in use before others."""
    found: StockLocation | None = db.session.scalar(
        query.order_by(StockLocation.active.desc(), StockLocation.code).limit(1)
    )
    if found is None:
        raise NoPlace(sentence)
    return found
