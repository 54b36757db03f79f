"""Requests for parts: asked for, approved or refused, issued into a van or cancelled."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from core import clock, records
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, Invalid, mark
from core.events import publish
from core.numbers import take_numbers
from inventory import ledger, rules
from inventory.events import PartsIssued, PartsRequested
from inventory.models import Part, PartRequest, StockLocation
from inventory.resources import PART_REQUESTS, asks_for_self


class WhichVan(Conflict):
    """It is not plain into which van the part goes."""

    code = "which_van"


def request(
    actor: Actor,
    *,
    part_id: uuid.UUID,
    quantity: int,
    reason: str = "",
    order_id: uuid.UUID | None = None,
    engineer_id: uuid.UUID | None = None,
    request_id: uuid.UUID | None = None,
) -> PartRequest:
    """Ask the warehouse for `quantity` pieces of a part, for an engineer's van; says `PartsRequested`.

    An engineer asks for themself, named or not; who plans asks for anybody, or for nobody yet. A phone names
    the request itself (`request_id`).

    Raises
    ------
    Invalid
        The part is not in use any more, something named does not exist, or an engineer names a colleague.
    """
    actor.require(PART_REQUESTS.write)
    if asks_for_self(actor):
        engineer_id = _own_engineer_id(actor, engineer_id)
    request_id = request_id or uuid.uuid4()
    asked = PartRequest(id=request_id, status="requested", requested_by_id=actor.user_id, answer="")
    records.assign(
        asked,
        {
            "part_id": part_id,
            "quantity": quantity,
            "reason": reason,
            "order_id": order_id,
            "engineer_id": engineer_id,
        },
        actor,
    )
    if not db.session.get_one(Part, part_id).active:
        sentence = mark("This part is not in use any more; choose another.")
        raise Invalid(sentence, fields={"part_id": [sentence]})
    asked.number = take_numbers("PR", clock.now().year)[0]
    db.session.add(asked)
    db.session.flush()
    missing = rules.shortage(quantity, available_of([part_id])[part_id])
    publish(
        PartsRequested(
            request_id=asked.id,
            part_id=part_id,
            quantity=quantity,
            order_id=order_id,
            engineer_id=engineer_id,
            shortage=missing,
        )
    )
    return asked


def approve(actor: Actor, request_id: uuid.UUID) -> PartRequest:
    """Promise the part to who asked; never to oneself."""
    asked = _moved_on(actor, request_id, "approve")
    asked.approved_by_id = actor.user_id
    db.session.flush()
    return asked


def refuse(actor: Actor, request_id: uuid.UUID, *, answer: str) -> PartRequest:
    """Turn a request down; `answer` tells who asked why."""
    asked = _moved_on(actor, request_id, "refuse")
    asked.answer = answer
    db.session.flush()
    return asked


def cancel(actor: Actor, request_id: uuid.UUID) -> PartRequest:
    """Withdraw one's own request before the part is issued."""
    asked = _moved_on(actor, request_id, "cancel")
    db.session.flush()
    return asked


def issue(
    actor: Actor,
    request_id: uuid.UUID,
    *,
    from_location_id: uuid.UUID,
    to_location_id: uuid.UUID | None = None,
) -> PartRequest:
    """Move the part from a shelf into a van: the engineer's own unless another is named; says `PartsIssued`.

    Raises
    ------
    Invalid
        The first location is no shelf, the second no van.
    NotEnoughStock
        Less lies on the shelf.
    WhichVan
        None is named and the engineer has none, or several.
    """
    asked = _moved_on(actor, request_id, "issue")
    to_location_id = to_location_id or _only_van_id_of(asked.engineer_id)
    _check_kind(
        from_location_id, rules.SHELF_KINDS, "from_location_id", mark("Parts are issued from a shelf.")
    )
    _check_kind(to_location_id, ("van",), "to_location_id", mark("Parts are issued into a van."))
    ledger.move(
        actor,
        part_id=asked.part_id,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        quantity=asked.quantity,
        reason=asked.number,
        order_id=asked.order_id,
        part_request_id=asked.id,
    )
    asked.issued_from_id = from_location_id
    db.session.flush()
    publish(
        PartsIssued(
            request_id=asked.id,
            part_id=asked.part_id,
            quantity=asked.quantity,
            order_id=asked.order_id,
            engineer_id=asked.engineer_id,
            from_location_id=from_location_id,
            to_location_id=to_location_id,
        )
    )
    return asked


def is_possible(actor: Actor, asked: PartRequest, verb: str) -> bool:
    """Tell whether the actor may approve, refuse, issue or cancel this request as it stands."""
    try:
        _status_after(actor, asked, verb)
    except (Forbidden, rules.RequestClosed):
        return False
    return True


def available_of(part_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many pieces of each part can still be promised: on shelves, and in no approved request."""
    shelves = db.session.scalars(select(StockLocation.id).where(StockLocation.kind.in_(rules.SHELF_KINDS)))
    held = dict.fromkeys(part_ids, 0)
    for (part_id, _), quantity in ledger.on_hand(part_ids, shelves).items():
        held[part_id] += quantity
    query = select(PartRequest.part_id, func.sum(PartRequest.quantity))
    query = query.where(PartRequest.part_id.in_(part_ids), PartRequest.status == "approved")
    reserved = dict(db.session.execute(query.group_by(PartRequest.part_id)).all())
    return {part_id: rules.available(n, reserved.get(part_id, 0)) for part_id, n in held.items()}


def _moved_on(actor: Actor, request_id: uuid.UUID, verb: str) -> PartRequest:
    asked: PartRequest = records.record_of(PART_REQUESTS, actor, request_id)
    asked.status = _status_after(actor, asked, verb)
    return asked


def _status_after(actor: Actor, asked: PartRequest, verb: str) -> str:
    return rules.status_after(
        verb,
        asked.status,
        decides=actor.may("part-requests.decide"),
        own=asked.requested_by_id == actor.user_id,
    )


def _own_engineer_id(actor: Actor, named: uuid.UUID | None) -> uuid.UUID | None:
    # Engineers stand above this package, so only their table is known here.
    engineer = db.metadata.tables["engineer"]
    own: uuid.UUID | None = db.session.scalar(
        select(engineer.c.id).where(engineer.c.user_id == actor.user_id)
    )
    if named not in (None, own):
        sentence = mark("You ask for parts for yourself; for a colleague the dispatcher asks.")
        raise Invalid(sentence, fields={"engineer_id": [sentence]})
    return own


def _only_van_id_of(engineer_id: uuid.UUID | None) -> uuid.UUID:
    query = select(StockLocation.id).where(StockLocation.kind == "van", StockLocation.active)
    vans = db.session.scalars(query.where(StockLocation.holder_id == engineer_id)).all()
    if len(vans) != 1:
        sentence = mark("Say into which van: the request is for no engineer who has exactly one.")
        raise WhichVan(sentence, fields={"to_location_id": [sentence]})
    return vans[0]


def _check_kind(location_id: uuid.UUID, kinds: tuple[str, ...], field: str, sentence: str) -> None:
    location = db.session.get(StockLocation, location_id)
    if location is None or location.kind not in kinds:
        raise Invalid(sentence, fields={field: [sentence]})
