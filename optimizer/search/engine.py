"""The compiled search as the front door sees it: it makes a draft cheaper, in place."""

import time
from collections.abc import Callable

from optimizer.draft import Draft
from optimizer.search.annealing import Annealing
from optimizer.search.flatten import data_of
from optimizer.search.helpers import MOST_BYTES, WORTHWHILE_S, Helpers, meetings

#: After which shares of a search the master problem is solved, and which share of the search's time either
#: of its solvers may work each time; at most so long [s].
_MASTER_SHARES, _MASTER_WORK, _MOST_MASTER_S = (0.75, 0.9), 0.02, 1.0
#: Where that pays: enough routes to choose from, not too many, and time for OR-Tools to be loaded [s].
_LEAST_TASKS, _MOST_TASKS, _LEAST_S = 50, 1_000, 10.0


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
        worthwhile = _LEAST_TASKS <= len(search.free) <= _MOST_TASKS and until - began >= _LEAST_S
        shares = list(_MASTER_SHARES if worthwhile else ())
        work = min(_MOST_MASTER_S, _MASTER_WORK * (until - began))

        def ask_master() -> None:
            # OR-Tools is heavy: only whoever asks loads it.
            from optimizer.search.master import go_on_from_pool

            left_s = until - time.monotonic()
            wall_s = left_s if iterations else min(left_s, work)
            if wall_s > 0 and not stop() and go_on_from_pool(search, work, wall_s):
                report()

        if not helping:
            for share in shares:
                search.run(began, until, stop, report, iterations=iterations, pause_share=share)
                ask_master()
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
                if shares and moment - began >= shares[0] * (until - began):
                    shares.pop(0)
                    ask_master()

    def finish(self) -> None:
        """Make the best found the draft's."""
        draft, orders = self.draft, self.annealing.best
        changed = [vehicle for vehicle, order in enumerate(orders) if order != draft.orders[vehicle]]
        for vehicle in changed:
            draft.clear(vehicle)
        for vehicle in changed:
            if orders[vehicle]:
                draft.put_what_fits(vehicle, orders[vehicle])
