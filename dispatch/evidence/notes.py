"""Notes engineers write at visits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.errors import Invalid, mark
from dispatch.evidence.attachments import READ, WRITE
from dispatch.evidence.models import Note
from dispatch.workorders.models import Visit, WorkOrder


def write(
    actor: Actor, note_id: uuid.UUID, *, visit: Visit, text: str, at: datetime, off_assignment: bool = False
) -> Note:
    """Keep a note of a visit; it cannot be changed afterwards.

    Raises
    ------
    Invalid
        It says nothing.
    """
    actor.require(WRITE)
    if not text.strip():
        message = mark("Write something first.")
        raise Invalid(message, fields={"text": [message]})
    note = Note(
        id=note_id,
        order_id=visit.order_id,
        visit_id=visit.id,
        text=text.strip(),
        off_assignment=off_assignment,
        actor_id=actor.user_id,
        actor_name=actor.name,
        at=at,
    )
    db.session.add(note)
    db.session.flush()
    return note


def of_order(actor: Actor, order: WorkOrder) -> Sequence[Note]:
    """Return the notes of an order's visits, the oldest first."""
    actor.require(READ)
    return db.session.scalars(select(Note).where(Note.order_id == order.id).order_by(Note.at, Note.id)).all()
