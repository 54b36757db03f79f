"""The pool: distinct routes the search has seen, with what each costs, the last few thousand of them."""

from dataclasses import dataclass, replace

import numpy as np

from optimizer.search.bundle import Bundle
from optimizer.search.data import Ints, Table
from optimizer.search.rides import compiled, entry
from optimizer.search.steps import KEPT

#: How many routes are kept; among how many rows a route's hash lets it choose.
ROUTES, _ROWS = 4_096, 8
_HASH_BITS = (1 << 42) - 1
#: Of a route in the pool; `length` 0 where there is none, `stamp` the order in which they were seen.
POOLED = np.dtype(
    [("vehicle", "i8"), ("length", "i8"), ("work_s", "i8"), ("hash", "i8"), ("stamp", "i8"), ("cost", "f8")]
)


@dataclass(frozen=True)
class Pool(Bundle):
    """Routes of no more than M tasks; each is in one of the few rows that its hash names."""

    order: Ints  # (routes, M) tasks
    row: Table  # (routes,) of POOLED
    seen: Ints  # (1,) how many routes came, again or not


def empty_pool(columns: int, routes: int = ROUTES) -> Pool:
    """Return a pool for so many routes, a multiple of eight, of so many tasks at most."""
    return Pool(
        order=np.zeros((routes, columns), dtype=np.int64),
        row=np.zeros(routes, dtype=POOLED).view(np.recarray),
        seen=np.zeros(1, dtype=np.int64),
    )


def widened(pool: Pool, columns: int) -> Pool:
    """Return a pool with the same routes and room for longer ones."""
    more = max(0, columns - pool.order.shape[1])
    return replace(pool, order=np.pad(pool.order, ((0, 0), (0, more))))


@entry
def remember(s, pool, vehicle):
    """Put a vehicle's route into the pool, in place of the oldest of those that share its rows.

    Of two routes with the same hash the newer stays, so that none is ever there twice.
    """
    length = s.vehicle[vehicle].length
    if length == 0 or length > pool.order.shape[1]:
        return
    hashed = np.int64(vehicle + 1)
    for at in range(length):
        hashed = (hashed * 1_000_003 + s.route[vehicle, at] + 1) & _HASH_BITS
    first = (hashed ^ (hashed >> 21)) % (pool.row.shape[0] // _ROWS) * _ROWS
    row = first
    for other in range(first, first + _ROWS):
        if pool.row[other].hash == hashed:
            row = other
            break
        if pool.row[other].stamp < pool.row[row].stamp:
            row = other
    pool.seen[0] += 1
    pool.row[row].vehicle, pool.row[row].length = vehicle, length
    pool.row[row].cost, pool.row[row].work_s = s.vehicle[vehicle].cost, s.vehicle[vehicle].work_s
    pool.row[row].hash, pool.row[row].stamp = hashed, pool.seen[0]
    for at in range(length):
        pool.order[row, at] = s.route[vehicle, at]


@compiled
def remember_changed(s, w, pool):
    """Put the routes changed in this step into the pool."""
    for number in range(w.counters[KEPT]):
        remember(s, pool, w.kept[number].vehicle)
