"""The rules of HHCRSP on a day worked out by hand: what keeps them, what breaks them, what routes cost."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import hhcrsp, peers
from benchmarks.hhcrsp_rules import Cost, Instance, Routes, cost, instance_of, starts, violations


def patient(id: str, window: tuple[float, float], *services: str, **more: Any) -> dict[str, Any]:
    """Return a patient as the files have one."""
    return {
        "id": id,
        "time_window": list(window),
        "required_caregivers": [{"service": service, "duration": 10} for service in services],
        **more,
    }


# Everything is 10 from everything. b takes two at once, c two in sequence, 5 to 20 apart.
DAY: dict[str, Any] = {
    "services": [{"id": "wash", "default_duration": 10}, {"id": "dress", "default_duration": 10}],
    "patients": [
        patient("a", (0, 5), "wash"),
        patient("b", (30, 60), "wash", "dress", synchronization={"type": "simultaneous"}),
        patient("c", (60, 90), "wash", "dress", synchronization={"type": "sequential", "distance": [5, 20]}),
    ],
    "central_offices": [{"id": "office"}],
    "distances": [[0 if a == b else 10 for a in range(4)] for b in range(4)],
    "caregivers": [
        {"id": "x", "abilities": ["wash"]},
        {"id": "y", "abilities": ["dress", "wash"]},
    ],
}
KEPT: Routes = {"x": [("a", "wash"), ("b", "wash"), ("c", "wash")], "y": [("b", "dress"), ("c", "dress")]}


@pytest.fixture
def day() -> Instance:
    return instance_of(DAY)


def test_routes_that_keep_every_rule_have_no_violations(day: Instance) -> None:
    assert violations(day, KEPT) == []


@pytest.mark.parametrize(
    ("routes", "sentence"),
    [
        (KEPT | {"y": [("b", "dress")]}, "dress of patient c is given 0 times"),
        (KEPT | {"y": [("b", "dress"), ("c", "dress"), ("a", "wash")]}, "wash of patient a is given 2 times"),
        (
            {"x": [*KEPT["x"], ("c", "dress")], "y": [("b", "dress")]},
            "caregiver x is not able to give dress to patient c",
        ),
        (
            {"x": [("a", "wash"), ("b", "wash")], "y": [("b", "dress"), ("c", "wash"), ("c", "dress")]},
            "caregiver y is both caregivers of patient c",
        ),
        (
            {"x": [("a", "wash"), ("b", "wash"), ("c", "wash")], "y": [("c", "dress"), ("b", "dress")]},
            "double services cannot be met with these routes",
        ),
        (KEPT | {"z": []}, "there is no caregiver z"),
        (KEPT | {"z": [], "x": [("a", "dress")]}, "patient a needs no dress"),
    ],
)
def test_a_broken_rule_is_named(day: Instance, routes: Routes, sentence: str) -> None:
    assert sentence in violations(day, routes)


def test_visits_start_as_early_as_all_of_them_can(day: Instance) -> None:
    assert starts(day, KEPT) == {
        ("a", "wash"): 10,
        ("b", "wash"): 30,
        ("b", "dress"): 30,
        ("c", "wash"): 60,
        ("c", "dress"): 65,
    }


def test_the_second_of_a_sequence_holds_the_first_back(day: Instance) -> None:
    late = instance_of(DAY | {"patients": [*DAY["patients"], patient("d", (95, 200), "dress")]} | LARGER)
    at = starts(
        late,
        {"x": [("b", "wash"), ("c", "wash")], "y": [("b", "dress"), ("d", "dress"), ("c", "dress")]},
    )
    assert at is not None
    assert (at["c", "dress"], at["c", "wash"]) == (115, 95)


LARGER = {"distances": [[0 if a == b else 10 for a in range(5)] for b in range(5)]}


def test_cost_is_a_third_of_distance_and_tardiness_and_the_greatest_of_it(day: Instance) -> None:
    found = cost(day, KEPT)
    assert found == Cost(distance=70, total_tardiness=5, max_tardiness=5)
    assert found.total == pytest.approx(80 / 3)


def test_instances_of_several_offices_are_refused() -> None:
    with pytest.raises(ValueError, match="one office"):
        instance_of(DAY | {"central_offices": [{}, {}]})


def test_a_problem_costs_three_times_what_the_routes_of_its_plan_cost(day: Instance) -> None:
    result = peers.result("paidan-insertion", hhcrsp.problem(day), 5, 0, 1)
    routes = hhcrsp.routes_of(result.plan)
    assert violations(day, routes) == []
    assert result.score.total_cents == pytest.approx(3 * hhcrsp.SCALE * cost(day, routes).total, abs=2)
