"""Kernels of one route: when everything on it happens, whether it can, and what it costs."""

from typing import Any

import numba
import numpy as np

from optimizer.search.data import AFTER, BY, FREE, FROM, LASTS, LATEST, NEVER, READY, REST

#: Kernels make no arrays, so none is counted either: with counting they take ten times as long.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "_nrt": False}
compiled = numba.njit(**_OPTIONS)
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
def first_start_s(d, task, ready_s):
    """Return the first moment in a task's windows from `ready_s` on, NEVER where there is none."""
    for number in range(d.task[task].first_window, d.task[task].end_window):
        if ready_s <= d.windows[number, 1]:
            return max(ready_s, d.windows[number, 0])
    return np.int64(NEVER)


@compiled
def last_start_s(d, task, until_s):
    """Return the last moment in a task's windows up to `until_s`, -NEVER where there is none."""
    for number in range(d.task[task].end_window - 1, d.task[task].first_window - 1, -1):
        if d.windows[number, 0] <= until_s:
            return min(until_s, d.windows[number, 1])
    return np.int64(-NEVER)


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


@compiled
def home_way_s(d, vehicle, from_place):
    """Return the fastest way from a place to where the shift ends [s]."""
    if d.vehicle[vehicle].end_place < 0:
        return np.int64(0)
    return quick_s(d, vehicle, from_place, d.vehicle[vehicle].end_place)


@compiled
def time_forward(d, s, vehicle):
    """Bring up to date the earliest ends of a route's visits; tell whether there is one of the last."""
    breaks = d.vehicle[vehicle].breaks
    place = d.vehicle[vehicle].start_place
    s.times[vehicle, 0, 0, READY] = d.vehicle[vehicle].start_s
    for taken in range(1, breaks + 1):
        s.times[vehicle, 0, taken, READY] = NEVER
    possible = True
    for at in range(s.vehicle[vehicle].length):
        task = s.route[vehicle, at]
        for taken in range(breaks + 1):
            s.times[vehicle, at + 1, taken, READY] = NEVER
        possible = False
        for taken in range(breaks + 1):
            leave_s = s.times[vehicle, at, taken, READY]
            if leave_s >= NEVER:
                continue
            way_s = travel_s(d, vehicle, place, d.task[task].place, leave_s)
            for now in range(taken, breaks + 1):
                if leave_s > d.rides[vehicle, LATEST, taken, now]:
                    break
                ready_s = max(
                    leave_s + way_s + d.rides[vehicle, REST, taken, now], d.rides[vehicle, FREE, taken, now]
                )
                start_s = first_start_s(d, task, ready_s)
                if start_s >= NEVER:
                    break
                end_s = start_s + d.task[task].service_s
                if end_s < s.times[vehicle, at + 1, now, READY]:
                    s.times[vehicle, at + 1, now, READY] = end_s
                possible = True
        place = d.task[task].place
        if not possible:
            break
    return possible


@compiled
def time_backward(d, s, vehicle):
    """Bring up to date the latest moments to be ready at a route's visits; tell whether it can be."""
    breaks, length = d.vehicle[vehicle].breaks, s.vehicle[vehicle].length
    for at in range(length - 1, -1, -1):
        task = s.route[vehicle, at]
        place = d.task[task].place
        if at == length - 1:
            way_s = home_way_s(d, vehicle, place)
        else:
            way_s = quick_s(d, vehicle, place, d.task[s.route[vehicle, at + 1]].place)
        for taken in range(breaks + 1):
            if at == length - 1:
                leave_s = latest_leave_home_s(d, vehicle, taken, way_s)
            else:
                leave_s = np.int64(-NEVER)
                for now in range(taken, breaks + 1):
                    due_s = s.times[vehicle, at + 1, now, BY]
                    if d.rides[vehicle, FREE, taken, now] <= due_s:
                        leave_s = max(
                            leave_s,
                            min(
                                d.rides[vehicle, LATEST, taken, now],
                                due_s - way_s - d.rides[vehicle, REST, taken, now],
                            ),
                        )
            s.times[vehicle, at, taken, BY] = last_start_s(d, task, leave_s - d.task[task].service_s)
    if length == 0:
        return True
    first = s.route[vehicle, 0]
    way_s = quick_s(d, vehicle, d.vehicle[vehicle].start_place, d.task[first].place)
    for now in range(breaks + 1):
        if d.vehicle[vehicle].start_s <= d.rides[vehicle, LATEST, 0, now]:
            ready_s = max(
                d.vehicle[vehicle].start_s + way_s + d.rides[vehicle, REST, 0, now],
                d.rides[vehicle, FREE, 0, now],
            )
            if ready_s <= s.times[vehicle, 0, now, BY]:
                return True
    return False


