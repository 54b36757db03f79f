"""Plans put together from routes a search has seen."""

import itertools
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from optimizer import Problem, Weights
from optimizer.assemble import Column, assembled
from optimizer.search import master
from optimizer.search.data import Orders
from optimizer.search.master import go_on_from_pool, pooled
from optimizer.search.strings import total_cents
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import problems
from tests.optimizer.small import CREW, FREE, engineer, problem, shift, solved, task
from tests.optimizer.test_kernels import calm, cents_of
from tests.optimizer.test_pool import OpenSearch, begun, searched

#: Routes tried in every combination.
FEW = 9


def with_other_routes(given: Problem) -> OpenSearch:
    """Return a search that has not moved anything but its pool, which holds routes of another one."""
    search, other = begun(given), searched(given, 40)
    search.annealing.pool = other.annealing.pool
    return search


def columns_of(search: OpenSearch, orders: Orders) -> list[Column]:
    state = master._loaded(search.annealing.data, orders)
    assert state is not None
    rows = enumerate(zip(orders, state.vehicle, strict=True))
    return [Column(at, tuple(order), row.cost, int(row.work_s)) for at, (order, row) in rows if order]


def fixed_places(search: OpenSearch, orders: Orders) -> dict[int, int]:
    movable = search.annealing.data.task.movable[: len(search.draft.arrays.visits)]
    fixed = set((movable == 0).nonzero()[0].tolist())
    return {task: at for at, order in enumerate(orders) for task in order if task in fixed}


def keeps_limits(search: OpenSearch, columns: list[Column]) -> bool:
    """Tell whether routes may be beside each other, by the problem itself."""
    arrays = search.draft.arrays
    tasks = [task for one in columns for task in one.order]
    if len(set(tasks)) < len(tasks) or len({one.vehicle for one in columns}) < len(columns):
        return False
    for index, person in enumerate(arrays.problem.engineers):
        mine = [one for one in columns if arrays.vehicles[one.vehicle].engineer == index]
        if person.max_tasks is not None and sum(len(one.order) for one in mine) > person.max_tasks:
            return False
        if person.max_work_s is not None and sum(one.work_s for one in mine) > person.max_work_s:
            return False
        needed: Counter[str] = Counter()
        for one in mine:
            for number in one.order:
                needed.update(dict(arrays.problem.tasks[number].parts))
        stock = Counter(dict(person.parts))
        for number, detail in enumerate(arrays.problem.tasks):
            if detail.lock and detail.lock.engineer is not None:
                locked_here = detail.lock.engineer == person.id
                stock.subtract(dict(detail.parts) if locked_here else {})
                if number in {task for one in mine for task in one.order}:
                    needed.subtract(dict(detail.parts))
        if any(quantity > stock[part] for part, quantity in needed.items() if quantity > 0):
            return False
    return True


@calm
@given(problem=problems())
def test_what_is_assembled_is_the_best_of_all_combinations(problem: Problem) -> None:
    search = with_other_routes(problem)
    data, best = search.annealing.data, columns_of(search, search.annealing.best)
    seen = [one for one in pooled(search.annealing.pool) if one not in best][-FEW:]
    fixed = fixed_places(search, search.annealing.best)
    cheapest = search.annealing.cents[0]
    for count in range(len(seen) + 1):
        for some in itertools.combinations([*best, *seen], count):
            orders: Orders = [[] for _ in data.vehicle]
            for one in some:
                orders[one.vehicle] = list(one.order)
            if fixed_places(search, orders) == fixed and keeps_limits(search, list(some)):
                state = master._loaded(data, orders)
                if state is not None:
                    cheapest = min(cheapest, total_cents(data, state))
    found = assembled(data, best, seen, 10.0, 60.0)
    state = master._loaded(data, found or search.annealing.best)
    assert state is not None
    rounding = len(problem.engineers) * (1 + data.price[0].spread_cents)
    assert total_cents(data, state) == pytest.approx(cheapest, abs=rounding)


@calm
@given(problem=problems() | errands())
def test_a_search_goes_on_from_a_better_plan_only_and_keeps_the_rules(problem: Problem) -> None:
    search = with_other_routes(problem)
    before, orders = search.annealing.cents[1], search.annealing.best
    fixed = fixed_places(search, orders)
    went_on = go_on_from_pool(search.annealing, 10.0, 60.0)
    assert went_on == (search.annealing.cents[1] < before)
    assert went_on or search.annealing.best == orders
    assert fixed_places(search, search.annealing.best) == fixed
    assert problem.depots or keeps_limits(search, columns_of(search, search.annealing.best))
    search.finish()
    planned = {stop for order in search.annealing.best for stop in order if stop < len(problem.tasks)}
    assert set(search.draft.where) == planned
    assert cents_of(search.draft) == pytest.approx(search.annealing.cents[1], abs=0.5)


