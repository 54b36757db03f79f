"""No engine is better than the best of all plans, and the search is not far from it."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from optimizer import (
    Break,
    Engineer,
    Link,
    Lock,
    Previous,
    Problem,
    Result,
    Shift,
    Task,
    Travel,
    Weights,
    check,
    score,
    solve,
)
from optimizer.solve import Engine
from tests.optimizer.brute_force import BruteForce
from tests.optimizer.random_errands import errands, problem_of
from tests.optimizer.random_problems import problems
from tests.optimizer.small import FREE, problem, task
from tests.optimizer.test_random import calm

_log = logging.getLogger(__name__)
_ENGINES: tuple[Engine, ...] = ("search", "routing", "insertion")
#: Every term of a score is rounded by itself.
_ROUNDING_CENTS = 10
thorough = settings(calm, max_examples=2_000)


class Dice:
    """A problem that could be a small firm's, with about a third of all features."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.features = self.rng.random(32) < 0.35

    def has(self, feature: int, share: float = 0.5) -> bool:
        """Tell whether the problem has a feature and this one of its tasks or engineers, too."""
        return bool(self.features[feature] and self.rng.random() < share)

    def below(self, number: int) -> int:
        return int(self.rng.integers(number))

    def window(self) -> tuple[int, int]:
        from_s = self.below(24_000)
        return from_s, from_s + 1_800 + self.below(7_200)

    def task(self, number: int, crew: list[str]) -> Task:
        anybody = crew[self.below(len(crew))]
        lock = Lock(anybody, 3_600 + self.below(18_000) if self.rng.random() < 0.5 else None)
        return Task(
            id=f"T{number}",
            place=self.below(8),
            service_s=600 + self.below(6_000),
            windows=tuple(self.window() for _ in range(self.below(3) + 1)) if self.has(0) else (),
            due_s=6_000 + self.below(20_000) if self.has(1) else None,
            deadline_s=12_000 + self.below(20_000) if self.has(2, 0.3) else None,
            unplanned_cents=5_000 + self.below(40_000),
            skills=(("gas", 1 + self.below(2)),) if self.has(3) else (),
            parts=(("pump", 1),) if self.has(4) else (),
            tools=("saw",) if self.has(5, 0.3) else (),
            preferred=(anybody,) if self.has(6) else (),
            refused=(anybody,) if self.has(7, 0.3) else (),
            lock=lock if self.has(8, 0.25) else None,
            previous=Previous(anybody, self.below(25_000)) if self.has(9) else None,
            promised=self.window() if self.has(10) else None,
        )

    def shift(self, start_s: int, long_s: int) -> Shift:
        lunch = Break(1_800, start_s + long_s // 3, start_s + long_s // 2)
        tea = Break(600, start_s + long_s // 2 + 1_800, start_s + long_s - 1_000)
        return Shift(
            start_s=start_s,
            end_s=start_s + long_s,
            start_place=self.below(8),
            end_place=None if self.has(11) else self.below(8),
            breaks=(lunch, tea)[: 1 + self.has(13)] if self.has(12, 0.8) else (),
            max_overtime_s=2_000 if self.has(14) else 0,
            max_tasks=3 if self.has(15) else None,
            max_work_s=12_000 if self.has(16) else None,
        )

    def engineer(self, number: int, shifts: list[tuple[int, int]]) -> Engineer:
        return Engineer(
            id=f"E{number}",
            shifts=tuple(self.shift(*one) for one in shifts),
            skills=(("gas", self.below(4)),),
            tools=("saw",) if self.rng.random() < 0.6 else (),
            parts=(("pump", self.below(4)),),
            travel_percent=133 if self.has(17) else 100,
            cents_per_hour=3_000 if self.has(18, 0.8) else 0,
            cents_per_km=30 if self.has(19) else 0,
            leaves_late=self.has(27),
            max_tasks=4 if self.has(20, 0.3) else None,
            max_work_s=16_000 if self.has(21) else None,
        )

    def travel(self) -> Travel:
        at = self.rng.integers(0, 3_000, (8, 2))
        straight = np.abs(at[:, None] - at[None]).sum(axis=2)
        seconds = (straight * self.rng.uniform(0.9, 1.2, (8, 8))).astype(int)
        metres = straight * 10 if self.features[22] else None
        if not self.features[23]:
            return Travel(seconds, metres)
        return Travel(np.stack([seconds, seconds * 3 // 2]), metres, (0, 9_000), period_s=18_000)

    def problem(self) -> Problem:
        """Return it: five to seven tasks, one to three shifts."""
        plans: list[list[list[tuple[int, int]]]] = [
            [[(0, 28_000)]],
            [[(0, 20_000)], [(2_000, 18_000)]],
            [[(0, 14_000)], [(0, 16_000)], [(4_000, 14_000)]],
            [[(0, 11_000), (15_000, 11_000)], [(0, 20_000)]],
        ]
        rota = plans[self.below(len(plans))]
        crew = [f"E{number}" for number in range(len(rota))]
        count = 5 + self.below(3)
        tasks = tuple(self.task(number, crew) for number in range(count))
        links = []
        if self.features[24]:
            before, after = sorted(self.rng.choice(count, 2, replace=False))
            gap = Link(
                before=f"T{before}",
                after=f"T{after}",
                min_gap_s=600 * self.below(2),
                max_gap_s=9_000 if self.rng.random() < 0.5 else None,
                engineers=("any", "same", "different")[self.below(3)],
            )
            links.append(gap)
        standard, free = Weights(), Weights(worst_lateness_cents_per_hour=3_000 if self.features[25] else 0)
        even = standard.spread_cents_per_hour if self.features[26] else 0
        weights = replace(free, spread_cents_per_hour=even)
        engineers = tuple(self.engineer(number, shifts) for number, shifts in enumerate(rota))
        return Problem(tasks, engineers, self.travel(), (), tuple(links), weights)


def locked_out(problem: Problem, result: Result) -> int:
    left = {one.task for one in result.plan.unplanned}
    return sum(task.lock is not None and task.id in left for task in problem.tasks)


def gap_to_best(problem: Problem, result: Result, best: tuple[int, float, int]) -> float | None:
    """Return by which share a plan costs more than the best; None if it left out more locked tasks."""
    locked, _, best_cents = best
    mine = locked_out(problem, result)
    assert mine >= locked
    if mine > locked:
        return None
    cents = result.score.total_cents
    assert cents >= best_cents - _ROUNDING_CENTS, "better than the best of all plans"
    return max(0, cents - best_cents) / max(best_cents, 1)


def best_of(problem: Problem, *results: Result) -> tuple[int, float, int]:
    locked, cents, plan = BruteForce(problem, tuple(result.plan for result in results)).best()
    assert check(problem, plan) == []
    found = score(problem, plan).total_cents
    assert found == pytest.approx(cents, abs=_ROUNDING_CENTS)
    return locked, cents, found


def found_by(engine: Engine, problem: Problem) -> Result:
    if engine == "routing":
        return solve(problem, seconds=0.1, engine=engine)
    return solve(problem, seconds=60, engine=engine, iterations=2_000)


def gaps_of(problem: Problem) -> dict[str, float | None]:
    """Return by engine by which share its plan costs more than the best."""
    found = {engine: found_by(engine, problem) for engine in _ENGINES}
    best = best_of(problem, *found.values())
    return {engine: gap_to_best(problem, result, best) for engine, result in found.items()}


def assert_near_best(given: Iterable[Problem]) -> None:
    """Assert that no engine is better than the best, and that the search is within 2 % of it on average (told
    to the log), of each kind of problem."""
    found: dict[str, list[float]] = {}
    for one in given:
        kind = "with depots" if one.depots else "with links" if one.links else "without either"
        gap = gaps_of(one)["search"]
        if gap is not None:
            found.setdefault(kind, []).append(gap)
    for kind, gaps in found.items():
        mean, best = 100 * float(np.mean(gaps)), sum(gap < 0.001 for gap in gaps)
        _log.info("search, %s: %.2f %% above the best, %s of %s the best", kind, mean, best, len(gaps))
        assert mean < 2


def dice(count: int) -> Iterator[Problem]:
    return (Dice(seed).problem() for seed in range(count))


def small_errands(count: int) -> Iterator[Problem]:
    """Return some in which nobody gains by passing a depot at which they fetch nothing."""
    drawn = (problem_of(np.random.default_rng(seed), 5, 2, direct=True) for seed in range(count))
    return filter(small_enough, drawn)


def test_the_search_is_near_the_best_of_all_plans() -> None:
    assert_near_best(dice(8))


@pytest.mark.full
def test_the_search_is_near_the_best_of_all_plans_of_many_problems() -> None:
    assert_near_best(dice(500))


def small_enough(problem: Problem) -> bool:
    return sum(len(engineer.shifts) for engineer in problem.engineers) <= 3


@calm
@given(problem=problems().filter(small_enough))
def test_no_engine_is_better_than_the_best_of_all_plans(problem: Problem) -> None:
    gaps_of(problem)


@pytest.mark.full
@thorough
@given(problem=problems().filter(small_enough))
def test_no_engine_is_ever_better_than_the_best_of_all_plans(problem: Problem) -> None:
    gaps_of(problem)


@calm
@given(problem=errands(most_tasks=4, most_shifts=2).filter(small_enough))
def test_no_engine_is_better_than_the_best_of_all_plans_with_depots(problem: Problem) -> None:
    gaps_of(problem)


def test_the_search_is_near_the_best_of_all_plans_with_depots() -> None:
    assert_near_best(small_errands(8))


@pytest.mark.full
def test_the_search_is_near_the_best_of_all_plans_of_many_problems_with_depots() -> None:
    assert_near_best(small_errands(500))


def test_the_best_of_all_plans_is_found() -> None:
    """Two tasks on a line: together on the way there, unless the promise of one costs more."""
    both = problem(task("A", 1), task("B", 2), weights=replace(FREE, travel_cents_per_hour=3_600))
    assert BruteForce(both).best()[:2] == (0, 2_400)
    dear = problem(task("A", 1), task("B", 2, unplanned_cents=1_199), weights=both.weights)
    assert BruteForce(dear).best()[:2] == (0, 1_200 + 1_199)
    held = problem(task("A", 1, lock=Lock("E", 100)), task("B", 2), weights=both.weights)
    assert BruteForce(held).best()[:2] == (1, 2_400 + 50_000)
