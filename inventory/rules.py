"""What may be done with stock and with requests for it; pure."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable

from core.errors import Conflict, Forbidden, mark

SHELF_KINDS = ("warehouse", "shelf")
_BOTTOMLESS_KINDS = frozenset({"supplier", "customer", "difference"})
_TRANSITIONS = {
    "approve": ({"requested"}, "approved"),
    "refuse": ({"requested", "approved"}, "refused"),
    "issue": ({"approved"}, "issued"),
    "cancel": ({"requested", "approved"}, "cancelled"),
}

Place = tuple[uuid.UUID, uuid.UUID]
Flow = tuple[uuid.UUID, uuid.UUID, uuid.UUID, int]


class NotEnoughStock(Conflict):
    """More was to be taken than lies there."""

    code = "not_enough_stock"


class RequestClosed(Conflict):
    """The request has gone too far for this, or not far enough."""

    code = "request_status"


def on_hand_of(flows: Iterable[Flow]) -> dict[Place, int]:
    """Return what lies where: pieces by (part id, location id), zeros left out.

    Parameters
    ----------
    flows : iterable of (part id, from location id, to location id, quantity)
        Movements, or sums of movements.
    """
    held: defaultdict[Place, int] = defaultdict(int)
    for part_id, from_id, to_id, quantity in flows:
        held[part_id, from_id] -= quantity
        held[part_id, to_id] += quantity
    return {place: quantity for place, quantity in held.items() if quantity}


def may_be_negative(kind: str) -> bool:
    """Tell whether a location of this kind stands for the world outside, which is never counted."""
    return kind in _BOTTOMLESS_KINDS


def check_enough(on_hand: int, quantity: int) -> None:
    """Raise NotEnoughStock when `quantity` pieces cannot be taken from `on_hand`."""
    if quantity > on_hand:
        raise NotEnoughStock(
            mark("Only %(on_hand)s of this part lie there; %(quantity)s cannot be taken."),
            on_hand=on_hand,
            quantity=quantity,
        )


def available(on_hand: int, reserved: int) -> int:
    """Return how many pieces can still be promised: those on hand less those approved, at least 0."""
    return max(0, on_hand - reserved)


def shortage(quantity: int, available: int) -> int:
    """Return how many of `quantity` pieces are missing."""
    return max(0, quantity - available)


def status_after(verb: str, status: str, *, decides: bool, own: bool) -> str:
    """Return the status of a part request after approve, refuse, issue or cancel.

    Parameters
    ----------
    decides : bool
        Whether the acting person decides about requests (the warehouse).
    own : bool
        Whether they made this one.

    Raises
    ------
    Forbidden
        They may not: only the warehouse decides, nobody approves their own, only who asked cancels.
    RequestClosed
        Not in this status.
    """
    if verb == "cancel" and not own:
        raise Forbidden(mark("Only who asked for the part cancels the request; the warehouse can refuse it."))
    if verb != "cancel" and not decides:
        raise Forbidden(mark("Only the warehouse decides about part requests."))
    if verb == "approve" and own:
        raise Forbidden(mark("Nobody approves their own request; ask somebody else of the warehouse."))
    before, after = _TRANSITIONS[verb]
    if status not in before:
        raise RequestClosed(
            mark("This part request is past that step, or not there yet; look at its status."), status=status
        )
    return after
