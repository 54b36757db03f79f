"""Kernels of recreation: absent tasks are put where each is cheapest, one after the other."""

import numpy as np

from optimizer.search.choices import NO_DEPOT, choose, is_playing
from optimizer.search.follow import bind, lacks_partner
from optimizer.search.looks import look, look_on
from optimizer.search.moves import insert, settle_rest, take_out
from optimizer.search.rides import compiled, is_linked
from optimizer.search.room import may_take
from optimizer.search.steps import BROKEN, EVERYWHERE, KEPT, REMOVED
from optimizer.search.supplies import has_depots, stops_at

#: How often what is removed is put back on any route rather than near others: else who works in which part
#: of a large problem would stay as it began.
_EVERYWHERE = 0.3
#: How often a task may cost that many times what it is worth: others may need the same way to a depot.
_DARING, _DARED = 0.1, 3.0
#: Absent tasks put back beside those removed, at most.
_MOST_ABSENT = 12


@compiled
def add_absent(d, s, w, seed):
    """List absent tasks among those to be put back: those near first."""
    listed = w.counters[REMOVED]
    for slot in range(listed):
        s.where[w.removed[slot].task] = -2
    added = 0
    for number in range(d.price[0].neighbours):
        task = d.near[seed, number]
        if task < 0 or added >= _MOST_ABSENT:
            break
        if s.where[task] == -1 and d.task[task].movable:
            w.removed[listed + added].task = task
            s.where[task] = -2
            added += 1
    for slot in range(listed + added):
        s.where[w.removed[slot].task] = -1
    w.counters[REMOVED] = listed + added


@compiled
def sort_removed(d, w):
    """Order the tasks to be put back: at random, the dearest first, or the hardest in time."""
    listed = w.counters[REMOVED]
    draw = np.random.random()
    for number in range(listed):
        task = w.removed[number].task
        first, last = d.task[task].first_window, d.task[task].end_window
        if draw < 0.4 or first == last:
            w.removed[number].key = np.random.random()
        elif draw < 0.6:
            w.removed[number].key = -d.task[task].absent_cents
        elif draw < 0.75:
            w.removed[number].key = d.windows[last - 1, 1] - d.windows[first, 0]
        elif draw < 0.85:
            w.removed[number].key = d.windows[first, 0]
        elif draw < 0.95:
            w.removed[number].key = -d.windows[last - 1, 1]
        else:
            w.removed[number].key = -d.task[task].service_s
    for number in range(1, listed):  # so few that nothing beats insertion sort
        key, task, slot = w.removed[number].key, w.removed[number].task, number
        while slot > 0 and w.removed[slot - 1].key > key:
            w.removed[slot].key, w.removed[slot].task = w.removed[slot - 1].key, w.removed[slot - 1].task
            slot -= 1
        w.removed[slot].key, w.removed[slot].task = key, task


@compiled
def routes_cents(s, w):
    """Return what the routes changed in this step cost more than before [cents]."""
    cents = 0.0
    for number in range(w.counters[KEPT]):
        vehicle = w.kept[number].vehicle
        cents += s.vehicle[vehicle].cost - w.kept[vehicle].cost
    return cents


@compiled
def _put_for(d, s, w, task, most_cents):
    """Put a task where it is cheapest, if that costs less than it may."""
    look(d, s, w, task, most_cents)
    best = choose(d, s, w, task, most_cents)
    if best >= 0:
        place = w.choice[best]
        insert(d, s, w, task, place.vehicle, place.at, place.depot, place.fetch_at)
    elif d.shelf.shape[0] > 1 and d.task[task].end_part > d.task[task].first_part + 1 and is_playing(w):
        _put_after_stop(d, s, w, task, most_cents)


@compiled
def _any_vehicle(d, s, task):
    """Return a vehicle by chance, where there are many one that visits a neighbour."""
    if d.price[0].near_only:
        beside = d.near[task, int(np.random.random() * d.price[0].neighbours)]
        if beside >= 0 and s.where[beside] >= 0:
            return s.where[beside]
    return np.int64(np.random.random() * s.vehicle.shape[0])


@compiled
def _put_after_stop(d, s, w, task, most_cents):
    """Stop at any depot on any route first, as all that a task needs may not lie at one depot."""
    depot, vehicle = int(np.random.random() * d.shelf.shape[0]), _any_vehicle(d, s, task)
    if not may_take(d, s, task, vehicle) or stops_at(d, s, vehicle, depot):
        return
    at, before_cents = np.int64(np.random.random() * (s.vehicle[vehicle].length + 1)), routes_cents(s, w)
    if not insert(d, s, w, d.price[0].tasks + depot, vehicle, at, NO_DEPOT, NO_DEPOT):
        return
    most_cents -= routes_cents(s, w) - before_cents
    look_on(d, s, w, task, vehicle, most_cents)
    best = choose(d, s, w, task, most_cents)
    if best >= 0:
        place = w.choice[best]
        insert(d, s, w, task, vehicle, place.at, place.depot, place.fetch_at)
    if not settle_rest(d, s, w, vehicle, at, at):
        w.counters[BROKEN] = 1


@compiled
def _put_group(d, s, w, task):
    """Put a linked task and its absent partners where each is cheapest beside those before it.

    What may not be there without one that found no place goes again.
    """
    first, end = d.task[task].first_member, d.task[task].end_member
    spent_cents, worth_cents = -routes_cents(s, w), 0.0
    for at in range(first, end):
        if s.where[d.member[at]] < 0 and d.task[d.member[at]].movable:
            worth_cents += d.task[d.member[at]].absent_cents
    begin = first
    while d.member[begin] != task:
        begin += 1
    for number in range(end - first):
        member = d.member[first + (begin - first + number) % (end - first)]
        if s.where[member] < 0 and d.task[member].movable:
            bind(d, s, member)
            _put_for(d, s, w, member, worth_cents - spent_cents - routes_cents(s, w))
    again = True
    while again:
        again = False
        for at in range(first, end):
            member = d.member[at]
            if s.where[member] >= 0 and d.task[member].movable and lacks_partner(d, s, member):
                again = True
                if not take_out(d, s, w, member):
                    w.counters[BROKEN] = 1


@compiled
def put(d, s, w, task):
    """Put an absent task where it is cheapest, with its partners, if that is worth it."""
    if not is_linked(d, task):
        most_cents = d.task[task].absent_cents
        if has_depots(d) and is_playing(w) and np.random.random() < _DARING:
            most_cents *= _DARED
        _put_for(d, s, w, task, most_cents)
    elif s.where[task] < 0:
        _put_group(d, s, w, task)


@compiled
def recreate(d, s, w):
    """Put back what was removed, one after the other where it is cheapest, if that is worth it."""
    w.counters[EVERYWHERE] = np.random.random() < _EVERYWHERE
    for number in range(w.counters[REMOVED]):
        put(d, s, w, w.removed[number].task)
