"""Kernels that let two routes exchange their tails: what strings of a few visits cannot do to long routes.

Source: the exchange of Potvin and Rousseau (1995), 2-opt*.
"""

import numpy as np

from optimizer.search.data import NEVER
from optimizer.search.follow import position, touch
from optimizer.search.moves import MOST_MOVES, settle_touched
from optimizer.search.prices import arc_cents
from optimizer.search.rides import compiled, is_linked, quick_s
from optimizer.search.room import due_at, place_at, ready_at
from optimizer.search.routes import place_before
from optimizer.search.steps import TOUCHED, count, keep
from optimizer.search.supplies import IN, OUT, close, open_again

_WHOLE = np.int64(NEVER)


@compiled
def _leg_cents(d, vehicle, from_place, to_place):
    """Return what a ride costs with duty, which may lead nowhere [cents]."""
    if to_place < 0:
        return 0.0
    duty_cents = quick_s(d, vehicle, from_place, to_place) * d.vehicle[vehicle].duty_cents
    return arc_cents(d, vehicle, from_place, to_place) + duty_cents


@compiled
def _in_time(d, s, vehicle, at, other, there):
    """Tell whether whoever is ready to leave for a position comes in time for that of another route."""
    if there == s.vehicle[other].length:
        return True
    ready_s = ready_at(s.times[vehicle], at, d.vehicle[vehicle].breaks)
    way_s = quick_s(d, vehicle, place_before(d, s, vehicle, at), place_at(d, s, other, there))
    return ready_s + way_s <= due_at(s.times[other], there, d.vehicle[other].breaks)


@compiled
def _more_cents(d, s, vehicle, at, other, there):
    """Return about what it costs more that two routes exchange what is from these positions on [cents].

    The second has something there; what rides within the tails cost others is left aside.
    """
    home, other_home = d.vehicle[vehicle].end_place, d.vehicle[other].end_place
    before, other_before = place_before(d, s, vehicle, at), place_before(d, s, other, there)
    other_after = place_at(d, s, other, there)
    last, other_last = s.vehicle[vehicle].length, s.vehicle[other].length
    other_end = place_before(d, s, other, other_last)
    cents = _leg_cents(d, vehicle, before, other_after) + _leg_cents(d, vehicle, other_end, home)
    cents -= _leg_cents(d, other, other_before, other_after) + _leg_cents(d, other, other_end, other_home)
    if at < last:
        after, end = place_at(d, s, vehicle, at), place_before(d, s, vehicle, last)
        cents += _leg_cents(d, other, other_before, after) + _leg_cents(d, other, end, other_home)
        cents -= _leg_cents(d, vehicle, before, after) + _leg_cents(d, vehicle, end, home)
    else:
        cents -= _leg_cents(d, vehicle, before, home)
        if there > 0:
            cents += _leg_cents(d, other, other_before, other_home)
    return cents


@compiled
def _may_move(d, s, vehicle, at, to):
    """Tell whether what is on a route from a position on may be on another, by itself."""
    engineer = d.vehicle[to].engineer
    for number in range(at, s.vehicle[vehicle].length):
        task = s.route[vehicle, number]
        if not d.task[task].movable or is_linked(d, task) or not np.isfinite(d.taste_cents[task, engineer]):
            return False
    return True


@compiled
def _count_from(d, s, vehicle, at, sign):
    for number in range(at, s.vehicle[vehicle].length):
        count(d, s, s.route[vehicle, number], vehicle, sign)


@compiled
def _within_limits(d, s, vehicle):
    """Tell whether somebody has no more to do, and no more to bring, than may be."""
    engineer = d.vehicle[vehicle].engineer
    if (
        s.vehicle[vehicle].length - s.vehicle[vehicle].pickups > d.vehicle[vehicle].most_tasks
        or s.engineer[engineer].tasks > d.engineer[engineer].most_tasks
    ):
        return False
    for kind in range(d.stock.shape[1]):  # noqa: SIM110 (numba knows no generators here)
        if s.used[engineer, kind] > max(0, d.stock[engineer, kind]):
            return False
    return True


@compiled
def _exchange(d, s, w, vehicle, at, other, there):
    """Let two routes exchange what is from these positions on; tell whether they can be."""
    keep(d, s, w, vehicle)
    keep(d, s, w, other)
    close(d, s, vehicle)
    close(d, s, other)
    _count_from(d, s, vehicle, at, OUT)
    _count_from(d, s, other, there, OUT)
    mine, theirs = s.vehicle[vehicle].length - at, s.vehicle[other].length - there
    for number in range(mine):
        w.order[number] = s.route[vehicle, at + number]
    for number in range(theirs):
        s.route[vehicle, at + number] = s.route[other, there + number]
    for number in range(mine):
        s.route[other, there + number] = w.order[number]
    s.vehicle[vehicle].length, s.vehicle[other].length = at + theirs, there + mine
    _count_from(d, s, vehicle, at, IN)
    _count_from(d, s, other, there, IN)
    supplied = open_again(d, s, vehicle)
    supplied = open_again(d, s, other) and supplied
    if not supplied or not _within_limits(d, s, vehicle) or not _within_limits(d, s, other):
        return False
    w.counters[TOUCHED] = 0
    touch(w, vehicle)
    touch(w, other)
    return settle_touched(d, s, w, min(at, there), _WHOLE, MOST_MOVES)


@compiled
def exchange_tails(d, s, w, task, most_cents):
    """Let a task be followed by what another route has from one of its neighbours on.

    The first neighbour of those from a random one on that seems to make it cost no more than `most_cents`.

    Returns
    -------
    bool
        Whether two routes have changed and can be; else the step must be undone.
    """
    vehicle = s.where[task]
    if vehicle < 0:
        return False
    at = position(s, task) + 1
    first = int(np.random.random() * d.price[0].neighbours)
    for number in range(d.price[0].neighbours):
        neighbour = d.near[task, (first + number) % d.price[0].neighbours]
        if neighbour < 0 or s.where[neighbour] < 0 or s.where[neighbour] == vehicle:
            continue
        other, there = s.where[neighbour], position(s, neighbour)
        if (
            _more_cents(d, s, vehicle, at, other, there) < most_cents
            and _in_time(d, s, vehicle, at, other, there)
            and _in_time(d, s, other, there, vehicle, at)
            and at + s.vehicle[other].length - there + 1 < s.route.shape[1]
            and there + s.vehicle[vehicle].length - at + 1 < s.route.shape[1]
            and _may_move(d, s, vehicle, at, other)
            and _may_move(d, s, other, there, vehicle)
        ):
            return _exchange(d, s, w, vehicle, at, other, there)
    return False
