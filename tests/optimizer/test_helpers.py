"""Processes that search together."""

import io
import pickle
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from optimizer import Problem, check, solve
from optimizer.run import Run
from optimizer.search import helpers
from optimizer.search.engine import Search
from optimizer.search.helpers import Helpers, help_search, meetings
from tests.optimizer.small import CREW, problem, task


def given(tasks: int = 30) -> Problem:
    return problem(*(task(str(n), place=n % 5 + 1, service_s=300) for n in range(tasks)), crew=CREW)


def search() -> Search:
    return Search(Run(given(), 60, None, None).first_draft(None), 1)


def test_two_processes_find_a_plan_that_keeps_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.search.engine.WORTHWHILE_S", 0.0)
    asked = given()
    result = solve(asked, seconds=4, processes=2)
    assert check(asked, result.plan) == []
    assert result.score.unplanned_tasks == 0


def test_bests_are_exchanged_between_the_beginning_and_the_end() -> None:
    moments = meetings(100.0, 130.0)
    assert all(100 < moment < 130 for moment in moments)
    assert moments == sorted(moments)
    assert len(moments) > 5
    assert meetings(0.0, 0.1) == []
    assert max(b - a for a, b in zip(meetings(0, 600), meetings(0, 600)[1:], strict=False)) <= 5.0


def test_a_helper_tells_its_best_and_goes_on_from_a_better_one() -> None:
    annealing = search().annealing
    now = time.monotonic()
    inbox, outbox = io.BytesIO(), io.BytesIO()
    for message in [(annealing.data, [[], []], 3, now - 1, now + 0.8), *[(0.0, annealing.best)] * 9]:
        pickle.dump(message, inbox)
    inbox.seek(0)
    help_search(inbox, outbox)
    said = io.BytesIO(outbox.getvalue())
    told = []
    while said.tell() < len(outbox.getvalue()):
        told.append(pickle.load(said))
    assert [cents for cents, _ in told] == sorted((cents for cents, _ in told), reverse=True)
    cents, orders = told[-1]
    assert cents > 0
    assert sorted(task for order in orders for task in order) == list(range(30))


def test_a_helper_that_dies_is_left_behind() -> None:
    annealing, now = search().annealing, time.monotonic()
    with Helpers(1, annealing.data, annealing.best, 1, now, now + 60) as crowd:
        crowd._processes[0].kill()
        crowd._processes[0].wait()
        mine = (float(annealing.cents[1]), annealing.best)
        assert crowd.meet(mine) is mine
        assert crowd._processes == []
        assert crowd.meet(mine) is mine


def test_a_helper_that_is_late_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers, "_PATIENCE_S", 0.01)
    annealing, now = search().annealing, time.monotonic()
    with Helpers(1, annealing.data, annealing.best, 1, now, now + 60) as crowd:
        mine = (float(annealing.cents[1]), annealing.best)
        assert crowd.meet(mine) is mine
        assert len(crowd._processes) == 1


def test_a_better_best_is_taken_from_a_helper_and_told_to_the_others() -> None:
    told: list[tuple[object, object]] = []
    crowd = Helpers(0, search().annealing.data, [], 0, 0.0, 1.0)
    good, bad = SimpleNamespace(best=(1.0, [[1]])), SimpleNamespace(best=(9.0, [[2]]))
    crowd._processes = [good, bad]  # type: ignore[list-item]
    crowd._hear = lambda process: process.best  # type: ignore[method-assign,attr-defined,assignment]
    crowd._tell = lambda process, what: told.append((process, what))  # type: ignore[method-assign]
    assert crowd.meet((5.0, [[3]])) == (1.0, [[1]])
    assert told == [(good, None), (bad, (1.0, [[1]]))]


def test_going_on_from_other_orders_never_loses_the_best() -> None:
    annealing = search().annealing
    best, cents = annealing.best, annealing.cents[1]
    annealing.go_on_from([[], []])
    assert annealing.best == best
    assert annealing.cents[1] == cents
    assert annealing.cents[0] > cents


def test_a_route_that_grows_gets_more_room() -> None:
    asked = replace(given(90), engineers=(given().engineers[0],))
    result = solve(asked, seconds=60, iterations=400)
    assert result.score.planned_tasks > 16
