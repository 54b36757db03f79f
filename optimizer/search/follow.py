"""Kernels that let linked tasks follow what changes on any of their routes.

Linked tasks begin together with their partners, or before or after them, as early as all their routes let
them: what one route changes may move visits of another, and those of a third. Every route knows of the
others what matters to it: of a linked task, from when on its partners let it begin and until when it may.
"""

import numpy as np

from optimizer.search.data import ANY, BY, NEVER, READY, SAME
from optimizer.search.rides import compiled, first_start_s, is_linked, last_start_s, ready_s, travel_s
from optimizer.search.routes import latest_end_s, place_before, time_backward, time_forward
from optimizer.search.steps import PASS, TOUCHED, WAITING, hold, keep

_BEGIN = np.int64(0)
#: How often more than it has members a group is gone through, for windows to be jumped.
_MORE_ROUNDS = 4


@compiled
def touch(w, vehicle):
    """List a route among those that have changed."""
    for number in range(w.counters[TOUCHED]):
        if w.kept[number].touched == vehicle:
            return
    w.kept[w.counters[TOUCHED]].touched = vehicle
    w.counters[TOUCHED] += 1


@compiled
def _wait(d, s, w, vehicle, first, end):
    """List the groups of linked tasks between two positions of a route among those to be looked at."""
    for at in range(first, end):
        task = s.route[vehicle, at]
        if is_linked(d, task):
            group = d.member[d.task[task].first_member]
            if not w.group[group].waits:
                w.group[group].waits = True
                if w.group[group].stamp != w.counters[PASS]:
                    w.group[group].stamp, w.group[group].moves = w.counters[PASS], 0
                w.group[group].key_s = s.times[vehicle, at + 1, 0, READY]
                w.group[w.counters[WAITING]].waiting = group
                w.counters[WAITING] += 1


@compiled
def _next_group(w, side):
    """Take off the list the group that ends first, or last where it is about until when they may begin."""
    sign = 1 if side == READY else -1
    count = w.counters[WAITING]
    best = 0
    for number in range(1, count):
        group, other = w.group[number].waiting, w.group[best].waiting
        if sign * w.group[group].key_s < sign * w.group[other].key_s:
            best = number
    group = w.group[best].waiting
    w.group[best].waiting = w.group[count - 1].waiting
    w.counters[WAITING] = count - 1
    w.group[group].waits = False
    return group


@compiled
def position(s, task):
    """Return where in its route a placed task is."""
    vehicle = s.where[task]
    at = 0
    while s.route[vehicle, at] != task:
        at += 1
    return at


@compiled
def _first_s(d, s, task):
    """Return when a placed task can begin at the earliest, its partners left aside [s].

    Where it was, or was promised, if it can be held back to that; where ways take longer at some hours, it
    is not known how far it can be.
    """
    vehicle, at, best_s = s.where[task], position(s, task), np.int64(NEVER)
    place = place_before(d, s, vehicle, at)
    for taken in range(d.vehicle[vehicle].breaks + 1):
        leave_s = s.times[vehicle, at, taken, READY]
        if leave_s >= NEVER:
            continue
        way_s = travel_s(d, vehicle, place, d.task[task].place, leave_s)
        for now in range(taken, d.vehicle[vehicle].breaks + 1):
            then_s = ready_s(d, vehicle, taken, now, leave_s, way_s)
            if then_s >= NEVER:
                break
            start_s = first_start_s(d, d.windows, task, then_s)
            by_s = s.times[vehicle, at, now, BY]
            if start_s < d.task[task].wish_s and d.price[0].bands == 1:
                wish_s = first_start_s(d, d.windows, task, d.task[task].wish_s)
                start_s = wish_s if wish_s <= by_s else start_s
            if start_s <= by_s:
                best_s = min(best_s, start_s)
    return best_s


@compiled
def _last_s(d, s, task):
    """Return when a placed task can begin at the latest, its partners left aside [s]."""
    vehicle, at, best_s = s.where[task], position(s, task), np.int64(-NEVER)
    service_s = d.task[task].service_s
    for taken in range(d.vehicle[vehicle].breaks + 1):
        until_s = latest_end_s(d, s, vehicle, at, taken) - service_s
        best_s = max(best_s, last_start_s(d, d.windows, task, until_s))
    return best_s


