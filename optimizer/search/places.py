"""Kernels of insertion: where a task costs least, as far as that can be told at once."""

import numpy as np

from optimizer.search.choices import NO_DEPOT, remember, skipped
from optimizer.search.data import BY, NEVER, READY
from optimizer.search.delays import delay_cents, list_delay
from optimizer.search.errands import look_with_pickups
from optimizer.search.known import look_up
from optimizer.search.prices import detour, lean, mean_work, task_cents
from optimizer.search.rides import compiled
from optimizer.search.room import due_at, may_take, over, place_at, ready_after, ready_at
from optimizer.search.steps import EVERYWHERE, LOOKS
from optimizer.search.supplies import has_depots, supplied_from

#: How many neighbours say in which routes a task is looked for a place.
_ASKED = 60


@compiled
def _flat_cents(d, s, task, vehicle, mean_work_s, team_lean):
    """Return what a task costs on a vehicle wherever it is on the route [cents].

    Uneven work counts as if whoever works more, or less, than the mean went on doing so.
    """
    engineer = d.vehicle[vehicle].engineer
    cents = float(d.taste_cents[task, engineer])
    if s.engineer[engineer].tasks == 0:
        cents -= d.price[0].empty_cents
    if d.price[0].spread_cents > 0:
        sign = 1.0 if s.engineer[engineer].work_s > mean_work_s else -1.0
        cents += (sign - team_lean) * d.task[task].service_s * d.price[0].spread_cents
    return cents + d.task[task].service_s * d.vehicle[vehicle].duty_cents


@compiled
def look_in_route(d, s, w, task, vehicle, mean_work_s, team_lean, least_cents):
    """Remember the cheapest places for a task on a route.

    `least_cents` is what the task may cost at most to be of interest.
    """
    flat_cents = _flat_cents(d, s, task, vehicle, mean_work_s, team_lean)
    most = w.choice.shape[0] - 1
    here, length = d.task[task].place, s.vehicle[vehicle].length
    closes_s = (
        s.windows[d.task[task].end_window - 1, 1]
        if d.task[task].end_window > d.task[task].first_window
        else -NEVER
    )
    limited = (
        d.vehicle[vehicle].most_work_s < NEVER or d.engineer[d.vehicle[vehicle].engineer].most_work_s < NEVER
    )
    breaks = d.vehicle[vehicle].breaks
    plain = breaks == 0
    from_place = d.vehicle[vehicle].start_place
    opens_s = (
        s.windows[d.task[task].first_window, 0]
        if d.task[task].end_window > d.task[task].first_window
        else NEVER
    )
    service_s, beside_cents = d.task[task].service_s, 0.0
    times, from_at = s.times[vehicle], np.int64(0)
    if has_depots(d):
        from_at = supplied_from(d, s, task, vehicle, NO_DEPOT)
        if from_at > 0:
            look_with_pickups(d, s, w, task, vehicle, min(from_at, length + 1), flat_cents, least_cents)
    for at in range(length + 1):
        leave_s = times[at, 0, READY] if plain else ready_at(times, at, breaks)
        if leave_s > closes_s:
            break
        to_place = place_at(d, s, vehicle, at)
        before = from_place
        from_place = to_place
        if at < length and max(leave_s, opens_s) + service_s > (
            times[at, 0, BY] if plain else due_at(times, at, breaks)
        ):
            continue
        if at < from_at or skipped(w):
            continue
        cents, more_s = detour(d, vehicle, before, here, to_place)
        cents += flat_cents
        bound = min(least_cents, w.choice[most].cents)
        if cents >= bound or (limited and over(d, s, vehicle, more_s + service_s)):
            continue
        end_s = ready_after(d, s, vehicle, task, at, before, to_place, times, at)
        if end_s >= NEVER:
            continue
        if d.price[0].rich:
            cents += task_cents(d, task, d.vehicle[vehicle].engineer, end_s - service_s)
            cents -= d.taste_cents[task, d.vehicle[vehicle].engineer]
            if cents >= bound:
                continue
        if d.price[0].late:
            delayed = list_delay(w, np.int64(0), vehicle, at, end_s, here)
            later_cents, beside_cents = delay_cents(d, s, w, delayed, bound - cents)
            cents += later_cents
            if cents >= bound:
                continue
        remember(w, cents, beside_cents, vehicle, at, NO_DEPOT, NO_DEPOT)


@compiled
def _gather_near(d, s, w, task):
    """List in `kept.near` who visits neighbours of a task or begins nearby; return how many."""
    look, found = w.counters[LOOKS], 0
    for number in range(min(_ASKED, d.price[0].neighbours)):
        other = d.near[task, number]
        if other < 0:
            break
        vehicle = s.where[other]
        if vehicle >= 0 and w.kept[vehicle].stamp != look:
            w.kept[vehicle].stamp = look
            w.kept[found].near = vehicle
            found += 1
    for number in range(d.price[0].neighbours, d.near.shape[1]):
        vehicle = d.near[task, number]
        if vehicle >= 0 and w.kept[vehicle].stamp != look:
            w.kept[vehicle].stamp = look
            w.kept[found].near = vehicle
            found += 1
    return found


@compiled
def _is_needless(d, s, w, vehicle):
    """Tell whether one like an empty vehicle was looked at for this task already."""
    if s.vehicle[vehicle].length > 0:
        return False
    kind = d.vehicle[vehicle].kind
    if w.kept[kind].empty == w.counters[LOOKS]:
        return True
    w.kept[kind].empty = w.counters[LOOKS]
    return False


@compiled
def _look_at(d, s, w, task, vehicle, mean_work_s, team_lean, most_cents):
    """Remember the cheapest places for a task on a route, if it may be there."""
    if _is_needless(d, s, w, vehicle):
        return
    if w.known.shape[0] > 0:
        look_up(d, s, w, task, vehicle, most_cents)
    elif may_take(d, s, task, vehicle):
        look_in_route(d, s, w, task, vehicle, mean_work_s, team_lean, most_cents)


@compiled
def look(d, s, w, task, most_cents):
    """Remember the cheapest places for a task, all that cost less than `most_cents`."""
    for number in range(w.choice.shape[0]):
        w.choice[number].cents = np.inf
    w.counters[LOOKS] += 1
    mean_work_s = mean_work(d, s)
    team_lean = lean(d, s, mean_work_s)
    if d.price[0].near_only and not w.counters[EVERYWHERE]:
        for number in range(_gather_near(d, s, w, task)):
            _look_at(d, s, w, task, w.kept[number].near, mean_work_s, team_lean, most_cents)
        return
    for vehicle in range(d.vehicle.shape[0]):
        _look_at(d, s, w, task, vehicle, mean_work_s, team_lean, most_cents)
