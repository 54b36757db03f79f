"""The ledger of stock: every change is a movement that never changes, what is on hand is their sum."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, or_, select

from core import clock, records
from core.auth.actors import Actor
from core.db import db
from core.errors import Invalid, mark
from inventory import rules
from inventory.models import Part, StockLocation, StockMovement


def move(
    actor: Actor,
    *,
    part_id: uuid.UUID,
    from_location_id: uuid.UUID,
    to_location_id: uuid.UUID,
    quantity: int,
    reason: str = "",
    order_id: uuid.UUID | None = None,
    part_request_id: uuid.UUID | None = None,
) -> StockMovement:
    """Record that `quantity` pieces of a part went from one location to another.

    Raises
    ------
    Invalid
        Both locations are the same, the target is not in use, or something named does not exist.
    NotEnoughStock
        Less lies at the first location, and it is not one outside (supplier, customer, difference).
    """
    actor.require("stock-movements.write")
    if from_location_id == to_location_id:
        raise _wrong_target(mark("A movement goes from one location to another one."))
    movement = _new(
        actor,
        part_id=part_id,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        quantity=quantity,
        reason=reason,
        order_id=order_id,
        part_request_id=part_request_id,
    )
    if not db.session.get_one(StockLocation, to_location_id).active:
        raise _wrong_target(mark("This location is not in use; choose another, or activate it first."))
    if not rules.may_be_negative(db.session.get_one(StockLocation, from_location_id).kind):
        # Takers of one part queue here, so that none counts pieces another is just taking.
        db.session.execute(select(Part.id).where(Part.id == part_id).with_for_update(key_share=True))
        held = on_hand([part_id], [from_location_id])
        rules.check_enough(held.get((part_id, from_location_id), 0), quantity)
    db.session.add(movement)
    db.session.flush()
    return movement


def book_done(actor: Actor, **what: Any) -> int:
    """Record a movement made in the field already, and return what is left where it came from.

    Fewer than none where we did not know of what lay there: what was done is done.

    Parameters
    ----------
    what : Any
        As for `move`.
    """
    actor.require("field-use.write")
    part_id, from_id = what["part_id"], what["from_location_id"]
    movement = _new(actor, **what)
    db.session.execute(select(Part.id).where(Part.id == part_id).with_for_update(key_share=True))
    db.session.add(movement)
    db.session.flush()
    return on_hand([part_id], [from_id]).get((part_id, from_id), 0)


def _new(actor: Actor, **what: Any) -> StockMovement:
    movement = StockMovement(at=clock.now(), actor_id=actor.user_id, actor_name=actor.name)
    records.assign(movement, what)
    return movement


def on_hand(
    part_ids: Iterable[uuid.UUID] | None = None, location_ids: Iterable[uuid.UUID] | None = None
) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """Return pieces by (part id, location id), zeros left out; None stands for all."""
    from_id, to_id = StockMovement.from_location_id, StockMovement.to_location_id
    query = select(StockMovement.part_id, from_id, to_id, func.sum(StockMovement.quantity))
    if part_ids is not None:
        query = query.where(StockMovement.part_id.in_(list(part_ids)))
    wanted = None if location_ids is None else set(location_ids)
    if wanted is not None:
        query = query.where(or_(from_id.in_(wanted), to_id.in_(wanted)))
    rows = db.session.execute(query.group_by(StockMovement.part_id, from_id, to_id))
    held = rules.on_hand_of((part, source, target, total) for part, source, target, total in rows)
    return {place: n for place, n in held.items() if wanted is None or place[1] in wanted}


def van_stock_of(engineer_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    """Return what lies in engineers' vans: pieces by part id, by engineer id (every one asked for)."""
    stock: dict[uuid.UUID, defaultdict[uuid.UUID, int]] = {each: defaultdict(int) for each in engineer_ids}
    query = select(StockLocation.id, StockLocation.holder_id)
    query = query.where(StockLocation.kind == "van", StockLocation.holder_id.in_(stock))
    holder_of: dict[uuid.UUID, Any] = dict(db.session.execute(query).all())
    for (part_id, van_id), quantity in on_hand(location_ids=holder_of).items():
        stock[holder_of[van_id]][part_id] += quantity
    return {engineer_id: dict(parts) for engineer_id, parts in stock.items()}


def _wrong_target(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"to_location_id": [sentence]})
