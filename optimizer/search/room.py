"""Kernels of insertion: where a task may go, checked exactly in constant time."""

import numpy as np

from optimizer.search.data import BY, NEVER, READY
from optimizer.search.follow import suits_partners
from optimizer.search.rides import compiled, first_start_s, home_way_s, latest_leave_home_s, quick_s, ready_s
from optimizer.search.supplies import has_depots


@compiled
def may_take(d, s, task, vehicle):
    """Tell whether a vehicle may do a task as well, time left aside, and what can be fetched."""
    engineer = d.vehicle[vehicle].engineer
    if not np.isfinite(d.taste_cents[task, engineer]) or not suits_partners(d, s, task, engineer):
        return False
    length = s.vehicle[vehicle].length
    if (
        length + 1 >= s.route.shape[1]
        or length - s.vehicle[vehicle].pickups >= d.vehicle[vehicle].most_tasks
        or s.engineer[engineer].tasks >= d.engineer[engineer].most_tasks
    ):
        return False
    if has_depots(d):
        return True
    for number in range(d.task[task].first_part, d.task[task].end_part):
        kind = d.parts[number, 0]
        if s.used[engineer, kind] + d.parts[number, 1] > d.stock[engineer, kind]:
            return False
    return True


@compiled
def ready_at(times, at, breaks):
    """Return when somebody is ready to leave for a position, whatever breaks were taken by then [s]."""
    ready_s = times[at, 0, READY]
    for taken in range(1, breaks + 1):
        ready_s = min(ready_s, times[at, taken, READY])
    return ready_s


@compiled
def due_at(times, at, breaks):
    """Return the latest moment to be ready at the visit at a position, whatever breaks were taken [s]."""
    by_s = times[at, 0, BY]
    for taken in range(1, breaks + 1):
        by_s = max(by_s, times[at, taken, BY])
    return by_s


@compiled
def place_at(d, s, vehicle, at):
    """Return the place of the stop at a position, after the last where the shift ends, -1 for nowhere."""
    if at < s.vehicle[vehicle].length:
        return d.task[s.route[vehicle, at]].place
    return d.vehicle[vehicle].end_place


@compiled
def over(d, s, vehicle, more_s):
    engineer = d.vehicle[vehicle].engineer
    return (
        s.vehicle[vehicle].work_s + more_s > d.vehicle[vehicle].most_work_s
        or s.engineer[engineer].work_s + more_s > d.engineer[engineer].most_work_s
    )


@compiled
def ready_after(d, s, vehicle, task, at, from_place, to_place, times, row):
    """Tell whether a task fits before position `at`, and its earliest end [s]; NEVER where it does not.

    Whoever comes there is ready to leave a place as a row of times has it.
    """
    breaks = d.vehicle[vehicle].breaks
    way_s = quick_s(d, vehicle, from_place, d.task[task].place)
    last = at == s.vehicle[vehicle].length
    if last:
        on_s = home_way_s(d, vehicle, d.task[task].place)
    else:
        on_s = quick_s(d, vehicle, d.task[task].place, to_place)
    best_s = np.int64(NEVER)
    for taken in range(breaks + 1):
        leave_s = times[row, taken, READY]
        if leave_s >= NEVER:
            continue
        for now in range(taken, breaks + 1):
            then_s = ready_s(d, vehicle, taken, now, leave_s, way_s)
            if then_s >= NEVER:
                break
            start_s = first_start_s(d, s.windows, task, then_s)
            if start_s >= NEVER:
                break
            end_s = start_s + d.task[task].service_s
            if end_s >= best_s:
                continue
            if last:
                if end_s <= latest_leave_home_s(d, vehicle, now, on_s):
                    best_s = end_s
                continue
            for then in range(now, breaks + 1):
                next_s = ready_s(d, vehicle, now, then, end_s, on_s)
                if next_s >= NEVER:
                    break
                if next_s <= s.times[vehicle, at, then, BY]:
                    best_s = end_s
                    break
    return best_s
