"""One search on arrays alone: the kernel in stretches, cooled as its time passes."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.search.data import Data, Desk, Ints, Orders, State
from optimizer.search.flatten import desk_of, state_of
from optimizer.search.pool import ROUTES, empty_pool, widened
from optimizer.search.strings import fill, load, search, total_cents

#: By how much dearer than now a solution may be for its routes to be remembered, as a share of what a planned
#: task costs.
_NEARLY = 0.3
#: How long the kernel is left alone [s], and how many steps at most.
_ALONE_S, _MOST_STEPS = 0.05, 20_000
#: How many tasks are put into the first plan before anyone is asked.
_MOST_FILLED = 250


class CannotTime(RuntimeError):
    """Routes cannot be that a draft could: linked visits have no common time, or depots not enough."""

    def __init__(self) -> None:
        super().__init__("the search cannot time a plan that the draft could: please report this")


@dataclass(frozen=True)
class Stretch:
    """How long to search, and how dear a step for the worse may be.

    Parameters
    ----------
    began, until : float
        Moments of `time.monotonic`, which is the same in all processes of a machine.
    hot, cold : float
        Mean of what a step may cost at its begin and at its end [cents].
    steps : int, optional
        How many to take, whatever the time until then.
    """

    began: float
    until: float
    hot: float
    cold: float
    steps: int | None = None

    def done(self, steps: int) -> float:
        """Return which share is over, after so many steps."""
        if self.steps is not None:
            return steps / self.steps if self.steps else 1.0
        return (time.monotonic() - self.began) / max(1e-9, self.until - self.began)

    def part(self, first: float, last: float) -> "Stretch":
        """Return what lies between two shares of it."""
        time_s = self.until - self.began
        timed = self.steps is None
        return Stretch(
            self.began + first * time_s if timed else self.began,
            self.began + last * time_s if timed else self.until,
            self.heat(first),
            self.heat(last),
            None if self.steps is None else round(last * self.steps) - round(first * self.steps),
        )

    def heat(self, done: float) -> float:
        """Return how hot it is when this share is over [cents]."""
        return self.hot * float((self.cold / self.hot) ** done)


class Annealing:
    """A search from some orders.

    Parameters
    ----------
    data : Data
    orders : list of list of int
        Tasks by vehicle, to begin from.
    seed : int
    remembering : bool
        Whether the routes it sees go into its pool.
    """

    def __init__(self, data: Data, orders: Orders, seed: int, *, remembering: bool = False) -> None:
        self.data, self._seed, self._remembering = data, seed, remembering
        self.free: Ints = np.flatnonzero(data.task.movable)
        self._columns = max(16, 2 * max((len(order) for order in orders), default=0) + 8)
        self.pool = empty_pool(self._columns, ROUTES if remembering else 0)
        self.state: State
        self.desk: Desk
        self._lay(orders)
        self._begin()

    def _begin(self) -> None:
        now = total_cents(self.data, self.state)
        nearly = _NEARLY * self.cents_a_task() if self._remembering else -np.inf
        self.cents = np.array([now, now, nearly])
        self._remember_best()

    def _lay(self, orders: Orders) -> None:
        self.pool = widened(self.pool, self._columns)
        self.state, self.desk = state_of(self.data, orders, self._columns), desk_of(self.data, self._columns)
        if not load(self.data, self.state, self.desk):
            raise CannotTime

    def fill(self, tasks: list[int], stop: Callable[[], bool]) -> None:
        """Put absent tasks where each is cheapest, in this order: near others, else on any route."""
        for everywhere in (False, True):
            left = -1
            while len(tasks) != left and not (everywhere and stop()):
                left = len(tasks)
                self._fill_once(tasks, everywhere, stop)
                tasks = [task for task in tasks if self.state.where[task] < 0]
        self._begin()

    def _fill_once(self, tasks: list[int], everywhere: bool, stop: Callable[[], bool]) -> None:
        for first in range(0, len(tasks), _MOST_FILLED):
            some = np.array(tasks[first : first + _MOST_FILLED], dtype=np.int64)
            fill(self.data, self.state, self.desk, some, everywhere)
            self._make_room()
            if stop():
                return

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

    def _remember_best(self) -> None:
        self.best_route, self.best_length = self.state.route.copy(), self.state.vehicle.length.copy()

    @property
    def best(self) -> Orders:
        """The best orders found, by vehicle."""
        return _orders(self.best_route, self.best_length)

    @property
    def now(self) -> Orders:
        """The orders the search is at."""
        return _orders(self.state.route, self.state.vehicle.length)

    @property
    def left_out(self) -> int:
        """How many tasks are not in the best orders."""
        used = np.arange(self.best_route.shape[1]) < self.best_length[:, None]
        return int(self.data.price[0].tasks - (self.best_route[used] < self.data.price[0].tasks).sum())

    def cents_a_task(self) -> float:
        """Return what a planned task costs in the mean, now [cents]."""
        planned = max(1, int(self.state.vehicle.length.sum()))
        return max(1.0, float(self.state.vehicle.cost.sum()) / planned)

    def _make_room(self) -> None:
        """Give routes more columns where one has nearly filled them."""
        if self.state.vehicle.length.max(initial=0) + 4 >= self._columns:
            best = self.best
            self._columns *= 2
            self._lay(self.now)
            self._widen_best(best)

    def run(self, stretch: Stretch, stop: Callable[[], bool], on_better: Callable[[], None]) -> None:
        """Search for a stretch of time or steps.

        Parameters
        ----------
        stretch : Stretch
        stop : callable
            Asked about every 50 ms.
        on_better : callable
            Called when the best has become better, as often.
        """
        if not len(self.free) or not len(self.data.vehicle):
            return
        told, steps, batch = self.cents[1], 0, 10
        while True:
            done = stretch.done(steps)
            if done >= 1 or stop():
                return
            now = time.monotonic()
            if now >= stretch.until:
                return
            if stretch.steps is not None:
                batch = min(batch, stretch.steps - steps)
            heats = np.full(batch, stretch.heat(done))
            kept = (self.pool, self.best_route, self.best_length)
            search(self.data, self.state, self.desk, *kept, self.free, self.cents, heats, self._seed)
            self._seed = -1
            steps += batch
            if stretch.steps is None:
                share = min(_ALONE_S, stretch.until - now) / max(1e-6, time.monotonic() - now)
                batch = max(1, min(2 * batch, int(batch * share) + 1, _MOST_STEPS))
            self._make_room()
            if self.cents[1] < told:
                told = self.cents[1]
                on_better()


def _orders(route: Ints, length: Ints) -> Orders:
    return [row[:count].tolist() for row, count in zip(route, length, strict=True)]
