"""Field-service days made up by seed, like the ones of the shared files and with more to ask for.

`gen-500-s1` is a day of 500 jobs and a seventh as many engineers by seed 1: towns of Zipf sizes with open
country between, eight skills, half-day and two-hour slots, shifts, priorities. What follows a plus makes it
harder and changes nothing else of it, so that `gen-500-s1+lunch` is the same day with lunch breaks.
"""

import math
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks.field_service_days import LUNCH, Day, problem_of
from optimizer import Problem

OPTIONS = {
    "lunch": "a break of 30 minutes that begins between 11:30 and 13:30",
    "parts": "parts that jobs use up, in vans",
    "stock": "parts that jobs use up, at depots shared by all, and in vans only with +parts",
    "pairs": "jobs for two engineers at once",
    "days": f"{(DAYS := 3)} days, with a third of the engineers",
}
_NAME = re.compile(rf"gen-([1-9]\d*)-s(\d+)((?:\+(?:{'|'.join(OPTIONS)}))*)")
_HOUR_S, _DAY_S = 3_600, 86_400

#: How often each skill is asked for, and had.
_SKILLS = (0.25, 0.20, 0.15, 0.12, 0.10, 0.08, 0.06, 0.04)
_SERVICE_MIN = {30: 0.25, 45: 0.25, 60: 0.25, 75: 0.15, 90: 0.10}
_SLOTS = {(8, 17): 0.30, (8, 12): 0.175, (13, 17): 0.175} | {(h, h + 2): 0.35 / 8 for h in range(8, 16)}
_PRIORITIES = (0.40, 0.35, 0.18, 0.07)
_PENALTY_S = 7_200
#: Kinds of parts, from the one that is asked for most.
_PARTS = tuple(f"part {number}" for number in range(1, 13))


@dataclass(frozen=True)
class Recipe:
    """What a name asks for; see `OPTIONS`."""

    jobs: int
    seed: int
    options: frozenset[str] = frozenset()


def recipe_of(name: str) -> Recipe | None:
    """Return what a name such as gen-500-s1+lunch+parts asks for; None where it names no made-up day."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    return Recipe(int(found[1]), int(found[2]), frozenset(found[3].split("+")) - {""})


def problem(name: str) -> Problem:
    """Return the day of a name as a problem.

    Raises
    ------
    ValueError
        It is not the name of a made-up day.
    """
    recipe = recipe_of(name)
    if recipe is None:
        raise ValueError(f"{name} is not like gen-500-s1 with +{' +'.join(OPTIONS)}")
    return problem_of(day_of(recipe))


def day_of(recipe: Recipe) -> Day:
    """Return the day of a recipe; the same whenever and wherever it is made."""
    days = DAYS if "days" in recipe.options else 1
    land = _Land(_dice(recipe, "land"), recipe.jobs)
    dice = _dice(recipe, "jobs")
    jobs = [_job(dice, land, number) for number in range(recipe.jobs)]
    dice = _dice(recipe, "engineers")
    engineers = [_engineer(dice, land, number) for number in range(max(2, round(recipe.jobs / 7)))]
    day: Day = {"jobs": jobs, "engineers": engineers[: max(2, math.ceil(len(engineers) / days))]}
    for skill in range(len(_SKILLS)):  # even a small crew can do everything
        if not any(skill in one["skills"] for one in day["engineers"]):
            one = day["engineers"][skill % len(day["engineers"])]
            one["skills"] = sorted([*one["skills"], skill])
    if "pairs" in recipe.options:
        day["pairs"] = _pairs(_dice(recipe, "pairs"), jobs)
    if days > 1:
        _spread_over(days, _dice(recipe, "days"), day)
    if recipe.options & {"parts", "stock"}:
        _supply(recipe, land, day, days)
    if "lunch" in recipe.options:
        day["lunch"] = LUNCH
    return day


def _dice(recipe: Recipe, what: str) -> random.Random:
    """Return randomness of its own for a part of the day, so that no option moves another's."""
    return random.Random(f"{recipe.jobs} {recipe.seed} {what}")


class _Land:
    """Where people live: towns, each a cloud, and every sixth somewhere in the open country."""

    def __init__(self, dice: random.Random, jobs: int) -> None:
        self.side_km = 60 * math.sqrt(jobs / 500)
        self.towns = [
            (dice.uniform(0, self.side_km), dice.uniform(0, self.side_km), dice.uniform(1.5, 6))
            for _ in range(max(3, round(0.36 * math.sqrt(jobs))))
        ]
        self.sizes = [1 / rank for rank in range(1, len(self.towns) + 1)]

    def place_km(self, dice: random.Random) -> list[float]:
        """Return where somebody lives."""
        if dice.random() < 1 / 6:
            return [round(dice.uniform(0, self.side_km), 6) for _ in "xy"]
        x, y, wide = dice.choices(self.towns, self.sizes)[0]
        return [round(min(max(dice.gauss(at, wide), 0.0), self.side_km), 6) for at in (x, y)]