@compiled
def arc_cents(d, vehicle, from_place, to_place):
    """Return what a ride costs in the fastest band [cents]."""
    cents = quick_s(d, vehicle, from_place, to_place) * d.price[0].travel_cents
    if d.price[0].priced_metres:
        cents += d.metres[from_place, to_place] * d.vehicle[vehicle].metre_cents
    return cents


@compiled
def plain_price(d, s, vehicle):
    """Return ways and tastes of a route [cents], and its service and travel [s]: all of it if not rich."""
    length = s.vehicle[vehicle].length
    if length == 0:
        return 0.0, np.int64(0)
    engineer = d.vehicle[vehicle].engineer
    cents, work_s = 0.0, np.int64(0)
    place = d.vehicle[vehicle].start_place
    for at in range(length):
        task = s.route[vehicle, at]
        cents += arc_cents(d, vehicle, place, d.task[task].place) + d.taste_cents[task, engineer]
        work_s += quick_s(d, vehicle, place, d.task[task].place) + d.task[task].service_s
        place = d.task[task].place
    if d.vehicle[vehicle].end_place >= 0:
        cents += arc_cents(d, vehicle, place, d.vehicle[vehicle].end_place)
        work_s += quick_s(d, vehicle, place, d.vehicle[vehicle].end_place)
    return cents, work_s


@compiled
def _wished_start_s(d, task, ready_s, wishing):
    if wishing and d.task[task].wish_s > ready_s:
        start_s = first_start_s(d, task, d.task[task].wish_s)
        if start_s < NEVER:
            return start_s
    return first_start_s(d, task, ready_s)


@compiled
def _timed(d, w, vehicle, length, wishing):
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
                if leave_s > d.rides[vehicle, LATEST, taken, now]:
                    break
                ready_s = max(
                    leave_s + way_s + d.rides[vehicle, REST, taken, now], d.rides[vehicle, FREE, taken, now]
                )
                start_s = _wished_start_s(d, task, ready_s, wishing)
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
            if leave_s > d.rides[vehicle, LATEST, taken, on_way]:
                break
            ready_s = max(
                leave_s + way_s + d.rides[vehicle, REST, taken, on_way], d.rides[vehicle, FREE, taken, on_way]
            )
            if ready_s > d.pauses[vehicle, AFTER, on_way]:
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
def _rests_before_s(d, vehicle, leave_s, taken, now, until_s):
    """Return how long the breaks of a ride last that begin before a moment [s]."""
    clock_s, rest_s = leave_s, np.int64(0)
    for number in range(taken, now):
        from_s = max(clock_s, d.pauses[vehicle, FROM, number])
        if from_s < until_s:
            rest_s += d.pauses[vehicle, LASTS, number]
        clock_s = from_s + d.pauses[vehicle, LASTS, number]
    return rest_s


@compiled
def task_cents(d, task, engineer, start_s):
    """Return what a task costs that starts then, ways left aside [cents]."""
    cents = float(d.taste_cents[task, engineer])
    end_s = start_s + d.task[task].service_s
    if end_s > d.task[task].due_s:
        cents += (end_s - d.task[task].due_s) * d.task[task].late_cents
    if d.task[task].previous_s > -NEVER:
        cents += abs(start_s - d.task[task].previous_s) * d.price[0].change_cents
    if (
        d.task[task].promise_cents > 0
        and not d.task[task].promise_from_s <= start_s <= d.task[task].promise_until_s
    ):
        cents += d.task[task].promise_cents
    return cents


