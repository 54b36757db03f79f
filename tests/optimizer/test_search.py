"""How a search begins, goes on and ends."""

import sys
from typing import Any

import pytest

from optimizer import NoticeKind, Progress, Rule, Weights, check, run, solve
from tests.optimizer.field_service import path_of_day, problem_of_day
from tests.optimizer.small import (
    CREW,
    FREE,
    STEP_S,
    engineer,
    plan,
    problem,
    route,
    rules,
    shift,
    solved,
    stop,
    stops,
    task,
)


def test_search_begins_from_an_initial_plan() -> None:
    tasks = (task(), task("B", place=2))
    initial = plan(
        route(stop("B", 1_200), stop("Z", 3_000), end_s=4_200, engineer="F"), route(engineer="gone")
    )
    result = solved(problem(*tasks, crew=CREW, weights=FREE), "insertion", initial=initial)
    assert stops(result.plan)["B"][0] == "F"


def test_progress_only_ever_gets_cheaper() -> None:
    seen: list[Progress] = []
    tasks = [task(str(n), place=n % 5 + 1, service_s=900) for n in range(25)]
    solved(problem(*tasks, crew=CREW), seconds=2, on_progress=seen.append)
    assert seen
    assert seen[0].unplanned <= 25
    assert [one.elapsed_s for one in seen] == sorted(one.elapsed_s for one in seen)


def test_cancelling_gives_the_best_plan_so_far() -> None:
    asked = 0

    def stop_soon() -> bool:
        nonlocal asked
        asked += 1
        return asked > 15

    tasks = [task(str(n), place=n % 5 + 1) for n in range(10)]
    result = solved(problem(*tasks, crew=CREW), seconds=60, should_stop=stop_soon)
    assert result.stopped == "cancelled"
    assert result.score.planned_tasks == 10


def test_who_cancels_is_not_kept_waiting_for_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []

    class Counted(run.Obstacles):
        def __init__(self, *given: Any) -> None:
            looked.append(given)
            super().__init__(*given)

    monkeypatch.setattr(run, "Obstacles", Counted)
    tasks = [task(str(n), service_s=36_001) for n in range(300)]
    crew = tuple(engineer(str(n)) for n in range(20))
    result = solved(problem(*tasks, crew=crew), seconds=600, should_stop=lambda: True)
    assert result.score.unplanned_tasks == 300
    assert len(looked) == 100  # so many times twenty engineers are looked at whatever happens


def test_no_time_at_all_still_gives_a_plan() -> None:
    result = solved(problem(), seconds=1e-9)
    assert result.score.planned_tasks == 1
    assert NoticeKind.NO_TIME in {notice.kind for notice in result.warnings}
    result = solved(problem(), "insertion", seconds=1e-9)
    assert rules(result, "A") == {Rule.NO_TIME}
    assert NoticeKind.NO_TIME in {notice.kind for notice in result.warnings}


@pytest.mark.parametrize("limit", ["MOST_ROUTING_PAIRS", "MOST_ROUTING_TASKS"])
def test_a_problem_too_large_for_the_routing_model_says_so(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(sys.modules["optimizer.solve"], limit, 1)
    result = solved(problem(task(), task("B"), crew=CREW), "routing")
    assert result.engine == "insertion"
    assert NoticeKind.TOO_LARGE in {notice.kind for notice in result.warnings}


def test_a_large_problem_is_searched_near_each_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["optimizer.search.flatten"], "_MANY_TASKS", 0)
    crew = (*CREW, engineer("off", skills=(("gas", 1),), shifts=()))
    tasks = [task(str(n), place=n % 5 + 1) for n in range(6)]
    result = solved(problem(*tasks, task("G", skills=(("gas", 1),)), crew=crew))
    assert {left.task for left in result.plan.unplanned} == {"G"}
    assert result.score.travel_s == 10 * STEP_S


def test_a_seed_and_a_limit_of_steps_always_give_the_same_plan() -> None:
    tasks = [task(str(n), place=n % 5 + 1, service_s=900, due_s=9_000) for n in range(25)]
    given = problem(*tasks, crew=CREW)
    first, again = (solved(given, iterations=500, seed=7) for _ in range(2))
    assert first.plan == again.plan


def test_a_plan_that_breaks_a_rule_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = check(problem(task(refused=("E",))), plan())
    monkeypatch.setattr(sys.modules["optimizer.solve"], "check", lambda *_: broken)
    with pytest.raises(RuntimeError, match="refused"):
        solved(problem())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"seconds": 0}, "seconds must be positive, not 0"),
        ({"seconds": float("nan")}, "seconds must be positive, not nan"),
        ({"seconds": "5"}, "seconds must be positive, not '5'"),
        ({"engine": "magic"}, "engine must be one of auto, search"),
        ({"seed": -1}, "seed must be a whole number from 0 to 4294967295, not -1"),
        ({"seed": 2**32}, "seed must be a whole number"),
        ({"iterations": -1}, "iterations must be a whole number from 0"),
        ({"iterations": 1.5}, "iterations must be a whole number from 0"),
        ({"processes": 0}, "processes must be a whole number from 1"),
        ({"initial": "plan.json"}, "the initial plan must be a Plan, not a str"),
        ({"problem": None}, "what is to be solved must be a Problem, not a NoneType"),
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        solve(**{"problem": problem(), "seconds": 1, **wrong})


def test_the_last_seed_and_no_step_are_welcome() -> None:
    assert solved(problem(), seed=2**32 - 1, iterations=0).score.planned_tasks == 1


@pytest.mark.parametrize("lunch", [False, True])
def test_a_generated_day_is_planned(lunch: bool) -> None:
    if not path_of_day("fs-100").exists():
        pytest.skip("shared data is absent (set PAIDAN_SHARED_DATA)")
    result = solve(problem_of_day("fs-100", lunch), seconds=3)
    assert result.score.planned_tasks >= 75


@pytest.mark.parametrize(("cents_per_km", "left_out", "planned"), [(0, 2_500, 2_000), (60, 4_000, 3_200)])
def test_whoever_has_nothing_to_do_stays_where_they_are(
    cents_per_km: int, left_out: int, planned: int
) -> None:
    """An empty route from here to there costs nothing; the first task on it pays for all of the way."""
    crossing = engineer("E", (shift(end_place=3),), skills=(("gas", 1),))
    tasks = task(unplanned_cents=100_000), task("B", 4, skills=(("gas", 1),), unplanned_cents=left_out)
    weights = Weights(
        distance_cents_per_km=cents_per_km,
        spread_cents_per_hour=0,
        empty_engineer_cents=0,
        lateness_cents_per_hour=0,
    )
    found = solved(problem(*tasks, crew=(crossing, engineer("F")), weights=weights), iterations=500)
    assert found.score.total_cents == left_out + planned
