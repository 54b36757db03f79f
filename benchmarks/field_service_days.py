"""The generated field-service days: read as a problem, and a plan of one judged by the set's own rules.

The judge reads the day's file and the orders alone and shares no code with the problem or the optimizer.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import require, shared
from optimizer import Problem
from tests.optimizer.field_service import problem_of_day

LUNCH = "-lunch"


def file_of(instance: str) -> Path:
    """Return the file of a day, with or without lunch."""
    return require(shared("field_service", f"{instance.removesuffix(LUNCH)}.json"))


def problem(instance: str) -> Problem:
    """Return a day, such as fs-500 or fs-500-lunch, under its own objective."""
    return problem_of_day(instance.removesuffix(LUNCH), instance.endswith(LUNCH))


def judge(instance: str, orders: dict[str, list[str]]) -> tuple[int, int, list[str]]:
    """Return what a plan costs, how many jobs it leaves out, and what is wrong with it.

    Parameters
    ----------
    instance : str
    orders : dict
        The ids of the jobs of every engineer, in order; an engineer does each as early as can be.
    """
    day = json.loads(file_of(instance).read_text(encoding="utf-8"))
    jobs = {f"job {job['id']}": job for job in day["jobs"]}
    crew = {f"engineer {one['id']}": one for one in day["engineers"]}
    wrong = [f"{engineer} is not of the crew" for engineer in orders if engineer not in crew]
    done: set[str] = set()
    cost = 0
    for engineer in sorted(set(orders) & set(crew)):
        known = [job for job in orders[engineer] if job in jobs]
        wrong += [f"{job} is not of the day" for job in orders[engineer] if job not in jobs]
        for job in known:
            if job in done:
                wrong.append(f"{job} is done twice")
            done.add(job)
            lacking = set(jobs[job]["skills"]) - set(crew[engineer]["skills"])
            wrong += [f"{engineer} has not skill {skill} for {job}" for skill in sorted(lacking)]
        if known:
            pause = day["lunch"] if instance.endswith(LUNCH) else None
            travel_s, late = _walk(crew[engineer], [jobs[job] for job in known], pause)
            cost += travel_s
            wrong += [f"{engineer}: {what}" for what in late]
    left_out = set(jobs) - done
    return cost + sum(jobs[job]["penalty_s"] for job in left_out), len(left_out), wrong


def _walk(
    one: dict[str, Any], jobs: list[dict[str, Any]], pause: dict[str, int] | None
) -> tuple[int, list[str]]:
    """Return the seconds of travel of a route, and where it comes too late.

    Two clocks run, each as early as can be: that of an engineer who has still to rest, and that of one
    who has rested. The first ends where lunch can no more begin in time.
    """
    fresh_s: int | None = one["shift_from_s"]
    rested_s: int | None = None if pause else fresh_s
    place, total_s, late = one["start_km"], 0, []
    stops = [([job["x_km"], job["y_km"]], job) for job in jobs]
    for there, job in [*stops, (one["end_km"], None)]:
        way_s = _travel_s(place, there)
        total_s, place = total_s + way_s, there
        rested_s = None if rested_s is None else rested_s + way_s
        if fresh_s is not None and pause and fresh_s <= pause["start_until_s"]:
            # Lunch on the way or on arrival: once it may begin, it takes its time out of the way.
            after_s = max(fresh_s + way_s, pause["start_from_s"]) + pause["duration_s"]
            rested_s = after_s if rested_s is None else min(rested_s, after_s)
        fresh_s = None if fresh_s is None or not pause else fresh_s + way_s
        if job is None:
            break
        fresh_s, rested_s = (_served(moment_s, job) for moment_s in (fresh_s, rested_s))
        if fresh_s is None and rested_s is None:
            return total_s, [*late, f"job {job['id']} cannot begin in its window"]
    if not pause:
        fresh_s = None
    if fresh_s is not None and pause and max(fresh_s, pause["start_from_s"]) <= pause["start_until_s"]:
        rested_s = fresh_s if rested_s is None else min(rested_s, fresh_s)  # lunch after the last way
    if rested_s is None:
        late.append("no lunch")
    elif rested_s > one["shift_until_s"]:
        late.append("back after the shift")
    return total_s, late


def _served(moment_s: int | None, job: dict[str, Any]) -> int | None:
    if moment_s is None or moment_s > job["start_until_s"]:
        return None
    begin_s: int = max(moment_s, job["start_from_s"])
    return begin_s + job["service_s"]


def _travel_s(here: list[float], there: list[float]) -> int:
    a, b = np.array(here, dtype=np.float32), np.array(there, dtype=np.float32)
    km = np.sqrt(((a - b) ** 2).sum())
    return int(np.ceil(1.3 * km / 45 * 3600 + 60)) if km > 0 else 0
