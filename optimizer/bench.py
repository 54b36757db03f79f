"""One engineer's routes as they are, and one task more that is tried on them under rules of one's own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimizer.arrays import Arrays
from optimizer.crew import Engineer
from optimizer.draft import Draft
from optimizer.insertion import Insertion
from optimizer.partners import Ties
from optimizer.problem import Problem
from optimizer.schedule import Misfit, Timetable
from optimizer.tasks import Task


@dataclass(slots=True)
class Trials:
    """How many more routes may be timed."""

    left: int


class Bench:
    """A small problem cut out of a draft: one engineer, the tasks he has, and one more, its task 0.

    Parameters
    ----------
    draft : Draft
        The plan; it is not changed.
    task : int
        Index of a task that is not placed there.
    detail : Task
        That task as it is to be tried.
    engineer : Engineer
        One of the draft's engineers as he is to be tried.
    ties : Ties, optional
        What links leave the task.
    trials : Trials
        Every timing of a route takes one.
    empty : bool
        Try the engineer with nothing else to do.
    """

    def __init__(
        self,
        draft: Draft,
        task: int,
        detail: Task,
        engineer: Engineer,
        trials: Trials,
        ties: Ties | None = None,
        empty: bool = False,
    ) -> None:
        arrays = draft.arrays
        problem, self.main, self.trials = arrays.problem, draft, trials
        self.number = arrays.engineer_index[engineer.id]
        self.vehicles = arrays.vehicles_of[self.number]
        orders = [] if empty else [draft.orders[vehicle] for vehicle in self.vehicles]
        placed = [one for order in orders for one in order if arrays.is_task(one)]
        # Parts in the van that are meant for locked tasks are not to be had, placed or not.
        held = {
            index
            for index, one in enumerate(problem.tasks)
            if one.parts and one.lock and one.lock.engineer == engineer.id
        }
        indexes = [*placed, *sorted(held - {task, *placed})]
        tasks = (detail, *(problem.tasks[index] for index in indexes))
        depots = tuple(
            replace(depot, parts=tuple((name, self._left(at, name)) for name, _ in depot.parts))
            for at, depot in enumerate(problem.depots)
        )
        small = Arrays(Problem(tasks, (engineer,), problem.travel, depots, weights=problem.weights))
        if small.supply and arrays.supply:  # a shelf that others have emptied still is one
            small.supply.shelves = [
                {part: self._left(at, part) for part in shelf}
                for at, shelf in enumerate(arrays.supply.shelves)
            ]
        self.draft = Draft(small)
        number_of = {index: number for number, index in enumerate(indexes, 1)}
        number_of |= {len(problem.tasks) + at: len(tasks) + at for at in range(len(depots))}
        for index in placed:
            if index in draft.narrowed:
                self.draft.narrowed[number_of[index]] = draft.narrowed[index]
        if ties:
            self.draft.narrowed[0] = ties.cut(small.visits[0])
        for vehicle, of_main in enumerate(self.vehicles):
            table = draft.tables[of_main]
            if table and not empty:
                order = [number_of[index] for index in draft.orders[of_main]]
                self.draft.put(vehicle, order, (self.draft.cost(vehicle, order, table), table))

    def _left(self, depot: int, part: str) -> int:
        return max(0, self.main.shelf_for(self.number, depot, part))

    def earliest(self) -> Iterator[tuple[int, list[int], Timetable]]:
        """Yield vehicle, order and timing of every place where the task fits."""
        if not self.draft.arrays.allowed[0, 0]:
            return
        for vehicle, order in enumerate(self.draft.orders):
            for position in range(len(order) + 1):
                self.trials.left -= 1
                longer = [*order[:position], 0, *order[position:]]
                table = self.draft.earliest(vehicle, longer)
                if isinstance(table, Misfit):
                    fetching = self.draft.with_pickup(vehicle, longer, table)
                    if fetching is None:
                        continue
                    longer, (_, table) = fetching
                yield vehicle, longer, table

    def fits(self) -> bool:
        """Tell whether there is any place for the task."""
        return any(True for _ in self.earliest())

    def misfit(self, vehicle: int) -> Misfit | None:
        """Return what keeps the task off an empty shift."""
        self.trials.left -= 1
        return self.draft.why_not(vehicle, [0])

    def cheapest(self) -> Insertion | None:
        """Return the cheapest place for the task, as numbers of the small problem; None if there is none."""
        best = None
        for vehicle, longer, _ in self.earliest():
            tried = self.draft.trial(vehicle, longer)
            if isinstance(tried, Misfit):
                continue
            old = self.draft.tables[vehicle]
            work_s = float(self.draft.work_s[0]) + tried[1].work_s - (old.work_s if old else 0)
            cents = tried[0] - self.draft.costs[vehicle]
            cents += self.main.team_cents(self.number, work_s, int(self.draft.tasks_of[0]) + 1)
            if best is None or cents < best.cents:
                best = Insertion(cents, vehicle, longer, tried)
        return best
