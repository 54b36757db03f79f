"""When engineers can work: shifts without leave, what makes a shift impossible, weekly patterns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from core.errors import mark

LONGEST_SHIFT = timedelta(hours=24)


class Span(Protocol):
    """Something with a start and an end, such as a leave."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


class Pause(Protocol):
    """A break that may begin between two instants."""

    @property
    def earliest_at(self) -> datetime: ...
    @property
    def latest_at(self) -> datetime: ...
    @property
    def duration_s(self) -> int: ...


class PlannedShift(Span, Protocol):
    """A shift as it is stored."""

    @property
    def id(self) -> Hashable: ...
    @property
    def most_overtime_s(self) -> int: ...
    @property
    def breaks(self) -> Sequence[Pause]: ...


@dataclass(frozen=True)
class Break:
    """A break: how long [s], and between which instants it may begin."""

    earliest_at: datetime
    latest_at: datetime
    duration_s: int


@dataclass(frozen=True)
class WorkingSpan:
    """A stretch in which an engineer works.

    Attributes
    ----------
    shift_id : hashable
        The shift it is a part of.
    starts_at, ends_at : datetime
    breaks : tuple of Break
        In the order in which they are taken, each within the span.
    most_overtime_s : int
        How long after the end the engineer may still be under way [s]; never into a leave or another span.
    """

    shift_id: Hashable
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[Break, ...]
    most_overtime_s: int


def working_spans(
    shifts: Iterable[PlannedShift], leaves: Iterable[Span], starts_at: datetime, ends_at: datetime
) -> list[WorkingSpan]:
    """Return when one engineer works between two instants: shifts minus leave, in order of time.

    A break that no longer fits as it was is moved within its own limits, and falls away where there
    is no room left. One that would fit before and after a leave is taken where it has more room.

    Parameters
    ----------
    shifts, leaves
        Of one engineer, aware; shifts do not overlap each other, leaves may.
    starts_at, ends_at : datetime
        The time asked about.
    """
    away = sorted(leaves, key=lambda leave: leave.starts_at)
    spans: list[WorkingSpan] = []
    for shift in sorted(shifts, key=lambda shift: shift.starts_at):
        pieces = list(_pieces(max(shift.starts_at, starts_at), min(shift.ends_at, ends_at), away))
        given = _given_to_pieces(shift.breaks, pieces)
        for (start, end), breaks in zip(pieces, given, strict=True):
            overtime_s = shift.most_overtime_s if end == shift.ends_at else 0
            spans.append(WorkingSpan(shift.id, start, end, _placed(breaks, start, end), overtime_s))
    return [_without_clash(span, spans[i + 1 :][:1], away) for i, span in enumerate(spans)]


def _pieces(start: datetime, end: datetime, away: Iterable[Span]) -> Iterator[tuple[datetime, datetime]]:
    for leave in away:
        if leave.ends_at <= start:
            continue
        if leave.starts_at >= end:
            break
        if leave.starts_at > start:
            yield start, leave.starts_at
        start = leave.ends_at
    if start < end:
        yield start, end


def _fitted(pause: Pause, start: datetime, end: datetime) -> Break | None:
    earliest = max(pause.earliest_at, start)
    latest = min(pause.latest_at, end - timedelta(seconds=pause.duration_s))
    return Break(earliest, latest, pause.duration_s) if earliest <= latest else None


def _given_to_pieces(
    breaks: Iterable[Pause], pieces: Sequence[tuple[datetime, datetime]]
) -> list[list[Break]]:
    given: list[list[Break]] = [[] for _ in pieces]
    for pause in breaks:
        fits = [(i, fit) for i, piece in enumerate(pieces) if (fit := _fitted(pause, *piece))]
        if fits:
            at, fit = max(fits, key=lambda each: each[1].latest_at - each[1].earliest_at)
            given[at].append(fit)
    return given


def _placed(breaks: Iterable[Pause], start: datetime, end: datetime) -> tuple[Break, ...]:
    placed = []
    for pause in sorted(breaks, key=lambda pause: (pause.earliest_at, pause.latest_at)):
        fit = _fitted(pause, start, end)
        if fit:
            placed.append(fit)
            start = fit.earliest_at + timedelta(seconds=fit.duration_s)
    return tuple(placed)


def _without_clash(span: WorkingSpan, following: Sequence[Span], away: Sequence[Span]) -> WorkingSpan:
    free_until = [each.starts_at for each in (*following, *away) if each.starts_at >= span.ends_at]
    room_s = min(
        (int((at - span.ends_at).total_seconds()) for at in free_until), default=span.most_overtime_s
    )
    overtime_s = min(span.most_overtime_s, room_s)
    return WorkingSpan(span.shift_id, span.starts_at, span.ends_at, span.breaks, overtime_s)


def span_faults(span: Span) -> dict[str, list[str]]:
    """Return sentences by field for a span that ends before it starts."""
    return {} if span.ends_at > span.starts_at else {"ends_at": [mark("The end comes after the start.")]}


