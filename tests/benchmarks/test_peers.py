"""Problems in words that other solvers have, and OR-Tools told so."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest

from benchmarks import peers
from benchmarks.data import Absent
from benchmarks.field_service_days import problem_of
from benchmarks.field_service_rules import judge_orders
from benchmarks.generator import Recipe, day_of
from benchmarks.peers.plain import REQUIRED_CENTS, CannotSay, plain_of
from optimizer import Break, Depot, Engineer, Link, Problem, Shift, Task, Travel
from tests.optimizer.field_service import ONLY_TRAVEL

SHIFT = Shift(start_s=0, end_s=36_000, start_place=0, end_place=0)
TOMORROW = replace(SHIFT, start_s=86_400, end_s=122_400)
TASK = Task(id="A", place=1, service_s=600, windows=((0, 9_000),), skills=(("gas", 2),), parts=(("pump", 3),))
CREW = (
    Engineer(id="able", shifts=(SHIFT,), skills=(("gas", 3),), parts=(("pump", 4), ("nail", 9))),
    Engineer(id="unable", shifts=(SHIFT,), skills=(("gas", 1),)),
)


def problem(*tasks: Task, crew: tuple[Engineer, ...] = CREW, **more: Any) -> Problem:
    """Return a problem of tasks, two places 500 s apart, under nothing but travel."""
    given: dict[str, Any] = {"travel": Travel([[0, 500], [500, 0]]), "weights": ONLY_TRAVEL}
    return Problem(tasks=tasks or (TASK,), engineers=crew, **(given | more))


def test_levels_become_skills_and_parts_loads() -> None:
    plain = plain_of(problem(TASK, replace(TASK, id="B", skills=(), parts=(("bolt", 1),))))
    assert plain.skills == 1
    assert [job.skills for job in plain.jobs] == [{0}, set()]
    assert [vehicle.skills for vehicle in plain.vehicles] == [{0}, set()]
    assert [job.load for job in plain.jobs] == [[0, 3], [1, 0]]  # of bolts and pumps
    assert [vehicle.capacity for vehicle in plain.vehicles] == [[0, 4], [0, 0]]


def test_what_must_be_done_has_no_penalty() -> None:
    plain = plain_of(problem(TASK, replace(TASK, id="B", unplanned_cents=REQUIRED_CENTS)))
    assert [job.penalty for job in plain.jobs] == [50_000, None]


def test_every_shift_is_a_vehicle_and_every_window_is_said() -> None:
    task = replace(TASK, windows=((90_000, 99_000), (0, 9_000)), parts=())
    plain = plain_of(problem(task, crew=(CREW[1], replace(CREW[0], shifts=(SHIFT, TOMORROW)))))
    assert plain.jobs[0].windows == [(0, 9_000), (90_000, 99_000)]
    assert [vehicle.from_s for vehicle in plain.vehicles] == [0, 0, 86_400]
    assert plain.orders({2: [0], 1: []}) == {("able", 1): ["A"]}


def test_breaks_are_said_to_who_knows_them() -> None:
    rests = replace(SHIFT, breaks=(Break(1_800, 9_000, 12_000),))
    asked = problem(crew=(replace(CREW[0], shifts=(rests,)),))
    assert plain_of(asked).vehicles[0].breaks == [(9_000, 12_000, 1_800)]
    with pytest.raises(CannotSay, match=r"shift\.breaks"):
        plain_of(asked, breaks=False)


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (problem(depots=(Depot(id="D", place=0),)), r"problem\.depots"),
        (problem(TASK, replace(TASK, id="B"), links=(Link(before="A", after="B"),)), r"problem\.links"),
        (problem(replace(TASK, due_s=1)), r"task\.due_s"),
        (problem(replace(TASK, tools=("saw",))), r"task\.tools"),
        (problem(replace(TASK, windows=())), "windows"),
        (problem(crew=(replace(CREW[0], max_tasks=1),)), r"engineer\.max_tasks"),
        (problem(crew=(replace(CREW[0], shifts=(SHIFT, TOMORROW)),)), "parts in a van over several shifts"),
        (problem(crew=(replace(CREW[0], shifts=(replace(SHIFT, max_tasks=1),)),)), r"shift\.max_tasks"),
        (problem(crew=(replace(CREW[0], shifts=(replace(SHIFT, end_place=None),)),)), "end place"),
        (problem(weights=replace(ONLY_TRAVEL, empty_engineer_cents=1)), "prices"),
        (problem(weights=replace(ONLY_TRAVEL, travel_cents_per_hour=1)), "prices"),
        (problem(travel=Travel([[[0, 1], [1, 0]]] * 2, band_starts_s=(0, 9))), "band_starts_s"),
    ],
)
def test_what_a_routing_solver_has_no_word_for_is_refused(asked: Problem, word: str) -> None:
    with pytest.raises(CannotSay, match=word):
        plain_of(asked)


def test_only_engines_of_ours_say_times() -> None:
    with pytest.raises(CannotSay, match="times"):
        peers.result("ortools", problem(), 1, 0, 1)


@pytest.mark.parametrize("options", ["", "lunch", "parts", "lunch days"])
def test_ortools_gives_a_plan_that_keeps_the_rules(options: str) -> None:
    day = day_of(Recipe(30, 1, frozenset(options.split())))
    orders = peers.solve("ortools", problem_of(day), 0.5, 0, 1)
    found = judge_orders(day, orders)
    assert found.broken == []
    assert found.left_out < 15


def test_ortools_does_what_must_be_done() -> None:
    required = replace(TASK, unplanned_cents=REQUIRED_CENTS, parts=())
    assert peers.solve("ortools", problem(required), 0.2, 0, 1) == {("able", 0): ["A"]}


def test_ortools_has_no_plan_where_what_must_be_done_cannot() -> None:
    required = replace(TASK, unplanned_cents=REQUIRED_CENTS, skills=(("gas", 9),))
    assert peers.solve("ortools", problem(required), 0.2, 0, 1) == {}


def test_a_peer_that_is_not_installed_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(peers, "version", absent)
    peers.require(["paidan"])
    with pytest.raises(Absent, match="pyvrp is not installed: `make benchmarks` installs it"):
        peers.require(["paidan", "pyvrp"])


def test_cores_are_what_an_engine_can_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [peers.cores(engine, 2) for engine in ("ortools", "pyvrp", "vroom")] == [1, 2, 2]
    for parallel, cores in ((True, 2), (False, 1)):
        monkeypatch.setattr(peers.paidan, "IS_PARALLEL", parallel)
        assert peers.cores("paidan", 2) == cores
