"""Kernels of one step: what is kept of it, and how it is undone."""

from optimizer.search.data import BY, NEVER, READY
from optimizer.search.rides import compiled, is_linked
from optimizer.search.supplies import IN, OUT, close, has_depots, is_pickup, open_again

#: Numbers in `Desk.counters`.
KEPT, REMOVED, LOOKS, BLINK, EVERYWHERE, TOUCHED, WAITING, BROKEN, PASS = range(9)


@compiled
def hold(d, s, task, from_s, until_s):
    """Cut a linked task's windows to what lies between two moments."""
    first, end = d.task[task].first_window, d.task[task].end_window
    s.held[task, 0], s.held[task, 1] = from_s, until_s
    written = first
    for number in range(first, end):
        opens_s, closes_s = max(d.windows[number, 0], from_s), min(d.windows[number, 1], until_s)
        if opens_s <= closes_s:
            s.windows[written, 0], s.windows[written, 1] = opens_s, closes_s
            written += 1
    for number in range(written, end):
        s.windows[number, 0], s.windows[number, 1] = NEVER, NEVER


@compiled
def keep(d, s, w, vehicle):
    """Keep a route as it is, once a step, so that it can be put back."""
    if w.kept[vehicle].is_kept:
        return
    w.kept[vehicle].is_kept = True
    w.kept[w.counters[KEPT]].vehicle = vehicle
    w.counters[KEPT] += 1
    length = s.vehicle[vehicle].length
    w.kept[vehicle].length = length
    w.kept[vehicle].cost, w.kept[vehicle].work_s = s.vehicle[vehicle].cost, s.vehicle[vehicle].work_s
    w.kept[vehicle].worst_s = s.vehicle[vehicle].worst_s
    for at in range(length):
        task = s.route[vehicle, at]
        w.kept_route[vehicle, at] = task
        if is_linked(d, task):
            w.kept_held[task, 0], w.kept_held[task, 1] = s.held[task, 0], s.held[task, 1]
    for at in range(length + 1):
        for taken in range(d.vehicle[vehicle].breaks + 1):
            w.kept_times[vehicle, at, taken, READY] = s.times[vehicle, at, taken, READY]
            w.kept_times[vehicle, at, taken, BY] = s.times[vehicle, at, taken, BY]


@compiled
def count(d, s, task, vehicle, sign):
    """Count a task, or a stop at a depot, in (1) or out (-1) of a vehicle.

    Where anything can be fetched on the way, parts are counted when the route is whole.
    """
    if is_pickup(d, task):
        s.vehicle[vehicle].pickups += sign
        return
    engineer = d.vehicle[vehicle].engineer
    s.engineer[engineer].tasks += sign
    if not has_depots(d):
        for number in range(d.task[task].first_part, d.task[task].end_part):
            s.used[engineer, d.parts[number, 0]] += sign * d.parts[number, 1]
    s.where[task] = vehicle if sign > 0 else -1
    s.absent_cents[0] -= sign * d.task[task].absent_cents


@compiled
def put_back(d, s, w):
    """Undo everything since the step began."""
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        close(d, s, vehicle)
        for at in range(s.vehicle[vehicle].length):
            count(d, s, s.route[vehicle, at], vehicle, OUT)
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        length = w.kept[vehicle].length
        s.vehicle[vehicle].length, s.vehicle[vehicle].cost = length, w.kept[vehicle].cost
        s.engineer[d.vehicle[vehicle].engineer].work_s += w.kept[vehicle].work_s - s.vehicle[vehicle].work_s
        s.vehicle[vehicle].work_s, s.vehicle[vehicle].worst_s = (
            w.kept[vehicle].work_s,
            w.kept[vehicle].worst_s,
        )
        for at in range(length):
            task = w.kept_route[vehicle, at]
            s.route[vehicle, at] = task
            count(d, s, task, vehicle, IN)
            if is_linked(d, task):
                hold(d, s, task, w.kept_held[task, 0], w.kept_held[task, 1])
        for at in range(length + 1):
            for taken in range(d.vehicle[vehicle].breaks + 1):
                s.times[vehicle, at, taken, READY] = w.kept_times[vehicle, at, taken, READY]
                s.times[vehicle, at, taken, BY] = w.kept_times[vehicle, at, taken, BY]
    for number in range(w.counters[KEPT]):
        open_again(d, s, w.kept[number].vehicle)


@compiled
def accept(s, w):
    """Number the routes that are not what they were when the step began."""
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        length = s.vehicle[vehicle].length
        same = length == w.kept[vehicle].length
        for at in range(length if same else 0):
            if s.route[vehicle, at] != w.kept_route[vehicle, at]:
                same = False
                break
        if not same:
            s.vehicle[vehicle].version += 1


@compiled
def begin_step(w):
    """Forget what was kept: from here on is a new step."""
    for number in range(w.counters[KEPT]):
        w.kept[w.kept[number].vehicle].is_kept = False
    w.counters[KEPT] = 0
    w.counters[REMOVED] = 0
    w.counters[BROKEN] = 0
