"""A problem in words that every routing solver has, or the news that there are none for it."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer import Engineer, Problem, Shift, Task

#: Whoever prices a task left out like this means that it must not be.
REQUIRED_CENTS = 10**9
#: What else could cost something where tasks, shifts and engineers say no more than is known here.
_OTHER_PRICES = (
    "distance_cents_per_km",
    "spread_cents_per_hour",
    "overskill_cents_per_level",
    "empty_engineer_cents",
)


#: The ids of the tasks of every engineer on every shift, in order.
Orders = dict[tuple[str, int], list[str]]


class CannotSay(Exception):
    """A solver cannot be told something that a problem asks for; the message says what."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A task: its place, when service may start, what it costs to leave it out (None: it must be done)."""

    place: int
    service_s: int
    windows: list[tuple[int, int]]
    penalty: int | None
    skills: frozenset[int]
    load: list[int]


@dataclasses.dataclass(frozen=True)
class Vehicle:
    """An engineer on a shift; a break is (from_s, until_s, duration_s), begun between the first two."""

    start: int
    end: int
    from_s: int
    until_s: int
    skills: frozenset[int]
    capacity: list[int]
    breaks: list[tuple[int, int, int]]


@dataclasses.dataclass(frozen=True)
class Plain:
    """Jobs and vehicles by number; travel costs its seconds.

    Skills are numbers, each a skill with a least level; loads have a number for every kind of part;
    `shifts` has the engineer and shift of every vehicle, `tasks` the id of every job.
    """

    travel_s: NDArray[np.int64]
    jobs: list[Job]
    vehicles: list[Vehicle]
    skills: int
    tasks: list[str]
    shifts: list[tuple[str, int]]

    def orders(self, jobs_by_vehicle: dict[int, list[int]]) -> Orders:
        """Return a plan by ids from one by numbers."""
        return {
            self.shifts[vehicle]: [self.tasks[job] for job in jobs]
            for vehicle, jobs in jobs_by_vehicle.items()
            if jobs
        }


def plain_of(problem: Problem, *, breaks: bool = True) -> Plain:
    """Return a problem in plain words.

    Parameters
    ----------
    problem : Problem
    breaks : bool
        Whether the solver knows breaks.

    Raises
    ------
    CannotSay
        Something is asked for that a plain routing solver has no word for.
    """
    _refuse_other(problem, "tasks", "engineers", "travel", "weights")
    if len(problem.travel.band_starts_s) > 1:
        raise CannotSay("travel.band_starts_s")
    weights = problem.weights
    plainly = weights.travel_cents_per_hour == 3_600 and weights.unplanned_percent == 100
    if not plainly or any(getattr(weights, name) for name in _OTHER_PRICES):
        raise CannotSay("prices beside a cent for a second of travel")
    needs = sorted({need for task in problem.tasks for need in task.skills})
    kinds = sorted({part for task in problem.tasks for part, _ in task.parts})
    return Plain(
        problem.travel.seconds[0].astype(np.int64),
        [_job(task, needs, kinds) for task in problem.tasks],
        [
            _vehicle(engineer, shift, needs, kinds, breaks)
            for engineer in problem.engineers
            for shift in engineer.shifts
        ],
        len(needs),
        [task.id for task in problem.tasks],
        [(engineer.id, number) for engineer in problem.engineers for number in range(len(engineer.shifts))],
    )


def _job(task: Task, needs: list[tuple[str, int]], kinds: list[str]) -> Job:
    _refuse_other(task, "id", "place", "service_s", "windows", "unplanned_cents", "skills", "parts")
    if not task.windows:
        raise CannotSay("tasks without windows")
    penalty = task.unplanned_cents
    return Job(
        task.place,
        task.service_s,
        sorted(task.windows),
        None if penalty >= REQUIRED_CENTS else penalty,
        frozenset(needs.index(need) for need in task.skills),
        [dict(task.parts).get(kind, 0) for kind in kinds],
    )


def _vehicle(
    engineer: Engineer, shift: Shift, needs: list[tuple[str, int]], kinds: list[str], breaks: bool
) -> Vehicle:
    _refuse_other(engineer, "id", "shifts", "skills", "parts")
    if len(engineer.shifts) > 1 and kinds:
        raise CannotSay("parts in a van over several shifts")
    _refuse_other(shift, "start_s", "end_s", "start_place", "end_place", *(["breaks"] if breaks else []))
    if shift.end_place is None:
        raise CannotSay("shifts without an end place")
    levels = dict(engineer.skills)
    return Vehicle(
        shift.start_place,
        shift.end_place,
        shift.start_s,
        shift.end_s,
        frozenset(number for number, (skill, least) in enumerate(needs) if levels.get(skill, -1) >= least),
        [dict(engineer.parts).get(kind, 0) for kind in kinds],
        [(pause.earliest_start_s, pause.latest_start_s, pause.duration_s) for pause in shift.breaks],
    )


def _refuse_other(thing: Any, *known: str) -> None:
    """Refuse a thing that says more than in the known fields."""
    for field in dataclasses.fields(thing):
        if field.name not in known:
            default = (
                field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            )
            if getattr(thing, field.name) != default:
                raise CannotSay(f"{type(thing).__name__.lower()}.{field.name}")
