"""Kernels of ruin and recreate.

Source: slack induction by string removals, Christiaens and Vanden Berghe (2020).
"""

import math

import numpy as np

from optimizer.search.choices import choose
from optimizer.search.data import NEVER
from optimizer.search.follow import bind, lacks_partner
from optimizer.search.looks import look
from optimizer.search.moves import insert, settle_all, settle_rest, take_out
from optimizer.search.pool import remember_changed
from optimizer.search.prices import is_watched, team_cents
from optimizer.search.rides import compiled, entry, is_linked
from optimizer.search.routes import move_times
from optimizer.search.steps import (
    BLINK,
    BROKEN,
    EVERYWHERE,
    KEPT,
    LOOKS,
    REMOVED,
    accept,
    begin_step,
    count,
    keep,
    put_back,
)
from optimizer.search.supplies import IN, OUT, close, is_pickup, open_again
from optimizer.search.tails import exchange_tails

#: How often two routes exchange their tails instead.
_TAILS = 0.3
_MEAN_REMOVED = 10.0
_LONGEST_STRING = 10.0
#: How often a string keeps a stretch in its middle, and how often that stretch grows by one.
_SPLIT, _GROW = 0.5, 0.01
#: How often what is removed is put back on any route rather than near others: else who works in which part
#: of a large problem would stay as it began.
_EVERYWHERE = 0.3
#: How often strings are taken anywhere among a task's neighbours, rather than nearest to it.
_FAR = 0.2
#: How often a stop at a depot in a string goes with it, and all that lack something then.
_EMPTIED = 0.5
#: Absent tasks put back beside those removed, at most.
_MOST_ABSENT = 12


@compiled
def _mean_length(s):
    used, tasks = 0, 0
    for vehicle in range(s.vehicle.shape[0]):
        if s.vehicle[vehicle].length:
            used += 1
            tasks += s.vehicle[vehicle].length
    return tasks / max(1, used)


@compiled
def _take_string(d, s, w, vehicle, seed, longest):
    """Take a string of visits around a task out of a route; tell whether the rest can be."""
    length = s.vehicle[vehicle].length
    size = 1 + int(np.random.random() * min(float(length), longest))
    size = min(size, length)
    at = 0
    while s.route[vehicle, at] != seed:
        at += 1
    kept_between = 0
    if size < length and size > 1 and np.random.random() < _SPLIT:
        kept_between = 1
        while size + kept_between < length and np.random.random() < _GROW:
            kept_between += 1
    span = size + kept_between
    first_least, first_most = max(0, at - span + 1), min(at, length - span)
    first = first_least + int(np.random.random() * (first_most - first_least + 1))
    hole = first + 1 + int(np.random.random() * max(1, size - 1)) if kept_between else length
    keep(d, s, w, vehicle)
    close(d, s, vehicle)
    empties = s.vehicle[vehicle].pickups > 0 and np.random.random() < _EMPTIED
    written, end = np.int64(0), np.int64(0)
    for number in range(length):
        task = s.route[vehicle, number]
        inside = first <= number < first + span and not hole <= number < hole + kept_between
        if inside and d.task[task].movable:
            count(d, s, task, vehicle, OUT)
            w.removed[w.counters[REMOVED]].task = task
            w.counters[REMOVED] += 1
            end = written
        elif inside and empties and is_pickup(d, task):
            count(d, s, task, vehicle, OUT)
            end = written
        else:
            s.route[vehicle, written] = task
            if written < number:
                move_times(d, s, vehicle, number, written)
            written += 1
    s.vehicle[vehicle].length = written
    return settle_rest(d, s, w, vehicle, np.int64(first), end)


@compiled
def _remove_partners(d, s, w):
    """Take the partners of removed tasks out as well; tell whether what is left can be."""
    number = 0
    while number < w.counters[REMOVED]:
        task = w.removed[number].task
        number += 1
        if not is_linked(d, task):
            continue
        for at in range(d.task[task].first_member, d.task[task].end_member):
            member = d.member[at]
            if s.where[member] >= 0 and d.task[member].movable:
                w.removed[w.counters[REMOVED]].task = member
                w.counters[REMOVED] += 1
                if not take_out(d, s, w, member):
                    return False
    return True


@compiled
def ruin(d, s, w, seed, mean_length):
    """Take strings of visits out of routes near a task; tell whether what is left can be."""
    longest = min(_LONGEST_STRING, mean_length)
    most_strings = 4.0 * _MEAN_REMOVED / (1.0 + longest) - 1.0
    strings = 1 + int(np.random.random() * most_strings)
    taken = 0
    w.counters[LOOKS] += 1
    anywhere = np.random.random() < _FAR
    for number in range(d.price[0].neighbours):
        if taken >= strings:
            break
        task = d.near[seed, number]
        if anywhere and number > 0:
            task = d.near[seed, int(np.random.random() * d.price[0].neighbours)]
        if task < 0:
            break
        vehicle = s.where[task]
        if vehicle < 0 or w.kept[vehicle].stamp == w.counters[LOOKS]:
            continue
        w.kept[vehicle].stamp = w.counters[LOOKS]
        if not _take_string(d, s, w, vehicle, task, longest):
            return False
        taken += 1
    return _remove_partners(d, s, w)


