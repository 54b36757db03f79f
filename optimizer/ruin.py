"""Ruin and recreate on a draft: take neighbours out of a few routes, put them back where cheapest.

Source: slack induction by string removals, Christiaens and Vanden Berghe (2020), in its simplest
form, accepting by a threshold that falls to nothing as the time runs out.
"""

import math
import time
from collections.abc import Callable, Iterable
from random import Random

import numpy as np
from numpy.typing import NDArray

from optimizer.draft import Draft
from optimizer.insertion import Inserter
from optimizer.schedule import Timetable

Kept = tuple[list[int], float, Timetable | None]

#: Tasks taken out at once, at most.
_MOST_RUINED = 10
#: How often a task left out is the middle of the ruin.
_LEFT_OUT_FIRST = 0.3
#: The threshold at the beginning, as a share of what a task costs on average.
_FIRST_THRESHOLD = 0.5
#: Where there are more vehicles than this, a task is put back only near where it is.
_MOST_VEHICLES = 100
#: How many neighbours, and how many shifts beginning nearby, make up what is near.
_NEIGHBOURS, _STARTS = 40, 10
#: Share of the time that may go to telling about better plans.
_TELLING_SHARE = 0.02


class Ruin:
    """A search that makes a draft cheaper, in place.

    Linked and locked tasks stay where they are.

    Parameters
    ----------
    draft : Draft
    seed : int
    """

    def __init__(self, draft: Draft, seed: int) -> None:
        self.draft, self.inserter, self.random = draft, Inserter(draft), Random(seed)
        arrays = draft.arrays
        self.free = [
            task
            for task, detail in enumerate(arrays.problem.tasks)
            if task not in arrays.linked and detail.lock is None and arrays.allowed[task].any()
        ]
        self.absent: set[int] = set()
        self._absent_cents = 0.0
        self._note_absent(self.free)
        self._free = np.array(self.free, dtype=np.int64)
        self._places = np.array([arrays.visits[task].place for task in self.free], dtype=np.int64)
        starts = [vehicle.shift.start_place for vehicle in arrays.vehicles]
        self._starts = np.array(starts, dtype=np.int64)
        self._engineers = np.array([vehicle.engineer for vehicle in arrays.vehicles], dtype=np.int64)
        self._neighbours: dict[int, list[int]] = {}
        self._vehicles: dict[int, list[int]] = {}

    def improve(self, until: float, stop: Callable[[], bool], on_better: Callable[[], None]) -> None:
        """Ruin and recreate until a moment of `time.monotonic`; the draft ends as the best found.

        `on_better` is called, a few times a second at most, while the draft is cheaper than ever.
        """
        began = tell_at = time.monotonic()
        if not self.free or began >= until:
            return
        now_cents = best_cents = self._cents()
        best = self.draft.copy()
        first_cents = _FIRST_THRESHOLD * sum(self.draft.costs) / max(1, len(self.draft.where))
        while (clock := time.monotonic()) < until and not stop():
            left = (until - clock) / (until - began)
            kept = self._ruin()
            cents = self._cents()
            if cents < now_cents - math.log(1 - self.random.random()) * first_cents * left**2:
                now_cents = cents
                if cents < best_cents - 0.5:
                    best_cents, best = cents, self.draft.copy()
                    if clock >= tell_at:
                        on_better()
                        told_at = time.monotonic()
                        tell_at = told_at + max(0.25, (told_at - clock) / _TELLING_SHARE)
            else:
                self._undo(kept)
        self.draft.become(best)

    def _cents(self) -> float:
        """Return what the draft costs, tasks left out and balance between engineers included."""
        return sum(self.draft.costs) + self._absent_cents + self.draft.balance_cents()

    def _note_absent(self, tasks: Iterable[int]) -> None:
        """Bring up to date which of these tasks are left out; a look at all would take too long."""
        cents, where = self.draft.arrays.unplanned_cents, self.draft.where
        for task in tasks:
            if task not in where and task not in self.absent:
                self.absent.add(task)
                self._absent_cents += float(cents[task])
            elif task in where and task in self.absent:
                self.absent.remove(task)
                self._absent_cents -= float(cents[task])

    def _ruin(self) -> dict[int, Kept]:
        """Change the draft around one task; return the routes touched as they were."""
        random = self.random
        left_out = self.absent and random.random() < _LEFT_OUT_FIRST
        seed = random.choice(list(self.absent) if left_out else self.free)
        neighbours = self._near(seed)
        count = random.randint(1, min(_MOST_RUINED, len(neighbours)))
        # A circle twice as wide, of which half is taken: never quite the same spot again.
        chosen = {seed, *random.sample(neighbours[: 2 * count], count)}
        kept: dict[int, Kept] = {}
        for vehicle in sorted({self.draft.where[task] for task in chosen if task in self.draft.where}):
            self._keep(kept, vehicle)
            order = self.draft.orders[vehicle]
            chosen.update(self.draft.put_what_fits(vehicle, [task for task in order if task not in chosen]))
            self.inserter.refresh(vehicle)
        waiting = [task for task in neighbours if task in self.absent]
        if len(self.absent) <= _MOST_RUINED:
            waiting = sorted(self.absent)
        chosen.update(random.sample(waiting, min(_MOST_RUINED, len(waiting))))
        self._recreate(list(chosen), kept)
        return kept

    def _near(self, task: int) -> list[int]:
        """Return the tasks nearest to a task, from the nearest on, itself among them."""
        if task not in self._neighbours:
            arrays = self.draft.arrays
            ways_s = arrays.fastest[arrays.visits[task].place, self._places]
            few = min(_NEIGHBOURS, len(ways_s))
            closest = np.argpartition(ways_s, few - 1)[:few]
            closest = closest[np.argsort(ways_s[closest], kind="stable")]
            self._neighbours[task] = self._free[closest].tolist()
        return self._neighbours[task]

    def _vehicles_near(self, task: int) -> NDArray[np.int64] | None:
        """Return the vehicles that visit neighbours of a task or begin nearby, None for all."""
        arrays, where = self.draft.arrays, self.draft.where
        if len(arrays.vehicles) <= _MOST_VEHICLES:
            return None
        if task not in self._vehicles:
            able = np.flatnonzero(arrays.allowed[task][self._engineers])
            ways_s = arrays.fastest[self._starts[able], arrays.visits[task].place]
            self._vehicles[task] = able[np.argsort(ways_s, kind="stable")[:_STARTS]].tolist()
        visiting = {where[other] for other in self._near(task) if other in where}
        return np.array(sorted(visiting.union(self._vehicles[task])), dtype=np.int64)

    def _recreate(self, tasks: list[int], kept: dict[int, Kept]) -> None:
        arrays = self.draft.arrays
        self.random.shuffle(tasks)
        if self.random.random() < 0.5:
            tasks.sort(key=lambda task: -float(arrays.unplanned_cents[task]))
        for task in tasks:
            insertion = self.inserter.best(task, tries=2, among=self._vehicles_near(task))
            if insertion and self.inserter.worth_it(task, insertion):
                self._keep(kept, insertion.vehicle)
                self.inserter.apply(insertion)
        self._note_absent(tasks)

    def _keep(self, kept: dict[int, Kept], vehicle: int) -> None:
        draft = self.draft
        kept.setdefault(vehicle, (draft.orders[vehicle], draft.costs[vehicle], draft.tables[vehicle]))

    def _undo(self, kept: dict[int, Kept]) -> None:
        changed = {task for vehicle in kept for task in self.draft.orders[vehicle]}
        for vehicle in kept:
            self.draft.clear(vehicle)
        for vehicle, (order, cents, table) in kept.items():
            if table is not None:
                self.draft.put(vehicle, order, (cents, table))
            self.inserter.refresh(vehicle)
            changed.update(order)
        self._note_absent(changed)
