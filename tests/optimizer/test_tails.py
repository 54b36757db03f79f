"""Long routes that crossed exchange their tails; of engineers who are alike one is looked at."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer import Engineer, Plan, Problem, Travel, Weights, solve
from optimizer.run import Run
from optimizer.search.engine import Search
from tests.optimizer.small import engineer, problem, route, shift, stop, task

_LONG = 30
TRAVEL_ONLY = Weights(lateness_cents_per_hour=0, spread_cents_per_hour=0, empty_engineer_cents=0)


def two_streets() -> Problem:
    """Return a day of two streets far apart, each with many stops that have to be visited in turn."""
    place = np.arange(2 * _LONG + 1)
    street, along = (place - 1) // _LONG, (place - 1) % _LONG
    ways = 10 * np.abs(along[:, None] - along) + 3_000 * (street[:, None] != street)
    ways[0], ways[:, 0] = 3_000, 3_000
    ways[place, place] = 0
    tasks = [
        task(f"T{number}", number + 1, 60, windows=((3_000 + 200 * int(along[number + 1]), 36_000),))
        for number in range(2 * _LONG)
    ]
    mine = shift(end_s=40_000, max_tasks=_LONG)
    return problem(
        *tasks,
        crew=(engineer("E0", (mine,)), engineer("E1", (mine,))),
        travel=Travel(ways),
        weights=TRAVEL_ONLY,
    )


def crossed() -> Plan:
    """Return the plan in which both change streets half-way."""
    half, first, second = _LONG // 2, range(_LONG), range(_LONG, 2 * _LONG)
    orders = [*first[:half], *second[half:]], [*second[:half], *first[half:]]
    return Plan(
        tuple(
            route(*(stop(f"T{one}", 200 * at) for at, one in enumerate(order)), engineer=f"E{number}")
            for number, order in enumerate(orders)
        ),
        (),
    )


def test_routes_that_cross_half_way_are_uncrossed() -> None:
    found = solve(two_streets(), seconds=60, iterations=200, initial=crossed(), seed=2)
    assert found.score.travel_s == 12_580  # to a street, along it, and home, twice


def kinds(*crew: Engineer) -> list[int]:
    given = problem(task("A"), task("B", skills=(("gas", 1),)), crew=crew)
    found: list[int] = Search(Run(given, 60, None, None).first_draft(None), 1).data.vehicle.kind.tolist()
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"travel_percent": 80},
        {"skills": (("gas", 1),)},
        {"max_tasks": 3},
        {"cents_per_km": 5},
        {"shifts": (shift(end_place=None),)},
        {"shifts": (shift(start_place=2),)},
        {"shifts": (shift(end_s=30_000),)},
        {"shifts": (shift(end_s=15_000), shift(start_s=20_000))},
    ],
)
def test_who_differs_is_not_alike(change: dict[str, Any]) -> None:
    found = kinds(engineer("E0"), engineer("E1"), replace(engineer("E2"), **change), engineer("E3"))
    assert found[0] == found[1] == found[-1]
    assert not set(found[2:-1]) & {found[0]}
    assert len(set(found[2:-1])) == len(found[2:-1])