@compiled
def _traced_price(d, w, vehicle, length, last, last_way, end_s, end_way_s):
    """Return cost [cents], work [s] and whether a task starts before it wishes, of the timed route."""
    engineer = d.vehicle[vehicle].engineer
    cents, work_s, early = 0.0, end_way_s, False
    task = w.order[length - 1]
    leave_s = w.trace[length, last, 0] + d.task[task].service_s
    rest_s = _rests_before_s(d, vehicle, leave_s, last, last_way, end_s)
    metres = np.int64(0)
    if d.vehicle[vehicle].end_place >= 0 and d.price[0].priced_metres:
        metres += d.metres[d.task[task].place, d.vehicle[vehicle].end_place]
    state = last
    left_s = d.vehicle[vehicle].start_s
    for at in range(length - 1, -1, -1):
        task = w.order[at]
        start_s = w.trace[at + 1, state, 0]
        before = w.trace[at + 1, state, 1]
        if at > 0:
            place, ended_s = (
                d.task[w.order[at - 1]].place,
                w.trace[at, before, 0] + d.task[w.order[at - 1]].service_s,
            )
        else:
            place, ended_s = d.vehicle[vehicle].start_place, d.vehicle[vehicle].start_s
        way_s = travel_s(d, vehicle, place, d.task[task].place, ended_s)
        if at == 0 and before == state:
            later_s = start_s - way_s
            if travel_s(d, vehicle, place, d.task[task].place, later_s) == way_s:
                left_s = later_s
        rest_s += d.rides[vehicle, REST, before, state]
        work_s += way_s + d.task[task].service_s
        cents += task_cents(d, task, engineer, start_s)
        if d.price[0].priced_metres:
            metres += d.metres[place, d.task[task].place]
        if d.task[task].wish_s > start_s:
            early = True
        state = before
    cents += (work_s - _service_s(d, w, length)) * d.price[0].travel_cents + metres * d.vehicle[
        vehicle
    ].metre_cents
    cents += (end_s - left_s - rest_s) * d.vehicle[vehicle].duty_cents
    cents += max(0, end_s - d.vehicle[vehicle].end_s) * d.price[0].overtime_cents
    return cents, work_s, early


@compiled
def _service_s(d, w, length):
    total_s = np.int64(0)
    for at in range(length):
        total_s += d.task[w.order[at]].service_s
    return total_s


@compiled
def _too_much(d, s, vehicle, work_s):
    engineer = d.vehicle[vehicle].engineer
    others_s = s.engineer[engineer].work_s - s.vehicle[vehicle].work_s
    return work_s > d.vehicle[vehicle].most_work_s or others_s + work_s > d.engineer[engineer].most_work_s


@compiled
def full_price(d, s, w, vehicle, length):
    """Return the exact cost [cents] and work [s] of the route in `w.order`; infinite if it cannot be.

    As early as possible, or held back to where tasks were or were promised, whichever is cheaper.
    """
    if length == 0:
        return 0.0, np.int64(0)
    last, last_way, end_s, end_way_s = _timed(d, w, vehicle, length, False)
    if end_s >= NEVER:
        return np.inf, np.int64(0)
    cents, work_s, early = _traced_price(d, w, vehicle, length, last, last_way, end_s, end_way_s)
    if _too_much(d, s, vehicle, work_s):
        return np.inf, np.int64(0)
    if early:
        last, last_way, end_s, end_way_s = _timed(d, w, vehicle, length, True)
        if end_s < NEVER:
            wished, wished_work_s, _ = _traced_price(d, w, vehicle, length, last, last_way, end_s, end_way_s)
            if wished < cents and not _too_much(d, s, vehicle, wished_work_s):
                return wished, wished_work_s
    return cents, work_s


@compiled
def price(d, s, w, vehicle):
    """Return exact cost [cents] and work [s] of a vehicle's route as it stands."""
    if not d.price[0].rich:
        cents, work_s = plain_price(d, s, vehicle)
        if _too_much(d, s, vehicle, work_s):
            return np.inf, work_s
        return cents, work_s
    for at in range(s.vehicle[vehicle].length):
        w.order[at] = s.route[vehicle, at]
    return full_price(d, s, w, vehicle, s.vehicle[vehicle].length)


@compiled
def refresh(d, s, w, vehicle):
    """Time and price a route anew after it changed; tell whether it can be.

    Counts of its engineer follow; on False nothing but times have changed.
    """
    if not time_forward(d, s, vehicle) or not time_backward(d, s, vehicle):
        return False
    cents, work_s = price(d, s, w, vehicle)
    if not np.isfinite(cents):
        return False
    s.vehicle[vehicle].cost = cents
    s.engineer[d.vehicle[vehicle].engineer].work_s += work_s - s.vehicle[vehicle].work_s
    s.vehicle[vehicle].work_s = work_s
    return True


@compiled
def mean_work(d, s):
    """Return the mean work of engineers who have a shift, 0 where uneven work costs nothing [s]."""
    if d.price[0].spread_cents <= 0:
        return 0.0
    engineers, total_s = 0, 0.0
    for engineer in range(d.engineer.shape[0]):
        if d.engineer[engineer].working:
            engineers += 1
            total_s += s.engineer[engineer].work_s
    return total_s / max(1, engineers)


@compiled
def team_cents(d, s):
    """Return what uneven work and engineers with nothing to do cost [cents]."""
    cents, mean_s = 0.0, mean_work(d, s)
    for engineer in range(d.engineer.shape[0]):
        if d.engineer[engineer].working:
            if s.engineer[engineer].tasks == 0:
                cents += d.price[0].empty_cents
            cents += abs(s.engineer[engineer].work_s - mean_s) * d.price[0].spread_cents
    return cents
