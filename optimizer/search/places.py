"""Kernels of insertion: where a task may go, checked exactly in constant time, and what it costs there."""

import math

import numpy as np

from optimizer.search.data import BY, NEVER, READY
from optimizer.search.moves import position, suits_partners
from optimizer.search.prices import (
    ALONE,
    arc_cents,
    full_price,
    is_watched,
    lean,
    mean_work,
    task_cents,
    team_cents,
    team_with,
)
from optimizer.search.rides import (
    compiled,
    first_start_s,
    home_way_s,
    is_linked,
    latest_leave_home_s,
    quick_s,
    ready_s,
)
from optimizer.search.steps import BLINK, EVERYWHERE, LOOKS

#: How often a place is overlooked.
_BLINK = 0.01
#: How many neighbours say in which routes a task is looked for a place.
_ASKED = 60


@compiled
def _ready_after(d, s, vehicle, task, at, to_place):
    """Tell whether a task fits before position `at`, and its earliest end [s]; NEVER where it does not."""
    breaks = d.vehicle[vehicle].breaks
    from_place = d.vehicle[vehicle].start_place
    if at > 0:
        from_place = d.task[s.route[vehicle, at - 1]].place
    way_s = quick_s(d, vehicle, from_place, d.task[task].place)
    last = at == s.vehicle[vehicle].length
    if last:
        on_s = home_way_s(d, vehicle, d.task[task].place)
    else:
        on_s = quick_s(d, vehicle, d.task[task].place, to_place)
    best_s = np.int64(NEVER)
    for taken in range(breaks + 1):
        leave_s = s.times[vehicle, at, taken, READY]
        if leave_s >= NEVER:
            continue
        for now in range(taken, breaks + 1):
            then_s = ready_s(d, vehicle, taken, now, leave_s, way_s)
            if then_s >= NEVER:
                break
            start_s = first_start_s(d, s.windows, task, then_s)
            if start_s >= NEVER:
                break
            end_s = start_s + d.task[task].service_s
            if end_s >= best_s:
                continue
            if last:
                if end_s <= latest_leave_home_s(d, vehicle, now, on_s):
                    best_s = end_s
                continue
            for then in range(now, breaks + 1):
                next_s = ready_s(d, vehicle, now, then, end_s, on_s)
                if next_s >= NEVER:
                    break
                if next_s <= s.times[vehicle, at, then, BY]:
                    best_s = end_s
                    break
    return best_s


@compiled
def may_take(d, s, task, vehicle):
    """Tell whether a vehicle may do a task as well, time left aside."""
    engineer = d.vehicle[vehicle].engineer
    if not np.isfinite(d.taste_cents[task, engineer]) or not suits_partners(d, s, task, engineer):
        return False
    if (
        s.vehicle[vehicle].length + 1 >= s.route.shape[1]
        or s.vehicle[vehicle].length >= d.vehicle[vehicle].most_tasks
    ):
        return False
    if s.engineer[engineer].tasks >= d.engineer[engineer].most_tasks:
        return False
    for number in range(d.task[task].first_part, d.task[task].end_part):
        kind = d.parts[number, 0]
        if s.used[engineer, kind] + d.parts[number, 1] > d.stock[engineer, kind]:
            return False
    return True


@compiled
def _skipped(w):
    """Tell whether to overlook a place, now and then."""
    w.counters[BLINK] -= 1
    if w.counters[BLINK] > 0:
        return False
    w.counters[BLINK] = 1 + int(math.log(1.0 - np.random.random()) / math.log(1.0 - _BLINK))
    return True


@compiled
def _remember(w, cents, beside_cents, vehicle, at):
    """Keep a place if it is among the cheapest seen, with what of it is costs of other routes."""
    slot = w.choice.shape[0] - 1
    while slot > 0 and w.choice[slot - 1].cents > cents:
        w.choice[slot].cents = w.choice[slot - 1].cents
        w.choice[slot].beside_cents = w.choice[slot - 1].beside_cents
        w.choice[slot].vehicle = w.choice[slot - 1].vehicle
        w.choice[slot].at = w.choice[slot - 1].at
        slot -= 1
    w.choice[slot].cents, w.choice[slot].beside_cents = cents, beside_cents
    w.choice[slot].vehicle, w.choice[slot].at = vehicle, at


