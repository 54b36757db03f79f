"""Reads the generated field-service days, where they are to be had."""

import json
import os
from pathlib import Path

import numpy as np

from optimizer import Break, Engineer, Problem, Shift, Task, Travel, Weights

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def path_of_day(name: str) -> Path:
    """Return where a day would be."""
    return Path(os.environ.get("PAIDAN_SHARED_DATA", _SHARED)) / "field_service" / f"{name}.json"


def problem_of_day(name: str, lunch: bool = False) -> Problem:
    """Return a day under its own objective: a cent a second of travel, and the penalties."""
    day = json.loads(path_of_day(name).read_text())
    jobs, crew = day["jobs"], day["engineers"]
    points = [(job["x_km"], job["y_km"]) for job in jobs]
    points += [tuple(one["start_km"]) for one in crew] + [tuple(one["end_km"]) for one in crew]
    xy = np.array(points, dtype=np.float32)
    seconds = np.empty((len(points), len(points)), dtype=np.int32)
    for row, here in zip(seconds, xy, strict=True):  # all at once would hold several such matrices
        km = np.sqrt(((xy - here) ** 2).sum(axis=1))
        row[:] = np.where(km > 0, np.ceil(1.3 * km / 45 * 3600 + 60), 0)
    tasks = tuple(
        Task(
            id=f"job {job['id']}",
            place=number,
            service_s=job["service_s"],
            windows=((job["start_from_s"], job["start_until_s"]),),
            unplanned_cents=job["penalty_s"],
            skills=tuple((str(skill), 1) for skill in job["skills"]),
        )
        for number, job in enumerate(jobs)
    )
    rest = day["lunch"]
    pause = Break(rest["duration_s"], rest["start_from_s"], rest["start_until_s"])
    engineers = tuple(
        Engineer(
            id=f"engineer {one['id']}",
            skills=tuple((str(skill), 1) for skill in one["skills"]),
            shifts=(
                Shift(
                    start_s=one["shift_from_s"],
                    end_s=one["shift_until_s"],
                    start_place=len(jobs) + number,
                    end_place=len(jobs) + len(crew) + number,
                    breaks=(pause,) if lunch else (),
                ),
            ),
        )
        for number, one in enumerate(crew)
    )
    return Problem(tasks, engineers, Travel(seconds), weights=ONLY_TRAVEL)


ONLY_TRAVEL = Weights(
    travel_cents_per_hour=3_600,
    distance_cents_per_km=0,
    lateness_cents_per_hour=0,
    overtime_cents_per_hour=0,
    spread_cents_per_hour=0,
    change_engineer_cents=0,
    change_time_cents_per_hour=0,
    promise_cents=0,
    preference_cents=0,
    overskill_cents_per_level=0,
    empty_engineer_cents=0,
)
