"""The rules of field-service days: what a plan costs and what is wrong with it, whoever made it.

Reads the day alone and shares no code with the problem or the optimizer. An answer is judged either as
orders, where every engineer does each job as early as can be, or with its times, which pairs and depots
need. The cost is the seconds of travel and the penalties of the jobs left out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.field_service_days import Day, shifts_of, windows_of

_DAY_S = 86_400


@dataclass(frozen=True)
class Halt:
    """A job, or a depot where parts are fetched, and when service begins and ends [s]."""

    id: str
    start_s: int
    end_s: int
    fetched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Tour:
    """The work of an engineer on one of the shifts, by number; breaks are from and until [s]."""

    engineer: str
    shift: int
    leave_s: int
    halts: Sequence[Halt]
    end_s: int
    breaks: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Judgement:
    """What a plan costs, how many jobs it leaves out, and a sentence for every rule it breaks."""

    cost: int
    left_out: int
    broken: list[str]


def needs_times(day: Day) -> bool:
    """Tell whether orders alone do not say what a plan for the day is."""
    return "pairs" in day or "depots" in day


def judge_orders(day: Day, orders: Mapping[tuple[str, int], Sequence[str]]) -> Judgement:
    """Judge who does which jobs on which shift in what order, for a day that does not need times."""
    jobs = {f"job {job['id']}": job for job in day["jobs"]}
    crew = {f"engineer {one['id']}": one for one in day["engineers"]}
    wrong: list[str] = []
    travel_s, done = 0, Counter[str]()
    vans = {engineer: Counter(one.get("parts", {})) for engineer, one in crew.items()}
    for (engineer, shift), order in sorted(orders.items()):
        if engineer not in crew or not 0 <= shift < len(shifts_of(crew[engineer])):
            wrong.append(f"{engineer} has no shift {shift}")
            continue
        wrong += [f"{job} is not of the day" for job in order if job not in jobs]
        known = [jobs[job] for job in order if job in jobs]
        if not known:
            continue
        done.update(job for job in order if job in jobs)
        wrong += _lacking(engineer, crew[engineer], known)
        for job in known:
            vans[engineer].subtract(job.get("parts", {}))
        way_s, late = _walk(crew[engineer], shift, known, day.get("lunch"))
        travel_s += way_s
        wrong += [f"{engineer}: {what}" for what in late]
    for engineer, van in vans.items():
        wrong += [f"{engineer} has not enough of {part}" for part, left in van.items() if left < 0]
    return _judged(travel_s, jobs, done, wrong)


def _judged(
    travel_s: int, jobs: Mapping[str, dict[str, Any]], done: Counter[str], wrong: list[str]
) -> Judgement:
    wrong += [f"{job} is done {times} times" for job, times in sorted(done.items()) if times > 1]
    left_out = [job["penalty_s"] for id_, job in jobs.items() if id_ not in done]
    return Judgement(travel_s + sum(left_out), len(left_out), wrong)


def _lacking(engineer: str, one: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for job in jobs:
        for skill in sorted(set(job["skills"]) - set(one["skills"])):
            yield f"{engineer} has not skill {skill} for job {job['id']}"


def _walk(
    one: Mapping[str, Any], shift: int, jobs: Sequence[Mapping[str, Any]], pause: dict[str, int] | None
) -> tuple[int, list[str]]:
    """Return the seconds of travel of a route, and where it comes too late.

    Two clocks run, each as early as can be: that of an engineer who has still to rest, and that of one
    who has rested. The first ends where lunch can no more begin in time.
    """
    from_s, until_s = shifts_of(one)[shift]
    if pause:
        midnight_s = from_s // _DAY_S * _DAY_S
        pause = {name: value + midnight_s * (name != "duration_s") for name, value in pause.items()}
    fresh_s: int | None = from_s
    rested_s: int | None = None if pause else fresh_s
    late: list[str] = []
    place, total_s = one["start_km"], 0
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
    elif rested_s > until_s:
        late.append("back after the shift")
    return total_s, late


def _served(moment_s: int | None, job: Mapping[str, Any]) -> int | None:
    """Return when the earliest service from a moment on ends; None where no window is left."""
    left = [] if moment_s is None else [max(moment_s, a) for a, b in windows_of(job) if moment_s <= b]
    return min(left) + int(job["service_s"]) if left else None


def _travel_s(here: list[float], there: list[float]) -> int:
    a, b = np.array(here, dtype=np.float32), np.array(there, dtype=np.float32)
    km = np.sqrt(((a - b) ** 2).sum())
    return int(np.ceil(1.3 * km / 45 * 3600 + 60)) if km > 0 else 0


def judge_tours(day: Day, tours: Sequence[Tour]) -> Judgement:
    """Judge a plan by its times, for any day."""
    jobs = {f"job {job['id']}": job for job in day["jobs"]}
    depots = {f"depot {depot['id']}": depot for depot in day.get("depots", [])}
    crew = {f"engineer {one['id']}": one for one in day["engineers"]}
    wrong: list[str] = []
    known: list[Tour] = []
    for tour in tours:
        if tour.engineer not in crew or not 0 <= tour.shift < len(shifts_of(crew[tour.engineer])):
            wrong.append(f"{tour.engineer} has no shift {tour.shift}")
        elif any(halt.id not in jobs and halt.id not in depots for halt in tour.halts):
            wrong.append(f"{tour.engineer} goes to a place that is not of the day")
        else:
            known.append(tour)
    wrong += [
        f"{engineer} works shift {shift} {times} times"
        for (engineer, shift), times in Counter((tour.engineer, tour.shift) for tour in known).items()
        if times > 1
    ]
    travel_s, places = 0, jobs | depots
    for tour in known:
        one = crew[tour.engineer]
        wrong += _lacking(tour.engineer, one, [jobs[halt.id] for halt in tour.halts if halt.id in jobs])
        way_s, mistimed = _timed(tour, one, places, day.get("lunch"))
        travel_s += way_s
        wrong += [f"{tour.engineer}: {what}" for what in mistimed]
    wrong += _unsupplied(known, crew, jobs, depots)
    wrong += _unpaired(day, known)
    done = Counter(halt.id for tour in known for halt in tour.halts if halt.id in jobs)
    return _judged(travel_s, jobs, done, wrong)


def _timed(
    tour: Tour, one: Mapping[str, Any], places: Mapping[str, Mapping[str, Any]], pause: dict[str, int] | None
) -> tuple[int, list[str]]:
    """Return the seconds of travel of a tour, and what is wrong with its times.

    Between leaving and the next service there must be time for the way, breaks taken off.
    """
    from_s, until_s = shifts_of(one)[tour.shift]
    wrong = [] if from_s <= tour.leave_s and tour.end_s <= until_s else ["away outside the shift"]
    total_s, place, free_s = 0, one["start_km"], tour.leave_s
    for halt in [*tour.halts, None]:
        at = places[halt.id] if halt else None
        there = [at["x_km"], at["y_km"]] if at else one["end_km"]
        begin_s = halt.start_s if halt else tour.end_s
        way_s = _travel_s(place, there)
        rest_s = sum(max(0, min(b, begin_s) - max(a, free_s)) for a, b in tour.breaks)
        if begin_s - free_s - rest_s < way_s:
            wrong.append(f"no time for the way to {halt.id if halt else 'the end'}")
        total_s, place = total_s + way_s, there
        if halt and at:
            if halt.end_s - halt.start_s != at["service_s"]:
                wrong.append(f"{halt.id} takes {halt.end_s - halt.start_s} s")
            if not any(first_s <= halt.start_s <= last_s for first_s, last_s in windows_of(at)):
                wrong.append(f"{halt.id} begins outside its windows")
            if any(a < halt.end_s and halt.start_s < b for a, b in tour.breaks):
                wrong.append(f"{halt.id} is interrupted")
            free_s = halt.end_s
    return total_s, wrong + list(_misrested(tour, from_s, pause))


def _misrested(tour: Tour, from_s: int, pause: dict[str, int] | None) -> Iterator[str]:
    if len(tour.breaks) != (pause is not None):
        yield f"{len(tour.breaks)} breaks"
    if pause is None:
        return
    for begin_s, end_s in tour.breaks:
        in_day_s = begin_s - from_s // _DAY_S * _DAY_S
        if not pause["start_from_s"] <= in_day_s <= pause["start_until_s"]:
            yield "lunch at a wrong time"
        if end_s - begin_s != pause["duration_s"]:
            yield "lunch of a wrong length"


def _unsupplied(
    tours: Sequence[Tour],
    crew: Mapping[str, Mapping[str, Any]],
    jobs: Mapping[str, Mapping[str, Any]],
    depots: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    vans = {engineer: Counter(one.get("parts", {})) for engineer, one in crew.items()}
    shelves = {id_: Counter(depot["parts"]) for id_, depot in depots.items()}
    for tour in sorted(tours, key=lambda tour: tour.shift):
        van = vans[tour.engineer]
        for halt in tour.halts:
            if any(count < 0 for count in halt.fetched.values()) or (halt.fetched and halt.id in jobs):
                yield f"{tour.engineer} fetches at {halt.id} what cannot be fetched"
            elif halt.id in depots:
                shelves[halt.id].subtract(halt.fetched)
                van.update(halt.fetched)
                continue
            for part, count in jobs.get(halt.id, {}).get("parts", {}).items():
                van[part] -= count
                if van[part] < 0:
                    yield f"{tour.engineer} has not enough of {part} for {halt.id}"
    for id_, shelf in shelves.items():
        for part, left in shelf.items():
            if left < 0:
                yield f"{id_} has not enough of {part}"


def _unpaired(day: Day, tours: Sequence[Tour]) -> Iterator[str]:
    found = {halt.id: (halt.start_s, tour.engineer) for tour in tours for halt in tour.halts}
    for pair in day.get("pairs", []):
        one, other = (f"job {number}" for number in pair)
        first, second = found.get(one), found.get(other)
        if (first is None) != (second is None):
            yield f"{one} without {other}" if first else f"{other} without {one}"
        elif first and second and (first[0] != second[0] or first[1] == second[1]):
            yield f"{one} and {other} are not done by two at once"
