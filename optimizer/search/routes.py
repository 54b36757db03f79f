"""Kernels of a route as it stands: kept timed forwards and backwards, and priced."""

import numpy as np

from optimizer.search.data import BY, FREE, LATEST, NEVER, READY, REST
from optimizer.search.prices import price
from optimizer.search.rides import (
    compiled,
    first_start_s,
    home_way_s,
    is_linked,
    last_start_s,
    latest_leave_home_s,
    quick_s,
    ready_s,
    travel_s,
)


@compiled
def ride_on(d, s, vehicle, times, at, place, task):
    """Write into row `at + 1` of times the earliest ends of a task after row `at`.

    Returns
    -------
    bool, bool
        Whether there is any, and whether the row is another than before.
    """
    breaks, place_there = d.vehicle[vehicle].breaks, d.task[task].place
    possible, changed = False, False
    for now in range(breaks + 1):
        best_s = np.int64(NEVER)
        for taken in range(now + 1):
            leave_s = times[at, taken, READY]
            if leave_s >= NEVER:
                continue
            way_s = travel_s(d, vehicle, place, place_there, leave_s)
            then_s = ready_s(d, vehicle, taken, now, leave_s, way_s)
            if then_s < NEVER:
                best_s = min(best_s, first_start_s(d, s.windows, task, then_s) + d.task[task].service_s)
        best_s = min(best_s, np.int64(NEVER))
        possible = possible or best_s < NEVER
        changed = changed or best_s != times[at + 1, now, READY]
        times[at + 1, now, READY] = best_s
    return possible, changed


@compiled
def place_before(d, s, vehicle, at):
    """Return the place of the stop before a position, before the first where the shift begins."""
    if at > 0:
        return d.task[s.route[vehicle, at - 1]].place
    return d.vehicle[vehicle].start_place


@compiled
def time_forward(d, s, vehicle, first, end):
    """Bring up to date the earliest ends of a route's visits; tell whether there is one of the last.

    Before `first` and from `end` on there is nothing new, but what comes of what is between.
    """
    place, times = place_before(d, s, vehicle, first), s.times[vehicle]
    if first == 0:
        times[0, 0, READY] = d.vehicle[vehicle].start_s
        for taken in range(1, d.vehicle[vehicle].breaks + 1):
            times[0, taken, READY] = NEVER
    for at in range(first, s.vehicle[vehicle].length):
        task = s.route[vehicle, at]
        possible, changed = ride_on(d, s, vehicle, times, at, place, task)
        if not possible:
            return False
        if at >= end and not changed:
            return True
        place = d.task[task].place
    return True


@compiled
def latest_end_s(d, s, vehicle, at, taken):
    """Return the latest moment to leave the visit at a position, with so many breaks taken [s].

    What comes after it must be timed.
    """
    breaks, last = d.vehicle[vehicle].breaks, at == s.vehicle[vehicle].length - 1
    place = d.task[s.route[vehicle, at]].place
    if last:
        return latest_leave_home_s(d, vehicle, taken, home_way_s(d, vehicle, place))
    way_s = quick_s(d, vehicle, place, d.task[s.route[vehicle, at + 1]].place)
    leave_s = np.int64(-NEVER)
    for now in range(taken, breaks + 1):
        due_s = s.times[vehicle, at + 1, now, BY]
        if d.rides[vehicle, FREE, taken, now] <= due_s:
            leave_s = max(
                leave_s,
                min(d.rides[vehicle, LATEST, taken, now], due_s - way_s - d.rides[vehicle, REST, taken, now]),
            )
    return leave_s


@compiled
def time_backward(d, s, vehicle, first, end):
    """Bring up to date the latest moments to be ready at a route's visits; tell whether it can be.

    Before `first` and from `end` on there is nothing new, but what comes of what is between.
    """
    breaks, length = d.vehicle[vehicle].breaks, s.vehicle[vehicle].length
    for at in range(min(end, length) - 1, -1, -1):
        task, changed = s.route[vehicle, at], False
        for taken in range(breaks + 1):
            until_s = latest_end_s(d, s, vehicle, at, taken) - d.task[task].service_s
            if is_linked(d, task):
                until_s = min(until_s, s.held[task, 1])
            until_s = last_start_s(d, d.windows, task, until_s)
            changed = changed or until_s != s.times[vehicle, at, taken, BY]
            s.times[vehicle, at, taken, BY] = until_s
        if at < first and not changed:
            break
    if length == 0:
        return True
    to_place = d.task[s.route[vehicle, 0]].place
    way_s = quick_s(d, vehicle, d.vehicle[vehicle].start_place, to_place)
    for now in range(breaks + 1):
        then_s = ready_s(d, vehicle, np.int64(0), now, d.vehicle[vehicle].start_s, way_s)
        if then_s <= s.times[vehicle, 0, now, BY]:
            return True
    return False


@compiled
def time_route(d, s, vehicle, first, end):
    """Time a route anew both ways, changed between two positions; tell whether it can be."""
    return time_forward(d, s, vehicle, first, end) and time_backward(d, s, vehicle, first, end)


@compiled
def move_times(d, s, vehicle, at, to):
    """Keep the times of the stop at a position for it at another."""
    for taken in range(d.vehicle[vehicle].breaks + 1):
        s.times[vehicle, to + 1, taken, READY] = s.times[vehicle, at + 1, taken, READY]
        s.times[vehicle, to, taken, BY] = s.times[vehicle, at, taken, BY]


@compiled
def price_route(d, s, w, vehicle):
    """Price a route that is timed anew; tell whether it can be, else all is as before.

    Counts of its engineer follow.
    """
    cents, work_s, worst_s = price(d, s, w, vehicle)
    if not np.isfinite(cents):
        return False
    s.vehicle[vehicle].cost, s.vehicle[vehicle].worst_s = cents, worst_s
    s.engineer[d.vehicle[vehicle].engineer].work_s += work_s - s.vehicle[vehicle].work_s
    s.vehicle[vehicle].work_s = work_s
    return True
