"""One search on arrays alone, in stretches: the kernel, cooled as its time passes."""

import time
from collections.abc import Callable

import numpy as np

from optimizer.search.data import Data, Desk, Ints, State
from optimizer.search.flatten import desk_of, state_of
from optimizer.search.pool import empty_pool, widened
from optimizer.search.strings import load, search, total_cents

#: Threshold of acceptance at the beginning and at the end, as shares of what a planned task costs.
_HOT, _COLD = 1.0, 0.005
#: By how much dearer than now a solution may be for its routes to be remembered, as such a share.
_NEARLY = 0.3
#: How long the kernel is left alone [s], and how many steps at most.
_STRETCH_S, _MOST_STEPS = 0.05, 20_000

Orders = list[list[int]]


class Annealing:
    """A search that goes on where it stopped.

    Parameters
    ----------
    data : Data
    orders : list of list of int
        Tasks by vehicle, to begin from.
    seed : int
    """

    def __init__(self, data: Data, orders: Orders, seed: int) -> None:
        self.data, self._seed, self._steps, self._batch = data, seed, 0, 50
        self.free: Ints = np.flatnonzero(data.task.movable)
        self._columns = max(16, 2 * max((len(order) for order in orders), default=0) + 8)
        self.pool = empty_pool(self._columns)
        self.state: State
        self.desk: Desk
        self._lay(orders)
        now = total_cents(data, self.state)
        planned = max(1, int(self.state.vehicle.length.sum()))
        self._base = max(1.0, float(self.state.vehicle.cost.sum()) / planned)
        self.cents = np.array([now, now, _NEARLY * self._base])
        self._remember_best()

    def _lay(self, orders: Orders) -> None:
        self.pool = widened(self.pool, self._columns)
        self.state, self.desk = state_of(self.data, orders, self._columns), desk_of(self.data, self._columns)
        if not load(self.data, self.state, self.desk):
            raise RuntimeError("the search cannot time a plan that the draft could: please report this")

    def _remember_best(self) -> None:
        self.best_route, self.best_length = self.state.route.copy(), self.state.vehicle.length.copy()

    @property
    def best(self) -> Orders:
        """The best orders found, by vehicle."""
        return _orders(self.best_route, self.best_length)

    @property
    def left_out(self) -> int:
        """How many tasks are not in the best orders."""
        return len(self.data.task) - int(self.best_length.sum())

    def go_on_from(self, orders: Orders) -> None:
        """Search from other orders of the same problem; they become the best if they are."""
        self._columns = max(self._columns, 2 * max((len(order) for order in orders), default=0) + 8)
        best = self.best
        self._lay(orders)
        self.cents[0] = total_cents(self.data, self.state)
        if self.cents[0] < self.cents[1]:
            self.cents[1] = self.cents[0]
            self._remember_best()
        else:
            self._widen_best(best)

    def _widen_best(self, best: Orders) -> None:
        self.best_route = np.zeros_like(self.state.route)
        for vehicle, order in enumerate(best):
            self.best_route[vehicle, : len(order)] = order

    def _make_room(self) -> None:
        """Give routes more columns where one has nearly filled them."""
        if self.state.vehicle.length.max(initial=0) + 4 >= self._columns:
            best = self.best
            self._columns *= 2
            self._lay(_orders(self.state.route, self.state.vehicle.length))
            self._widen_best(best)

    def run(
        self,
        began: float,
        until: float,
        stop: Callable[[], bool],
        on_better: Callable[[], None],
        *,
        iterations: int | None = None,
        pause_at: float = float("inf"),
        pause_share: float = 1.0,
    ) -> None:
        """Search until a moment of `time.monotonic`, or for so many steps in all.

        Parameters
        ----------
        began, until : float
            Between which it cools.
        stop : callable
            Asked about every 50 ms.
        on_better : callable
            Called when the best has become better, as often.
        iterations : int, optional
        pause_at : float
            When to come back even so, to be run again.
        pause_share : float
            After which share of all its time or steps to come back even so.
        """
        if not len(self.free) or not len(self.data.vehicle):
            return
        told = self.cents[1]
        while True:
            now = time.monotonic()
            done = self._steps / iterations if iterations else (now - began) / max(1e-9, until - began)
            if done >= pause_share or now >= min(until, pause_at) or stop():
                break
            batch = min(self._batch, iterations - self._steps) if iterations else self._batch
            heat = np.full(batch, self._base * _HOT * (_COLD / _HOT) ** done)
            kept = (self.pool, self.best_route, self.best_length)
            search(self.data, self.state, self.desk, *kept, self.free, self.cents, heat, self._seed)
            self._seed = -1
            self._steps += batch
            if not iterations:
                share = _STRETCH_S / max(1e-6, time.monotonic() - now)
                self._batch = max(1, min(2 * batch, int(batch * share) + 1, _MOST_STEPS))
            self._make_room()
            if self.cents[1] < told:
                told = self.cents[1]
                on_better()


def _orders(route: Ints, length: Ints) -> Orders:
    return [row[:count].tolist() for row, count in zip(route, length, strict=True)]
