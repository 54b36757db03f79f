"""Kernels of what is known: the cheapest place for a task on a route, until the route changes.

Where the price of a place hangs on its route alone. Most routes have not changed since a task was last looked
for a place on them.
"""

import numpy as np

from optimizer.search.choices import NO_DEPOT, remember, skipped
from optimizer.search.data import NEVER
from optimizer.search.places import flat_cents, look_in_route
from optimizer.search.rides import compiled
from optimizer.search.room import may_take
from optimizer.search.steps import BLINK

#: In place of a position: none.
NOWHERE = np.int64(-1)


@compiled
def _cheapest(d, s, w, task, vehicle, most_cents, but):
    """Return the cheapest place for a task on a route, leaving one out, and what it costs there [cents].

    -1 and `most_cents` where none costs less. What it costs on any place is left aside; none is overlooked.
    """
    best, blink = w.choice[0], w.counters[BLINK]
    kept_vehicle, kept_at, kept_cents = best.vehicle, best.at, best.cents
    best.at, best.cents, w.counters[BLINK] = NOWHERE, most_cents, NEVER
    look_in_route(d, s, w, task, vehicle, 0.0, most_cents, but)
    at, cents, w.counters[BLINK] = best.at, best.cents, blink
    best.vehicle, best.at, best.cents = kept_vehicle, kept_at, kept_cents
    return at, cents


@compiled
def look_up(d, s, w, task, vehicle, most_cents):
    """Remember the cheapest place for a task on a route, as it is known or found out now."""
    flat = flat_cents(d, s, task, vehicle, 0.0, 0.0)
    bound = min(most_cents, w.choice[0].cents) - flat
    known = w.known[task * d.vehicle.shape[0] + vehicle]
    lasting, version = not w.kept[vehicle].is_kept, s.vehicle[vehicle].version
    is_known = lasting and known.version == version
    at, cents = known.at, known.cents
    if (is_known and cents >= bound) or not may_take(d, s, task, vehicle):
        return
    if not is_known or at < 0:
        at, cents = _cheapest(d, s, w, task, vehicle, bound, NOWHERE)
        if lasting:
            known.version, known.at, known.cents = version, at, cents
    if at >= 0 and skipped(w):
        at, cents = _cheapest(d, s, w, task, vehicle, bound, at)
    if at >= 0:
        remember(w, cents + flat, 0.0, vehicle, at, NO_DEPOT, NO_DEPOT)
