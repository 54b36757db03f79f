"""A problem cut into cells: nothing is lost between them, and each counts as the whole does."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import Link, Problem
from optimizer.run import Run
from optimizer.search.annealing import Annealing, Stretch
from optimizer.search.cells import cells_of, crews_of, orders_in, part_of, put_into, rationed
from optimizer.search.engine import Search
from optimizer.search.helpers import Helpers
from optimizer.search.rounds import Rounds, cells_wanted
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import plain_problems, problems
from tests.optimizer.small import engineer, problem, task
from tests.optimizer.test_kernels import calm, cents_of


def search_of(asked: Problem) -> Search:
    return Search(Run(asked, 60, None, None).first_draft(None), 1)


@calm
@given(problems() | plain_problems() | errands(), st.integers(1, 4), st.integers(0, 99))
def test_cells_share_no_engineer_and_no_task_and_cost_together_what_the_whole_costs(
    asked: Problem, count: int, seed: int
) -> None:
    search = search_of(asked)
    data, orders = search.data, search.orders
    cells = cells_of(data, orders, crews_of(data), count, np.random.default_rng(seed))
    assert 1 <= len(cells) <= max(1, count)
    assert sorted(vehicle for cell in cells for vehicle in cell.vehicles) == list(range(len(orders)))
    where = {vehicle: number for number, cell in enumerate(cells) for vehicle in cell.vehicles}
    engineers: dict[int, set[int]] = {}
    for vehicle, number in where.items():
        engineers.setdefault(int(data.vehicle.engineer[vehicle]), set()).add(number)
    assert all(len(numbers) == 1 for numbers in engineers.values())
    tasks = [task for cell in cells for task in cell.tasks if task < len(asked.tasks)]
    assert len(tasks) == len(set(tasks))
    assert {task for order in orders for task in order if task < len(asked.tasks)} <= set(tasks)
    assert set(np.flatnonzero(data.task.movable)) <= set(tasks)

    whole, drawn = Annealing(data, orders, 0), []
    for cell in cells:
        part = Annealing(part_of(data, cell, whole.state.held), orders_in(cell, orders, len(data.task)), 0)
        assert part.state.vehicle.cost == pytest.approx(whole.state.vehicle.cost[cell.vehicles])
        assert (part.data.vehicle.kind < len(cell.vehicles)).all()
        drawn.append(part.state.drawn)
        copied = [list(order) for order in orders]
        put_into(copied, cell, part.now)
        assert copied == orders
    shelves = [cell.shelf for cell in rationed(data, cells, drawn, np.random.default_rng(seed))]
    assert all((mine >= draws).all() for mine, draws in zip(shelves, drawn, strict=True))
    parts = data.kept == 0
    assert (sum(shelves)[:, parts] == data.shelf[:, parts]).all()


@calm
@given(problems() | plain_problems() | errands(), st.integers(2, 3))
def test_a_search_in_rounds_finds_what_the_draft_counts_alike(asked: Problem, count: int) -> None:
    search = search_of(asked)
    before = cents_of(search.draft)
    rounds = Rounds(search.data, search.orders, 5, count)
    with Helpers(0) as nobody:
        rounds.run(Stretch(0, float("inf"), 50.0, 1.0, 200), nobody, lambda: False, lambda *_: None)
    search.orders = rounds.best
    search.finish()
    assert cents_of(search.draft) == pytest.approx(rounds.best_cents, abs=0.5)
    assert cents_of(search.draft) <= before + 0.5


def two_crews(tasks: int = 40) -> Problem:
    """Two trades that share every street, and neither engineer nor task."""
    trades = ("gas", "lift")
    crew = tuple(engineer(f"E{n}", skills=((trades[n % 2], 1),)) for n in range(8))
    return problem(
        *(task(f"T{n}", n % 5 + 1, 300, skills=((trades[n // 2 % 2], 1),)) for n in range(tasks)), crew=crew
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_crews_that_share_nothing_are_searched_apart(count: int) -> None:
    search = search_of(two_crews())
    data, crews = search.data, crews_of(search.data)
    assert [crew.tolist() for crew in crews] == [[0, 2, 4, 6], [1, 3, 5, 7]]
    for orders in (search.orders, [[] for _ in search.orders]):
        for seed in range(10):
            cells = cells_of(data, orders, crews, count, np.random.default_rng(seed))
            assert len(cells) == count
            for cell in cells:
                trades = {int(one) % 2 for one in data.vehicle.engineer[cell.vehicles]}
                assert len(trades) == (2 if count == 1 else 1)
                assert {int(one) // 2 % 2 for one in cell.tasks} <= trades


def test_linked_visits_hold_crews_together() -> None:
    asked = replace(two_crews(), links=(Link(before="T0", after="T2"),))
    assert [crew.tolist() for crew in crews_of(search_of(asked).data)] == [list(range(8))]


def town(tasks: int) -> Problem:
    return problem(*(task(str(n), place=n % 5 + 1, service_s=300) for n in range(tasks)))


def test_a_large_problem_is_cut_and_a_small_one_is_not() -> None:
    assert cells_wanted(search_of(town(300)).data, 2) == 1
    assert cells_wanted(search_of(town(700)).data, 1) == 2
    assert cells_wanted(search_of(town(700)).data, 3) == 3
    assert cells_wanted(search_of(town(1_400)).data, 2) == 4


def test_a_search_in_rounds_stops_when_told_to() -> None:
    search = search_of(town(12))
    rounds = Rounds(search.data, search.orders, 5, 2)
    began = time.monotonic()
    with Helpers(0) as nobody:
        rounds.run(
            Stretch(began, began + 60, 50.0, 1.0),
            nobody,
            lambda: time.monotonic() > began + 0.3,
            lambda *_: None,
        )
    assert time.monotonic() - began < 50
    assert sorted(task for order in rounds.now for task in order) == sorted(
        task for order in search.orders for task in order
    )


def test_a_stretch_of_no_steps_is_over_at_once() -> None:
    whole = Stretch(0, float("inf"), 50.0, 1.0, 1)
    parts = [whole.part(first, last) for first, last in ((0.0, 0.6), (0.6, 0.75), (0.75, 1.0))]
    assert sum(part.steps or 0 for part in parts) == 1
    assert [part.done(part.steps or 0) for part in parts] == [1.0, 1.0, 1.0]
    assert parts[0].hot == whole.hot
    assert [part.hot for part in parts[1:]] == [part.cold for part in parts[:-1]]
    assert parts[-1].cold == pytest.approx(whole.cold)
