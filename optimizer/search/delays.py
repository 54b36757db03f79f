"""Kernels of delay: what it costs that a task put into a route makes others late."""

from optimizer.search.follow import position
from optimizer.search.rides import compiled, first_start_s, is_linked, quick_s
from optimizer.search.room import ready_at


@compiled
def _late_cents(d, task, end_s):
    return max(0, end_s - d.task[task].due_s) * d.task[task].late_cents


@compiled
def list_delay(w, waiting, vehicle, at, ready_s, place):
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
            waiting = list_delay(w, waiting, vehicle, position(s, other), ready_s, place)
    return waiting


@compiled
def delay_cents(d, s, w, waiting, most_cents):
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
            end_s, before_s = (
                start_s + d.task[task].service_s,
                ready_at(s.times[vehicle], at + 1, d.vehicle[vehicle].breaks),
            )
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
