"""Where engineers were is kept for `POSITION_DAYS`; a check-in at a visit is evidence and stays with it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, or_, select

from core import clock, jobs
from core.auth.actors import system
from core.db import db, transaction
from dispatch.workforce.models import Engineer
from geo.models import Position

_AT_ONCE = 5_000
_HOUR = 60
"""Looked for every hour, done once a day: a worker need not run for a whole day."""


@jobs.handles("positions.forget")
def _forget(run: jobs.JobRun) -> None:
    before = clock.now() - timedelta(days=current_app.config["SETTINGS"].position_days)
    for engineer_id in db.session.scalars(select(Engineer.id)).all():
        while forget(engineer_id, before) == _AT_ONCE:
            continue
    with run.finishing(system("positions")):
        pass


def forget(engineer_id: uuid.UUID, before: datetime) -> int:
    """Remove an engineer's older positions, some thousands at most, and return how many."""
    old = (
        Position.engineer_id == engineer_id,
        Position.recorded_at < before,
        or_(Position.kind == "fix", Position.visit_id.is_(None)),
    )
    with transaction(system("positions")) as session:
        ids = session.scalars(select(Position.id).where(*old).limit(_AT_ONCE)).all()
        session.execute(delete(Position).where(Position.id.in_(ids)))
    return len(ids)


def enqueue() -> None:
    """Have today's old positions removed."""
    jobs.enqueue("positions.forget", {}, key=f"positions.forget:{clock.now():%Y-%m-%d}")


def begin() -> None:
    """Have it done every day."""
    jobs.every("positions.forget", lambda _settings: _HOUR, enqueue)
