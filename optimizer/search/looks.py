"""Kernels of the look around: on which routes a task is looked for a place."""

import numpy as np

from optimizer.search.choices import skipped_whole
from optimizer.search.known import NOWHERE, look_up
from optimizer.search.places import flat_cents, look_in_route
from optimizer.search.rides import compiled
from optimizer.search.room import may_take
from optimizer.search.steps import EVERYWHERE, LOOKS
from optimizer.search.team import lean, mean_work

#: How many neighbours say in which routes a task is looked for a place.
_ASKED = 60


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
    if skipped_whole(d, w) or _is_needless(d, s, w, vehicle):
        return
    if w.known.shape[0] > 0:
        look_up(d, s, w, task, vehicle, most_cents)
    elif may_take(d, s, task, vehicle):
        cents = flat_cents(d, s, task, vehicle, mean_work_s, team_lean)
        look_in_route(d, s, w, task, vehicle, cents, most_cents, NOWHERE)


@compiled
def _forget(w):
    for number in range(w.choice.shape[0]):
        w.choice[number].cents = np.inf
    w.counters[LOOKS] += 1


@compiled
def look_on(d, s, w, task, vehicle, most_cents):
    """Remember the cheapest places for a task on a route, all that cost less than `most_cents`."""
    _forget(w)
    mean_work_s = mean_work(d, s)
    _look_at(d, s, w, task, vehicle, mean_work_s, lean(d, s, mean_work_s), most_cents)


@compiled
def look(d, s, w, task, most_cents):
    """Remember the cheapest places for a task, all that cost less than `most_cents`."""
    _forget(w)
    mean_work_s = mean_work(d, s)
    team_lean = lean(d, s, mean_work_s)
    if d.price[0].near_only and not w.counters[EVERYWHERE]:
        for number in range(_gather_near(d, s, w, task)):
            _look_at(d, s, w, task, w.kept[number].near, mean_work_s, team_lean, most_cents)
        return
    for vehicle in range(d.vehicle.shape[0]):
        _look_at(d, s, w, task, vehicle, mean_work_s, team_lean, most_cents)
