"""Ruin and recreate on a draft: take neighbours out of a few routes, put them back where cheapest.

Source: slack induction by string removals, Christiaens and Vanden Berghe (2020), in its simplest
form, accepting by a threshold that falls to nothing as the time runs out.
"""

import math
import time
from collections.abc import Callable
from random import Random

import numpy as np

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
        self.absent = {task for task in self.free if task not in draft.where}
        self.places = np.array([arrays.visits[task].place for task in self.free], dtype=np.int64)

    def improve(self, until: float, stop: Callable[[], bool], on_better: Callable[[], None]) -> None:
        """Ruin and recreate until a moment of `time.monotonic`; the draft ends as the best found.

        `on_better` is called, a few times a second at most, while the draft is cheaper than ever.
        """
        began = told_at = time.monotonic()
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
                    if clock - told_at > 0.25:
                        told_at = clock
                        on_better()
            else:
                self._undo(kept)
        self.draft.become(best)

    def _cents(self) -> float:
        """Return what the draft costs, tasks left out and balance between engineers included."""
        left_out = float(self.draft.arrays.unplanned_cents[list(self.absent)].sum())
        return sum(self.draft.costs) + left_out + self.draft.balance_cents()

    def _ruin(self) -> dict[int, Kept]:
        """Change the draft around one task; return the routes touched as they were."""
        random, arrays = self.random, self.draft.arrays
        seed = (
            random.choice(sorted(self.absent))
            if self.absent and random.random() < 0.3
            else random.choice(self.free)
        )
        count = random.randint(1, min(_MOST_RUINED, len(self.free)))
        # A circle twice as wide, of which half is taken: never quite the same spot again.
        wide = min(len(self.free), 2 * count)
        near = arrays.fastest[arrays.visits[seed].place, self.places]
        closest = np.argpartition(near, wide - 1)[:wide].tolist()
        chosen = {seed, *(self.free[number] for number in random.sample(closest, count))}
        kept: dict[int, Kept] = {}
        for vehicle in sorted({self.draft.where[task] for task in chosen if task in self.draft.where}):
            self._keep(kept, vehicle)
            order = self.draft.orders[vehicle]
            chosen.update(self.draft.put_what_fits(vehicle, [task for task in order if task not in chosen]))
            self.inserter.refresh(vehicle)
        chosen.update(random.sample(sorted(self.absent), min(_MOST_RUINED, len(self.absent))))
        self._recreate(list(chosen), kept)
        return kept

    def _recreate(self, tasks: list[int], kept: dict[int, Kept]) -> None:
        arrays = self.draft.arrays
        self.random.shuffle(tasks)
        if self.random.random() < 0.5:
            tasks.sort(key=lambda task: -float(arrays.unplanned_cents[task]))
        for task in tasks:
            insertion = self.inserter.best(task, tries=2)
            if insertion and self.inserter.worth_it(task, insertion):
                self._keep(kept, insertion.vehicle)
                self.inserter.apply(insertion)
        self.absent = {task for task in self.absent.union(tasks) if task not in self.draft.where}

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
        self.absent = {task for task in self.absent | changed if task not in self.draft.where}
