"""Fixed visits find room, whatever the shift and the roads say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.planning.fixed import BEYOND_SHIFT, NO_WAY, Room
from optimizer import Engineer, Lock, Problem, Shift, Task, Travel, check, solve

HOUR_S = 3_600


def shift(start_h: int = 8, end_h: int = 17, **more: Any) -> Shift:
    return Shift(start_s=start_h * HOUR_S, end_s=end_h * HOUR_S, start_place=0, end_place=0, **more)


def fixed(name: str, start_s: int, place: int = 1, service_s: int = HOUR_S) -> Task:
    return Task(id=name, place=place, service_s=service_s, lock=Lock("E", start_s))


def room(tasks: list[Task], *shifts: Shift, ways_s: int = 1_800) -> tuple[Room, Problem]:
    """Return a room of one engineer and the problem with it; all places are so far apart."""
    ways = np.full((4, 4), ways_s)
    np.fill_diagonal(ways, 0)
    made = Room(Travel(ways), tasks)
    made.make(Engineer(id="E", shifts=shifts or (shift(),)))
    return made, Problem(tuple(made.tasks.values()), tuple(made.engineers), Travel(ways))


@pytest.mark.parametrize(
    ("start_s", "told"),
    [
        (8 * HOUR_S + 1_800, []),  # just in time
        (8 * HOUR_S + 1_799, [NO_WAY]),
        (7 * HOUR_S + 1_800, [BEYOND_SHIFT]),  # begins before the shift
        (15 * HOUR_S + 1_800, []),  # just home in time
        (15 * HOUR_S + 1_801, [BEYOND_SHIFT]),
        (16 * HOUR_S + 1_800, [BEYOND_SHIFT]),  # ends after the shift
    ],
)
def test_a_fixed_visit_stays_and_what_does_not_fit_is_told(start_s: int, told: list[str]) -> None:
    made, problem = room([fixed("A", start_s), Task(id="B", place=2, service_s=HOUR_S)])
    assert [message for message, _ in made.told] == told
    plan = solve(problem, seconds=60, iterations=20).plan
    starts = {stop.id: stop.start_s for route in plan.routes for stop in route.stops}
    assert starts.keys() == {"A", "B"}
    assert starts["A"] == start_s


def test_a_shift_without_fixed_visits_is_as_it_was() -> None:
    made, _ = room([Task(id="B", place=2, service_s=HOUR_S)])
    assert made.engineers[0].shifts == (shift(),)


def test_two_with_too_little_time_between_them_both_stay() -> None:
    tasks = [fixed("A", 9 * HOUR_S), fixed("B", 10 * HOUR_S + 600, place=2), fixed("C", 10 * HOUR_S + 900)]
    made, problem = room(tasks)
    assert made.told == [(NO_WAY, "E")]
    result = solve(problem, seconds=60, engine="insertion")
    assert result.score.unplanned_tasks == 0


def test_more_fixed_visits_than_the_day_has_all_stay() -> None:
    tasks = [fixed(f"T{hour}", hour * HOUR_S) for hour in range(9, 13)]
    _, problem = room(tasks, shift(max_tasks=2))
    assert solve(problem, seconds=60, engine="insertion").score.unplanned_tasks == 0


def test_a_visit_between_two_shifts_belongs_to_the_first() -> None:
    made, problem = room([fixed("A", 12 * HOUR_S - 600, service_s=2 * HOUR_S)], shift(8, 12), shift(13, 17))
    assert solve(problem, seconds=60, engine="insertion").score.unplanned_tasks == 0
    assert made.tasks["A"].service_s == HOUR_S + 600
    assert made.engineers[0].shifts[1] == shift(13, 17)


@settings(max_examples=5000, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(6, 20), st.integers(0, 3_599), st.integers(1, 3), st.integers(0, 9_000)),
        max_size=6,
    ),
    st.sampled_from(
        [(shift(),), (shift(8, 12), shift(13, 17)), (shift(8, 12, max_overtime_s=600), shift(14, 15))]
    ),
    st.integers(0, 5_000),
)
def test_every_fixed_visit_that_touches_a_shift_is_kept(
    drawn: list[tuple[int, int, int, int]], shifts: tuple[Shift, ...], ways_s: int
) -> None:
    tasks = [
        fixed(f"T{number}", hour * HOUR_S + second, place, service_s)
        for number, (hour, second, place, service_s) in enumerate(drawn)
    ]
    _, problem = room(tasks, *shifts, ways_s=ways_s)
    result = solve(problem, seconds=60, engine="insertion")
    assert check(problem, result.plan) == []
    touching = {
        one.id
        for one in tasks
        for each in shifts
        if one.lock
        and one.lock.start_s is not None
        and one.lock.start_s <= each.end_s + each.max_overtime_s
        and one.lock.start_s + one.service_s >= each.start_s
    }
    assert touching <= {stop.id for route in result.plan.routes for stop in route.stops}
