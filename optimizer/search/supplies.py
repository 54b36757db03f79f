"""Kernels of parts and tools: what is used up of a van, what is fetched at depots on the way, and for whom.

As `optimizer.supply` has it: the van first, in the order of stops, then the last depot before on the route
that has what is needed.
"""

import numpy as np

from optimizer.search.data import NEVER
from optimizer.search.rides import compiled

#: Signs: what is counted in, or out again.
IN, OUT = np.int64(1), np.int64(-1)


@compiled
def is_pickup(d, task):
    """Tell whether a stop is at a depot."""
    return task >= d.price[0].tasks


@compiled
def has_depots(d):
    """Tell whether anything can be fetched on the way."""
    return d.shelf.shape[0] > 0


@compiled
def _source(d, s, vehicle, at, kind):
    """Return the last depot before a position of a route that has a kind of thing, -1 for none."""
    for number in range(at - 1, -1, -1):
        depot = s.route[vehicle, number] - d.price[0].tasks
        if depot >= 0 and d.offers[depot, kind]:
            return depot
    return np.int64(-1)


@compiled
def _use(d, s, vehicle, at, number, sign):
    """Count what a need takes from van and depot in or out; tell whether it is there."""
    engineer, kind, may_lack = d.vehicle[vehicle].engineer, d.parts[number, 0], d.parts[number, 2]
    short = d.parts[number, 1]
    if d.kept[kind]:
        if d.stock[engineer, kind] > 0:
            return True
        short = np.int64(0)
    elif not may_lack:
        in_van = min(short, max(0, d.stock[engineer, kind] - s.used[engineer, kind]))
        s.used[engineer, kind] += in_van
        short -= in_van
        if short == 0:
            return True
    depot = _source(d, s, vehicle, at, kind)
    if depot < 0:
        return may_lack > 0
    s.fetched[vehicle, depot] += 1
    s.drawn[depot, kind] += sign * short
    return s.drawn[depot, kind] <= d.shelf[depot, kind]


@compiled
def _forget_used(d, s, engineer):
    for vehicle in range(d.engineer[engineer].first_vehicle, d.engineer[engineer].end_vehicle):
        for at in range(s.vehicle[vehicle].length):
            task = s.route[vehicle, at]
            for number in range(d.task[task].first_part, d.task[task].end_part):
                s.used[engineer, d.parts[number, 0]] = 0


@compiled
def _supply(d, s, engineer, sign):
    """Count what an engineer's routes take in or out; tell whether it is there.

    Writes down for each route the first position that lacks something, -1 for none.
    """
    _forget_used(d, s, engineer)
    enough = True
    for vehicle in range(d.engineer[engineer].first_vehicle, d.engineer[engineer].end_vehicle):
        s.vehicle[vehicle].lacks = -1
        for depot in range(d.shelf.shape[0]):
            s.fetched[vehicle, depot] = 0
        for at in range(s.vehicle[vehicle].length):
            task = s.route[vehicle, at]
            for number in range(d.task[task].first_part, d.task[task].end_part):
                if not _use(d, s, vehicle, at, number, sign):
                    enough = False
                    if s.vehicle[vehicle].lacks < 0:
                        s.vehicle[vehicle].lacks = at
    return enough


@compiled
def close(d, s, vehicle):
    """Count out what a route's engineer takes, before any of the routes changes."""
    engineer = d.vehicle[vehicle].engineer
    if has_depots(d) and s.engineer[engineer].supplied:
        _supply(d, s, engineer, OUT)
        _forget_used(d, s, engineer)
        s.engineer[engineer].supplied = 0


@compiled
def open_again(d, s, vehicle):
    """Count in what a route's engineer takes, after a route has changed; tell whether it is there."""
    engineer = d.vehicle[vehicle].engineer
    if not has_depots(d) or s.engineer[engineer].supplied:
        return True
    s.engineer[engineer].supplied = 1
    return _supply(d, s, engineer, IN)


@compiled
def _short(d, s, engineer, number):
    """Return how much of a need the van lacks; of a tool that is lent, 1."""
    kind = d.parts[number, 0]
    left = d.stock[engineer, kind] - s.used[engineer, kind]
    if d.kept[kind]:
        return np.int64(0 if d.stock[engineer, kind] > 0 else 1)
    return max(np.int64(0), d.parts[number, 1] - max(0, left))


@compiled
def _has(d, s, depot, kind, short):
    """Tell whether there is as much of a thing left at a depot."""
    return d.offers[depot, kind] and (d.kept[kind] or s.drawn[depot, kind] + short <= d.shelf[depot, kind])


@compiled
def _passed_from(d, s, vehicle, kind, short):
    """Return from which position of a route on a depot with as much of a thing is passed; NEVER for none."""
    for at in range(s.vehicle[vehicle].length if s.vehicle[vehicle].pickups > 0 else 0):
        depot = s.route[vehicle, at] - d.price[0].tasks
        if depot >= 0 and _has(d, s, depot, kind, short):
            return np.int64(at + 1)
    return np.int64(NEVER)


@compiled
def stops_at(d, s, vehicle, depot):
    """Tell whether a route stops at a depot."""
    for at in range(s.vehicle[vehicle].length if s.vehicle[vehicle].pickups > 0 else 0):
        if s.route[vehicle, at] == d.price[0].tasks + depot:
            return True
    return False


@compiled
def supplied_from(d, s, task, vehicle, depot):
    """Return from which position of a route on there is all that a task needs; NEVER for none.

    With a depot: if there were a stop at it before; NEVER if there is one already, or it would not help. Who
    would lack something then is left aside.
    """
    engineer, from_at = d.vehicle[vehicle].engineer, np.int64(0)
    if depot >= 0 and stops_at(d, s, vehicle, depot):
        return np.int64(NEVER)
    for number in range(d.task[task].first_part, d.task[task].end_part):
        short, kind = _short(d, s, engineer, number), d.parts[number, 0]
        if short > 0 and not (depot >= 0 and _has(d, s, depot, kind, short)):
            from_at = max(from_at, _passed_from(d, s, vehicle, kind, short))
    return from_at


@compiled
def idle_at(d, s, vehicle):
    """Return the position of a stop at a depot where nothing is fetched, -1 for none."""
    for at in range(s.vehicle[vehicle].length if s.vehicle[vehicle].pickups > 0 else 0):
        depot = s.route[vehicle, at] - d.price[0].tasks
        if depot >= 0 and s.fetched[vehicle, depot] == 0:
            return np.int64(at)
    return np.int64(-1)
