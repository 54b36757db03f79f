"""The rules of field-service days on hand-made days: what keeps them and what breaks them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import field_service, field_service_days, peers
from benchmarks.field_service_days import Day, problem_of
from benchmarks.field_service_rules import Halt, Tour, judge_orders, judge_tours, needs_times
from benchmarks.generator import Recipe, day_of
from tests.optimizer.field_service import problem_of_day

#: Seconds to the next place: ten minutes, of which one is for parking.
STEP_KM, STEP_S = 45 * 540 / 3_600 / 1.3, 600
NINE_S = 32_400
LUNCH = {"start_from_s": 41_400, "start_until_s": 48_600, "duration_s": 1_800}


def job(id: int, at: int, **more: Any) -> dict[str, Any]:
    """Return a job of an hour, so many steps from home, that may begin all day and costs 1,000 left out."""
    usual = {
        "id": id,
        "x_km": at * STEP_KM,
        "y_km": 0.0,
        "service_s": 3_600,
        "start_from_s": 0,
        "start_until_s": 86_399,
        "skills": [0],
        "penalty_s": 1_000,
    }
    return usual | more


def engineer(id: int = 0, **more: Any) -> dict[str, Any]:
    """Return somebody at home at place 0 who works from nine to five."""
    usual = {
        "id": id,
        "start_km": [0.0, 0.0],
        "end_km": [0.0, 0.0],
        "shift_from_s": NINE_S,
        "shift_until_s": 61_200,
        "skills": [0],
    }
    return usual | more


def day(*jobs: dict[str, Any], crew: tuple[dict[str, Any], ...] = (), **more: Any) -> Day:
    """Return a day; one engineer unless told otherwise."""
    return {"jobs": list(jobs), "engineers": list(crew or (engineer(),)), **more}


def test_cost_is_travel_and_what_is_left_out() -> None:
    asked = day(job(0, 1), job(1, 1), job(2, 1), crew=(engineer(), engineer(1)))
    assert not needs_times(asked)
    found = judge_orders(asked, {("engineer 0", 0): ["job 0", "job 1"]})
    assert (found.cost, found.left_out, found.broken) == (2 * STEP_S + 1_000, 1, [])


AT_HOME = job(1, 0, service_s=41_000 - NINE_S)


# A job of an hour ten minutes away begins at 9:10 at the earliest.
@pytest.mark.parametrize(
    ("kept", "broken", "sentence"),
    [
        (day(job(0, 1)), day(job(0, 1, skills=[0, 3])), "engineer 0 has not skill 3 for job 0"),
        (
            day(job(0, 1, start_until_s=NINE_S + STEP_S)),
            day(job(0, 1, start_until_s=NINE_S + STEP_S - 1)),
            "engineer 0: job 0 cannot begin in its window",
        ),
        (
            day(job(0, 1), crew=(engineer(shift_until_s=NINE_S + 2 * STEP_S + 3_600),)),
            day(job(0, 1), crew=(engineer(shift_until_s=NINE_S + 2 * STEP_S + 3_599),)),
            "engineer 0: back after the shift",
        ),
        (
            day(job(0, 1, parts={"pump": 2}), crew=(engineer(parts={"pump": 2}),)),
            day(job(0, 1, parts={"pump": 2}), crew=(engineer(parts={"pump": 1}),)),
            "engineer 0 has not enough of pump",
        ),
        (  # lunch just before, or just after, four hours of service
            day(job(0, 1, service_s=14_400, start_until_s=48_600 - 14_400), lunch=LUNCH),
            day(job(0, 1, service_s=14_400, start_from_s=34_201, start_until_s=43_199), lunch=LUNCH),
            "engineer 0: no lunch",
        ),
        (  # from 41,000 for 400 s, lunch, and for 200 s more: two hours of service leave no lunch after
            day(AT_HOME, job(0, 1, service_s=7_200, start_until_s=43_400), lunch=LUNCH),
            day(AT_HOME, job(0, 1, service_s=7_200, start_until_s=43_399), lunch=LUNCH),
            "engineer 0: no lunch",
        ),
    ],
    ids=["skill", "window", "shift", "parts", "lunch", "lunch on the way"],
)
def test_orders_that_break_a_rule_are_told(kept: Day, broken: Day, sentence: str) -> None:
    for asked, sentences in ((kept, []), (broken, [sentence])):
        order = [f"job {one['id']}" for one in asked["jobs"]]
        assert judge_orders(asked, {("engineer 0", 0): order}).broken == sentences


def test_orders_of_what_is_not_of_the_day_are_told() -> None:
    found = judge_orders(
        day(job(0, 1)), {("engineer 0", 0): ["job 0", "job 0", "job 7"], ("engineer 5", 0): ["job 0"]}
    )
    assert found.broken == [
        "job 7 is not of the day",
        "engineer 5 has no shift 0",
        "job 0 is done 2 times",
    ]


DAY_S = 86_400
#: Two engineers, two days, a depot at place 2, a pair, and a job that needs a part.
HARD: Day = day(
    job(0, 1, start_from_s=NINE_S),
    job(1, 1, start_from_s=NINE_S),
    job(2, 1, parts={"pump": 1}, windows=[[NINE_S, 61_200], [NINE_S + DAY_S, 61_200 + DAY_S]]),
    crew=(engineer(shifts=[[NINE_S, 61_200], [NINE_S + DAY_S, 61_200 + DAY_S]]), engineer(1)),
    depots=[
        {
            "id": 0,
            "x_km": 2 * STEP_KM,
            "y_km": 0.0,
            "service_s": 600,
            "windows": [[0, 2 * DAY_S]],
            "parts": {"pump": 1},
        }
    ],
    pairs=[[0, 1]],
    lunch=LUNCH,
)
FETCH = Halt("depot 0", 38_400, 39_000, {"pump": 1})
FIRST = Tour(
    "engineer 0",
    0,
    NINE_S,
    [Halt("job 0", 33_600, 37_200), FETCH, Halt("job 2", 41_400 + 1_800, 41_400 + 5_400)],
    41_400 + 6_000,
    [(41_400, 43_200)],
)
SECOND = Tour("engineer 1", 0, NINE_S, [Halt("job 1", 33_600, 37_200)], 37_800, [(41_400, 43_200)])


def test_a_plan_of_every_kind_of_rule_is_kept() -> None:
    assert needs_times(HARD)
    found = judge_tours(HARD, [FIRST, SECOND])
    ways = 4 * STEP_S + 2 * STEP_S
    assert (found.left_out, found.broken) == (0, [])
    assert ways - 100 <= found.cost <= ways  # a way of two steps parks once: a minute less


@pytest.mark.parametrize(
    ("tours", "sentence"),
    [
        ([FIRST, replace(SECOND, engineer="engineer 9")], "engineer 9 has no shift 0"),
        ([FIRST, replace(SECOND, shift=1)], "engineer 1 has no shift 1"),
        ([FIRST, replace(SECOND, halts=[Halt("job 9", 0, 0)])], "goes to a place that is not of the day"),
        ([FIRST, SECOND, SECOND], "engineer 1 works shift 0 2 times"),
        ([FIRST, SECOND, SECOND], "job 1 is done 2 times"),
        ([FIRST, replace(SECOND, leave_s=NINE_S - 1)], "engineer 1: away outside the shift"),
        ([FIRST, replace(SECOND, leave_s=NINE_S + 601)], "engineer 1: no time for the way to job 1"),
        ([FIRST, replace(SECOND, end_s=37_799)], "engineer 1: no time for the way to the end"),
        ([FIRST, replace(SECOND, halts=[Halt("job 1", 33_600, 37_100)])], "engineer 1: job 1 takes 3500 s"),
        ([FIRST, replace(SECOND, breaks=[])], "engineer 1: 0 breaks"),
        ([FIRST, replace(SECOND, breaks=[(37_800, 39_600)])], "engineer 1: lunch at a wrong time"),
        ([FIRST, replace(SECOND, breaks=[(41_400, 43_100)])], "engineer 1: lunch of a wrong length"),
        ([replace(FIRST, breaks=[(43_300, 45_100)]), SECOND], "engineer 0: job 2 is interrupted"),
        (
            [replace(FIRST, shift=1), SECOND],
            "engineer 0: away outside the shift",
        ),
        (
            [FIRST, replace(SECOND, halts=[Halt("job 1", 33_700, 37_300)], end_s=37_900)],
            "job 0 and job 1 are not done by two at once",
        ),
        ([FIRST], "job 0 without job 1"),
        ([SECOND], "job 1 without job 0"),
        (
            [replace(FIRST, halts=[FIRST.halts[0], FIRST.halts[2]]), SECOND],
            "engineer 0 has not enough of pump for job 2",
        ),
        (
            [
                replace(FIRST, halts=[FIRST.halts[0], replace(FETCH, fetched={"pump": 2}), FIRST.halts[2]]),
                SECOND,
            ],
            "depot 0 has not enough of pump",
        ),
        (
            [FIRST, replace(SECOND, halts=[replace(SECOND.halts[0], fetched={"pump": 1})])],
            "engineer 1 fetches at job 1 what cannot be fetched",
        ),
    ],
)
def test_tours_that_break_a_rule_are_told(tours: list[Tour], sentence: str) -> None:
    assert any(sentence in one for one in judge_tours(HARD, tours).broken)


def test_a_job_outside_its_windows_is_told() -> None:
    asked = day(job(0, 1, windows=[[0, 33_599], [50_000, 60_000]]))
    tour = Tour("engineer 0", 0, NINE_S, [Halt("job 0", 33_600, 37_200)], 37_800)
    assert judge_tours(asked, [tour]).broken == ["engineer 0: job 0 begins outside its windows"]


def test_what_is_fetched_on_one_day_is_there_on_the_next() -> None:
    asked = day(
        job(0, 1, parts={"pump": 1}, windows=[[DAY_S, 2 * DAY_S]]),
        crew=(engineer(shifts=[[NINE_S, 61_200], [NINE_S + DAY_S, 61_200 + DAY_S]]),),
        depots=HARD["depots"],
    )
    today = Tour("engineer 0", 0, NINE_S, [FETCH], 61_200)
    start_s = DAY_S + 33_600
    tomorrow = Tour(
        "engineer 0", 1, NINE_S + DAY_S, [Halt("job 0", start_s, start_s + 3_600)], start_s + 4_200
    )
    assert judge_tours(asked, [tomorrow, today]).broken == []


@pytest.mark.parametrize(
    "options", ["", "lunch", "parts", "lunch parts days", "lunch parts stock pairs days"]
)
def test_an_engine_of_ours_keeps_the_rules_and_counts_the_same(options: str) -> None:
    asked = day_of(Recipe(40, 3, frozenset(options.split())))
    result = peers.result("paidan-insertion", problem_of(asked), 5, 0, 1)
    found = judge_tours(asked, field_service.tours_of(result.plan))
    assert found.broken == []
    assert (found.cost, found.left_out) == (result.score.total_cents, len(result.plan.unplanned))
    if not needs_times(asked):
        assert judge_orders(asked, peers.orders_of(result.plan)) == found


@pytest.mark.parametrize("lunch", [False, True])
def test_a_shared_day_is_the_problem_it_always_was(shared_data: Path, lunch: bool) -> None:
    name = "fs-100-lunch" if lunch else "fs-100"
    mine, theirs = problem_of(field_service_days.read(name)), problem_of_day("fs-100", lunch)
    assert (mine.tasks, mine.engineers, mine.weights) == (theirs.tasks, theirs.engineers, theirs.weights)
    assert (mine.travel.seconds == theirs.travel.seconds).all()