def two_shifts(**limits: int) -> tuple[list[Column], list[list[int]] | None]:
    """Return routes for two shifts of one engineer, and what is made of them."""
    shifts = (shift(), shift(start_s=40_000, end_s=80_000))
    crew = (engineer(shifts=shifts, parts=(("pump", 3),), **limits),)
    tasks = [task(str(n), parts=(("pump", 1 + (n > 1)),), unplanned_cents=100 + n) for n in range(3)]
    search = begun(problem(*tasks, crew=crew, weights=FREE))
    seen = [Column(0, (0, 1), 0.0, 4_800), Column(1, (2,), 0.0, 3_000), Column(0, (0,), 0.0, 3_000)]
    return seen, assembled(search.annealing.data, [], seen, 10.0, 60.0)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({}, [[0], [2]]), ({"max_tasks": 1}, [[], [2]]), ({"max_work_s": 5_000}, [[0, 1], []])],
)
def test_shifts_share_limits_and_van_stock(limits: dict[str, int], expected: list[list[int]]) -> None:
    assert two_shifts(**limits)[1] == expected


def data_of(weights: Weights, crew: int = 2) -> OpenSearch:
    people = tuple(engineer(f"E{n}") for n in range(crew))
    tasks = [task(str(n), place=1, unplanned_cents=10_000) for n in range(2)]
    return begun(problem(*tasks, crew=people, weights=weights))


@pytest.mark.parametrize("price", ["spread_cents_per_hour", "empty_engineer_cents"])
def test_uneven_work_and_empty_engineers_are_paid_for(price: str) -> None:
    together = [Column(0, (0, 1), 100.0, 7_200)]
    apart = [Column(0, (0,), 80.0, 3_600), Column(1, (1,), 80.0, 3_600)]
    free = data_of(FREE).annealing.data
    assert assembled(free, apart, together, 10.0, 60.0) == [[0, 1], []]
    fair = data_of(replace(FREE, **{price: 7_000})).annealing.data
    assert assembled(fair, together, apart, 10.0, 60.0) == [[0], [1]]
    assert assembled(fair, apart, together, 10.0, 60.0) is None


def test_fixed_tasks_stay_and_routes_that_would_move_them_are_left_out() -> None:
    search = data_of(FREE)
    data = search.annealing.data
    data.task.movable[1] = 0
    best = [Column(0, (1,), 500.0, 3_600)]
    assert assembled(data, best, [Column(1, (1,), 1.0, 3_600)], 10.0, 60.0) is None
    assert assembled(data, best, [Column(0, (0,), 1.0, 3_600)], 10.0, 60.0) is None
    assert assembled(data, best, [Column(0, (0, 1), 1.0, 3_600)], 10.0, 60.0) == [[0, 1], []]


def test_enormous_costs_are_counted_in_larger_parts() -> None:
    data = data_of(FREE).annealing.data
    data.task.absent_cents[:] = 1e16
    best = [Column(0, (0,), 10.0, 3_600)]
    assert assembled(data, best, [Column(1, (1,), 10.0, 3_600)], 10.0, 60.0) == [[0], [1]]


def test_no_routes_or_no_time_give_nothing() -> None:
    data = data_of(FREE).annealing.data
    best, seen = [Column(0, (0,), 10.0, 3_600)], [Column(1, (1,), 10.0, 3_600)]
    assert assembled(data, best, best, 10.0, 60.0) is None
    assert assembled(data, [], [], 10.0, 60.0) is None
    assert assembled(data, best, seen, 0.0, 60.0) is None


def test_a_plan_whose_routes_cannot_be_beside_each_other_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search = searched(problem(task(), task("B", place=2), crew=CREW), 40).annealing
    best = search.best
    monkeypatch.setattr(master, "assembled", lambda *_: [[0, 1], [0, 1]])
    monkeypatch.setattr(master, "load", lambda *_: False)
    assert not go_on_from_pool(search, 1.0, 1.0)
    loads = iter([True, False])
    monkeypatch.setattr(master, "load", lambda *_: next(loads))
    assert not go_on_from_pool(search, 1.0, 1.0)
    assert search.best == best


def many() -> Problem:
    dice = np.random.default_rng(5)
    tasks = [
        task(str(n), place=int(dice.integers(1, 6)), service_s=900, windows=((int(at), int(at) + 7_200),))
        for n, at in enumerate(dice.integers(0, 28_000, size=60))
    ]
    return problem(*tasks, crew=tuple(engineer(f"E{n}") for n in range(4)))


def test_a_search_asks_for_a_plan_of_its_routes_and_stays_repeatable(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def go_on(*arguments: object) -> bool:
        asked.append(arguments)
        return go_on_from_pool(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sys.modules["optimizer.search.engine"], "_MASTER_S", 0.0)
    monkeypatch.setattr(master, "go_on_from_pool", go_on)
    first, again = (solved(many(), iterations=2_000, seed=7) for _ in range(2))
    assert len(asked) == 6
    assert first.plan == again.plan


@pytest.mark.parametrize(("tasks", "seconds"), [(30, 60.0), (60, 5.0)])
def test_where_it_does_not_pay_it_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, tasks: int, seconds: float
) -> None:
    monkeypatch.setattr(master, "go_on_from_pool", lambda *_: pytest.fail("asked"))
    given = replace(many(), tasks=many().tasks[:tasks])
    assert solved(given, iterations=200, seconds=seconds).score.planned_tasks > 0
