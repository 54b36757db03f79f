"""Kernels that put a task into a route and take it out: all that hangs on it is timed, priced and counted."""

import numpy as np

from optimizer.search.data import BY, NEVER, READY
from optimizer.search.follow import follow, position, touch
from optimizer.search.rides import compiled, is_linked
from optimizer.search.routes import move_times, price_route, time_route
from optimizer.search.steps import BROKEN, REMOVED, TOUCHED, count, hold, keep
from optimizer.search.supplies import IN, OUT, close, has_depots, idle_at, open_again

#: How often a group may move until its routes rest: two that wait for each other in a circle would for ever.
MOST_MOVES = np.int64(6)
#: The same where nothing is known of when they began before.
_MOST_MOVES_OF_ALL = np.int64(200)
#: Sides of `State.held`; the begin and end of a route, of all time. To numba each plain number is a type to
#: compile a kernel for.
_READY, _BY = np.int64(READY), np.int64(BY)
_BEGIN, _END, _NEVER_BEFORE = np.int64(0), np.int64(NEVER), np.int64(-NEVER)


@compiled
def settle_touched(d, s, w, first, end, most_moves):
    """Time and price anew routes changed between two positions, and those their linked tasks concern.

    Tell whether they can be.
    """
    for number in range(w.counters[TOUCHED]):
        if not time_route(d, s, w.kept[number].touched, first, end):
            return False
    if d.link.shape[0] > 0:
        if not follow(d, s, w, _BY, _BEGIN, end, most_moves):
            return False
        if not follow(d, s, w, _READY, first, _END, most_moves):
            return False
    for number in range(w.counters[TOUCHED]):  # noqa: SIM110 (numba knows no generators here)
        if not price_route(d, s, w, w.kept[number].touched):
            return False
    return True


@compiled
def settle(d, s, w, vehicle, first, end):
    """Time and price anew a route changed between two positions, and those its linked tasks concern.

    Tell whether they can be.
    """
    w.counters[TOUCHED] = 0
    touch(w, vehicle)
    return settle_touched(d, s, w, first, end, MOST_MOVES)


@compiled
def _settle_afresh(d, s, w):
    """Time and price the routes touched as if nothing were known of when linked tasks begin; tell whether."""
    for number in range(w.counters[TOUCHED]):
        vehicle = w.kept[number].touched
        for at in range(s.vehicle[vehicle].length):
            if is_linked(d, s.route[vehicle, at]):
                hold(d, s, s.route[vehicle, at], _NEVER_BEFORE, _END)
    return settle_touched(d, s, w, _BEGIN, _END, _MOST_MOVES_OF_ALL)


@compiled
def settle_all(d, s, w):
    """Time and price all routes anew; tell whether they can be."""
    for vehicle in range(d.vehicle.shape[0]):
        w.kept[vehicle].touched = vehicle
    w.counters[TOUCHED] = d.vehicle.shape[0]
    return _settle_afresh(d, s, w)


@compiled
def _put_in(d, s, stop, vehicle, at):
    """Write a stop into a route before a position."""
    length = s.vehicle[vehicle].length
    for number in range(length, at, -1):
        s.route[vehicle, number] = s.route[vehicle, number - 1]
        move_times(d, s, vehicle, number - 1, number)
    s.route[vehicle, at] = stop
    s.vehicle[vehicle].length = length + 1
    count(d, s, stop, vehicle, IN)


@compiled
def _cut_out(d, s, vehicle, at):
    """Take the stop at a position out of a route."""
    count(d, s, s.route[vehicle, at], vehicle, OUT)
    length = s.vehicle[vehicle].length - 1
    for number in range(at, length):
        s.route[vehicle, number] = s.route[vehicle, number + 1]
        move_times(d, s, vehicle, number + 1, number)
    s.vehicle[vehicle].length = length


@compiled
def _put_both(d, s, task, vehicle, at, depot, fetch_at):
    """Put a task before a position of a route, and a stop at a depot, if any, into what came of it."""
    _put_in(d, s, task, vehicle, at)
    if depot >= 0:
        _put_in(d, s, d.price[0].tasks + depot, vehicle, fetch_at)


@compiled
def _cut_both(d, s, vehicle, at, depot, fetch_at):
    """Undo the same."""
    if depot >= 0:
        _cut_out(d, s, vehicle, fetch_at)
    _cut_out(d, s, vehicle, at)


@compiled
def is_supplied_with(d, s, task, vehicle, at, depot, fetch_at):
    """Tell whether everybody has what they need with a task, and then a stop at a depot, put into a route."""
    if not has_depots(d) or d.task[task].first_part == d.task[task].end_part:
        return True
    close(d, s, vehicle)
    _put_both(d, s, task, vehicle, at, depot, fetch_at)
    supplied = open_again(d, s, vehicle)
    close(d, s, vehicle)
    _cut_both(d, s, vehicle, at, depot, fetch_at)
    open_again(d, s, vehicle)
    return supplied


@compiled
def insert(d, s, w, task, vehicle, at, depot, fetch_at):
    """Put a task into a route, kept before; tell whether the route can be, else it is as before.

    With a depot, a stop there is put in as well, before a position not after the task's.
    """
    keep(d, s, w, vehicle)
    close(d, s, vehicle)
    _put_both(d, s, task, vehicle, at, depot, fetch_at)
    first, end = (fetch_at, at + 2) if depot >= 0 else (at, at + 1)
    supplied = open_again(d, s, vehicle)
    if supplied and settle(d, s, w, vehicle, first, end):
        return True
    close(d, s, vehicle)
    _cut_both(d, s, vehicle, at, depot, fetch_at)
    open_again(d, s, vehicle)
    if supplied and not _settle_afresh(d, s, w):
        w.counters[BROKEN] = 1
    return False


@compiled
def take_out(d, s, w, task):
    """Take a task out of its route; tell whether the rest can be."""
    vehicle = s.where[task]
    keep(d, s, w, vehicle)
    close(d, s, vehicle)
    at = position(s, task)
    _cut_out(d, s, vehicle, at)
    return settle_rest(d, s, w, vehicle, at, at)


@compiled
def settle_rest(d, s, w, vehicle, first, end):
    """Settle a route some stops were taken out of between two positions; tell whether the rest can be.

    What lacks something goes too, and stops at depots where nothing is fetched any more.
    """
    while not open_again(d, s, vehicle):
        at = s.vehicle[vehicle].lacks
        if at < 0 or not d.task[s.route[vehicle, at]].movable:
            return False
        close(d, s, vehicle)
        if w.counters[REMOVED] < w.removed.shape[0]:
            w.removed[w.counters[REMOVED]].task = s.route[vehicle, at]
            w.counters[REMOVED] += 1
        first, end = min(first, at), max(at, end - (at < end))
        _cut_out(d, s, vehicle, at)
    at = idle_at(d, s, vehicle)
    while at >= 0:
        first, end = min(first, at), max(at, end - (at < end))
        _cut_out(d, s, vehicle, at)
        at = idle_at(d, s, vehicle)
    return settle(d, s, w, vehicle, first, end)
