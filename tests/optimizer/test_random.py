"""Truths of random problems of every mix of features."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from optimizer import Problem, Result, Score, check, score, solve
from optimizer.codec import plan_from_text, problem_from_text, text_of_plan, text_of_problem
from optimizer.solve import Engine
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import plain_problems, problems

calm = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

thorough = settings(calm, max_examples=20_000)


def stops_of(result: Result) -> dict[str, tuple[str, int]]:
    return {stop.id: (route.engineer, stop.start_s) for route in result.plan.routes for stop in route.stops}


@pytest.mark.parametrize("engine", ["search", "routing", "insertion"])
@calm
@given(problem=problems() | plain_problems() | errands())
def test_every_plan_passes_the_check_and_gives_reasons(engine: Engine, problem: Problem) -> None:
    result = solve(problem, seconds=0.05, engine=engine)
    assert check(problem, result.plan) == []
    crew = {engineer.id for engineer in problem.engineers}
    for left in result.plan.unplanned:
        assert {one for reason in left.reasons for one in reason.engineers} == crew


@pytest.mark.full
@thorough
@given(problem=problems() | plain_problems() | errands())
def test_every_plan_of_every_engine_passes_the_check_always(problem: Problem) -> None:
    assert check(problem, solve(problem, seconds=60, iterations=200, engine="search").plan) == []
    for engine in ("routing", "insertion"):
        assert check(problem, solve(problem, seconds=0.05, engine=engine).plan) == []


@calm
@given(problem=problems() | plain_problems() | errands())
def test_locked_tasks_are_where_they_are_locked(problem: Problem) -> None:
    where = stops_of(solve(problem, seconds=60, engine="insertion"))
    for task in problem.tasks:
        if task.lock and task.id in where:
            assert task.lock.engineer in (None, where[task.id][0])
            assert task.lock.start_s in (None, where[task.id][1])


@calm
@given(problem=problems() | plain_problems() | errands())
def test_score_is_the_sum_of_its_terms_and_of_its_tasks(problem: Problem) -> None:
    result = solve(problem, seconds=60, engine="insertion")
    terms = [getattr(result.score, field.name) for field in fields(Score) if field.name.endswith("_cents")]
    assert result.score == score(problem, result.plan)
    assert result.score.total_cents == sum(terms)
    assert min(terms) >= 0
    assert result.score.planned_tasks + result.score.unplanned_tasks == len(problem.tasks)


@calm
@given(problem=problems() | plain_problems() | errands())
def test_a_plan_solved_again_from_itself_is_no_dearer(problem: Problem) -> None:
    first = solve(problem, seconds=60, iterations=100)
    again = solve(problem, seconds=60, engine="insertion", initial=first.plan)
    assert again.score.total_cents <= first.score.total_cents


@calm
@given(problem=problems() | plain_problems() | errands())
def test_what_is_written_is_read_the_same(problem: Problem) -> None:
    assert problem_from_text(text_of_problem(problem)) == problem
    plan = solve(problem, seconds=60, engine="insertion").plan
    assert plan_from_text(text_of_plan(plan)) == plan
