"""When engineers can work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.workforce.rules import (
    Break,
    PatternBreak,
    PatternShift,
    RosteredShift,
    overlaps,
    pattern_faults,
    shift_faults,
    shifts_from_pattern,
    working_spans,
)

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Shift(Span):
    breaks: tuple[Break, ...] = ()
    most_overtime_s: int = 0
    id: int = 1


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def shift(start: float, end: float, *breaks: Break, overtime_s: int = 0, number: int = 1) -> Shift:
    return Shift(at(start), at(end), breaks, overtime_s, number)


def away(start: float, end: float) -> Span:
    return Span(at(start), at(end))


def pause(earliest: float, latest: float, minutes: int = 30) -> Break:
    return Break(at(earliest), at(latest), minutes * 60)


def hours(spans: list) -> list[tuple[float, float]]:
    return [tuple((t - DAY) / timedelta(hours=1) for t in (s.starts_at, s.ends_at)) for s in spans]


def test_a_leave_in_the_middle_leaves_two_spans_of_the_shift() -> None:
    spans = working_spans([shift(8, 17)], [away(10, 12)], at(0), at(24))
    assert hours(spans) == [(8, 10), (12, 17)]
    assert {span.shift_id for span in spans} == {1}


def test_a_leave_over_the_whole_shift_leaves_nothing() -> None:
    assert working_spans([shift(8, 17)], [away(0, 24)], at(0), at(24)) == []


def test_only_the_time_asked_about_is_returned() -> None:
    shifts = [shift(20, 28, number=2), shift(8, 17)]
    assert hours(working_spans(shifts, [], at(10), at(22))) == [(10, 17), (20, 22)]
    assert working_spans(shifts, [], at(17), at(20)) == []
    assert working_spans(shifts, [away(8, 9)], at(12), at(10)) == []


def test_a_break_is_moved_within_its_limits_by_a_leave() -> None:
    [span] = working_spans([shift(8, 17, pause(11, 13))], [away(7, 12)], at(0), at(24))
    assert span.breaks == (pause(12, 13),)


def test_a_break_that_a_leave_covers_falls_away() -> None:
    spans = working_spans([shift(8, 17, pause(11, 13))], [away(11, 14)], at(0), at(24))
    assert [span.breaks for span in spans] == [(), ()]


def test_a_break_that_fits_on_both_sides_of_a_leave_is_taken_once_where_there_is_more_room() -> None:
    spans = working_spans([shift(8, 17, pause(11, 14))], [away(11.75, 12)], at(0), at(24))
    assert [span.breaks for span in spans] == [(), (pause(12, 14),)]


def test_breaks_pushed_together_by_the_start_follow_each_other() -> None:
    [span] = working_spans([shift(8, 17, pause(10, 12), pause(11, 13))], [], at(11.5), at(24))
    assert span.breaks == (pause(11.5, 12), pause(12, 13))


def test_overtime_ends_where_the_next_span_or_a_leave_begins() -> None:
    two = [shift(8, 12, overtime_s=7200), shift(13, 17, overtime_s=7200, number=2)]
    assert [s.most_overtime_s for s in working_spans(two, [], at(0), at(24))] == [3600, 7200]
    assert [s.most_overtime_s for s in working_spans(two, [away(17, 20)], at(0), at(24))] == [3600, 0]


def test_a_span_cut_short_has_no_overtime() -> None:
    spans = working_spans([shift(8, 17, overtime_s=3600)], [away(12, 13)], at(0), at(16))
    assert [span.most_overtime_s for span in spans] == [0, 0]


steps = st.integers(0, 96 * 2)


@st.composite
def rosters(draw: st.DrawFn) -> tuple[list[Shift], list[Span], datetime, datetime]:
    edges = sorted(draw(st.sets(steps, min_size=2, max_size=8)))
    shifts = []
    for number, (low, high) in enumerate(list(pairwise(edges))[::2]):
        start, end = at(low / 4), at(high / 4)
        breaks = []
        for _ in range(draw(st.integers(0, 2))):
            earliest = start + (end - start) * draw(st.integers(0, 10)) / 20
            latest = earliest + (end - earliest) * draw(st.integers(0, 10)) / 20
            breaks.append(Break(earliest, latest, draw(st.integers(1, int((end - latest).total_seconds())))))
        shifts.append(Shift(start, end, tuple(breaks), draw(st.integers(0, 20_000)), number))
    ends = st.tuples(steps, steps).filter(lambda pair: pair[0] < pair[1])
    leaves = [away(low / 4, high / 4) for low, high in draw(st.lists(ends, max_size=5))]
    low, high = draw(ends)
    return shifts, leaves, at(low / 4), at(high / 4)


@given(rosters())
def test_working_time_is_exactly_the_shifts_without_leave(
    roster: tuple[list[Shift], list[Span], datetime, datetime],
) -> None:
    shifts, leaves, starts_at, ends_at = roster
    spans = working_spans(shifts, leaves, starts_at, ends_at)
    by_id = {each.id: each for each in shifts}
    for span in spans:
        of = by_id[span.shift_id]
        assert max(of.starts_at, starts_at) <= span.starts_at < span.ends_at <= min(of.ends_at, ends_at)
        assert not any(overlaps(span, leave) for leave in leaves)
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(spans))
    quarter = timedelta(minutes=15)
    worked = [
        t
        for t in (starts_at + quarter * n for n in range((ends_at - starts_at) // quarter))
        if any(s.starts_at <= t < s.ends_at for s in shifts)
        and not any(leave.starts_at <= t < leave.ends_at for leave in leaves)
    ]
    assert sum((s.ends_at - s.starts_at for s in spans), timedelta()) == quarter * len(worked)


@given(rosters())
def test_breaks_and_overtime_stay_in_their_place(
    roster: tuple[list[Shift], list[Span], datetime, datetime],
) -> None:
    shifts, leaves, starts_at, ends_at = roster
    spans = working_spans(shifts, leaves, starts_at, ends_at)
    for span in spans:
        assert shift_faults(span, span.breaks) in ({}, {"ends_at": [MUST_BE_SHORT]})
        until = span.ends_at + timedelta(seconds=span.most_overtime_s)
        beyond = Span(span.ends_at, until)
        assert span.most_overtime_s == 0 or not any(overlaps(beyond, x) for x in [*spans, *leaves])
    for each in shifts:
        kept = sum(len(span.breaks) for span in spans if span.shift_id == each.id)
        assert kept <= len(each.breaks)


MUST_BE_SHORT = "A shift lasts 24 hours at most; make several of it."


@pytest.mark.parametrize(
    ("span", "field"),
    [
        (shift(17, 8), "ends_at"),
        (shift(8, 8), "ends_at"),
        (shift(8, 32.1), "ends_at"),
        (shift(8, 17, pause(13, 12)), "breaks"),
        (shift(8, 17, pause(7, 9)), "breaks"),
        (shift(8, 17, pause(12, 16.75)), "breaks"),
        (shift(8, 17, pause(11, 13), pause(11.25, 13)), "breaks"),
    ],
)
def test_a_shift_that_cannot_be_is_told_by_field(span: Shift, field: str) -> None:
    faults = shift_faults(span, span.breaks)
    assert list(faults) == [field]
    assert faults[field][0].endswith(".")


def test_a_shift_of_24_hours_with_breaks_one_after_the_other_is_fine() -> None:
    assert shift_faults(shift(8, 32), (pause(12, 13), pause(11, 12), pause(31, 31.5))) == {}


def test_touching_spans_do_not_overlap() -> None:
    assert not overlaps(away(8, 12), away(12, 13))
    assert overlaps(away(8, 12), away(11, 13))


LUNCH = PatternBreak(time(11, 30), time(13), 1800)
WEEKDAYS = [PatternShift(weekday, time(8), time(17), (LUNCH,)) for weekday in range(5)]


def test_a_pattern_gives_every_weekday_its_shift_with_its_break() -> None:
    made = shifts_from_pattern(WEEKDAYS, date(2026, 11, 21), date(2026, 12, 1), SHANGHAI)
    assert [each.day.day for each in made] == [23, 24, 25, 26, 27, 30, 1]
    assert made[0].starts_at == datetime(2026, 11, 23, 0, tzinfo=UTC)
    assert made[0].breaks[0].earliest_at == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


def local(made: list[RosteredShift]) -> list[tuple[time, time, time]]:
    return [
        tuple(t.astimezone(BERLIN).time() for t in (s.starts_at, s.breaks[0].earliest_at, s.ends_at))
        for s in made
    ]


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_walls_clock_rules_when_clocks_change(sunday: date) -> None:
    daily = [PatternShift(weekday, time(8), time(17), (LUNCH,)) for weekday in range(7)]
    made = shifts_from_pattern(daily, sunday - timedelta(1), sunday + timedelta(1), BERLIN)
    assert local(made) == [(time(8), time(11, 30), time(17))] * 3
    assert {s.ends_at - s.starts_at for s in made} == {timedelta(hours=9)}
    assert made[0].starts_at.hour != made[1].starts_at.hour


@pytest.mark.parametrize(("sunday", "lasts_h"), [(date(2026, 3, 29), 7), (date(2026, 10, 25), 9)])
def test_a_night_shift_over_the_change_is_shorter_or_longer(sunday: date, lasts_h: int) -> None:
    night = PatternShift(5, time(22), time(6), (PatternBreak(time(2), time(3), 1800),))
    [made] = shifts_from_pattern([night], sunday - timedelta(1), sunday, BERLIN)
    assert made.ends_at - made.starts_at == timedelta(hours=lasts_h)
    assert made.day == sunday - timedelta(1)
    [taken] = made.breaks
    assert sunday == taken.earliest_at.astimezone(BERLIN).date()


def test_a_break_in_skipped_time_at_the_end_of_a_shift_falls_away() -> None:
    night = PatternShift(5, time(22), time(3), (PatternBreak(time(2), time(2, 30), 1800),))
    [made] = shifts_from_pattern([night], date(2026, 3, 28), date(2026, 3, 28), BERLIN)
    assert made.breaks == ()
    assert made.ends_at - made.starts_at == timedelta(hours=4)


@pytest.mark.parametrize(("starts", "ends"), [(time(2, 10), time(2, 50)), (time(2, 30), time(3))])
def test_a_shift_in_skipped_time_alone_is_left_out(starts: time, ends: time) -> None:
    pattern = [PatternShift(6, starts, ends)]
    assert shifts_from_pattern(pattern, date(2026, 3, 29), date(2026, 3, 29), BERLIN) == []
    assert len(shifts_from_pattern(pattern, date(2026, 4, 5), date(2026, 4, 5), BERLIN)) == 1


def test_a_day_that_a_country_skipped_has_no_shift() -> None:
    daily = [PatternShift(weekday, time(8), time(17)) for weekday in range(7)]
    made = shifts_from_pattern(daily, date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
    assert [each.day.day for each in made] == [29, 31]


def test_a_shift_that_starts_in_skipped_time_starts_when_the_clocks_do() -> None:
    [made] = shifts_from_pattern(
        [PatternShift(6, time(2, 30), time(6))], date(2026, 3, 29), date(2026, 3, 29), BERLIN
    )
    assert made.starts_at == datetime(2026, 3, 29, 1, tzinfo=UTC)


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Shanghai"]
times = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@given(
    st.lists(times, min_size=6, max_size=6, unique=True),
    st.integers(60, 3600),
    st.sampled_from(ZONES),
    st.dates(date(2005, 1, 1), date(2040, 1, 1)),
)
def test_what_fits_on_the_walls_clock_fits_whatever_the_clocks_do(
    marks: list[time], duration_s: int, zone: str, day: date
) -> None:
    a, earliest, latest, b, c, d = sorted(marks)
    pause = PatternBreak(earliest, latest, duration_s)
    pattern = [PatternShift(weekday, a, b, (pause,)) for weekday in range(7)]
    pattern += [PatternShift(weekday, c, d) for weekday in range(7)]
    pattern += [PatternShift(weekday, d, a) for weekday in range(7)]
    made = shifts_from_pattern(pattern, day, day + timedelta(days=2), ZoneInfo(zone))
    assert not any(overlaps(x, y) for x, y in pairwise(made))
    for each in made:
        assert shift_faults(each, each.breaks) == {}


@pytest.mark.parametrize("sunday", [date(2026, 3, 29), date(2026, 10, 25)])
def test_shifts_side_by_side_in_the_night_of_the_change_do_not_overlap(sunday: date) -> None:
    pattern = [PatternShift(5, time(22), time(2, 30)), PatternShift(6, time(2, 45), time(8))]
    evening, morning = shifts_from_pattern(pattern, sunday - timedelta(1), sunday, BERLIN)
    assert not overlaps(evening, morning)


@pytest.mark.parametrize(
    "pattern",
    [
        [PatternShift(0, time(8), time(8))],
        [PatternShift(0, time(8), time(12)), PatternShift(0, time(11), time(17))],
        [PatternShift(6, time(22), time(6)), PatternShift(0, time(5), time(12))],
        [PatternShift(0, time(8), time(12), (LUNCH,))],
    ],
)
def test_a_pattern_that_cannot_be_is_told(pattern: list[PatternShift]) -> None:
    assert len(pattern_faults(pattern)) == 1


def test_a_pattern_with_a_night_into_the_next_morning_is_fine() -> None:
    night = PatternShift(6, time(22), time(6), (PatternBreak(time(1), time(2), 1800),))
    assert pattern_faults([night, PatternShift(0, time(6), time(14)), *WEEKDAYS[1:]]) == []
