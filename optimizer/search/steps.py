"""Kernels of one step: what is changed in it, and how it is undone."""

from optimizer.search.data import BY, READY
from optimizer.search.rides import compiled
from optimizer.search.routes import refresh, time_backward, time_forward

#: Numbers in `Desk.counters`.
KEPT, REMOVED, LOOKS, BLINK, EVERYWHERE = 0, 1, 2, 3, 4


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
    for at in range(length):
        w.kept_route[vehicle, at] = s.route[vehicle, at]
    for at in range(length + 1):
        for taken in range(d.vehicle[vehicle].breaks + 1):
            w.kept_times[vehicle, at, taken, READY] = s.times[vehicle, at, taken, READY]
            w.kept_times[vehicle, at, taken, BY] = s.times[vehicle, at, taken, BY]


@compiled
def count(d, s, task, vehicle, sign):
    """Count a task in (1) or out (-1) of a vehicle."""
    engineer = d.vehicle[vehicle].engineer
    s.engineer[engineer].tasks += sign
    for number in range(d.task[task].first_part, d.task[task].end_part):
        s.used[engineer, d.parts[number, 0]] += sign * d.parts[number, 1]
    s.where[task] = vehicle if sign > 0 else -1
    s.absent_cents[0] -= sign * d.task[task].absent_cents


@compiled
def insert(d, s, w, task, vehicle, at):
    """Put a task into a route, kept before; tell whether the route can be, else it is as before."""
    keep(d, s, w, vehicle)
    length = s.vehicle[vehicle].length
    for number in range(length, at, -1):
        s.route[vehicle, number] = s.route[vehicle, number - 1]
    s.route[vehicle, at] = task
    s.vehicle[vehicle].length = length + 1
    count(d, s, task, vehicle, 1)
    if refresh(d, s, w, vehicle):
        return True
    for number in range(at, length):
        s.route[vehicle, number] = s.route[vehicle, number + 1]
    s.vehicle[vehicle].length = length
    count(d, s, task, vehicle, -1)
    time_forward(d, s, vehicle)
    time_backward(d, s, vehicle)
    return False


@compiled
def put_back(d, s, w):
    """Undo everything since the step began."""
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        for at in range(s.vehicle[vehicle].length):
            count(d, s, s.route[vehicle, at], vehicle, -1)
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        length = w.kept[vehicle].length
        s.vehicle[vehicle].length, s.vehicle[vehicle].cost = length, w.kept[vehicle].cost
        s.engineer[d.vehicle[vehicle].engineer].work_s += w.kept[vehicle].work_s - s.vehicle[vehicle].work_s
        s.vehicle[vehicle].work_s = w.kept[vehicle].work_s
        for at in range(length):
            s.route[vehicle, at] = w.kept_route[vehicle, at]
            count(d, s, s.route[vehicle, at], vehicle, 1)
        for at in range(length + 1):
            for taken in range(d.vehicle[vehicle].breaks + 1):
                s.times[vehicle, at, taken, READY] = w.kept_times[vehicle, at, taken, READY]
                s.times[vehicle, at, taken, BY] = w.kept_times[vehicle, at, taken, BY]


@compiled
def begin_step(w):
    """Forget what was kept: from here on is a new step."""
    for number in range(w.counters[KEPT]):
        w.kept[w.kept[number].vehicle].is_kept = False
    w.counters[KEPT] = 0
    w.counters[REMOVED] = 0
