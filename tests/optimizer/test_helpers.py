"""Processes that search together."""

import io
import pickle
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer import Problem, check, solve
from optimizer.run import Run
from optimizer.search import rounds
from optimizer.search.annealing import Stretch
from optimizer.search.engine import Search
from optimizer.search.helpers import Helper, Helpers, Job, help_search
from optimizer.search.rounds import Rounds
from optimizer.warmth import warm
from tests.optimizer.small import CREW, problem, task

_ASKER = """
import pickle, sys, time
from optimizer.search.helpers import Helpers
job = pickle.load(sys.stdin.buffer)
with Helpers(1) as crowd:
    while not crowd.have_begun:
        time.sleep(0.01)
    (helper,) = crowd.ready()
    helper.ask(job)
    time.sleep(0.5)
    print(helper._process.pid, flush=True)
    time.sleep(60)
"""


def _is_running(pid: int) -> bool:
    """Tell whether a process runs, other than as one that nobody has asked how it ended."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Else each helper compiles for itself."""
    warm()


def given(tasks: int = 30) -> Problem:
    return problem(*(task(str(n), place=n % 5 + 1, service_s=300) for n in range(tasks)), crew=CREW)


def search() -> Search:
    return Search(Run(given(), 60, None, None).first_draft(None), 1)


def job(seconds: float = 0.3) -> Job:
    whole, now = search(), time.monotonic()
    return Job(whole.data, whole.orders, 3, Stretch(now, now + seconds, 50.0, 1.0))


def begun(crowd: Helpers) -> Helper:
    """Return the only helper, once it has begun."""
    assert crowd.count == 1
    until = time.monotonic() + 60
    while not crowd.have_begun:
        assert time.monotonic() < until
        time.sleep(0.01)
    (helper,) = crowd.ready()
    return helper


@pytest.mark.parametrize("tasks", [5, 650])
def test_two_processes_find_a_plan_that_keeps_the_rules(monkeypatch: pytest.MonkeyPatch, tasks: int) -> None:
    monkeypatch.setattr("optimizer.search.engine.WORTHWHILE_S", 0.0)
    monkeypatch.setattr(rounds, "_MOST_TASKS", tasks)
    asked = given()
    result = solve(asked, seconds=4, processes=2)
    assert check(asked, result.plan) == []
    assert result.score.unplanned_tasks == 0


def test_a_helper_does_one_job_after_the_other_until_nobody_asks() -> None:
    asked = job()
    inbox, outbox = io.BytesIO(pickle.dumps(asked) + pickle.dumps(asked)), io.BytesIO()
    with pytest.raises(EOFError):
        help_search(inbox, outbox)
    said = io.BytesIO(outbox.getvalue())
    assert pickle.load(said) is None
    for _ in range(2):
        orders, saved_cents = pickle.load(said)
        assert sorted(task for order in orders for task in order) == list(range(30))
        assert saved_cents == pytest.approx(saved_cents)


def test_a_job_tells_what_it_saves() -> None:
    data = search().data
    orders, saved = replace(job(), orders=[[], []]).done(lambda: False, lambda *_: None)
    assert sum(map(len, orders)) == 30
    assert Rounds(data, orders, 1, 1).cents == pytest.approx(Rounds(data, [[], []], 1, 1).cents - saved)


def test_a_helper_in_a_process_of_its_own_answers() -> None:
    with Helpers(1) as crowd:
        helper = begun(crowd)
        helper.ask(job())
        assert crowd.ready() == [] or helper.idle
        found = helper.answer(time.monotonic() + 60)
        assert found is not None
        assert sorted(task for order in found[0] for task in order) == list(range(30))
        assert crowd.ready() == [helper]


def test_a_helper_that_dies_is_left_behind() -> None:
    with Helpers(1) as crowd:
        helper = begun(crowd)
        helper._process.kill()
        helper._process.wait()
        helper.ask(job())
        assert helper.answer(time.monotonic() + 60) is None
        assert crowd.ready() == []


def test_a_helper_that_is_late_is_not_waited_for_and_its_answer_is_let_go() -> None:
    with Helpers(1) as crowd:
        helper = begun(crowd)
        helper.ask(job())
        assert helper.answer(time.monotonic()) is None
        assert helper.answer(time.monotonic() + 60, lambda: True) is None
        until = time.monotonic() + 60
        while not crowd.ready() and time.monotonic() < until:
            time.sleep(0.05)
        assert crowd.ready() == [helper]
        helper.ask(job())
        assert helper.answer(time.monotonic() + 60) is not None


def test_a_helper_ends_when_its_asker_is_gone() -> None:
    """It has been asked to search for an hour by a process that is killed at once."""
    root, pipe = Path(__file__).parents[2], subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _ASKER], stdin=pipe, stdout=pipe, cwd=root) as asker:
        assert asker.stdin is not None
        assert asker.stdout is not None
        pickle.dump(job(3_600), asker.stdin)
        asker.stdin.close()
        helper = int(asker.stdout.readline())
        asker.kill()
    until = time.monotonic() + 60
    while _is_running(helper):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_rounds_go_on_where_helpers_die(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search()
    searched = Rounds(whole.data, whole.orders, 1, 2)
    with Helpers(1) as crowd:
        begun(crowd)._process.kill()
        now = time.monotonic()
        searched.run(Stretch(now, now + 2, 50.0, 1.0), crowd, lambda: False, lambda *_: None)
    assert sorted(task for order in searched.best for task in order) == list(range(30))
    assert searched.best_cents <= whole.cents


def test_a_route_that_grows_gets_more_room() -> None:
    asked = replace(given(90), engineers=(given().engineers[0],))
    result = solve(asked, seconds=60, iterations=400)
    assert result.score.planned_tasks > 16
