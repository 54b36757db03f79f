"""Engineers: who somebody is in the field, and what a change of an engineer brings along."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, mark
from dispatch.workforce.models import Engineer
from geo import places


def engineer_of(actor: Actor) -> Engineer | None:
    """Return the engineer the acting person is, None where they are not one."""
    if actor.user_id is None:
        return None
    return db.session.scalar(select(Engineer).where(Engineer.user_id == actor.user_id))


def prepare(actor: Actor, engineer: Engineer, data: dict[str, Any], created: bool) -> None:
    """Refuse an account that is another engineer's; give one without territory that of a new home."""
    if data.get("user_id"):
        _refuse_shared_account(engineer.id, data["user_id"])
    lat, lon = data.get("home_lat"), data.get("home_lon")
    if lat is None or lon is None or (lat, lon) == (engineer.home_lat, engineer.home_lon):
        return
    if not data.get("territory_id") and engineer.territory_id is None:
        data["territory_id"] = places.territory_ids_at([lat], [lon])[0]


def _refuse_shared_account(engineer_id: uuid.UUID | None, user_id: uuid.UUID) -> None:
    other = db.session.scalar(select(Engineer).where(Engineer.user_id == user_id, Engineer.id != engineer_id))
    if other is not None:
        message = mark("This account is that of engineer %(name)s already.")
        raise Conflict(message, name=other.name, fields={"user_id": [mark("It is in use already.")]})
