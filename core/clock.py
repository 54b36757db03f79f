"""The time, for everyone: `now()` in UTC, which tests freeze and replays move.

``CLOCK_START`` lets the clock begin at another instant and run on from there (tests and replays only).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_offset = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """Return the current instant, aware and in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def start_at(instant: datetime, anchor: datetime | None = None) -> None:
    """Let the clock show `instant` at the real time `anchor` (default: this moment) and run on from there.

    Parameters
    ----------
    instant, anchor : datetime
        Aware instants. Processes given the same two show the same time.

    Raises
    ------
    ValueError
        An instant has no time zone.
    """
    global _offset
    anchor = anchor or datetime.now(UTC)
    if instant.tzinfo is None or anchor.tzinfo is None:
        raise ValueError("the clock's start needs a time zone")
    _offset = instant - anchor


def run_normally() -> None:
    """Let the clock show the real time again."""
    global _offset
    _offset = timedelta(0)


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (aware) inside the block."""
    global _frozen
    if instant.tzinfo is None:
        raise ValueError("a frozen clock needs a time zone")
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
