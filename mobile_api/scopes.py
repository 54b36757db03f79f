"""Who sees a document on a phone, and for how long."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from core import clock

EVERYBODY = "all"
KEPT_DAYS = 14
"""How long a phone keeps what has ended."""


def scope_of(engineer_id: uuid.UUID) -> str:
    """Return the scope of what one engineer sees."""
    return f"engineer:{engineer_id}"


def kept_since() -> datetime:
    """Return from when on what has ended is kept: the border moves once a day."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=KEPT_DAYS)
