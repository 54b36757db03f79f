"""Where a visit is, from what its engineer's phone said and what was done here, whatever arrived first.

Pure: no database. What a phone says of an assignment is put in the order in which the phone said it; what was
done here stands behind the last of it that was known then.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

BEGIN = "dispatched"
"""The status in which a visit is given to an engineer."""
FORWARD = {
    "accept": "accepted",
    "depart": "en_route",
    "arrive": "arrived",
    "start": "in_progress",
    "complete": "completed",
}
"""Steps that lead on, and where: whoever says that they have arrived has departed, told or not."""
STEPS = (*FORWARD, "decline", "hold", "resume", "incomplete")
_RANK = {
    "dispatched": 0,
    "accepted": 1,
    "en_route": 2,
    "arrived": 3,
    "in_progress": 4,
    "on_hold": 4,
    "completed": 5,
}
_ENDED = ("completed", "incomplete", "declined")
_CLOCK_ERROR = timedelta(seconds=5)
"""By how much a phone's clock may go wrong between what happened and its being sent."""


@dataclass(frozen=True)
class Step:
    """Something done at a visit.

    Attributes
    ----------
    key : hashable
        What its outcome is found by.
    verb : str
        One of `STEPS`, where a phone says it.
    place : int
        Where it stands in all that the engineer's phones say; of what was done here, the highest that had
        been applied then.
    to : str, optional
        Of what was done here: to which status it led.
    """

    key: Hashable
    verb: str
    place: int
    to: str | None = None


@dataclass(frozen=True)
class Landed:
    """What became of a phone's step: applied, superseded or held; from which status to which it led."""

    outcome: str
    before: str
    after: str


def fold(steps: Iterable[Step]) -> tuple[str, dict[Hashable, Landed]]:
    """Return where steps lead, and what became of each that a phone said.

    Those made here are given in the order in which they were made. A step that leads nowhere any more is
    superseded; one after the visit was cancelled, or given back by the phone itself, is held for a person.
    """
    status, landed = BEGIN, {}
    for step in sorted(steps, key=lambda one: (one.place, one.to is not None)):
        if step.to is not None:
            status = step.to
            continue
        outcome, after = _led(status, step.verb)
        landed[step.key] = Landed(outcome, status, after)
        status = after
    return status, landed


def _led(status: str, verb: str) -> tuple[str, str]:
    if status in ("cancelled", "created"):
        return "held", status
    if status in _ENDED:
        return "superseded", status
    rank = _RANK[status]
    leads_on = {
        "decline": rank < _RANK["en_route"],
        "hold": status in ("arrived", "in_progress"),
        "resume": status == "on_hold",
        "incomplete": True,
    }
    to = {"decline": "created", "hold": "on_hold", "resume": "in_progress", "incomplete": "incomplete"}
    if verb in FORWARD:
        return ("applied", FORWARD[verb]) if _RANK[FORWARD[verb]] > rank else ("superseded", status)
    return ("applied", to[verb]) if leads_on[verb] else ("superseded", status)


def event_time(
    device_time: datetime,
    offset: timedelta | None,
    offset_now: timedelta | None,
    received_at: datetime,
    earliest_at: datetime | None,
    latest_at: datetime | None,
) -> tuple[datetime, bool]:
    """Return when something happened by our clock, and whether that is certain.

    Parameters
    ----------
    device_time : datetime
        By the phone's clock.
    offset, offset_now : timedelta, optional
        How far our clock was ahead of the phone's, as it knew then, and as it knows when it sends.
    received_at : datetime
        Nothing happens after that.
    earliest_at, latest_at : datetime, optional
        What the same phone said before and after it: its own order stands.
    """
    known = offset if offset is not None else offset_now
    certain = offset is not None and offset_now is not None and abs(offset - offset_now) <= _CLOCK_ERROR
    try:
        at = device_time + (known or timedelta())
    except OverflowError:
        at, certain = received_at, False
    if at > received_at:
        # A phone whose clock is ahead by no more than it may be is not in doubt.
        certain = certain and at - received_at <= _CLOCK_ERROR
        at = received_at
    if latest_at is not None and at > latest_at:
        at = latest_at
    if earliest_at is not None and at < earliest_at:
        at = earliest_at
    return at, certain
