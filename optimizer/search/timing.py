"""Kernels of time: a route timed exactly, as early as possible or as its tasks wish."""

import numpy as np

from optimizer.search.data import AFTER, FROM, LASTS, NEVER
from optimizer.search.rides import compiled, first_start_s, is_linked, ready_s, travel_s


@compiled
def _start_s(d, s, task, ready_s, wishing, agreed):
    """Return when a task begins: linked ones exactly as agreed, where the others wait or have agreed."""
    if (wishing or agreed) and is_linked(d, task):
        return s.held[task, 0] if ready_s <= s.held[task, 0] else np.int64(NEVER)
    if wishing and d.task[task].wish_s > ready_s:
        start_s = first_start_s(d, s.windows, task, d.task[task].wish_s)
        if start_s < NEVER:
            return start_s
    return first_start_s(d, s.windows, task, ready_s)


@compiled
def timed(d, s, w, vehicle, length, wishing, agreed):
    """Time the route in `w.order` with traces of where each came from; return last state, end and way.

    The end is NEVER where the route cannot be.
    """
    breaks = d.vehicle[vehicle].breaks
    place = d.vehicle[vehicle].start_place
    for taken in range(breaks + 1):
        w.trace[0, taken, 0] = NEVER
    w.trace[0, 0, 0] = d.vehicle[vehicle].start_s
    before_service_s = np.int64(0)
    for at in range(length):
        task = w.order[at]
        possible = False
        for taken in range(breaks + 1):
            w.trace[at + 1, taken, 0] = NEVER
        for taken in range(breaks + 1):
            if w.trace[at, taken, 0] >= NEVER:
                continue
            leave_s = w.trace[at, taken, 0] + before_service_s
            way_s = travel_s(d, vehicle, place, d.task[task].place, leave_s)
            for now in range(taken, breaks + 1):
                then_s = ready_s(d, vehicle, taken, now, leave_s, way_s)
                if then_s >= NEVER:
                    break
                start_s = _start_s(d, s, task, then_s, wishing, agreed)
                if start_s >= NEVER:
                    break
                possible = True
                if start_s < w.trace[at + 1, now, 0]:
                    w.trace[at + 1, now, 0] = start_s
                    w.trace[at + 1, now, 1] = taken
        if not possible:
            return 0, 0, np.int64(NEVER), np.int64(0)
        place = d.task[task].place
        before_service_s = d.task[task].service_s
    last, last_way, end_s, end_way_s = 0, 0, np.int64(NEVER), np.int64(0)
    for taken in range(breaks + 1):
        if w.trace[length, taken, 0] >= NEVER:
            continue
        leave_s = w.trace[length, taken, 0] + before_service_s
        way_s = np.int64(0)
        if d.vehicle[vehicle].end_place >= 0:
            way_s = travel_s(d, vehicle, place, d.vehicle[vehicle].end_place, leave_s)
        for on_way in range(taken, breaks + 1):
            then_s = ready_s(d, vehicle, taken, on_way, leave_s, way_s)
            if then_s >= NEVER:
                break
            if then_s > d.pauses[vehicle, AFTER, on_way]:
                continue
            arrival_s = _arrival_s(d, vehicle, leave_s, way_s, taken, on_way)
            if arrival_s < end_s:
                last, last_way, end_s, end_way_s = taken, on_way, arrival_s, way_s
    if end_s > d.vehicle[vehicle].back_s:
        end_s = np.int64(NEVER)
    return last, last_way, end_s, end_way_s


@compiled
def _arrival_s(d, vehicle, leave_s, way_s, taken, now):
    """Return when a ride arrives that breaks interrupt while there is way left."""
    clock_s, left_s, arrival_s = leave_s, way_s, leave_s + way_s
    for number in range(taken, now):
        from_s = max(clock_s, d.pauses[vehicle, FROM, number])
        if left_s > 0:
            left_s -= min(left_s, from_s - clock_s)
            if left_s > 0:
                arrival_s += d.pauses[vehicle, LASTS, number]
        clock_s = from_s + d.pauses[vehicle, LASTS, number]
    return arrival_s


@compiled
def rests_before_s(d, vehicle, leave_s, taken, now, until_s):
    """Return how long the breaks of a ride last that begin before a moment [s]."""
    clock_s, rest_s = leave_s, np.int64(0)
    for number in range(taken, now):
        from_s = max(clock_s, d.pauses[vehicle, FROM, number])
        if from_s < until_s:
            rest_s += d.pauses[vehicle, LASTS, number]
        clock_s = from_s + d.pauses[vehicle, LASTS, number]
    return rest_s
