"""A search in rounds: each cuts the problem into cells along other lines and searches all of them."""

import math
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from optimizer.search.annealing import Annealing, Stretch
from optimizer.search.cells import Cell, cells_of, crews_of, orders_in, part_of, put_into, rationed
from optimizer.search.data import Data, Orders, left_out
from optimizer.search.helpers import PATIENCE_S, Found, Helpers, Job

#: Tasks in a cell at most.
_MOST_TASKS = 650
#: Rounds in a search at most, and the least time for a cell in each [s].
_ROUNDS, _LEAST_S = 40, 0.4


def cells_wanted(data: Data, processes: int) -> int:
    """Return into how many cells to cut a problem that so many processes search."""
    cells = max(1, math.ceil(int(data.task.movable.sum()) / _MOST_TASKS))
    return cells if cells == 1 else processes * math.ceil(cells / processes)


class Rounds:
    """A search in rounds.

    Parameters
    ----------
    data : Data
    orders : list of list of int
        Tasks by vehicle, to begin from.
    seed : int
    cells : int
        Into how many to cut.
    """

    def __init__(self, data: Data, orders: Orders, seed: int, cells: int) -> None:
        self.data, self._cells, self._random = data, cells, np.random.default_rng(seed)
        self._crews = crews_of(data)
        self.now = self.best = [list(order) for order in orders]
        self._look()
        self.best_cents = self.cents

    def _look(self) -> None:
        """Time and price where the search is now."""
        found = Annealing(self.data, self.now, 0)
        self.cents, self._state = float(found.cents[0]), found.state

    @property
    def left_out(self) -> int:
        """How many tasks are in no route now."""
        return left_out(self.data, self.now)

    def run(
        self,
        whole: Stretch,
        helpers: Helpers,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
    ) -> None:
        """Search for a stretch of time or steps.

        Parameters
        ----------
        whole : Stretch
        helpers : Helpers
        stop : callable
            Asked several times a second.
        on_better : callable
            Told the cost of a better solution [cents] and how many tasks it leaves out.
        """
        rounds = _ROUNDS
        if whole.steps is None:
            batches = math.ceil(self._cells / (1 + helpers.count))
            rounds = max(1, min(_ROUNDS, int((whole.until - whole.began) / (_LEAST_S * batches))))
        for number in range(rounds):
            if stop() or time.monotonic() >= whole.until:
                return
            self._round(whole.part(number / rounds, (number + 1) / rounds), helpers, stop, on_better)
            self._look()
            if self.cents < self.best_cents:
                self.best, self.best_cents = [list(order) for order in self.now], self.cents
                on_better(self.best_cents, self.left_out)

    def _round(
        self,
        stretch: Stretch,
        helpers: Helpers,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
    ) -> None:
        waiting = deque(self._cells_now())
        while waiting and not stop():
            helping = helpers.ready()[: len(waiting) - 1]
            began, batches = time.monotonic(), math.ceil(len(waiting) / (1 + len(helping)))
            until = began + (stretch.until - began) / batches

            def better(saved_cents: float, more_left_out: int) -> None:
                if self.cents - saved_cents < self.best_cents:
                    on_better(self.cents - saved_cents, self.left_out + more_left_out)

            asked = [(helper, waiting.popleft()) for helper in helping]
            for helper, cell in asked:
                helper.ask(self._job(cell, stretch, until))
            mine = waiting.popleft()
            self._take(mine, self._job(mine, stretch, until).done(stop, better))
            for helper, cell in asked:
                found = helper.answer(until + PATIENCE_S, stop)
                if found is not None:
                    self._take(cell, found)

    def _cells_now(self) -> list[Cell]:
        """Return the cells of a round; of what depots have left, each has its share."""
        cells = cells_of(self.data, self.now, self._crews, self._cells, self._random)
        if not len(self.data.shelf):
            return cells
        drawn = [
            Annealing(part_of(self.data, cell, self._state.held), self._orders_in(cell), 0).state.drawn
            for cell in cells
        ]
        return rationed(self.data, cells, drawn, self._random)

    def _orders_in(self, cell: Cell) -> Orders:
        return orders_in(cell, self.now, len(self.data.task))

    def _job(self, cell: Cell, stretch: Stretch, until: float) -> Job:
        steps = None
        if stretch.steps is not None:
            steps = stretch.steps * len(cell.tasks) // max(1, len(self.data.task))
        return Job(
            part_of(self.data, cell, self._state.held),
            self._orders_in(cell),
            int(self._random.integers(2**31)),
            Stretch(time.monotonic(), until, stretch.hot, stretch.cold, steps),
        )

    def _take(self, cell: Cell, found: Found) -> None:
        put_into(self.now, cell, found[0])
        self.cents -= found[1]
