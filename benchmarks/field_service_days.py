"""Field-service days: read from the shared files, and posed as problems.

A day is what its JSON says, jobs and engineers foremost. `lunch` is there only where breaks are to be taken.
Days made up by `generator` may also have parts, depots, pairs of jobs to be done at once, several windows a
job and several shifts an engineer.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import require, shared
from optimizer import Break, Depot, Engineer, Link, Problem, Shift, Task, Travel
from tests.optimizer.field_service import ONLY_TRAVEL

Day = dict[str, Any]

#: When lunch begins, and how long it takes, in the files as in the days made up.
LUNCH = {"start_from_s": 41_400, "start_until_s": 48_600, "duration_s": 1_800}
_LUNCH = "-lunch"
_DAY_S = 86_400


def read(instance: str) -> Day:
    """Return a day of the files, such as fs-500 or fs-500-lunch."""
    path = require(shared("field_service", f"{instance.removesuffix(_LUNCH)}.json"))
    day: Day = json.loads(path.read_text(encoding="utf-8"))
    if not instance.endswith(_LUNCH):
        del day["lunch"]
    return day


def windows_of(job: Mapping[str, Any]) -> list[list[int]]:
    """Return when service of a job may start."""
    found: list[list[int]] = job.get("windows") or [[job["start_from_s"], job["start_until_s"]]]
    return found


def shifts_of(one: Mapping[str, Any]) -> list[list[int]]:
    """Return when an engineer works."""
    found: list[list[int]] = one.get("shifts") or [[one["shift_from_s"], one["shift_until_s"]]]
    return found


def problem_of(day: Day) -> Problem:
    """Return a day under its own objective: a cent a second of travel, and the penalties.

    Tasks are `job 0`, `job 1` …, engineers `engineer 0`, `engineer 1` …, depots `depot 0` …
    """
    jobs, crew, depots = day["jobs"], day["engineers"], day.get("depots", [])
    points = [(job["x_km"], job["y_km"]) for job in jobs]
    points += [tuple(one["start_km"]) for one in crew] + [tuple(one["end_km"]) for one in crew]
    points += [(depot["x_km"], depot["y_km"]) for depot in depots]
    tasks = tuple(
        Task(
            id=f"job {job['id']}",
            place=number,
            service_s=job["service_s"],
            windows=tuple((from_s, until_s) for from_s, until_s in windows_of(job)),
            unplanned_cents=job["penalty_s"],
            skills=_levels(job),
            parts=_counts(job),
        )
        for number, job in enumerate(jobs)
    )
    engineers = tuple(
        Engineer(
            id=f"engineer {one['id']}",
            skills=_levels(one),
            parts=_counts(one),
            shifts=tuple(
                Shift(
                    start_s=from_s,
                    end_s=until_s,
                    start_place=len(jobs) + number,
                    end_place=len(jobs) + len(crew) + number,
                    breaks=_breaks(day, from_s),
                )
                for from_s, until_s in shifts_of(one)
            ),
        )
        for number, one in enumerate(crew)
    )
    return Problem(
        tasks,
        engineers,
        Travel(_travel_s(points)),
        depots=tuple(
            Depot(
                id=f"depot {depot['id']}",
                place=len(jobs) + 2 * len(crew) + number,
                service_s=depot["service_s"],
                windows=tuple((from_s, until_s) for from_s, until_s in depot["windows"]),
                parts=_counts(depot),
            )
            for number, depot in enumerate(depots)
        ),
        links=tuple(
            Link(
                before=f"job {one}",
                after=f"job {other}",
                max_gap_s=0,
                measured_from="start",
                engineers="different",
            )
            for one, other in day.get("pairs", [])
        ),
        weights=ONLY_TRAVEL,
    )


def _levels(thing: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((str(skill), 1) for skill in thing["skills"])


def _counts(thing: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(thing.get("parts", {}).items()))


def _breaks(day: Day, from_s: int) -> tuple[Break, ...]:
    if "lunch" not in day:
        return ()
    rest, midnight_s = day["lunch"], from_s // _DAY_S * _DAY_S
    return (Break(rest["duration_s"], midnight_s + rest["start_from_s"], midnight_s + rest["start_until_s"]),)


def _travel_s(points: Sequence[tuple[float, ...]]) -> NDArray[np.int32]:
    xy = np.array(points, dtype=np.float32)
    seconds = np.empty((len(points), len(points)), dtype=np.int32)
    for row, here in zip(seconds, xy, strict=True):  # all at once would hold several such matrices
        km = np.sqrt(((xy - here) ** 2).sum(axis=1))
        row[:] = np.where(km > 0, np.ceil(1.3 * km / 45 * 3600 + 60), 0)
    return seconds
