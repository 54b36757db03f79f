"""Kernels of insertion: where on a route a task costs least, as far as that can be told at once."""

import numpy as np

from optimizer.search.choices import NO_DEPOT, remember, skipped
from optimizer.search.data import BY, NEVER, READY
from optimizer.search.delays import delay_cents, list_delay
from optimizer.search.errands import look_with_pickups
from optimizer.search.prices import detour, task_cents
from optimizer.search.rides import compiled, scaled
from optimizer.search.room import due_at, over, ready_after, ready_at
from optimizer.search.supplies import has_depots, supplied_from


@compiled
def flat_cents(d, s, task, vehicle, mean_work_s, team_lean):
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
def look_in_route(d, s, w, task, vehicle, flat_cents, least_cents, but):
    """Remember the cheapest places for a task on a route, leaving one out.

    `flat_cents` is what it costs on any of them, `least_cents` what it may cost at most to be of interest.
    """
    if d.task[task].first_window == d.task[task].end_window:
        return
    most, here, length = w.choice.shape[0] - 1, d.task[task].place, s.vehicle[vehicle].length
    opens_s = s.windows[d.task[task].first_window, 0]
    closes_s = s.windows[d.task[task].end_window - 1, 1]
    engineer, service_s = d.vehicle[vehicle].engineer, d.task[task].service_s
    limited = d.vehicle[vehicle].most_work_s < NEVER or d.engineer[engineer].most_work_s < NEVER
    breaks, times, route = d.vehicle[vehicle].breaks, s.times[vehicle], s.route[vehicle]
    seconds, percent = d.seconds[-1], d.vehicle[vehicle].percent
    second_cents = d.price[0].travel_cents + d.vehicle[vehicle].duty_cents
    from_at, beside_cents, driven = np.int64(0), 0.0, length > 0
    if has_depots(d):
        from_at = supplied_from(d, s, task, vehicle, NO_DEPOT)
        if from_at > 0:
            look_with_pickups(d, s, w, task, vehicle, min(from_at, length + 1), flat_cents, least_cents)
    to_place = d.vehicle[vehicle].start_place
    for at in range(length + 1):
        leave_s = times[at, 0, READY] if breaks == 0 else ready_at(times, at, breaks)
        if leave_s > closes_s:
            break
        place = to_place
        if at < length:
            to_place = d.task[route[at]].place
            by_s = times[at, 0, BY] if breaks == 0 else due_at(times, at, breaks)
            if max(leave_s, opens_s) + service_s > by_s:
                continue
        else:
            to_place = d.vehicle[vehicle].end_place
        if at < from_at or at == but or skipped(w):
            continue
        # A detour, with what does not change from place to place looked up once.
        more_s = scaled(seconds[place, here], percent)
        if to_place >= 0:
            more_s += scaled(seconds[here, to_place], percent)
            if driven:
                more_s -= scaled(seconds[place, to_place], percent)
        cents = more_s * second_cents + flat_cents
        if d.price[0].priced_metres:
            cents = detour(d, vehicle, place, here, to_place, driven)[0] + flat_cents
        bound = min(least_cents, w.choice[most].cents)
        if cents >= bound or (limited and over(d, s, vehicle, more_s + service_s)):
            continue
        end_s = ready_after(d, s, vehicle, task, at, place, to_place, times, at)
        if end_s >= NEVER:
            continue
        if d.price[0].rich:
            cents += task_cents(d, task, engineer, end_s - service_s) - d.taste_cents[task, engineer]
            if cents >= bound:
                continue
        if d.price[0].late:
            delayed = list_delay(w, np.int64(0), vehicle, at, end_s, here)
            later_cents, beside_cents = delay_cents(d, s, w, delayed, bound - cents)
            cents += later_cents
            if cents >= bound:
                continue
        remember(w, cents, beside_cents, vehicle, at, NO_DEPOT, NO_DEPOT)