@compiled
def _flat_cents(d, s, task, vehicle, mean_work_s, team_lean):
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
def _earliest_end_s(d, s, vehicle, at):
    """Return when the visit at a position ends, whatever breaks were taken by then [s]."""
    end_s = s.times[vehicle, at + 1, 0, READY]
    for taken in range(1, d.vehicle[vehicle].breaks + 1):
        end_s = min(end_s, s.times[vehicle, at + 1, taken, READY])
    return end_s


@compiled
def _late_cents(d, task, end_s):
    return max(0, end_s - d.task[task].due_s) * d.task[task].late_cents


@compiled
def _delay(w, waiting, vehicle, at, ready_s, place):
    """List a route that is delayed from a position on: who visits it comes from a place then."""
    if waiting < w.delay.shape[0]:
        delay = w.delay[waiting]
        delay.vehicle, delay.at, delay.ready_s, delay.place = vehicle, at, ready_s, place
        waiting += 1
    return waiting


@compiled
def _delay_partners(d, s, w, waiting, task, start_s):
    """List the routes of those who wait for a linked task that begins later."""
    for row in range(d.task[task].first_link, d.task[task].end_link):
        other, from_s = d.link[row].other, start_s + d.link[row].low_s
        if s.where[other] >= 0 and from_s > s.held[other, 0]:
            vehicle, place = s.where[other], d.task[other].place
            ready_s = from_s - quick_s(d, vehicle, place, place)
            waiting = _delay(w, waiting, vehicle, position(s, other), ready_s, place)
    return waiting


@compiled
def _delay_cents(d, s, w, waiting, most_cents):
    """Estimate what it costs that visits of the routes in `w.delay` are later, and those after the first.

    Breaks are left aside, and of long chains of linked tasks the end; more than `most_cents` is not counted.
    """
    cents, first_cents, looked_at = 0.0, 0.0, 0
    while looked_at < waiting and cents < most_cents:
        delay = w.delay[looked_at]
        vehicle, ready, place = delay.vehicle, delay.ready_s, delay.place
        looked_at += 1
        for at in range(delay.at, s.vehicle[vehicle].length):
            task = s.route[vehicle, at]
            way_s = quick_s(d, vehicle, place, d.task[task].place)
            start_s = first_start_s(d, s.windows, task, ready + way_s)
            end_s, before_s = start_s + d.task[task].service_s, _earliest_end_s(d, s, vehicle, at)
            if end_s <= before_s:
                break
            cents += _late_cents(d, task, end_s) - _late_cents(d, task, before_s)
            if cents >= most_cents:
                break
            if is_linked(d, task):
                waiting = _delay_partners(d, s, w, waiting, task, start_s)
            ready, place = end_s, d.task[task].place
        if looked_at == 1:
            first_cents = cents
    return cents, cents - first_cents


@compiled
def look_in_route(d, s, w, task, vehicle, mean_work_s, team_lean, least_cents):
    """Remember the cheapest places for a task on a route.

    `least_cents` is what the task may cost at most to be of interest.
    """
    flat_cents = _flat_cents(d, s, task, vehicle, mean_work_s, team_lean)
    most = w.choice.shape[0] - 1
    here, length = d.task[task].place, s.vehicle[vehicle].length
    closes_s = (
        s.windows[d.task[task].end_window - 1, 1]
        if d.task[task].end_window > d.task[task].first_window
        else -NEVER
    )
    duty_cents = d.vehicle[vehicle].duty_cents
    limited = (
        d.vehicle[vehicle].most_work_s < NEVER or d.engineer[d.vehicle[vehicle].engineer].most_work_s < NEVER
    )
    plain = d.vehicle[vehicle].breaks == 0
    from_place = d.vehicle[vehicle].start_place
    opens_s = (
        s.windows[d.task[task].first_window, 0]
        if d.task[task].end_window > d.task[task].first_window
        else NEVER
    )
    service_s, beside_cents = d.task[task].service_s, 0.0
    for at in range(length + 1):
        if plain and s.times[vehicle, at, 0, READY] > closes_s:
            break
        to_place = d.task[s.route[vehicle, at]].place if at < length else d.vehicle[vehicle].end_place
        before = from_place
        from_place = to_place
        if (
            plain
            and at < length
            and max(s.times[vehicle, at, 0, READY], opens_s) + service_s > s.times[vehicle, at, 0, BY]
        ):
            continue
        if _skipped(w):
            continue
        cents = flat_cents + arc_cents(d, vehicle, before, here)
        if to_place >= 0:
            cents += arc_cents(d, vehicle, here, to_place) - arc_cents(d, vehicle, before, to_place)
        bound = min(least_cents, w.choice[most].cents)
        if cents >= bound and not d.price[0].rich:
            continue
        if limited or d.price[0].rich:
            more_s = quick_s(d, vehicle, before, here)
            if to_place >= 0:
                more_s += quick_s(d, vehicle, here, to_place) - quick_s(d, vehicle, before, to_place)
            cents += more_s * duty_cents
            if limited and _over(d, s, vehicle, more_s + service_s):
                continue
        if cents >= bound:
            continue
        end_s = _ready_after(d, s, vehicle, task, at, to_place)
        if end_s >= NEVER:
            continue
        if d.price[0].rich:
            cents += task_cents(d, task, d.vehicle[vehicle].engineer, end_s - service_s)
            cents -= d.taste_cents[task, d.vehicle[vehicle].engineer]
            if cents >= bound:
                continue
        if d.price[0].late:
            delayed = _delay(w, np.int64(0), vehicle, at, end_s, here)
            delay_cents, beside_cents = _delay_cents(d, s, w, delayed, bound - cents)
            cents += delay_cents
            if cents >= bound:
                continue
        _remember(w, cents, beside_cents, vehicle, at)


