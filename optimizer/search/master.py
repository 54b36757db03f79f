"""The search and the master problem: a pool goes out, a plan made of its routes comes back."""

from optimizer.assemble import Column, assembled
from optimizer.search.annealing import Annealing
from optimizer.search.data import Data, Orders, State
from optimizer.search.flatten import desk_of, state_of
from optimizer.search.pool import Pool
from optimizer.search.strings import load, total_cents


def go_on_from_pool(search: Annealing, work: float, wall_s: float) -> bool:
    """Go on from the best plan of routes a search has seen, if it is better than its best; tell whether.

    Parameters
    ----------
    search : Annealing
    work : float
        How much work each solver may do, in its own deterministic seconds.
    wall_s : float
        How long each may take all the same [s].
    """
    before = _loaded(search.data, search.best)
    if before is None:
        return False
    best = [
        Column(at, tuple(order), float(before.vehicle.cost[at]), int(before.vehicle.work_s[at]))
        for at, order in enumerate(search.best)
        if order
    ]
    orders = assembled(search.data, best, pooled(search.pool), work, wall_s)
    state = _loaded(search.data, orders) if orders else None
    if orders is None or state is None or not total_cents(search.data, state) < search.cents[1] - 1e-3:
        return False
    search.go_on_from(orders)
    return True


def pooled(pool: Pool) -> list[Column]:
    """Return the routes of a pool, from the oldest to the newest."""
    rows = pool.row
    return [
        Column(
            int(rows.vehicle[at]),
            tuple(pool.order[at, : rows.length[at]].tolist()),
            float(rows.cost[at]),
            int(rows.work_s[at]),
        )
        for at in rows.stamp.argsort(kind="stable")
        if rows.length[at]
    ]


def _loaded(d: Data, orders: Orders) -> State | None:
    """Return a solution timed and priced, None where its routes cannot be beside each other.

    Which shift of an engineer holds back for its tasks' wishes depends on which is timed first.
    """
    columns = max((len(order) for order in orders), default=0) + 8
    state = state_of(d, orders, columns)
    return state if load(d, state, desk_of(d, columns)) else None
