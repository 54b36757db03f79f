"""The compiled search as the front door sees it: it makes a draft cheaper, in place."""

import time
from collections.abc import Callable

from optimizer.draft import Draft
from optimizer.search.annealing import Annealing
from optimizer.search.flatten import data_of
from optimizer.search.helpers import MOST_BYTES, WORTHWHILE_S, Helpers, meetings


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
        self.annealing = Annealing(data_of(draft, movable_tasks(draft)), draft.orders, seed)

    def improve(
        self,
        until: float,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
        iterations: int | None = None,
    ) -> None:
        """Search until a moment of `time.monotonic`, or for so many steps.

        `on_better` is told what was saved [cents] since the begin and how many tasks are left out.
        """
        search, began = self.annealing, time.monotonic()
        first = search.cents[1]

        def report() -> None:
            on_better(first - search.cents[1], search.left_out)

        alone = iterations is not None or until - began < WORTHWHILE_S or not len(search.free)
        helping = 0 if alone or search.data.seconds.nbytes > MOST_BYTES else self._processes - 1
        if not helping:
            search.run(began, until, stop, report, iterations=iterations)
            return
        with Helpers(helping, search.data, search.best, self._seed, began, until) as helpers:
            for moment in [*meetings(began, until), until]:
                search.run(began, until, stop, report, pause_at=moment)
                if stop():
                    return
                mine = (float(search.cents[1]), search.best)
                best = helpers.meet(mine)
                if best is not mine:
                    search.go_on_from(best[1])
                    report()

    def finish(self) -> None:
        """Make the best found the draft's."""
        draft, orders = self.draft, self.annealing.best
        changed = [vehicle for vehicle, order in enumerate(orders) if order != draft.orders[vehicle]]
        for vehicle in changed:
            draft.clear(vehicle)
        for vehicle in changed:
            if orders[vehicle]:
                draft.put_what_fits(vehicle, orders[vehicle])
