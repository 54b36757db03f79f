"""The compiled search as the front door sees it: it makes a draft cheaper, in place."""

import itertools
import time
from collections.abc import Callable

from optimizer.draft import Draft
from optimizer.search.annealing import Annealing, Orders, Stretch
from optimizer.search.flatten import data_of
from optimizer.search.helpers import WORTHWHILE_S, Helpers
from optimizer.search.rounds import Rounds, cells_wanted

#: Mean of what a step may cost at the beginning and at the end, as shares of what a planned task costs.
_HOT, _COLD = 1.0, 0.005
#: After which shares of a search the master problem is solved, and which share of the search's time either
#: of its solvers may work each time; at most so long [s].
_MASTER_SHARES, _MASTER_WORK, _MOST_MASTER_S = (0.75, 0.9), 0.02, 1.0
#: Where that pays: enough routes to choose from, and time for OR-Tools to be loaded [s].
_MASTER_TASKS, _MASTER_S = 50, 10.0


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
    processes : int
        How many search at once; with one and a limit of steps, a seed always finds the same.
    """

    def __init__(self, draft: Draft, seed: int, processes: int = 1) -> None:
        self.draft, self._seed, self._processes = draft, seed, processes
        self.data = data_of(draft, movable_tasks(draft))
        self.orders: Orders = draft.orders
        self.cents = float(Annealing(self.data, self.orders, seed).cents[0])

    @property
    def left_out(self) -> int:
        """How many tasks are in no route."""
        return len(self.data.task) - sum(map(len, self.orders))

    def fill(self, tasks: list[int], stop: Callable[[], bool]) -> None:
        """Put tasks that are in no route where each is cheapest, in this order, if that is worth it."""
        movable = self.data.task.movable
        annealing = Annealing(self.data, self.orders, self._seed)
        annealing.fill([task for task in tasks if movable[task]], stop)
        self.orders, self.cents = annealing.best, float(annealing.cents[1])

    def improve(
        self,
        until: float,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
        iterations: int | None = None,
    ) -> None:
        """Search until a moment of `time.monotonic`, or for so many steps.

        `on_better` is told what a better solution costs [cents] and how many tasks it leaves out.
        """
        began = time.monotonic()
        alone = iterations is not None or until - began < WORTHWHILE_S
        processes = 1 if alone else self._processes
        cells = cells_wanted(self.data, processes)
        annealing = Annealing(self.data, self.orders, self._seed)
        hot = annealing.cents_a_task()
        stretch = Stretch(began, until, hot * _HOT, hot * _COLD, iterations)
        if cells == 1:
            self._search_whole(annealing, stretch, stop, on_better)
            self.orders, self.cents = annealing.best, float(annealing.cents[1])
            return
        rounds = Rounds(self.data, self.orders, self._seed, cells)
        with Helpers(min(processes, cells) - 1) as helpers:
            rounds.run(stretch, helpers, stop, on_better)
        self.orders, self.cents = rounds.best, rounds.best_cents

    def _search_whole(
        self,
        annealing: Annealing,
        stretch: Stretch,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
    ) -> None:
        """Search without cells, and have the master problem solved in between where that pays."""

        def better() -> None:
            on_better(float(annealing.cents[1]), annealing.left_out)

        seconds = stretch.until - stretch.began
        pays = len(annealing.free) >= _MASTER_TASKS and seconds >= _MASTER_S
        work = min(_MOST_MASTER_S, _MASTER_WORK * seconds)
        for first, last in itertools.pairwise((0.0, *(_MASTER_SHARES if pays else ()), 1.0)):
            annealing.run(stretch.part(first, last), stop, better)
            left_s = stretch.until - time.monotonic()
            wall_s = left_s if stretch.steps is not None else min(left_s, work)
            if last < 1 and wall_s > 0 and not stop():
                # OR-Tools is heavy: only whoever asks loads it.
                from optimizer.search.master import go_on_from_pool

                if go_on_from_pool(annealing, work, wall_s):
                    better()

    def finish(self) -> None:
        """Make the best found the draft's."""
        draft, orders = self.draft, self.orders
        changed = [vehicle for vehicle, order in enumerate(orders) if order != draft.orders[vehicle]]
        for vehicle in changed:
            draft.clear(vehicle)
        for vehicle in changed:
            if orders[vehicle]:
                draft.put_what_fits(vehicle, orders[vehicle])
