"""The pool of routes a search has seen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from optimizer import Problem
from optimizer.draft import Draft
from optimizer.run import Run
from optimizer.schedule import Misfit
from optimizer.search.annealing import Annealing, Stretch
from optimizer.search.engine import Search
from optimizer.search.master import pooled
from optimizer.search.pool import empty_pool, remember, widened
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import problems
from tests.optimizer.small import CREW, problem, task
from tests.optimizer.test_kernels import calm


class OpenSearch(Search):
    """A search whose annealing can be looked into."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft, 1)
        self.annealing = Annealing(self.data, self.orders, 1, remembering=True)

    def finish(self) -> None:
        self.orders = self.annealing.best
        super().finish()


def begun(given: Problem) -> OpenSearch:
    return OpenSearch(Run(given, 60, None, None).first_draft(None))


def searched(given: Problem, steps: int = 60) -> OpenSearch:
    search = begun(given)
    search.annealing.run(Stretch(0, float("inf"), 500.0, 5.0, steps), lambda: False, lambda: None)
    return search


def annealing() -> Annealing:
    tasks = (task(str(n), place=n % 5 + 1, service_s=300) for n in range(12))
    data = begun(problem(*tasks, crew=CREW)).data
    search = Annealing(data, [[] for _ in data.vehicle], 1, remembering=True)
    search.run(Stretch(0, float("inf"), 500.0, 5.0, 300), lambda: False, lambda: None)
    return search


@calm
@given(problem=problems() | errands())
def test_routes_are_distinct_and_cost_what_a_draft_says(problem: Problem) -> None:
    search = searched(replace(problem, links=()))
    columns = pooled(search.annealing.pool)
    assert len({(one.vehicle, one.order) for one in columns}) == len(columns)
    alone = Draft(search.draft.arrays)
    alone.narrowed = dict(search.draft.narrowed)
    for one in columns:
        tried = alone.trial(one.vehicle, list(one.order))
        assert not isinstance(tried, Misfit)
        assert one.cost == pytest.approx(tried[0], abs=0.5)
        assert one.work_s == tried[1].work_s


def test_a_search_remembers_the_routes_of_its_best() -> None:
    search = annealing()
    seen = {(one.vehicle, one.order) for one in pooled(search.pool)}
    best = {(vehicle, tuple(order)) for vehicle, order in enumerate(search.best) if order}
    assert best & seen
    assert len(seen) > len(best)


def test_a_full_pool_forgets_the_oldest_and_knows_a_route_again() -> None:
    search = annealing()
    pool, state, (first, *others) = empty_pool(16, routes=16), search.state, range(12)
    for size in range(1, 12):
        for begin in others[: 12 - size]:
            state.vehicle.length[0] = size
            state.route[0, :size] = range(begin, begin + size)
            remember(state, pool, 0)
            state.vehicle.length[0] = 1
            state.route[0, 0] = first
            remember(state, pool, 0)
    assert pool.seen[0] > 100
    assert (pool.row.length > 0).all()
    columns = pooled(pool)
    assert len({one.order for one in columns}) == 16
    assert columns[-1].order == (first,)
    assert [one.order for one in columns].count((first,)) == 1
    assert pool.row.stamp.min() > 1


def test_an_empty_route_and_one_too_long_are_not_remembered() -> None:
    state = annealing().state
    pool = empty_pool(3, routes=8)
    for length in (0, 4):
        state.vehicle.length[0] = length
        remember(state, pool, 0)
    assert pooled(pool) == []


def test_a_wider_pool_has_the_same_routes() -> None:
    pool = annealing().pool
    wider = widened(pool, pool.order.shape[1] + 5)
    assert wider.order.shape[1] == pool.order.shape[1] + 5
    assert pooled(wider) == pooled(pool)
    assert np.array_equal(widened(pool, 1).order, pool.order)
