"""Kernels of cost: what a route costs exactly."""

import numpy as np

from optimizer.search.data import LATEST, NEVER, REST
from optimizer.search.rides import compiled, is_linked, quick_s, travel_s
from optimizer.search.timing import rests_before_s, timed

#: Whether tasks wait for where they were or were promised; whether linked ones begin as agreed.
_EARLY, _WISHED = np.bool_(False), np.bool_(True)
ALONE, _AGREED = np.bool_(False), np.bool_(True)


@compiled
def arc_cents(d, vehicle, from_place, to_place):
    """Return what a ride costs in the fastest band [cents]."""
    cents = quick_s(d, vehicle, from_place, to_place) * d.price[0].travel_cents
    if d.price[0].priced_metres:
        cents += d.metres[from_place, to_place] * d.vehicle[vehicle].metre_cents
    return cents


@compiled
def detour(d, vehicle, from_place, over_place, to_place, driven):
    """Return what a ride costs more that leads over a third place, and how much longer it is [s].

    In the fastest band, with duty; it may end there, `to_place` is -1 then. Where nobody has `driven` so far
    it costs all of the way: who has nothing to do stays where they are.
    """
    more_s = quick_s(d, vehicle, from_place, over_place)
    if to_place >= 0:
        more_s += quick_s(d, vehicle, over_place, to_place)
        if driven:
            more_s -= quick_s(d, vehicle, from_place, to_place)
    cents = more_s * (d.price[0].travel_cents + d.vehicle[vehicle].duty_cents)
    if d.price[0].priced_metres:
        more_m = np.int64(d.metres[from_place, over_place])
        if to_place >= 0:
            more_m += np.int64(d.metres[over_place, to_place])
            if driven:
                more_m -= np.int64(d.metres[from_place, to_place])
        cents += more_m * d.vehicle[vehicle].metre_cents
    return cents, more_s


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
def _slack_s(d, s, task, start_s):
    """Return by how much a task may be later, for nobody to wait on the way, at no other cost [s]."""
    if is_linked(d, task) or (d.task[task].previous_s > -NEVER and d.price[0].change_cents > 0):
        return np.int64(0)
    room_s = np.int64(NEVER)
    for number in range(d.task[task].first_window, d.task[task].end_window):
        if s.windows[number, 0] <= start_s <= s.windows[number, 1]:
            room_s = s.windows[number, 1] - start_s
    if d.task[task].due_s < NEVER:
        room_s = min(room_s, max(0, d.task[task].due_s - start_s - d.task[task].service_s))
    if d.task[task].promise_cents > 0 and start_s <= d.task[task].promise_until_s:
        if start_s < d.task[task].promise_from_s:
            return np.int64(0)
        room_s = min(room_s, d.task[task].promise_until_s - start_s)
    return room_s


