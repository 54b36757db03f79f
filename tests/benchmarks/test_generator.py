"""Days made up by seed: always the same, each option adds what it says and leaves the rest alone."""

from __future__ import annotations

import hashlib
import json

import pytest

from benchmarks import generator
from benchmarks.field_service_days import Day, shifts_of, windows_of
from benchmarks.generator import OPTIONS, Recipe, day_of, recipe_of

ALL = frozenset(OPTIONS)


def test_a_name_says_size_seed_and_options() -> None:
    assert recipe_of("gen-500-s1") == Recipe(500, 1)
    assert recipe_of("gen-30-s12+lunch+days") == Recipe(30, 12, frozenset({"lunch", "days"}))


@pytest.mark.parametrize(
    "name", ["fs-500", "gen-0-s1", "gen-50", "gen-50-s1+dinner", "gen-50-s1+", "gen-5-s1 "]
)
def test_other_names_are_no_recipes(name: str) -> None:
    assert recipe_of(name) is None
    with pytest.raises(ValueError, match="is not like gen-500-s1"):
        generator.problem(name)


def test_a_day_is_the_same_wherever_it_is_made() -> None:
    text = json.dumps(day_of(Recipe(60, 1, ALL)), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "08a9572545b29a4c"


def test_seeds_make_different_days() -> None:
    assert day_of(Recipe(60, 1))["jobs"] != day_of(Recipe(60, 2))["jobs"]


def without(things: list[Day], *names: str) -> list[Day]:
    """Return things without some of what they say."""
    return [{name: value for name, value in thing.items() if name not in names} for thing in things]


@pytest.mark.parametrize("option", sorted(ALL - {"pairs", "days"}))
def test_an_option_leaves_the_rest_of_the_day_as_it_is(option: str) -> None:
    plain, harder = day_of(Recipe(60, 1)), day_of(Recipe(60, 1, frozenset({option})))
    for what in ("jobs", "engineers"):
        assert without(harder[what], "parts") == plain[what]
    assert harder != plain


def test_pairs_are_at_one_place_at_one_time() -> None:
    day = day_of(Recipe(100, 1, ALL))
    assert len(day["pairs"]) == 5
    for one, other in day["pairs"]:
        first, second = day["jobs"][one], day["jobs"][other]
        for name in ("x_km", "y_km", "windows", "service_s"):
            assert first[name] == second[name]
    assert len({job for pair in day["pairs"] for job in pair}) == 10
    (link, *_) = generator.problem("gen-100-s1+pairs").links
    assert (link.min_gap_s, link.max_gap_s, link.measured_from, link.engineers) == (
        0,
        0,
        "start",
        "different",
    )


def test_several_days_have_shifts_and_windows_on_each() -> None:
    day = day_of(Recipe(300, 1, frozenset({"days"})))
    assert len(day["engineers"]) == 15
    starts = {from_s // 86_400 for one in day["engineers"] for from_s, _ in shifts_of(one)}
    assert starts == {from_s // 86_400 for job in day["jobs"] for from_s, _ in windows_of(job)} == {0, 1, 2}


@pytest.mark.parametrize(
    ("options", "in_vans", "at_depots"),
    [({"parts"}, 1.2, 0), ({"stock"}, 0, 1.2), ({"parts", "stock"}, 0.6, 0.6)],
)
def test_there_are_a_fifth_more_parts_than_are_needed(
    options: set[str], in_vans: float, at_depots: float
) -> None:
    day = day_of(Recipe(1_000, 1, frozenset(options)))
    needed = total(day["jobs"])
    assert total(day["engineers"]) == pytest.approx(in_vans * needed, rel=0.05)
    assert total(day.get("depots", [])) == pytest.approx(at_depots * needed, rel=0.05)
    assert 400 < needed < 600


def total(things: list[Day]) -> int:
    """Return how many parts things need or hold."""
    return sum(sum(thing.get("parts", {}).values()) for thing in things)


@pytest.mark.parametrize("jobs", [30, 500])
def test_a_day_is_like_the_shared_ones(jobs: int) -> None:
    day = day_of(Recipe(jobs, 1))
    assert (len(day["jobs"]), len(day["engineers"])) == (jobs, round(jobs / 7))
    assert {skill for one in day["engineers"] for skill in one["skills"]} == set(range(8))
    side_km = 60 * (jobs / 500) ** 0.5
    for job in day["jobs"]:
        assert 0 <= job["x_km"] <= side_km
        assert 0 <= job["y_km"] <= side_km
        assert job["penalty_s"] == 7_200 * 2 ** job["priority"]
        assert (job["start_until_s"] - job["start_from_s"]) / 3_600 in (2, 4, 9)


def test_every_option_together_is_a_problem() -> None:
    problem = generator.problem("gen-60-s1+lunch+parts+stock+pairs+days")
    assert len(problem.tasks) == 60
    assert len(problem.depots) == 1
    assert len(problem.links) == 3
    shifts = [shift for engineer in problem.engineers for shift in engineer.shifts]
    assert all(len(shift.breaks) == 1 for shift in shifts)
    assert any(engineer.parts for engineer in problem.engineers)
    assert any(len(task.windows) == 3 for task in problem.tasks)
