"""The routing library of OR-Tools, written as its guides do; it takes no seed."""

import itertools
import time

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.peers.plain import CannotSay, Orders, Plain, plain_of
from optimizer import Problem

#: Its matrices are lists of Python's.
_MOST_NODES = 6_000


def solve(problem: Problem, seconds: float, seed: int, threads: int) -> Orders:
    """Return its plan by cheapest insertion and guided local search, in one thread, if there is one."""
    plain = plain_of(problem)
    began = time.monotonic()
    jobs, vehicles = plain.jobs, plain.vehicles
    ends = sorted({vehicle.start for vehicle in vehicles} | {vehicle.end for vehicle in vehicles})
    node_of = {place: len(jobs) + number for number, place in enumerate(ends)}
    places = [*(job.place for job in jobs), *ends]
    if len(places) > _MOST_NODES:
        raise CannotSay(f"more than {_MOST_NODES} places")
    manager = pywrapcp.RoutingIndexManager(
        len(places),
        len(vehicles),
        [node_of[vehicle.start] for vehicle in vehicles],
        [node_of[vehicle.end] for vehicle in vehicles],
    )
    model = pywrapcp.RoutingModel(manager)
    travel_s = plain.travel_s[np.ix_(places, places)]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(travel_s.tolist()))
    service_s = [*(job.service_s for job in jobs), *(0 for _ in ends)]
    _add_time(model, manager, plain, travel_s + np.array(service_s)[:, None], service_s)
    for kind in range(len(vehicles[0].capacity)):
        loads = [*(job.load[kind] for job in jobs), *(0 for _ in ends)]
        capacities = [vehicle.capacity[kind] for vehicle in vehicles]
        callback = model.RegisterUnaryTransitVector(loads)
        model.AddDimensionWithVehicleCapacity(callback, 0, capacities, True, f"load {kind}")
    for number, job in enumerate(jobs):
        index = manager.NodeToIndex(number)
        if job.penalty is not None:
            model.AddDisjunction([index], job.penalty)
        if job.skills:
            able = [one for one, vehicle in enumerate(vehicles) if job.skills <= vehicle.skills]
            model.VehicleVar(index).SetValues([-1, *able])
    return plain.orders(_searched(model, manager, len(jobs), seconds - (time.monotonic() - began)))


def _add_time(
    model: pywrapcp.RoutingModel,
    manager: pywrapcp.RoutingIndexManager,
    plain: Plain,
    transit_s: NDArray[np.int64],
    service_s: list[int],
) -> None:
    until_s = max(vehicle.until_s for vehicle in plain.vehicles)
    callback = model.RegisterTransitMatrix(transit_s.tolist())
    model.AddDimension(callback, until_s, until_s, False, "time")
    time_of = model.GetDimensionOrDie("time")
    for number, job in enumerate(plain.jobs):
        begin = time_of.CumulVar(manager.NodeToIndex(number))
        begin.SetRange(job.windows[0][0], min(job.windows[-1][1], until_s))
        for (_, closed_s), (open_s, _) in itertools.pairwise(job.windows):
            begin.RemoveInterval(closed_s + 1, open_s - 1)
    by_index = [service_s[manager.IndexToNode(index)] for index in range(model.Size())]
    for number, vehicle in enumerate(plain.vehicles):
        for index in (model.Start(number), model.End(number)):
            time_of.CumulVar(index).SetRange(vehicle.from_s, vehicle.until_s)
        pauses = [
            model.solver().FixedDurationIntervalVar(
                earliest_s, latest_s, duration_s, False, f"break {number}"
            )
            for earliest_s, latest_s, duration_s in vehicle.breaks
        ]
        if pauses:
            time_of.SetBreakIntervalsOfVehicle(pauses, number, by_index)


def _searched(
    model: pywrapcp.RoutingModel, manager: pywrapcp.RoutingIndexManager, jobs: int, seconds: float
) -> dict[int, list[int]]:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(max(1, int(1_000 * seconds)))
    found = model.SolveWithParameters(parameters)
    routes: dict[int, list[int]] = {}
    for vehicle in range(model.vehicles() if found else 0):
        index = found.Value(model.NextVar(model.Start(vehicle)))
        while not model.IsEnd(index):
            routes.setdefault(vehicle, []).append(manager.IndexToNode(index))
            index = found.Value(model.NextVar(index))
    return routes