@compiled
def _agree(d, s, w, group, side):
    """Write into `w.moved` when the placed tasks of a group begin together; tell whether they come to rest.

    At the earliest (READY) or at the latest (BY).
    """
    first, end = d.task[group].first_member, d.task[group].end_member
    for number in range(first, end):
        member = d.member[number]
        if s.where[member] >= 0:
            w.moved[member] = _first_s(d, s, member) if side == READY else _last_s(d, s, member)
    rest = False
    for _ in range(end - first + _MORE_ROUNDS):
        rest = True
        for number in range(first, end):
            member = d.member[number]
            if s.where[member] < 0:
                continue
            for row in range(d.task[member].first_link, d.task[member].end_link):
                other = d.link[row].other
                if s.where[other] < 0:
                    continue
                from_s, until_s = w.moved[member] + d.link[row].low_s, w.moved[member] + d.link[row].high_s
                if side == READY and w.moved[other] < from_s:
                    w.moved[other] = first_start_s(d, d.windows, other, from_s)
                    rest = False
                elif side == BY and w.moved[other] > until_s:
                    w.moved[other] = last_start_s(d, d.windows, other, until_s)
                    rest = False
        if rest:
            break
    return rest


@compiled
def _hold_member(d, s, w, member, group, side):
    """Write down when a task of a group begins, or until when; tell whether its route can be."""
    vehicle, at, moved_s = s.where[member], position(s, member), w.moved[member]
    keep(d, s, w, vehicle)
    touch(w, vehicle)
    if side == READY:
        hold(d, s, member, moved_s, s.held[member, BY])
        can = moved_s <= s.held[member, BY] and time_forward(d, s, vehicle, at, at + 1)
        _wait(d, s, w, vehicle, at + 1, s.vehicle[vehicle].length)
        return can
    if moved_s < s.held[member, READY]:
        w.group[group].pulled = True
    hold(d, s, member, min(s.held[member, READY], moved_s), moved_s)
    can = time_backward(d, s, vehicle, at, at + 1)
    _wait(d, s, w, vehicle, _BEGIN, at)
    return can


@compiled
def _move_group(d, s, w, group, side, most_moves):
    """Let a group begin as early as it can, or write down until when it may; tell whether that can be."""
    w.group[group].moves += 1
    if w.group[group].moves > most_moves or not _agree(d, s, w, group, side):
        return False
    for number in range(d.task[group].first_member, d.task[group].end_member):
        member = d.member[number]
        follows = s.where[member] >= 0 and s.held[member, side] != w.moved[member]
        if follows and not _hold_member(d, s, w, member, group, side):
            return False
    return True


@compiled
def _wait_pulled(d, s, w):
    """List the groups that cannot begin as late any more as they did."""
    for number in range(w.counters[TOUCHED]):
        vehicle = w.kept[number].touched
        for at in range(s.vehicle[vehicle].length):
            task = s.route[vehicle, at]
            if is_linked(d, task) and w.group[d.member[d.task[task].first_member]].pulled:
                w.group[d.member[d.task[task].first_member]].pulled = False
                _wait(d, s, w, vehicle, at, at + 1)


@compiled
def follow(d, s, w, side, first, end, most_moves):
    """Let the groups between two positions of routes touched follow, and all others; tell whether they can.

    Against the order of time until when they may begin (BY), or along it when they do (READY).
    """
    w.counters[PASS] += 1
    for number in range(w.counters[TOUCHED]):
        vehicle = w.kept[number].touched
        _wait(d, s, w, vehicle, first, min(end, s.vehicle[vehicle].length))
    if side == READY:
        _wait_pulled(d, s, w)
    can = True
    while w.counters[WAITING] > 0:
        group = _next_group(w, side)
        can = can and _move_group(d, s, w, group, side, most_moves)
    return can


@compiled
def bind(d, s, task):
    """Cut the windows of an absent task to what its placed partners leave it."""
    from_s, until_s = np.int64(-NEVER), np.int64(NEVER)
    for row in range(d.task[task].first_link, d.task[task].end_link):
        other = d.link[row].other
        if s.where[other] >= 0:
            from_s = max(from_s, s.held[other, 0] - d.link[row].high_s)
            until_s = min(until_s, s.held[other, 1] - d.link[row].low_s)
    hold(d, s, task, from_s, until_s)


@compiled
def suits_partners(d, s, task, engineer):
    """Tell whether an engineer may do a linked task beside whoever does the others."""
    for row in range(d.task[task].first_link, d.task[task].end_link):
        vehicle = s.where[d.link[row].other]
        if vehicle >= 0 and d.link[row].engineers != ANY:
            alike = d.vehicle[vehicle].engineer == engineer
            if alike != (d.link[row].engineers == SAME):
                return False
    return True


@compiled
def lacks_partner(d, s, task):
    """Tell whether a task may not be where it is because another is absent."""
    for row in range(d.task[task].first_link, d.task[task].end_link):
        if d.link[row].needed and s.where[d.link[row].other] < 0:
            return True
    return False
