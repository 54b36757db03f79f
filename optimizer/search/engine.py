"""The compiled search as the front door sees it: it makes a draft cheaper, in place."""

import time
from collections.abc import Callable

import numpy as np

from optimizer.draft import Draft
from optimizer.search.data import Data, Desk, Ints, State
from optimizer.search.flatten import data_of, desk_of, state_of
from optimizer.search.strings import load, search, total_cents

#: Threshold of acceptance at the beginning and at the end, as shares of what a planned task costs.
_HOT, _COLD = 0.3, 0.003
#: How long the kernel is left alone [s].
_STRETCH_S = 0.05


def movable_tasks(draft: Draft) -> list[int]:
    """Return the tasks the search may move: linked and locked ones stay where they are."""
    arrays = draft.arrays
    return [
        task
        for task, detail in enumerate(arrays.problem.tasks)
        if task not in arrays.linked and detail.lock is None and arrays.allowed[task].any()
    ]


class Search:
    """A search from a draft.

    Parameters
    ----------
    draft : Draft
        Not changed until `finish`.
    seed : int
    """

    def __init__(self, draft: Draft, seed: int) -> None:
        self.draft, self.seed = draft, seed
        self.free = np.array(movable_tasks(draft), dtype=np.int64)
        self.data: Data = data_of(draft, self.free.tolist())
        self._columns = max(16, 2 * max((len(order) for order in draft.orders), default=0) + 8)
        self.state: State
        self.desk: Desk
        self._lay(draft.orders)
        self.best_route, self.best_length = self.state.route.copy(), self.state.vehicle.length.copy()
        now = total_cents(self.data, self.state)
        self.cents = np.array([now, now])

    def _lay(self, orders: list[list[int]]) -> None:
        self.state = state_of(self.data, orders, self._columns)
        self.desk = desk_of(self.data, self._columns)
        if not load(self.data, self.state, self.desk):
            raise RuntimeError("the search cannot time a plan that the draft could: please report this")

    def _make_room(self) -> None:
        """Give routes more columns where one has nearly filled them."""
        if self.state.vehicle.length.max(initial=0) + 4 < self._columns:
            return
        orders = self._orders(self.state.route, self.state.vehicle.length)
        self._columns *= 2
        best = self._orders(self.best_route, self.best_length)
        self._lay(orders)
        self.best_route = np.zeros_like(self.state.route)
        for vehicle, order in enumerate(best):
            self.best_route[vehicle, : len(order)] = order

    @staticmethod
    def _orders(route: Ints, length: Ints) -> list[list[int]]:
        return [row[:count].tolist() for row, count in zip(route, length, strict=True)]

    def improve(
        self,
        until: float,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
        iterations: int | None = None,
    ) -> int:
        """Search until a moment of `time.monotonic`, or for so many steps; return how many were made.

        `on_better` is told what was saved [cents] since the begin and how many tasks are left out.
        """
        if not len(self.free) or not len(self.data.vehicle):
            return 0
        began, steps, batch = time.monotonic(), 0, 50
        first = self.cents[1]
        planned = max(1, int(self.state.vehicle.length.sum()))
        base = max(1.0, float(self.state.vehicle.cost.sum()) / planned)
        seed, told = self.seed, first
        while True:
            now = time.monotonic()
            done = steps / iterations if iterations else (now - began) / max(1e-9, until - began)
            if done >= 1 or now >= until or stop():
                break
            batch = min(batch, iterations - steps) if iterations else batch
            heat = base * _HOT * (_COLD / _HOT) ** done
            search(
                self.data,
                self.state,
                self.desk,
                self.best_route,
                self.best_length,
                self.free,
                self.cents,
                np.full(batch, heat),
                seed,
            )
            seed = -1
            steps += batch
            took_s = time.monotonic() - now
            if not iterations:
                batch = max(1, min(2 * batch, int(batch * _STRETCH_S / max(1e-6, took_s)) + 1, 20_000))
            self._make_room()
            if self.cents[1] < told:
                told = self.cents[1]
                on_better(first - told, len(self.data.task) - int(self.best_length.sum()))
        return steps

    def finish(self) -> None:
        """Make the best found the draft's."""
        draft, orders = self.draft, self._orders(self.best_route, self.best_length)
        changed = [vehicle for vehicle, order in enumerate(orders) if order != draft.orders[vehicle]]
        for vehicle in changed:
            draft.clear(vehicle)
        for vehicle in changed:
            if orders[vehicle]:
                draft.put_what_fits(vehicle, orders[vehicle])