def shift_faults(shift: Span, breaks: Iterable[Pause]) -> dict[str, list[str]]:
    """Return sentences by field for a shift that cannot be: its span, and breaks outside it or colliding."""
    faults = span_faults(shift)
    if faults:
        return faults
    if shift.ends_at - shift.starts_at > LONGEST_SHIFT:
        return {"ends_at": [mark("A shift lasts 24 hours at most; make several of it.")]}
    free_from = shift.starts_at
    for pause in sorted(breaks, key=lambda pause: pause.earliest_at):
        duration = timedelta(seconds=pause.duration_s)
        if pause.latest_at < pause.earliest_at:
            return {"breaks": [mark("The latest start of a break is not before its earliest.")]}
        if pause.earliest_at < shift.starts_at or pause.latest_at + duration > shift.ends_at:
            return {"breaks": [mark("A break lies wholly within its shift, even when it starts latest.")]}
        if pause.earliest_at < free_from:
            return {"breaks": [mark("A break starts when the one before it can be over, or later.")]}
        free_from = pause.earliest_at + duration
    return {}


def overlaps(a: Span, b: Span) -> bool:
    """Tell whether two spans share any time; touching is not overlapping."""
    return a.starts_at < b.ends_at and b.starts_at < a.ends_at


@dataclass(frozen=True)
class PatternBreak:
    """A break of a weekly pattern, local times; those before the shift's start are the next day's."""

    earliest: time
    latest: time
    duration_s: int


@dataclass(frozen=True)
class PatternShift:
    """A shift of every week: weekday (0: Monday), local times; an end before the start is the next day's."""

    weekday: int
    starts: time
    ends: time
    breaks: tuple[PatternBreak, ...] = ()


@dataclass(frozen=True)
class RosteredShift:
    """A shift a pattern gives for one day; instants in UTC."""

    day: date
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[Break, ...]


def shifts_from_pattern(
    pattern: Iterable[PatternShift], first_day: date, last_day: date, zone: ZoneInfo
) -> list[RosteredShift]:
    """Return the shifts of a weekly pattern for every day from the first to the last, in order of time.

    The wall's clock rules: a shift from 8 to 17 starts at 8 before and after the clocks change, and a night
    shift in between is an hour longer or shorter. Of an hour that comes twice the first is meant; a time the
    clocks skip is the moment they do, and a shift of skipped time alone is left out. So shifts that do
    not overlap on the wall's clock never overlap.
    """
    nominal = _nominal_shifts(pattern, first_day, last_day, zone)
    made = (
        replace(shift, breaks=_placed(shift.breaks, shift.starts_at, shift.ends_at))
        for shift in nominal
        if shift.ends_at > shift.starts_at
    )
    return sorted(made, key=lambda shift: shift.starts_at)


def _nominal_shifts(
    pattern: Iterable[PatternShift], first_day: date, last_day: date, zone: ZoneInfo
) -> Iterator[RosteredShift]:
    items = list(pattern)
    for n in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=n)
        for item in items:
            if item.weekday != day.weekday():
                continue
            yield _rostered(item, day, zone)


def _rostered(item: PatternShift, day: date, zone: ZoneInfo) -> RosteredShift:
    breaks = []
    for pause in item.breaks:
        first = _day_of(day, same=pause.earliest >= item.starts)
        last = _day_of(first, same=pause.latest >= pause.earliest)
        earliest, latest = _instant(first, pause.earliest, zone), _instant(last, pause.latest, zone)
        breaks.append(Break(earliest, latest, pause.duration_s))
    end_day = _day_of(day, same=item.ends > item.starts)
    starts_at, ends_at = _instant(day, item.starts, zone), _instant(end_day, item.ends, zone)
    return RosteredShift(day, starts_at, ends_at, tuple(breaks))


def _day_of(day: date, *, same: bool) -> date:
    return day if same else day + timedelta(days=1)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when a wall's clock shows a time, or first shows a later one where it skips that time."""
    local = datetime.combine(day, at, zone)
    after = local.astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return after
    # With the offset of before the skip the instant lies after it, with the other one before (PEP 495).
    before = local.replace(fold=1).astimezone(UTC)
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def pattern_faults(pattern: Sequence[PatternShift]) -> list[str]:
    """Return sentences for a weekly pattern whose shifts cannot be, or overlap each other."""
    if any(item.starts == item.ends for item in pattern):
        return [mark("A shift of a pattern ends at another time of day than it starts.")]
    # Two weeks without a change of clocks, so that Sunday's night meets Monday's morning.
    nominal = _nominal_shifts(pattern, date(2001, 1, 1), date(2001, 1, 14), ZoneInfo("UTC"))
    shifts = sorted(nominal, key=lambda shift: shift.starts_at)
    said = [sentence for shift in shifts for sentence in shift_faults(shift, shift.breaks).get("breaks", [])]
    if any(overlaps(a, b) for a, b in pairwise(shifts)):
        said.append(mark("Shifts of the pattern overlap each other."))
    return list(dict.fromkeys(said))
