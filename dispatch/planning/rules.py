"""What planning decides without looking anything up: prices, windows, changes, overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

#: Statuses of a visit that planning may still place and move.
OPEN_VISIT_STATUSES = ("created", "dispatched", "accepted")
#: Statuses in which an engineer is busy with a visit.
STARTED_VISIT_STATUSES = ("en_route", "arrived", "in_progress")
#: Statuses of an order nothing is planned for any more.
ENDED_ORDER_STATUSES = (
    "completed",
    "awaiting_confirmation",
    "closed",
    "followed_up",
    "cancelled",
    "merged",
)

_UNPLANNED_CENTS = {"low": 50_000, "normal": 100_000, "high": 200_000, "urgent": 500_000}
_GRADE_PERCENT = {"standard": 100, "silver": 120, "gold": 150, "vip": 200}
_LATENESS_PERCENT = {"low": 50, "normal": 100, "high": 200, "urgent": 400}

Instants = tuple[datetime, datetime]
Place = TypeVar("Place")


def unplanned_cents(priority: str, grade: str, service_s: int, cents_per_hour: int) -> int:
    """Return what leaving a visit out costs [cents]: its priority, weighed by the customer's grade.

    The pay for its own duration comes on top, so that long work is not left out for being long.
    """
    pay_cents = service_s * cents_per_hour // 3_600
    return _UNPLANNED_CENTS[priority] * _GRADE_PERCENT[grade] // 100 + pay_cents


def lateness_percent(priority: str) -> int:
    """Return how dear an hour late is for work of this priority [%]."""
    return _LATENESS_PERCENT[priority]


def waiting_cents(priority: str, late_from: datetime | None, until: datetime, cents_per_hour: int) -> int:
    """Return what work that is left out costs by being late until the end of the span [cents].

    On top of `unplanned_cents`: without it, an order long overdue were cheaper left out than done late.

    Parameters
    ----------
    late_from : datetime or None
        When its lateness begins to count; None: it is due at no time.
    until : datetime
        End of the span that is planned.
    cents_per_hour : int
        Price of an hour late for work of normal priority [cents].
    """
    if late_from is None or late_from >= until:
        return 0
    seconds = int((until - late_from).total_seconds())
    return seconds * cents_per_hour * lateness_percent(priority) // 360_000


def open_hours(
    hours: Sequence[tuple[int, time, time]], zone: ZoneInfo, from_at: datetime, until_at: datetime
) -> list[Instants]:
    """Return when a site can be entered between two instants.

    Parameters
    ----------
    hours : sequence of (weekday, opens, closes)
        Local time, 0 is Monday; none: always.
    """
    if not hours:
        return [(from_at, until_at)]
    found = []
    day = from_at.astimezone(zone).date()
    while day <= until_at.astimezone(zone).date():
        for weekday, opens, closes in hours:
            if weekday == day.weekday():
                found.append((_local(day, opens, zone), _local(day, closes, zone)))
        day += timedelta(days=1)
    return found


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    # In UTC, as sums of local times do not see an hour that is skipped or comes twice.
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def start_windows(
    wanted: Sequence[Instants], accessible: Sequence[Instants], service_s: int
) -> list[Instants]:
    """Return when work may begin: inside a wanted window, and so that it ends while the site is open.

    Parameters
    ----------
    wanted : sequence of (from, until)
        Spans in which work may begin; none: at any time.
    accessible : sequence of (opens, closes)
    """
    found = []
    for opens, closes in accessible:
        last = closes - timedelta(seconds=service_s)
        for from_at, until_at in wanted or [(opens, last)]:
            begin, end = max(opens, from_at), min(last, until_at)
            if begin <= end:
                found.append((begin, end))
    return sorted(found)


@dataclass(frozen=True)
class Anchor:
    """A visit an engineer is bound to: under way, or fixed by a lock or by another territory's plan."""

    visit_id: str
    place: int
    start_at: datetime
    end_at: datetime
    service_s: int
    status: str

    @property
    def started(self) -> bool:
        """Whether the engineer is on the way to it or there."""
        return self.status in STARTED_VISIT_STATUSES


@dataclass(frozen=True)
class Availability:
    """From when an engineer is free, where they are then, and which anchors are still to come."""

    free_at: datetime
    place: int | None
    ahead: tuple[Anchor, ...]


def availability(anchors: Iterable[Anchor], now: datetime, starts_at: datetime) -> Availability:
    """Return from when an engineer bound to `anchors` can be planned, `starts_at` at the earliest.

    What is under way, or should have begun, is taken to be done first, in its order; what is fixed
    for later stays where it is.
    """
    free_at, place, ahead = starts_at, None, []
    for anchor in sorted(anchors, key=lambda one: (not one.started, one.start_at)):
        begun = anchor.started or anchor.start_at < free_at
        if not begun:
            ahead.append(anchor)
        elif anchor.end_at > starts_at or starts_at <= now:
            rest_s = 0 if anchor.status == "in_progress" else anchor.service_s
            began_at = max(free_at, now) if place is not None else now
            free_at = max(free_at, anchor.end_at, began_at + timedelta(seconds=rest_s))
            place = anchor.place
    return Availability(free_at, place, tuple(ahead))


def change_of(was: Place | None, planned: Place | None, *, locked: bool = False) -> str:
    """Return how a visit's proposed engineer, start and end compare with what is published.

    What is locked never loses its place, even where the solver found none for it.
    """
    if planned is None:
        if was is None:
            return "left_out"
        return "kept" if locked else "removed"
    if was is None:
        return "new"
    return "kept" if was == planned else "moved"


@dataclass(frozen=True)
class Placed:
    """A visit in an engineer's time; `proposed` when this publication would put it there."""

    visit_id: str
    engineer_id: str
    start_at: datetime
    end_at: datetime
    proposed: bool


def collisions(placed: Iterable[Placed]) -> dict[str, str]:
    """Return the proposed visits that overlap another visit of the same engineer, and which one."""
    by_engineer: dict[str, list[Placed]] = {}
    for one in placed:
        by_engineer.setdefault(one.engineer_id, []).append(one)
    found: dict[str, str] = {}
    for row in by_engineer.values():
        row.sort(key=lambda one: one.start_at)
        latest = row[0]
        for one in row[1:]:
            if one.start_at < latest.end_at:
                for mine, other in ((one, latest), (latest, one)):
                    if mine.proposed:
                        found.setdefault(mine.visit_id, other.visit_id)
            latest = max(latest, one, key=lambda each: each.end_at)
    return found
