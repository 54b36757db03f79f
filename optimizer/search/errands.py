"""Kernels of errands: places for a task after a stop at a depot, put in for what the task lacks."""

import numpy as np

from optimizer.search.choices import remember
from optimizer.search.data import NEVER, READY
from optimizer.search.prices import detour, task_cents
from optimizer.search.rides import compiled
from optimizer.search.room import over, place_at, ready_after
from optimizer.search.routes import ride_on
from optimizer.search.supplies import supplied_from

#: To the depot and on.
_DRIVEN = np.bool_(True)


@compiled
def look_with_pickups(d, s, w, task, vehicle, before_at, flat_cents, least_cents):
    """Remember the cheapest places for a task before a position of a route, with a stop at a depot before it.

    `flat_cents` is what it costs wherever it is.
    """
    length = s.vehicle[vehicle].length
    if length + 2 >= s.route.shape[1]:
        return
    for depot in range(d.shelf.shape[0]):
        least_at = supplied_from(d, s, task, vehicle, depot)
        if least_at >= before_at:
            continue
        pickup, place = d.price[0].tasks + depot, d.vehicle[vehicle].start_place
        for fetch_at in range(before_at):
            to_place = place_at(d, s, vehicle, fetch_at)
            cents, more_s = detour(d, vehicle, place, d.task[pickup].place, to_place, length > 0)
            more_s += d.task[pickup].service_s
            cents += d.task[pickup].service_s * d.vehicle[vehicle].duty_cents
            bound = min(least_cents, w.choice[w.choice.shape[0] - 1].cents)
            if flat_cents + cents < bound:
                for taken in range(d.vehicle[vehicle].breaks + 1):
                    w.trace[fetch_at, taken, READY] = s.times[vehicle, fetch_at, taken, READY]
                if ride_on(d, s, vehicle, w.trace, fetch_at, place, pickup)[0]:
                    places = (vehicle, depot, fetch_at, least_at, before_at)
                    _look_after_pickup(d, s, w, task, places, flat_cents + cents, more_s, least_cents)
            place = to_place


@compiled
def _look_after_pickup(d, s, w, task, places, with_cents, with_s, least_cents):
    """Remember the cheapest places for a task after a stop at a depot that is timed in `w.trace`."""
    vehicle, depot, fetch_at, least_at, before_at = places
    length, here = s.vehicle[vehicle].length, d.task[task].place
    place, service_s = d.task[d.price[0].tasks + depot].place, d.task[task].service_s
    for at in range(fetch_at, before_at):
        to_place = place_at(d, s, vehicle, at)
        cents, more_s = detour(d, vehicle, place, here, to_place, _DRIVEN)
        cents += with_cents
        bound = min(least_cents, w.choice[w.choice.shape[0] - 1].cents)
        if at >= least_at and cents < bound and not over(d, s, vehicle, with_s + more_s + service_s):
            end_s = ready_after(d, s, vehicle, task, at, place, to_place, w.trace, at + 1)
            if end_s < NEVER:
                engineer = d.vehicle[vehicle].engineer
                cents += task_cents(d, task, engineer, end_s - service_s) - d.taste_cents[task, engineer]
                if cents < bound:
                    remember(w, cents, 0.0, vehicle, at, depot, fetch_at)
        if at == length or not ride_on(d, s, vehicle, w.trace, at + 1, place, s.route[vehicle, at])[0]:
            break
        place = to_place