@compiled
def _traced_price(d, s, w, vehicle, length, last, last_way, end_s, end_way_s):
    """Return cost [cents], work, worst lateness [s], whether a task starts before it wishes, the leave."""
    engineer = d.vehicle[vehicle].engineer
    cents, work_s, worst_s, early = 0.0, end_way_s, np.int64(0), False
    task = w.order[length - 1]
    leave_s = w.trace[length, last, 0] + d.task[task].service_s
    rest_s = rests_before_s(d, vehicle, leave_s, last, last_way, end_s)
    metres = np.int64(0)
    if d.vehicle[vehicle].end_place >= 0 and d.price[0].priced_metres:
        metres += d.metres[d.task[task].place, d.vehicle[vehicle].end_place]
    state = last
    left_s = d.vehicle[vehicle].start_s
    room_s = np.int64(0)
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
        if d.vehicle[vehicle].leaves_late:
            if at < length - 1:
                room_s = min(room_s, _slack_s(d, s, task, start_s))
            room_s += start_s - ended_s - way_s - d.rides[vehicle, REST, before, state]
            room_s = min(room_s, d.rides[vehicle, LATEST, before, state] - ended_s)
        elif at == 0 and before == state:
            later_s = start_s - way_s
            if travel_s(d, vehicle, place, d.task[task].place, later_s) == way_s:
                left_s = later_s
        rest_s += d.rides[vehicle, REST, before, state]
        work_s += way_s + d.task[task].service_s
        cents += task_cents(d, task, engineer, start_s)
        worst_s = max(worst_s, start_s + d.task[task].service_s - d.task[task].due_s)
        if d.price[0].priced_metres:
            metres += d.metres[place, d.task[task].place]
        if d.task[task].wish_s > start_s:
            early = True
        state = before
    cents += (work_s - _service_s(d, w, length)) * d.price[0].travel_cents + metres * d.vehicle[
        vehicle
    ].metre_cents
    left_s += room_s
    cents += (end_s - left_s - rest_s) * d.vehicle[vehicle].duty_cents
    cents += max(0, end_s - d.vehicle[vehicle].end_s) * d.price[0].overtime_cents
    return cents, work_s, worst_s, early, left_s


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
def full_price(d, s, w, vehicle, length, agreed):
    """Return exact cost [cents], work and worst lateness [s] of the route in `w.order`.

    As early as possible, or held back to where tasks were or were promised, whichever is cheaper; linked
    tasks begin as `agreed` with their partners, else as early as these let them. Infinite if it cannot be.
    """
    if length == 0:
        return 0.0, np.int64(0), np.int64(0)
    last, last_way, end_s, end_way_s = timed(d, s, w, vehicle, length, _EARLY, agreed)
    if end_s >= NEVER:
        return np.inf, np.int64(0), np.int64(0)
    cents, work_s, worst_s, early, _ = _traced_price(
        d, s, w, vehicle, length, last, last_way, end_s, end_way_s
    )
    if work_s > d.vehicle[vehicle].most_work_s:
        return np.inf, np.int64(0), np.int64(0)
    if early:
        last, last_way, end_s, end_way_s = timed(d, s, w, vehicle, length, _WISHED, agreed)
        if end_s < NEVER:
            wished, wished_work_s, wished_worst_s, _, _ = _traced_price(
                d, s, w, vehicle, length, last, last_way, end_s, end_way_s
            )
            if wished < cents and wished_work_s <= d.vehicle[vehicle].most_work_s:
                cents, work_s, worst_s = wished, wished_work_s, wished_worst_s
    if _too_much(d, s, vehicle, work_s):
        return np.inf, np.int64(0), np.int64(0)
    return cents, work_s, worst_s


@compiled
def cheapest_start_s(d, s, w, vehicle, length, at):
    """Return when the task at a position starts, as `full_price` priced the route in `w.order` [s]."""
    wanted, _, _ = full_price(d, s, w, vehicle, length, ALONE)
    state, on_way, end_s, way_s = timed(d, s, w, vehicle, length, _EARLY, ALONE)
    cents, _, _, _, left_s = _traced_price(d, s, w, vehicle, length, state, on_way, end_s, way_s)
    if cents > wanted:
        state, on_way, end_s, way_s = timed(d, s, w, vehicle, length, _WISHED, ALONE)
        _, _, _, _, left_s = _traced_price(d, s, w, vehicle, length, state, on_way, end_s, way_s)
    later_s, found_s = left_s - d.vehicle[vehicle].start_s, np.int64(0)
    for number in range(length - 1, -1, -1):
        start_s, before = w.trace[number + 1, state, 0], w.trace[number + 1, state, 1]
        if number == at:
            found_s = start_s
        if number <= at:
            place, ended_s = d.vehicle[vehicle].start_place, d.vehicle[vehicle].start_s
            if number > 0:
                task = w.order[number - 1]
                place, ended_s = d.task[task].place, w.trace[number, before, 0] + d.task[task].service_s
            way_s = travel_s(d, vehicle, place, d.task[w.order[number]].place, ended_s)
            later_s -= start_s - ended_s - way_s - d.rides[vehicle, REST, before, state]
        state = before
    return found_s + (max(0, later_s) if d.vehicle[vehicle].leaves_late else 0)


@compiled
def price(d, s, w, vehicle):
    """Return exact cost [cents], work and worst lateness [s] of a vehicle's route as it stands."""
    if not d.price[0].rich:
        cents, work_s = plain_price(d, s, vehicle)
        if _too_much(d, s, vehicle, work_s):
            cents = np.inf
        return cents, work_s, np.int64(0)
    for at in range(s.vehicle[vehicle].length):
        w.order[at] = s.route[vehicle, at]
    return full_price(d, s, w, vehicle, s.vehicle[vehicle].length, _AGREED)
