"""What planning says aloud."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True)
class RunPublished:
    """A run's plan, or part of it, is now the plan: these visits got a place or lost it."""

    run_id: uuid.UUID
    visit_ids: tuple[uuid.UUID, ...]