def _job(dice: random.Random, land: _Land, number: int) -> dict[str, Any]:
    x_km, y_km = land.place_km(dice)
    from_h, until_h = dice.choices(list(_SLOTS), list(_SLOTS.values()))[0]
    priority = dice.choices(range(len(_PRIORITIES)), _PRIORITIES)[0]
    return {
        "id": number,
        "x_km": x_km,
        "y_km": y_km,
        "service_s": 60 * dice.choices(list(_SERVICE_MIN), list(_SERVICE_MIN.values()))[0],
        "start_from_s": from_h * _HOUR_S,
        "start_until_s": until_h * _HOUR_S,
        "skills": _some_skills(dice, 1 if dice.random() < 0.8 else 2),
        "priority": priority,
        "penalty_s": _PENALTY_S * 2**priority,
    }


def _engineer(dice: random.Random, land: _Land, number: int) -> dict[str, Any]:
    start_km = land.place_km(dice)
    from_s = dice.choice((15, 16, 17, 18)) * _HOUR_S // 2
    return {
        "id": number,
        "start_km": start_km,
        "end_km": start_km if dice.random() < 0.7 else land.place_km(dice),
        "shift_from_s": from_s,
        "shift_until_s": from_s + 17 * _HOUR_S // 2,
        "skills": _some_skills(dice, dice.choice((3, 4, 5))),
    }


def _some_skills(dice: random.Random, count: int) -> list[int]:
    found: set[int] = set()
    while len(found) < count:
        found.update(dice.choices(range(len(_SKILLS)), _SKILLS))
    return sorted(found)


def _pairs(dice: random.Random, jobs: list[dict[str, Any]]) -> list[list[int]]:
    """Return pairs of jobs: the last twentieth become the second half of another, for any skilled hand."""
    helpers = max(1, len(jobs) // 20)
    first = dice.sample(range(len(jobs) - helpers), helpers)
    pairs = sorted([one, len(jobs) - helpers + number] for number, one in enumerate(first))
    for one, other in pairs:
        jobs[other] |= jobs[one] | {"id": other, "skills": _some_skills(dice, 1)}
    return pairs


def _spread_over(days: int, dice: random.Random, day: Day) -> None:
    """Give every job the days it may be done on, and every engineer a shift a day, with some days off."""
    for job in day["jobs"]:
        on = range(days) if dice.random() < 0.5 else [dice.randrange(days)]
        job["windows"] = [
            [job["start_from_s"] + at * _DAY_S, job["start_until_s"] + at * _DAY_S] for at in on
        ]
    for one, other in day.get("pairs", []):
        day["jobs"][other]["windows"] = day["jobs"][one]["windows"]
    for one in day["engineers"]:
        off = dice.randrange(days) if dice.random() < 0.2 else None
        one["shifts"] = [
            [one["shift_from_s"] + at * _DAY_S, one["shift_until_s"] + at * _DAY_S]
            for at in range(days)
            if at != off
        ]


def _supply(recipe: Recipe, land: _Land, day: Day, days: int) -> None:
    """Let two jobs of five need parts, and have a fifth more of them than is needed, wherever they are."""
    dice = _dice(recipe, "parts")
    wanted: Counter[str] = Counter()
    for job in day["jobs"]:
        kind = dice.choices(_PARTS, [1 / rank for rank in range(1, len(_PARTS) + 1)])[0]
        if dice.random() < 0.4:
            job["parts"] = {kind: 1 if dice.random() < 0.8 else 2}
            wanted.update(job["parts"])
    both = {"parts", "stock"} <= recipe.options
    crew = day["engineers"]
    if "parts" in recipe.options:
        for one in crew:
            one["parts"] = {}
        for kind, count in wanted.items():
            for _ in range(math.ceil((0.6 if both else 1.2) * count)):
                van = dice.choice(crew)["parts"]
                van[kind] = van.get(kind, 0) + 1
    if "stock" in recipe.options:
        depots = max(1, round(recipe.jobs / 400))
        day["depots"] = [
            {
                "id": number,
                "x_km": round(land.towns[number % len(land.towns)][0], 6),
                "y_km": round(land.towns[number % len(land.towns)][1], 6),
                "service_s": 600,
                "windows": [[7 * _HOUR_S + at * _DAY_S, 17 * _HOUR_S + at * _DAY_S] for at in range(days)],
                "parts": {},
            }
            for number in range(depots)
        ]
        for kind, count in wanted.items():
            for _ in range(math.ceil((0.6 if both else 1.2) * count)):
                shelf = dice.choice(day["depots"])["parts"]
                shelf[kind] = shelf.get(kind, 0) + 1