@compiled
def _add_absent(d, s, w, seed):
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
def _sort_removed(d, w):
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
def _routes_cents(s, w):
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


@compiled
def _put_group(d, s, w, task):
    """Put a linked task and its absent partners where each is cheapest beside those before it.

    What may not be there without one that found no place goes again.
    """
    first, end = d.task[task].first_member, d.task[task].end_member
    spent_cents, worth_cents = -_routes_cents(s, w), 0.0
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
            _put_for(d, s, w, member, worth_cents - spent_cents - _routes_cents(s, w))
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
def _put(d, s, w, task):
    """Put an absent task where it is cheapest, with its partners, if that is worth it."""
    if not is_linked(d, task):
        _put_for(d, s, w, task, d.task[task].absent_cents)
    elif s.where[task] < 0:
        _put_group(d, s, w, task)


@compiled
def recreate(d, s, w):
    """Put back what was removed, one after the other where it is cheapest, if that is worth it."""
    w.counters[EVERYWHERE] = np.random.random() < _EVERYWHERE
    for number in range(w.counters[REMOVED]):
        _put(d, s, w, w.removed[number].task)


@entry
def fill(d, s, w, tasks, everywhere):
    """Put tasks that are absent where each is cheapest, if that is worth it, one after the other."""
    w.counters[BLINK], w.counters[EVERYWHERE] = NEVER, everywhere
    for number in range(tasks.shape[0]):
        task = tasks[number]
        if s.where[task] < 0:
            begin_step(w)
            _put(d, s, w, task)
            if w.counters[BROKEN]:
                put_back(d, s, w)
            else:
                accept(s, w)
    w.counters[BLINK] = 0


@entry
def total_cents(d, s):
    """Return what the whole solution costs [cents]."""
    cents = s.absent_cents[0] + team_cents(d, s)
    for vehicle in range(s.vehicle.shape[0]):
        cents += s.vehicle[vehicle].cost
    return cents


@compiled
def _replan(d, s, w, centre, mean_length):
    """Take out tasks near one, and put them back; tell whether that can be."""
    if not ruin(d, s, w, centre, mean_length):
        return False
    _add_absent(d, s, w, centre)
    _sort_removed(d, w)
    recreate(d, s, w)
    return True


@compiled
def _copy_routes(s, best_route, best_length):
    for vehicle in range(s.vehicle.shape[0]):
        best_length[vehicle] = s.vehicle[vehicle].length
        for at in range(s.vehicle[vehicle].length):
            best_route[vehicle, at] = s.route[vehicle, at]


@entry
def search(d, s, w, pool, best_route, best_length, free, cents, temperatures, seed):
    """Ruin and recreate once for each temperature [cents].

    `cents` holds what the solution costs now, what the best costs, and by how much dearer than now a
    solution may be for its new routes to go into the pool; the best is copied into its arrays as it is
    found.

    Returns
    -------
    int
        How many of the steps found a new best.
    """
    if seed >= 0:
        np.random.seed(seed)
    found = 0
    watched = is_watched(d)
    team = team_cents(d, s) if watched else 0.0
    mean_length = _mean_length(s)
    for step in range(temperatures.shape[0]):
        if step % 200 == 199:
            mean_length = _mean_length(s)
        begin_step(w)
        absent = s.absent_cents[0]
        most_cents = -temperatures[step] * math.log(1.0 - np.random.random())
        centre = free[int(np.random.random() * free.shape[0])]
        if np.random.random() < _TAILS:
            possible = exchange_tails(d, s, w, centre, most_cents)
        else:
            possible = _replan(d, s, w, centre, mean_length)
        if not possible or w.counters[BROKEN]:
            put_back(d, s, w)
            continue
        now = cents[0] + _routes_cents(s, w) + s.absent_cents[0] - absent
        new_team = 0.0
        if watched:
            new_team = team_cents(d, s)
            now += new_team - team
        if now < cents[0] + cents[2]:
            remember_changed(s, w, pool)
        if now < cents[0] + most_cents:
            cents[0], team = now, new_team
            accept(s, w)
            if now < cents[1] - 1e-3:
                cents[1] = now
                found += 1
                _copy_routes(s, best_route, best_length)
        else:
            put_back(d, s, w)
    return found


@entry
def load(d, s, w):
    """Time, price and count the routes of a fresh state; tell whether they can be."""
    for vehicle in range(d.vehicle.shape[0]):
        for at in range(s.vehicle[vehicle].length):
            count(d, s, s.route[vehicle, at], vehicle, IN)
    begin_step(w)
    supplied = True
    for vehicle in range(d.vehicle.shape[0]):
        supplied = open_again(d, s, vehicle) and supplied
    return supplied and settle_all(d, s, w)
