"""The instances of Solomon and of Gehring and Homberger in the DIMACS convention, as a problem and judged.

Distances are Euclidean and truncated to one decimal; travel takes as long as it is far. Everything is
counted in tenths. The judge reads the file and the orders alone and shares no code with the optimizer.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.data import require, shared
from benchmarks.peers.plain import REQUIRED_CENTS, Orders
from optimizer import Engineer, Problem, Shift, Task, Travel
from tests.optimizer.field_service import ONLY_TRAVEL

_LOAD = "load"


@dataclass(frozen=True)
class Customer:
    """A line of an instance, the depot first; service begins between `ready` and `due`."""

    id: str
    x: float
    y: float
    demand: int
    ready: int
    due: int
    service: int


@dataclass(frozen=True)
class Instance:
    """What a file says."""

    vehicles: int
    capacity: int
    customers: list[Customer]


def file_of(instance: str) -> Path:
    """Return the file of an instance."""
    return require(shared("vrptw", f"{instance}.txt"))


def read(path: Path) -> Instance:
    """Return what a file in Solomon's format says."""
    numbers = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    fleet, *customers = [line for line in numbers if line and line[0].isdigit()]
    return Instance(
        int(fleet[0]),
        int(fleet[1]),
        [
            Customer(line[0], float(line[1]), float(line[2]), *(int(word) for word in line[3:7]))
            for line in customers
        ],
    )


def problem(instance: Instance) -> Problem:
    """Return an instance as work for as many engineers as it has vehicles: a cent for a tenth of distance."""
    depot, *customers = instance.customers
    xy = np.array([(one.x, one.y) for one in instance.customers])
    far = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(axis=2))
    shift = Shift(start_s=10 * depot.ready, end_s=10 * depot.due, start_place=0, end_place=0)
    return Problem(
        tuple(
            Task(
                id=one.id,
                place=place,
                service_s=10 * one.service,
                windows=((10 * one.ready, 10 * one.due),),
                unplanned_cents=REQUIRED_CENTS,
                parts=((_LOAD, one.demand),) if one.demand else (),
            )
            for place, one in enumerate(customers, 1)
        ),
        tuple(
            Engineer(id=f"vehicle {number}", shifts=(shift,), parts=((_LOAD, instance.capacity),))
            for number in range(instance.vehicles)
        ),
        Travel((10 * far).astype(np.int64)),
        weights=ONLY_TRAVEL,
    )


def judge(instance: Instance, orders: Orders) -> tuple[int, int, list[str]]:
    """Return the distance driven [tenths], how many customers are left out, and what is wrong.

    Parameters
    ----------
    instance : Instance
    orders : dict
        The ids of the customers of every vehicle, in order; each is served as early as can be.
    """
    depot = instance.customers[0]
    customers = {one.id: one for one in instance.customers[1:]}
    routes = [order for order in orders.values() if order]
    wrong = [f"{len(routes)} vehicles of {instance.vehicles}"] if len(routes) > instance.vehicles else []
    visits = [id for order in routes for id in order]
    wrong += [f"customer {id} is not known" for id in sorted(set(visits) - set(customers))]
    wrong += [f"customer {id} is served twice" for id in sorted(set(customers)) if visits.count(id) > 1]
    total = 0
    for order in routes:
        stops = [customers[id] for id in order if id in customers]
        if sum(one.demand for one in stops) > instance.capacity:
            wrong.append(f"too much for the vehicle that begins at {order[0]}")
        here, free = depot, 10 * depot.ready
        for one in [*stops, depot]:
            far = math.floor(10 * math.hypot(one.x - here.x, one.y - here.y))
            total, begin = total + far, max(free + far, 10 * one.ready)
            if begin > 10 * one.due:
                wrong.append(f"late at {one.id} in the route that begins at {order[0]}")
            here, free = one, begin + 10 * one.service
    return total, len(set(customers) - set(visits)), wrong
