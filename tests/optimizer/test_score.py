"""Every term of the score, on plans worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer import Break, Plan, Previous, Problem, Travel, Unplanned, score
from tests.optimizer.small import (
    CREW,
    FREE,
    SHELF,
    engineer,
    fetched,
    line,
    plan,
    problem,
    route,
    shift,
    stop,
    task,
)

LATE = task(due_s=600)
BEFORE = task(previous=Previous("F", 4_200), promised=(0, 599))
REST = (engineer(shifts=(shift(breaks=(Break(600, 2_400, 2_400),)),), cents_per_hour=7_200),)


@pytest.mark.parametrize(
    ("term", "weights", "given", "answer", "cents"),
    [
        ("travel_time_cents", {"travel_cents_per_hour": 3_000}, problem(), plan(), 1_000),
        ("distance_cents", {"distance_cents_per_km": 7}, problem(), plan(), 140),
        ("distance_cents", {}, problem(crew=(engineer(cents_per_km=5),)), plan(), 100),
        ("duty_cents", {}, problem(crew=REST), plan(route(end_s=3_600, breaks=((2_400, 3_000),))), 6_000),
        ("unplanned_cents", {"unplanned_percent": 50}, problem(), Plan((), (Unplanned("A"),)), 25_000),
        ("lateness_cents", {"lateness_cents_per_hour": 1_000}, problem(LATE), plan(), 500),
        (
            "lateness_cents",
            {"lateness_cents_per_hour": 1_000},
            problem(replace(LATE, lateness_percent=300)),
            plan(),
            1_500,
        ),
        ("worst_lateness_cents", {"worst_lateness_cents_per_hour": 1_000}, problem(LATE), plan(), 500),
        (
            "overtime_cents",
            {"overtime_cents_per_hour": 3_600},
            problem(crew=(engineer(shifts=(shift(end_s=2_900, max_overtime_s=100),)),)),
            plan(),
            100,
        ),
        ("spread_cents", {"spread_cents_per_hour": 3_600}, problem(crew=CREW), plan(), 3_000),
        ("spread_cents", {"spread_cents_per_hour": 3_600}, problem(), plan(), 0),
        ("change_engineer_cents", {"change_engineer_cents": 9}, problem(BEFORE), plan(), 9),
        ("change_time_cents", {"change_time_cents_per_hour": 100}, problem(BEFORE), plan(), 100),
        ("promise_cents", {"promise_cents": 9}, problem(BEFORE), plan(), 9),
        ("promise_cents", {"promise_cents": 9}, problem(BEFORE), Plan((), (Unplanned("A"),)), 9),
        ("preference_cents", {"preference_cents": 9}, problem(task(preferred=("F",))), plan(), 9),
        (
            "overskill_cents",
            {"overskill_cents_per_level": 10},
            problem(task(skills=(("gas", 1),)), crew=(engineer(skills=(("gas", 4), ("power", 9))),)),
            plan(),
            30,
        ),
        ("empty_engineer_cents", {"empty_engineer_cents": 9}, problem(crew=CREW), plan(), 9),
        ("travel_time_cents", {"travel_cents_per_hour": 3_600}, problem(depots=(SHELF,)), fetched(), 1_200),
    ],
)
def test_each_term_is_priced(
    term: str, weights: dict[str, int], given: Problem, answer: Plan, cents: int
) -> None:
    found = score(replace(given, weights=replace(FREE, **weights)), answer)
    assert getattr(found, term) == cents


def test_waiting_is_neither_service_nor_rest() -> None:
    rested = plan(route(stop(wait_s=1_000), breaks=((700, 900),), end_s=4_000))
    assert score(problem(), rested).waiting_s == 800


def test_travel_is_that_of_the_band_in_which_one_leaves() -> None:
    bands = Travel(np.stack([line().seconds[0] * 2, line().seconds[0]]), None, (2_000, 3_000), 86_400)
    found = score(problem(travel=bands), plan(route(end_s=3_600)))
    assert (found.travel_s, found.distance_m) == (1_800, 0)
