"""Kernels of ruin and recreate.

Source: slack induction by string removals, Christiaens and Vanden Berghe (2020).
"""

import math

import numpy as np

from optimizer.search.data import NEVER
from optimizer.search.moves import settle_all, settle_rest, take_out
from optimizer.search.pool import remember_changed
from optimizer.search.recreate import add_absent, put, recreate, routes_cents, sort_removed
from optimizer.search.rides import compiled, entry, is_linked
from optimizer.search.routes import move_times
from optimizer.search.steps import (
    BLINK,
    BROKEN,
    EVERYWHERE,
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
from optimizer.search.team import is_watched, team_cents

#: How often two routes exchange their tails instead.
_TAILS = 0.3
_MEAN_REMOVED = 10.0
_LONGEST_STRING = 10.0
#: How often a string keeps a stretch in its middle, and how often that stretch grows by one.
_SPLIT, _GROW = 0.5, 0.01
#: How often strings are taken anywhere among a task's neighbours, rather than nearest to it.
_FAR = 0.2
#: How often a stop at a depot in a string goes with it, and all that lack something then.
_EMPTIED = 0.5


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


@entry
def fill(d, s, w, tasks, everywhere):
    """Put tasks that are absent where each is cheapest, if that is worth it, one after the other."""
    w.counters[BLINK], w.counters[EVERYWHERE] = NEVER, everywhere
    for number in range(tasks.shape[0]):
        task = tasks[number]
        if s.where[task] < 0:
            begin_step(w)
            put(d, s, w, task)
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
    add_absent(d, s, w, centre)
    sort_removed(d, w)
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
        now = cents[0] + routes_cents(s, w) + s.absent_cents[0] - absent
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
