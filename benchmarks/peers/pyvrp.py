"""PyVRP; skills are loads, of which who lacks the skill can carry none. It knows no breaks.

A job of several windows is as many clients, of whom one is served. It searches in one thread: with several,
as many searches run beside each other and the best plan counts.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pyvrp
from pyvrp.stop import MaxRuntime

from benchmarks.peers.plain import Job, Orders, Plain, Vehicle, plain_of
from optimizer import Problem

#: What the best plan costs and its jobs by vehicle, if there is one that keeps the rules.
Found = tuple[float, dict[int, list[int]]] | None


def solve(problem: Problem, seconds: float, seed: int, threads: int) -> Orders:
    """Return its best plan; nothing where it found none that keeps the rules."""
    plain = plain_of(problem, breaks=False)
    if threads == 1:
        every = [_search(plain, seconds, seed)]
    else:
        context = multiprocessing.get_context("spawn")
        seeds = [seed * threads + number for number in range(threads)]
        with ProcessPoolExecutor(threads, mp_context=context) as pool:
            every = list(pool.map(_search, [plain] * threads, [seconds] * threads, seeds))
    found = [one for one in every if one is not None]
    return plain.orders(min(found, key=lambda one: one[0])[1]) if found else {}


def _search(plain: Plain, seconds: float, seed: int) -> Found:
    alike = _alike(plain.vehicles)
    clients = [number for number, job in enumerate(plain.jobs) for _ in job.windows]
    found = pyvrp.solve(
        _asked(plain, alike), stop=MaxRuntime(seconds), seed=seed, display=False, collect_stats=False
    )
    if not found.is_feasible():
        return None
    return found.cost(), {
        alike[route.vehicle_type()].pop(): [clients[step.idx] for step in route if step.is_client()]
        for route in found.best.routes()
    }


def _alike(vehicles: list[Vehicle]) -> list[list[int]]:
    """Return the vehicles by number, together those between which there is no difference."""
    found: list[list[int]] = []
    for number, vehicle in enumerate(vehicles):
        for group in found:
            if vehicles[group[0]] == vehicle:
                group.append(number)
                break
        else:
            found.append([number])
    return found


def _asked(plain: Plain, alike: list[list[int]]) -> pyvrp.ProblemData:
    places = sorted(
        {vehicle.start for vehicle in plain.vehicles} | {vehicle.end for vehicle in plain.vehicles}
    )
    depot_of = {place: number for number, place in enumerate(places)}
    clients: list[pyvrp.Client] = []
    groups: list[pyvrp.ClientGroup] = []
    for job in plain.jobs:
        several = len(job.windows) > 1
        if several:
            mine = range(len(clients), len(clients) + len(job.windows))
            groups.append(pyvrp.ClientGroup(list(mine), required=job.penalty is None))
        group = len(groups) - 1 if several else None
        clients += [_client(plain, job, window, group) for window in job.windows]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in plain.travel_s],
        clients=clients,
        groups=groups,
        depots=[pyvrp.Depot(place) for place in places],
        vehicle_types=[_type(plain, plain.vehicles[group[0]], len(group), depot_of) for group in alike],
        distance_matrices=[plain.travel_s],
        duration_matrices=[plain.travel_s],
    )


def _client(plain: Plain, job: Job, window: tuple[int, int], group: int | None) -> pyvrp.Client:
    return pyvrp.Client(
        location=job.place,
        delivery=[*job.load, *(int(skill in job.skills) for skill in range(plain.skills))],
        service_duration=job.service_s,
        tw_early=window[0],
        tw_late=window[1],
        prize=job.penalty or 0,
        required=job.penalty is None and group is None,
        group=group,
    )


def _type(plain: Plain, vehicle: Vehicle, count: int, depot_of: dict[int, int]) -> pyvrp.VehicleType:
    all_jobs = len(plain.jobs)
    return pyvrp.VehicleType(
        num_available=count,
        capacity=[
            *vehicle.capacity,
            *(all_jobs * (skill in vehicle.skills) for skill in range(plain.skills)),
        ],
        start_depot=depot_of[vehicle.start],
        end_depot=depot_of[vehicle.end],
        tw_early=vehicle.from_s,
        tw_late=vehicle.until_s,
    )
