"""The compiled search as the front door sees it: it makes a draft cheaper, in place."""

import itertools
import time
from collections.abc import Callable
from dataclasses import replace

from optimizer.draft import Draft
from optimizer.search.annealing import Annealing, CannotTime, Stretch
from optimizer.search.data import Orders, left_out
from optimizer.search.flatten import data_of
from optimizer.search.helpers import PATIENCE_S, WORTHWHILE_S, Helpers, Job
from optimizer.search.rounds import Rounds, cells_wanted

#: Mean of what a step may cost at the beginning and at the end, as shares of what a planned task costs.
_HOT, _COLD = 3.0, 0.005
#: The end where visits are linked: what holds each other up only moves together.
_COLD_LINKED = 0.02
#: After which shares of a search without cells the best of all processes is gone on from.
_MEETINGS = (0.6, 0.75, 0.9)
#: After how much of it the master problem is solved then, which share of the search's time either of its
#: solvers may work each time, and the most [s].
_MASTER_FROM, _MASTER_WORK, _MOST_MASTER_S = 0.75, 0.02, 1.0
#: Where that pays: enough routes to choose from, and time for OR-Tools to be loaded [s].
_MASTER_TASKS, _MASTER_S = 50, 10.0
#: How often a search begins anew at most, after how much time a task [s], and how far apart their seeds are.
_MOST_STARTS, _START_S_PER_TASK, _NEXT_SEED = 3, 0.15, 7_919


def movable_tasks(draft: Draft) -> list[int]:
    """Return the tasks the search may move: locked ones stay where they are."""
    arrays = draft.arrays
    return [
        task
        for task, detail in enumerate(arrays.problem.tasks)
        if detail.lock is None and arrays.allowed[task].any()
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
        self.draft, self._seed, self._processes, self._whole_s = draft, seed, processes, 0.0
        self.orders: Orders = list(draft.orders)
        movable = movable_tasks(draft)
        try:
            self._pose(movable)
        except CannotTime:  # linked visits then stay where they are
            self._pose([task for task in movable if task not in draft.arrays.linked])

    def _pose(self, movable: list[int]) -> None:
        self.data = data_of(self.draft, movable)
        self.cents = float(Annealing(self.data, self.orders, self._seed).cents[0])

    @property
    def left_out(self) -> int:
        """How many tasks are in no route."""
        return left_out(self.data, self.orders)

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
        alone = iterations is not None or until - began < WORTHWHILE_S or not self.data.task.movable.any()
        processes = 1 if alone else self._processes
        cells = cells_wanted(self.data, processes)
        self._whole_s = until - began
        hot, cold = self._heats()
        stretch = Stretch(began, until, hot, cold, iterations)
        with Helpers(processes - 1) as helpers:
            if cells == 1:
                begun = self.orders
                for start, part in enumerate(self._restarts(stretch)):
                    if stop():
                        break
                    self._search_whole(begun, self._seed + _NEXT_SEED * start, part, helpers, stop, on_better)
            else:
                rounds = Rounds(self.data, self.orders, self._seed, cells)
                try:
                    rounds.run(stretch, helpers, stop, on_better)
                finally:
                    self.orders, self.cents = rounds.best, rounds.best_cents

    def _heats(self) -> tuple[float, float]:
        """Return what a step may cost in the mean, at the beginning and at the end [cents]."""
        cents = Annealing(self.data, self.orders, self._seed).cents_a_task()
        return _HOT * cents, (_COLD_LINKED if len(self.data.link) else _COLD) * cents

    def _restarts(self, stretch: Stretch) -> list[Stretch]:
        """Return a search as several, one after the other, where time is ample: each finds other plans."""
        time_s, tasks = stretch.until - stretch.began, max(1, int(self.data.task.movable.sum()))
        starts = (
            min(_MOST_STARTS, round(time_s / (_START_S_PER_TASK * tasks))) if time_s < float("inf") else 1
        )
        if starts < 2 or stretch.steps is not None or len(self.data.link):
            return [stretch]
        borders = [stretch.began + time_s * number / starts for number in range(starts + 1)]
        return [replace(stretch, began=a, until=b) for a, b in itertools.pairwise(borders)]

    def _search_whole(
        self,
        orders: Orders,
        seed: int,
        stretch: Stretch,
        helpers: Helpers,
        stop: Callable[[], bool],
        on_better: Callable[[float, int], None],
    ) -> None:
        """Search without cells: every process the whole, which meet now and then."""
        annealing = Annealing(self.data, orders, seed, remembering=not len(self.data.link))

        def better() -> None:
            if annealing.cents[1] < self.cents:
                self.orders, self.cents = annealing.best, float(annealing.cents[1])
                on_better(self.cents, annealing.left_out)

        begun = 0.0
        if helpers.count:  # they take a moment to begin
            annealing.run(stretch.part(0.0, _MEETINGS[0]), lambda: stop() or helpers.have_begun, better)
            begun = min(stretch.done(0), _MEETINGS[0])
        for first, last in itertools.pairwise((begun, *_MEETINGS, 1.0)):
            part, before, asked = stretch.part(first, last), float(annealing.cents[0]), helpers.ready()
            for number, helper in enumerate(asked, 1):
                job = Job(self.data, annealing.now, seed + 1_000_003 * number + round(100 * first), part)
                helper.ask(job)
            annealing.run(part, stop, better)
            for helper in asked:
                found = helper.answer(part.until + PATIENCE_S, stop)
                if found is not None and before - found[1] < annealing.cents[0]:
                    annealing.go_on_from(found[0])
                    better()
            if last >= _MASTER_FROM and not stop():
                self._ask_master(annealing, stretch, better)
        better()

    def _ask_master(self, annealing: Annealing, stretch: Stretch, better: Callable[[], None]) -> None:
        """Have the master problem solved where that pays, and go on from its plan."""
        seconds, left_s = stretch.until - stretch.began, stretch.until - time.monotonic()
        work = min(_MOST_MASTER_S, _MASTER_WORK * seconds)
        wall_s = left_s if stretch.steps is not None else min(left_s, work)
        # Routes with linked tasks are worth what they cost only beside those they were found with.
        if (
            wall_s > 0
            and not len(self.data.link)
            and self._whole_s >= _MASTER_S
            and len(annealing.free) >= _MASTER_TASKS
        ):
            # OR-Tools is heavy: only whoever asks loads it.
            from optimizer.search.master import go_on_from_pool

            if go_on_from_pool(annealing, work, wall_s):
                better()

    def finish(self) -> None:
        """Make the best found the draft's."""
        draft, orders = self.draft, self.orders
        tied = self._hold_linked()
        changed = [
            vehicle
            for vehicle, order in enumerate(orders)
            if order != draft.orders[vehicle] or not tied.isdisjoint(order)
        ]
        for vehicle in changed:
            draft.clear(vehicle)
        for vehicle in changed:
            if orders[vehicle]:
                draft.put_what_fits(vehicle, orders[vehicle])

    def _hold_linked(self) -> set[int]:
        """Hold linked tasks in the draft where they begin in the best found; return them."""
        draft, tied = self.draft, set(self.data.member.tolist())
        if not tied:
            return tied
        held = Annealing(self.data, self.orders, self._seed).state.held
        for task in tied:
            draft.narrowed.pop(task, None)
        for task in tied.intersection(itertools.chain.from_iterable(self.orders)):
            start_s = int(held[task, 0])
            draft.narrowed[task] = ((start_s, start_s),)
        return tied
