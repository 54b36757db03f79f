"""Kernels of what is known: the cheapest place for a task on a route, until the route changes.

Where the price of a place hangs on its route alone. Most routes have not changed since a task was last looked
for a place on them.
"""

import numpy as np

from optimizer.search.choices import NO_DEPOT, remember, skipped
from optimizer.search.data import BY, NEVER, READY
from optimizer.search.prices import detour
from optimizer.search.rides import compiled, scaled
from optimizer.search.room import due_at, may_take, ready_after, ready_at


@compiled
def _cheapest(d, s, task, vehicle, most_cents, but):
    """Return the cheapest place for a task on a route, leaving one out, and what it costs [cents].

    -1 and `most_cents` where none costs less; what the task costs on any place is left aside.
    """
    here, length, best = d.task[task].place, s.vehicle[vehicle].length, np.int64(-1)
    if d.task[task].first_window == d.task[task].end_window:
        return best, most_cents
    opens_s = s.windows[d.task[task].first_window, 0]
    closes_s = s.windows[d.task[task].end_window - 1, 1]
    breaks, service_s, times = d.vehicle[vehicle].breaks, d.task[task].service_s, s.times[vehicle]
    seconds, percent, route = d.seconds[-1], d.vehicle[vehicle].percent, s.route[vehicle]
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
        more_s = scaled(seconds[place, here], percent)
        if to_place >= 0:
            more_s += scaled(seconds[here, to_place], percent) - scaled(seconds[place, to_place], percent)
        cents = more_s * d.price[0].travel_cents
        if d.price[0].priced_metres:
            cents, _ = detour(d, vehicle, place, here, to_place)
        if cents < most_cents and (
            at != but and ready_after(d, s, vehicle, task, at, place, to_place, times, at) < NEVER
        ):
            best, most_cents = np.int64(at), cents
    return best, most_cents


@compiled
def look_up(d, s, w, task, vehicle, most_cents):
    """Remember the cheapest place for a task on a route, as it is known or found out now."""
    engineer = d.vehicle[vehicle].engineer
    flat_cents = float(d.taste_cents[task, engineer])
    if s.engineer[engineer].tasks == 0:
        flat_cents -= d.price[0].empty_cents
    bound = min(most_cents, w.choice[0].cents) - flat_cents
    known = w.known[task * d.vehicle.shape[0] + vehicle]
    lasting, version = not w.kept[vehicle].is_kept, s.vehicle[vehicle].version
    is_known = lasting and known.version == version
    at, cents = known.at, known.cents
    if (is_known and cents >= bound) or not may_take(d, s, task, vehicle):
        return
    if not is_known or at < 0:
        at, cents = _cheapest(d, s, task, vehicle, bound, np.int64(-1))
        if lasting:
            known.version, known.at, known.cents = version, at, cents
    if at >= 0 and skipped(w):
        at, cents = _cheapest(d, s, task, vehicle, bound, at)
    if at >= 0:
        remember(w, cents + flat_cents, 0.0, vehicle, at, NO_DEPOT, NO_DEPOT)
