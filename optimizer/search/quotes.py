"""Kernels of quotes: what one more task costs at its cheapest place in each of several slots.

Every position of every route is looked at, and each that may do is timed and priced on the whole route:
unlike the search, a quote does not estimate.
"""

import numpy as np

from optimizer.search.choices import NO_DEPOT, write_order
from optimizer.search.data import NEVER
from optimizer.search.moves import is_supplied_with
from optimizer.search.prices import ALONE, cheapest_start_s, full_price
from optimizer.search.rides import compiled, entry
from optimizer.search.room import due_at, may_take, ready_at
from optimizer.search.supplies import stops_at
from optimizer.search.team import team_cents, team_with


@compiled
def _keep(d, quote, vehicle, at, depot, fetch_at, cents, more_s):
    """Keep a place if it is the cheapest, or the cheapest of another engineer."""
    engineer = d.vehicle[vehicle].engineer
    best = -1 if quote.vehicle < 0 else d.vehicle[quote.vehicle].engineer
    if cents < quote.cents:
        if best >= 0 and best != engineer:
            quote.other, quote.other_cents = best, quote.cents
        quote.vehicle, quote.at, quote.cents, quote.more_s = vehicle, at, cents, more_s
        quote.depot, quote.fetch_at = depot, fetch_at
    elif engineer != best and cents < quote.other_cents:
        quote.other, quote.other_cents = engineer, cents


@compiled
def _price(d, s, w, task, vehicle, at, depot, fetch_at, quote, team_now_cents):
    """Price a place, with a stop at a depot before another, and keep it if it is the cheapest."""
    length = write_order(d, s, w, task, vehicle, at, depot, fetch_at)
    cents, work_s, worst_s = full_price(d, s, w, vehicle, length, ALONE)
    if np.isfinite(cents):
        more_s = work_s - s.vehicle[vehicle].work_s
        cents += team_with(d, s, d.vehicle[vehicle].engineer, more_s, worst_s) - team_now_cents
        if depot >= 0:
            more_s -= d.task[d.price[0].tasks + depot].service_s
        _keep(d, quote, vehicle, at, depot, fetch_at, cents - s.vehicle[vehicle].cost, more_s)


@compiled
def _look_in_route(d, s, w, task, vehicle, quote, team_now_cents):
    length = s.vehicle[vehicle].length
    breaks = d.vehicle[vehicle].breaks
    opens_s = d.windows[d.task[task].first_window, 0]
    closes_s = d.windows[d.task[task].end_window - 1, 1]
    for at in range(length + 1):
        ready_s = ready_at(s.times[vehicle], at, breaks)
        by_s = due_at(s.times[vehicle], at, breaks) if at < length else np.int64(NEVER)
        if is_supplied_with(d, s, task, vehicle, at, NO_DEPOT, NO_DEPOT):
            if ready_s <= closes_s and max(ready_s, opens_s) + d.task[task].service_s <= by_s:
                _price(d, s, w, task, vehicle, at, NO_DEPOT, NO_DEPOT, quote, team_now_cents)
            continue
        for depot in range(d.shelf.shape[0]):
            for fetch_at in range(0 if stops_at(d, s, vehicle, depot) else length + 2):
                if is_supplied_with(d, s, task, vehicle, at, depot, fetch_at):
                    _price(d, s, w, task, vehicle, at, depot, fetch_at, quote, team_now_cents)


@entry
def look_everywhere(d, s, w, task, quotes):
    """Fill in the cheapest place of an absent task in each slot; vehicle -1 where there is none."""
    team_now_cents = team_cents(d, s)
    for number in range(quotes.shape[0]):
        quote = quotes[number]
        quote.vehicle, quote.other, quote.cents, quote.other_cents = -1, -1, np.inf, np.inf
        d.task[task].first_window, d.task[task].end_window = quote.first_window, quote.end_window
        if quote.first_window == quote.end_window:
            continue
        first_s = d.windows[quote.first_window, 0] + d.task[task].service_s
        for vehicle in range(d.vehicle.shape[0]):
            if (
                d.vehicle[vehicle].start_s <= d.windows[quote.end_window - 1, 1]
                and first_s <= d.vehicle[vehicle].back_s
                and may_take(d, s, task, vehicle)
            ):
                _look_in_route(d, s, w, task, vehicle, quote, team_now_cents)
        if quote.vehicle >= 0:
            length = write_order(d, s, w, task, quote.vehicle, quote.at, quote.depot, quote.fetch_at)
            at = quote.at + (1 if 0 <= quote.fetch_at <= quote.at else 0)
            quote.start_s = cheapest_start_s(d, s, w, quote.vehicle, length, at)
