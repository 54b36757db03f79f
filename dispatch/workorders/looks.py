"""Who looked at where an engineer was: noted before it is shown, and read by the engineer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from core import clock
from core.auth.actors import Actor
from core.db import db
from dispatch.workforce.models import Engineer
from geo.models import Position, PositionLook

ONE_LOOK = timedelta(minutes=10)
"""For how long one entry stands for what the same person sees of the same engineer and time."""


def lacking(actor: Actor, shown: Iterable[Position]) -> list[PositionLook]:
    """Return the entries that are to be written before these positions are shown; none for one's own."""
    spans: dict[uuid.UUID, tuple[datetime, datetime]] = {}
    for position in shown:
        at = position.recorded_at
        first, last = spans.get(position.engineer_id, (at, at))
        spans[position.engineer_id] = min(first, at), max(last, at)
    own = select(Engineer.id).where(Engineer.id.in_(spans), Engineer.user_id == actor.user_id)
    for engineer_id in db.session.scalars(own) if actor.user_id else ():
        del spans[engineer_id]
    return [
        PositionLook(
            id=uuid.uuid4(),
            engineer_id=engineer_id,
            by_id=actor.user_id,
            by_name=actor.name,
            at=clock.now(),
            from_at=first,
            until_at=last,
        )
        for engineer_id, (first, last) in spans.items()
        if not _is_noted(actor, engineer_id, first, last)
    ]


def note(actor: Actor, shown: Iterable[Position]) -> None:
    """Write who looks at these positions, in the caller's transaction."""
    db.session.add_all(lacking(actor, shown))


def _is_noted(actor: Actor, engineer_id: uuid.UUID, first: datetime, last: datetime) -> bool:
    """Tell whether an entry of the last minutes stands for a time."""
    now = clock.now()
    query = select(PositionLook.at, PositionLook.from_at, PositionLook.until_at).where(
        PositionLook.engineer_id == engineer_id,
        PositionLook.by_id == actor.user_id,
        PositionLook.at > now - ONE_LOOK,
        PositionLook.at <= now,
    )
    return any(_covers(*look, first, last) for look in db.session.execute(query))


def _covers(at: datetime, from_at: datetime, until_at: datetime, first: datetime, last: datetime) -> bool:
    """Tell whether a look is over all of a time; one that reached its own instant goes on for a while."""
    if until_at >= at - ONE_LOOK:
        until_at = max(until_at, at + ONE_LOOK)
    return from_at <= first and last <= until_at
