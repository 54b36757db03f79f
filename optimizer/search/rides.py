"""Kernels of one ride and one task: how long, when at the earliest, when at the latest."""

from typing import Any

import numba
import numpy as np

from optimizer.search.data import AFTER, FREE, LATEST, NEVER, REST

#: Kernels make no arrays, so none is counted either: with counting they take ten times as long.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False, "no_cfunc_wrapper": True}
#: For kernels that Python calls, and for those that only kernels call: ways in take long to compile.
entry = numba.njit(**_OPTIONS)
_INNER: dict[str, Any] = _OPTIONS | {"no_cpython_wrapper": True}
compiled = numba.njit(**_INNER)
_UNREACHABLE = 2**31 - 1


@compiled
def scaled(seconds, percent):
    """Return a travel time for somebody's speed, rounded up [s]."""
    if percent == 100 or seconds >= _UNREACHABLE:
        return np.int64(seconds) if seconds < _UNREACHABLE else np.int64(NEVER)
    return (np.int64(seconds) * percent + 99) // 100


@compiled
def quick_s(d, vehicle, from_place, to_place):
    """Return the travel time in the fastest band [s]."""
    return scaled(d.seconds[-1, from_place, to_place], d.vehicle[vehicle].percent)


@compiled
def travel_s(d, vehicle, from_place, to_place, leave_s):
    """Return the travel time of whoever leaves then [s]."""
    bands = d.price[0].bands
    if bands == 1:
        return scaled(d.seconds[0, from_place, to_place], d.vehicle[vehicle].percent)
    moment_s = leave_s % d.price[0].period_s
    band = bands - 1
    for number in range(bands):
        if d.bands[number] <= moment_s:
            band = number
    return scaled(d.seconds[band, from_place, to_place], d.vehicle[vehicle].percent)


@compiled
def first_start_s(d, windows, task, ready_s):
    """Return the first moment in a task's windows from `ready_s` on, NEVER where there is none."""
    for number in range(d.task[task].first_window, d.task[task].end_window):
        if ready_s <= windows[number, 1]:
            return max(ready_s, windows[number, 0])
    return np.int64(NEVER)


@compiled
def last_start_s(d, windows, task, until_s):
    """Return the last moment in a task's windows up to `until_s`, -NEVER where there is none."""
    for number in range(d.task[task].end_window - 1, d.task[task].first_window - 1, -1):
        if windows[number, 0] <= until_s:
            return min(until_s, windows[number, 1])
    return np.int64(-NEVER)


@compiled
def is_linked(d, task):
    """Tell whether a task hangs together with others that move with it."""
    return d.task[task].first_link < d.task[task].end_link


@compiled
def ready_s(d, vehicle, taken, now, leave_s, way_s):
    """Return when somebody is ready after a ride with the breaks from `taken` to before `now` [s].

    NEVER where the ride begins too late for them.
    """
    if leave_s > d.rides[vehicle, LATEST, taken, now]:
        return np.int64(NEVER)
    return max(leave_s + way_s + d.rides[vehicle, REST, taken, now], d.rides[vehicle, FREE, taken, now])


@compiled
def home_way_s(d, vehicle, from_place):
    """Return the fastest way from a place to where the shift ends [s]."""
    if d.vehicle[vehicle].end_place < 0:
        return np.int64(0)
    return quick_s(d, vehicle, from_place, d.vehicle[vehicle].end_place)


@compiled
def latest_leave_home_s(d, vehicle, taken, way_s):
    """Return the latest moment to leave the last stop, with so many breaks taken."""
    best_s = np.int64(-NEVER)
    for on_way in range(taken, d.vehicle[vehicle].breaks + 1):
        limit_s = min(d.vehicle[vehicle].back_s, d.pauses[vehicle, AFTER, on_way])
        leave_s = min(
            d.rides[vehicle, LATEST, taken, on_way], limit_s - way_s - d.rides[vehicle, REST, taken, on_way]
        )
        best_s = max(best_s, leave_s)
    return best_s
