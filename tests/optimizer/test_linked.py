"""Visits that hang together in the compiled search: who waits for whom, and what a delay means to others."""

from dataclasses import replace

import numpy as np
import pytest

from optimizer import Link, Lock, Problem, Rule
from optimizer.arrays import Arrays
from optimizer.draft import Draft
from optimizer.schedule import Misfit
from optimizer.search.annealing import Annealing, CannotTime
from optimizer.search.engine import Search, movable_tasks
from optimizer.search.flatten import data_of
from tests.optimizer.small import CREW, FREE, STEP_S, engineer, problem, rules, solved, stops, task

LATE = replace(FREE, lateness_cents_per_hour=3_600, travel_cents_per_hour=36)


def at_once(one: str, other: str) -> Link:
    return Link(before=one, after=other, max_gap_s=0, measured_from="start", engineers="different")


def annealing_of(asked: Problem, orders: list[list[int]]) -> Annealing:
    draft = Draft(Arrays(asked))
    return Annealing(data_of(draft, movable_tasks(draft)), orders, 0)


def test_two_begin_when_the_later_of_them_is_there() -> None:
    asked = problem(task("A", 1), task("B", 3), crew=CREW, links=(at_once("A", "B"),))
    state = annealing_of(asked, [[0], [1]]).state
    assert state.held[:, 0].tolist() == [3 * STEP_S] * 2


def test_what_comes_after_one_of_two_waits_for_the_other_too() -> None:
    after = Link(before="C", after="D", min_gap_s=100)
    tasks = (task("A", 1), task("B", 3), task("C", 1), task("D", 3))
    state = annealing_of(problem(*tasks, crew=CREW, links=(at_once("A", "B"), after)), [[0, 2], [1, 3]]).state
    begins_s = 3 * STEP_S
    ends_s = begins_s + 1_800 + 1_800  # A, then C
    assert state.held[:, 0].tolist() == [begins_s, begins_s, begins_s + 1_800, ends_s + 100]


def test_pairs_that_wait_for_each_other_in_a_circle_have_no_time() -> None:
    tasks = (task("A"), task("B"), task("C"), task("D"))
    asked = problem(*tasks, crew=CREW, links=(at_once("A", "B"), at_once("C", "D")))
    assert (
        annealing_of(asked, [[0, 2], [1, 3]]).state.held[:, 0].tolist() == [STEP_S] * 2 + [STEP_S + 1_800] * 2
    )
    with pytest.raises(CannotTime):
        annealing_of(asked, [[0, 2], [3, 1]])


def test_a_search_that_loses_the_common_time_leaves_the_plan_it_began_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(self: Search) -> None:
        self.draft.clear(0)
        raise CannotTime

    monkeypatch.setattr(Search, "finish", lost)
    asked = problem(task("A"), task("B", 2), crew=CREW, links=(at_once("A", "B"),))
    assert set(stops(solved(asked, "search").plan)) == {"A", "B"}


def test_a_partner_comes_to_where_the_other_is_locked() -> None:
    tasks = (task("A", 1, lock=Lock("E", 7_200)), task("B", 2), task("C", 2), task("D", 4))
    found = solved(problem(*tasks, crew=CREW, links=(at_once("A", "B"),)), "search")
    where = {id: (engineer, one.start_s) for id, (engineer, one) in stops(found.plan).items()}
    assert (where["A"], where["B"]) == (("E", 7_200), ("F", 7_200))


def test_neither_of_two_comes_where_only_one_could() -> None:
    tasks = (task("A", skills=(("gas", 1),)), task("B"), task("C"))
    crew = (engineer("E", skills=(("gas", 1),)), engineer("F", shifts=()))
    found = solved(problem(*tasks, crew=crew, links=(at_once("A", "B"),)), "search")
    assert set(stops(found.plan)) == {"C"}
    assert Rule.LINK_BOTH in rules(found, "A") | rules(found, "B")


@pytest.mark.parametrize("seed", range(20))
def test_a_visit_goes_where_it_costs_least_lateness_counted(seed: int) -> None:
    random = np.random.default_rng(seed)
    tasks = [
        task(str(number), int(random.integers(1, 6)), due_s=int(random.integers(2_000, 20_000)))
        for number in range(9)
    ]
    asked = problem(*tasks, weights=LATE)
    draft = Draft(Arrays(asked))
    order = list(range(8))
    search = Annealing(data_of(draft, movable_tasks(draft)), [order], 0)
    search.fill([8], lambda: False)
    costs = []
    for at in range(9):
        tried = draft.trial(0, [*order[:at], 8, *order[at:]])
        if not isinstance(tried, Misfit):
            costs.append(tried[0])
    assert search.state.vehicle[0].cost == pytest.approx(min(costs))


def test_what_a_delay_costs_the_partner_is_counted() -> None:
    """C is on E's way to A; but B, and D after it, would be late if A began later."""
    tasks = (
        task("A", 3),
        task("B", 3),
        task("D", 3, due_s=3 * STEP_S + 3_600),
        task("C", 2, 1_800),
    )
    asked = problem(*tasks, crew=CREW, weights=LATE, links=(at_once("A", "B"),))
    search = annealing_of(asked, [[0], [1, 2]])
    search.fill([3], lambda: False)
    assert search.now == [[0, 3], [1, 2]]