@compiled
def _over(d, s, vehicle, more_s):
    engineer = d.vehicle[vehicle].engineer
    return (
        s.vehicle[vehicle].work_s + more_s > d.vehicle[vehicle].most_work_s
        or s.engineer[engineer].work_s + more_s > d.engineer[engineer].most_work_s
    )


@compiled
def _gather_near(d, s, w, task):
    """List in `kept.near` who visits neighbours of a task or begins nearby; return how many."""
    w.counters[LOOKS] += 1
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
def look(d, s, w, task, most_cents):
    """Remember the cheapest places for a task, all that cost less than `most_cents`."""
    for number in range(w.choice.shape[0]):
        w.choice[number].cents = np.inf
    mean_work_s = mean_work(d, s)
    team_lean = lean(d, s, mean_work_s)
    if d.price[0].near_only and not w.counters[EVERYWHERE]:
        for number in range(_gather_near(d, s, w, task)):
            if may_take(d, s, task, w.kept[number].near):
                look_in_route(d, s, w, task, w.kept[number].near, mean_work_s, team_lean, most_cents)
        return
    for vehicle in range(d.vehicle.shape[0]):
        if may_take(d, s, task, vehicle):
            look_in_route(d, s, w, task, vehicle, mean_work_s, team_lean, most_cents)


@compiled
def _exact_cents(d, s, w, task, vehicle, at, team_now_cents):
    """Return exactly what a task adds at a place [cents]; infinite where it cannot be."""
    length = s.vehicle[vehicle].length
    for number in range(at):
        w.order[number] = s.route[vehicle, number]
    w.order[at] = task
    for number in range(at, length):
        w.order[number + 1] = s.route[vehicle, number]
    cents, work_s, worst_s = full_price(d, s, w, vehicle, length + 1, ALONE)
    if not np.isfinite(cents):
        return np.inf
    if is_watched(d):
        more_s = work_s - s.vehicle[vehicle].work_s
        cents += team_with(d, s, d.vehicle[vehicle].engineer, more_s, worst_s) - team_now_cents
    return cents - s.vehicle[vehicle].cost


@compiled
def choose(d, s, w, task, most_cents):
    """Return vehicle and position of the cheapest place of those remembered; -1 where there is none."""
    if not d.price[0].rich:
        if np.isfinite(w.choice[0].cents):
            return w.choice[0].vehicle, w.choice[0].at
        return np.int64(-1), np.int64(0)
    best, best_cents = -1, most_cents
    team_now_cents = team_cents(d, s)
    for number in range(w.choice.shape[0]):
        if not np.isfinite(w.choice[number].cents):
            break
        place = (w.choice[number].vehicle, w.choice[number].at)
        cents = _exact_cents(d, s, w, task, place[0], place[1], team_now_cents)
        cents += w.choice[number].beside_cents
        if cents < best_cents:
            best, best_cents = number, cents
    if best < 0:
        return np.int64(-1), np.int64(0)
    return w.choice[best].vehicle, w.choice[best].at
