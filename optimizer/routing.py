"""Second opinion: the routing model of OR-Tools, searched from a draft that already stands.

Sources: OR-Tools 9.15 routing library; guided local search of Voudouris and Tsang (1999).
"""

import time
import weakref
from collections.abc import Callable

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from optimizer.draft import Draft
from optimizer.routing_model import SCALE, RoutingModel

_MOST_STEP_MS = 5_000


def improved_orders(
    draft: Draft,
    until: float,
    should_stop: Callable[[], bool],
    on_better: Callable[[int, int], None],
) -> list[list[int]] | None:
    """Return better orders than a draft's by vehicle, None where nothing was found in time.

    Parameters
    ----------
    draft : Draft
        Where the search begins; not changed.
    until : float
        Moment of `time.monotonic` at which to stop.
    should_stop : callable
        Asked several times a second.
    on_better : callable
        Called with cost [cents, as the model counts] and tasks left out, a few times a second
        at most, whenever the plan got cheaper.
    """
    if not draft.arrays.vehicles or not draft.arrays.visits:
        return None
    built = RoutingModel(draft)
    model = built.model
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    model.AddSearchMonitor(model.solver().CustomLimit(_limit(until, should_stop)))
    model.AddAtSolutionCallback(_reporter(built, on_better))
    remaining_s = until - time.monotonic()
    if remaining_s <= 0:
        return None
    parameters.time_limit.FromMilliseconds(max(1, int(remaining_s * 1_000)))
    # Placing the breaks of the plan to begin from counts as one step of large neighbourhood search: with
    # the default of 0.1 s a busy machine fails at it, and with it the whole search.
    parameters.lns_time_limit.FromMilliseconds(_MOST_STEP_MS)
    model.CloseModelWithParameters(parameters)
    begin = model.ReadAssignmentFromRoutes(
        [[task for task in order if draft.arrays.is_task(task)] for order in draft.orders], True
    )
    if begin is None:
        found = model.SolveWithParameters(parameters)
    else:
        found = model.SolveFromAssignmentWithParameters(begin, parameters)
    return None if found is None else _orders(built, found)


def _limit(until: float, should_stop: Callable[[], bool]) -> Callable[[], bool]:
    asked_at, stopped = 0.0, False

    def reached() -> bool:
        nonlocal asked_at, stopped
        now = time.monotonic()
        if not stopped and now - asked_at > 0.05:
            asked_at, stopped = now, now >= until or should_stop()
        return stopped

    return reached


def _reporter(built: RoutingModel, on_better: Callable[[int, int], None]) -> Callable[[], None]:
    # The model keeps what it calls, unseen by Python: if that kept the model, both would stay for ever.
    best, told_at, model = float("inf"), 0.0, weakref.proxy(built.model)
    indexes = [built.manager.NodeToIndex(task) for task in range(len(built.arrays.visits))]

    def report() -> None:
        nonlocal best, told_at
        cost, now = model.CostVar().Max(), time.monotonic()
        if cost < best and now - told_at > 0.25:
            best, told_at = cost, now
            left_out = sum(model.NextVar(index).Value() == index for index in indexes)
            on_better(cost // SCALE, left_out)

    return report


def _orders(built: RoutingModel, assignment: pywrapcp.Assignment) -> list[list[int]]:
    model, orders = built.model, []
    for vehicle in range(len(built.arrays.vehicles)):
        order, index = [], assignment.Value(model.NextVar(model.Start(vehicle)))
        while not model.IsEnd(index):
            order.append(built.manager.IndexToNode(index))
            index = assignment.Value(model.NextVar(index))
        orders.append(order)
    return orders
