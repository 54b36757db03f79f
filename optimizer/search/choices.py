"""Kernels of choice: the cheapest places seen for a task, and the one that is exactly the cheapest."""

import math

import numpy as np

from optimizer.search.data import NEVER
from optimizer.search.moves import is_supplied_with
from optimizer.search.prices import ALONE, full_price
from optimizer.search.rides import compiled
from optimizer.search.steps import BLINK
from optimizer.search.supplies import has_depots
from optimizer.search.team import is_watched, team_cents, team_with

#: In place of a depot and of a position: nothing is fetched on the way.
NO_DEPOT = np.int64(-1)
#: How often a place is overlooked; how often a whole route, where things can be fetched on the way.
_BLINK, _BLINK_ROUTE = 0.01, 0.1
#: So many places are to come before the next is overlooked where none shall be.
_NOT_PLAYING = NEVER // 2


@compiled
def skipped(w):
    """Tell whether to overlook a place, now and then."""
    w.counters[BLINK] -= 1
    if w.counters[BLINK] > 0:
        return False
    w.counters[BLINK] = 1 + int(math.log(1.0 - np.random.random()) / math.log(1.0 - _BLINK))
    return True


@compiled
def is_playing(w):
    """Tell whether what is cheapest may be overlooked at all."""
    return w.counters[BLINK] < _NOT_PLAYING


@compiled
def skipped_whole(d, w):
    """Tell whether to overlook a whole route, now and then: who fetches a thing holds others there."""
    return has_depots(d) and is_playing(w) and np.random.random() < _BLINK_ROUTE


@compiled
def remember(w, cents, beside_cents, vehicle, at, depot, fetch_at):
    """Keep a place if it is among the cheapest seen, with what of it is costs of other routes."""
    slot = w.choice.shape[0] - 1
    while slot > 0 and w.choice[slot - 1].cents > cents:
        w.choice[slot] = w.choice[slot - 1]
        slot -= 1
    choice = w.choice[slot]
    choice.cents, choice.beside_cents, choice.vehicle, choice.at = cents, beside_cents, vehicle, at
    choice.depot, choice.fetch_at = depot, fetch_at


@compiled
def write_order(d, s, w, task, vehicle, at, depot, fetch_at):
    """Write into `w.order` a route with a task before a position; return its length.

    With a depot, a stop there is put before a position of what came of it.
    """
    written = np.int64(0)
    for number in range(s.vehicle[vehicle].length + 2):
        if depot >= 0 and number == fetch_at:
            w.order[written] = d.price[0].tasks + depot
            written += 1
        if number <= s.vehicle[vehicle].length:
            w.order[written] = task if number == at else s.route[vehicle, number - (number > at)]
            written += 1
    return written


@compiled
def _exact_cents(d, s, w, task, place, team_now_cents):
    """Return exactly what a task adds at a place [cents]; infinite where it cannot be."""
    vehicle = place.vehicle
    length = write_order(d, s, w, task, vehicle, place.at, place.depot, place.fetch_at)
    cents, work_s, worst_s = full_price(d, s, w, vehicle, length, ALONE)
    if not np.isfinite(cents):
        return np.inf
    if is_watched(d):
        more_s = work_s - s.vehicle[vehicle].work_s
        cents += team_with(d, s, d.vehicle[vehicle].engineer, more_s, worst_s) - team_now_cents
    return cents - s.vehicle[vehicle].cost + place.beside_cents


@compiled
def choose(d, s, w, task, most_cents):
    """Return the number of the cheapest place of those remembered; -1 where there is none."""
    best, best_cents = np.int64(-1), most_cents
    team_now_cents = team_cents(d, s) if d.price[0].rich else 0.0
    for number in range(w.choice.shape[0]):
        place = w.choice[number]
        if not np.isfinite(place.cents):
            break
        cents = _exact_cents(d, s, w, task, place, team_now_cents) if d.price[0].rich else place.cents
        if cents < best_cents and is_supplied_with(
            d, s, task, place.vehicle, place.at, place.depot, place.fetch_at
        ):
            best, best_cents = np.int64(number), cents
    return best
