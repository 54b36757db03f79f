"""What planning decides without looking anything up."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.planning import rules
from dispatch.planning.rules import Anchor, Placed
from dispatch.planning.weights import weights_from_text, weights_of

EIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def test_leaving_out_urgent_work_of_a_vip_costs_most() -> None:
    prices = [
        rules.unplanned_cents(priority, grade, 3_600, 6_000)
        for priority in ("low", "normal", "high", "urgent")
        for grade in ("standard", "silver", "gold", "vip")
    ]
    assert max(prices) == prices[-1]
    assert min(prices) == prices[0]


def test_long_work_is_not_left_out_for_its_pay() -> None:
    short, long = (rules.unplanned_cents("low", "standard", hours * 3_600, 6_000) for hours in (1, 8))
    assert long - short == 7 * 6_000


def test_a_site_without_hours_is_always_open() -> None:
    assert rules.open_hours([], SHANGHAI, EIGHT, EIGHT + HOUR) == [(EIGHT, EIGHT + HOUR)]


def test_hours_are_local_and_only_of_their_weekday() -> None:
    found = rules.open_hours([(0, time(8), time(12)), (2, time(8), time(9))], SHANGHAI, EIGHT, EIGHT + HOUR)
    assert found == [(EIGHT, EIGHT + 4 * HOUR)]


def test_work_begins_inside_a_window_and_ends_while_the_site_is_open() -> None:
    found = rules.start_windows([(EIGHT + HOUR, EIGHT + 8 * HOUR)], [(EIGHT, EIGHT + 4 * HOUR)], 3_600)
    assert found == [(EIGHT + HOUR, EIGHT + 3 * HOUR)]


def test_work_longer_than_the_site_is_open_can_begin_at_no_time() -> None:
    assert rules.start_windows([], [(EIGHT, EIGHT + HOUR)], 7_200) == []


def anchor(start: datetime, status: str = "dispatched", hours: int = 1, place: int = 7) -> Anchor:
    return Anchor(f"v{place}", place, start, start + hours * HOUR, hours * 3_600, status)


def test_an_engineer_at_work_is_free_when_the_visit_ends_and_starts_there() -> None:
    found = rules.availability([anchor(EIGHT, "in_progress")], EIGHT + HOUR / 2, EIGHT + HOUR / 2)
    assert (found.free_at, found.place) == (EIGHT + HOUR, 7)


def test_an_engineer_on_the_way_still_has_the_whole_work_before_them() -> None:
    now = EIGHT + HOUR
    assert rules.availability([anchor(EIGHT, "en_route")], now, now).free_at == now + HOUR


def test_a_fixed_visit_that_should_have_begun_is_done_next() -> None:
    now = EIGHT + HOUR / 2
    found = rules.availability([anchor(EIGHT)], now, now)
    assert (found.free_at, found.ahead) == (now + HOUR, ())


def test_a_fixed_visit_later_stays_where_it_is() -> None:
    later = anchor(EIGHT + 3 * HOUR)
    found = rules.availability([later], EIGHT, EIGHT)
    assert (found.free_at, found.place, found.ahead) == (EIGHT, None, (later,))


def test_a_visit_that_overruns_pushes_the_fixed_one_after_it() -> None:
    now = EIGHT + HOUR
    running, fixed = anchor(EIGHT, "en_route"), anchor(EIGHT + 1.5 * HOUR, place=8)
    found = rules.availability([fixed, running], now, now)
    assert (found.free_at, found.place) == (now + 2 * HOUR, 8)


def test_what_is_under_way_today_does_not_bind_tomorrow() -> None:
    found = rules.availability([anchor(EIGHT, "in_progress")], EIGHT, EIGHT + 24 * HOUR)
    assert (found.free_at, found.place) == (EIGHT + 24 * HOUR, None)


@pytest.mark.parametrize(
    ("was", "planned", "locked", "change"),
    [
        (None, None, False, "left_out"),
        (None, ("a", EIGHT), False, "new"),
        (("a", EIGHT), ("a", EIGHT), False, "kept"),
        (("a", EIGHT), ("a", EIGHT + HOUR), False, "moved"),
        (("a", EIGHT), ("b", EIGHT), False, "moved"),
        (("a", EIGHT), None, False, "removed"),
        (("a", EIGHT), None, True, "kept"),
    ],
)
def test_a_change_has_one_name(
    was: tuple[str, datetime] | None, planned: tuple[str, datetime] | None, locked: bool, change: str
) -> None:
    assert rules.change_of(was, planned, locked=locked) == change


def placed(name: str, start: float, hours: float, *, proposed: bool, engineer: str = "a") -> Placed:
    begin = EIGHT + start * HOUR
    return Placed(name, engineer, begin, begin + hours * HOUR, proposed)


def test_a_proposal_over_a_standing_visit_collides_and_touching_does_not() -> None:
    rows = [
        placed("standing", 1, 2, proposed=False),
        placed("over", 2, 1, proposed=True),
        placed("after", 3, 1, proposed=True),
        placed("elsewhere", 1, 1, proposed=True, engineer="b"),
    ]
    assert rules.collisions(rows) == {"over": "standing"}


def test_a_long_visit_collides_with_every_one_inside_it() -> None:
    rows = [placed("long", 0, 5, proposed=True)]
    rows += [placed(f"short{start}", start, 1, proposed=False) for start in (1, 3)]
    assert rules.collisions(rows) == {"long": "short1"}
    assert rules.collisions([]) == {}


def test_weights_of_a_setting_are_read_and_the_rest_is_usual() -> None:
    assert weights_from_text("") == {}
    assert weights_of(weights_from_text('{"promise_cents": 7}')).promise_cents == 7


@pytest.mark.parametrize(
    "text", ["{", '{"promise": 1}', '{"promise_cents": -1}', '{"promise_cents": 1.5}', "[]"]
)
def test_weights_that_cannot_be_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="give "):
        weights_from_text(text)


def test_work_left_out_costs_what_it_is_late_until_the_end_of_the_span() -> None:
    eight, noon = EIGHT, EIGHT + 4 * HOUR
    assert rules.waiting_cents("normal", eight, noon, 6_000) == 4 * 6_000
    assert rules.waiting_cents("urgent", eight, noon, 6_000) == 4 * 4 * 6_000
    assert rules.waiting_cents("normal", None, noon, 6_000) == 0
    assert rules.waiting_cents("normal", noon + HOUR, noon, 6_000) == 0


def test_work_ends_before_the_site_closes_on_the_night_an_hour_is_skipped() -> None:
    new_york = ZoneInfo("America/New_York")
    day = datetime(2026, 3, 8, tzinfo=new_york)
    hours = rules.open_hours([(6, time(0), time(6))], new_york, day, day + timedelta(hours=20))
    (window,) = rules.start_windows([], hours, 5 * 3_600)
    assert window == (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 8, 5, tzinfo=UTC))
