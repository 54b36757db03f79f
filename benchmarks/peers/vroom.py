"""VROOM by pyvroom: skills, breaks and loads are its own words; it takes no seed."""

from datetime import timedelta

import vroom

from benchmarks.peers.plain import Orders, Plain, plain_of
from optimizer import Problem

_MOST_PRIORITY = 100


def solve(problem: Problem, seconds: float, seed: int, threads: int) -> Orders:
    """Return the plan of its longest exploration.

    What a job left out costs becomes its priority, which is all VROOM knows of it.
    """
    plain = plain_of(problem)
    asked = vroom.Input()
    asked.set_durations_matrix("car", plain.travel_s)
    most = max((job.penalty for job in plain.jobs if job.penalty), default=1)
    for number, job in enumerate(plain.jobs):
        priority = _MOST_PRIORITY if job.penalty is None else round(_MOST_PRIORITY * job.penalty / most)
        asked.add_job(
            vroom.Job(
                number,
                job.place,
                default_service=job.service_s,
                delivery=vroom.Amount(job.load),
                skills=set(job.skills),
                priority=priority,
                time_windows=[vroom.TimeWindow(from_s, until_s) for from_s, until_s in job.windows],
            )
        )
    for number, vehicle in enumerate(plain.vehicles):
        asked.add_vehicle(
            vroom.Vehicle(
                number,
                start=vehicle.start,
                end=vehicle.end,
                capacity=vroom.Amount(vehicle.capacity),
                skills=set(vehicle.skills),
                time_window=vroom.TimeWindow(vehicle.from_s, vehicle.until_s),
                breaks=[
                    vroom.Break(at, time_windows=[vroom.TimeWindow(from_s, until_s)], service=duration_s)
                    for at, (from_s, until_s, duration_s) in enumerate(vehicle.breaks)
                ],
            )
        )
    found = asked.solve(exploration_level=5, nb_threads=threads, timeout=timedelta(seconds=seconds))
    return plain.orders(_routes(plain, found.routes.to_dict("records")))


def _routes(plain: Plain, steps: list[dict[str, object]]) -> dict[int, list[int]]:
    routes: dict[int, list[int]] = {number: [] for number in range(len(plain.vehicles))}
    for step in steps:
        if step["type"] == "job":
            routes[int(str(step["vehicle_id"]))].append(int(str(step["id"])))
    return routes
