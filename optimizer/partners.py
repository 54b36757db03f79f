"""What the partners of a linked task leave it, while they stay where they are."""

from dataclasses import dataclass

import numpy as np

from optimizer.draft import Draft
from optimizer.eligibility import Mask
from optimizer.schedule import Halt, Visit
from optimizer.tasks import Window

_EVER_S = 10**9


@dataclass(slots=True)
class Ties:
    """Whether a partner is missing, who may come, and from when until when service may start [s]."""

    missing: bool
    engineers: Mask
    first_s: int = -_EVER_S
    last_s: int = _EVER_S

    def cut(self, visit: Visit) -> tuple[Window, ...]:
        """Return what they leave of a visit's windows."""
        cut = ((max(a, self.first_s), min(b, self.last_s)) for a, b in visit.windows)
        return tuple((a, b) for a, b in cut if a <= b)


def halt_of(draft: Draft, task: int) -> Halt:
    """Return when a placed task is served."""
    vehicle = draft.where[task]
    table = draft.tables[vehicle]
    assert table is not None, "a task that is placed has a timed route"
    return table.halts[draft.orders[vehicle].index(task)]


def ties_of(draft: Draft, task: int) -> Ties | None:
    """Return what links leave a task that is not placed, None of one that is not linked."""
    if task not in draft.arrays.linked:
        return None
    arrays, tasks = draft.arrays, draft.arrays.problem.tasks
    ties = Ties(False, np.ones(len(arrays.problem.engineers), dtype=bool))
    for link in arrays.problem.links:
        before, after = arrays.task_index[link.before], arrays.task_index[link.after]
        if task not in (before, after):
            continue
        other = before if after == task else after
        if other not in draft.where:
            needed = after == task or link.max_gap_s is not None
            ties.missing = ties.missing or (needed and tasks[task].lock is None)
            continue
        if tasks[task].lock and tasks[other].lock:
            continue
        halt, max_gap_s = halt_of(draft, other), link.max_gap_s
        service_s = tasks[before].service_s if link.measured_from == "end" else 0
        if after == task:
            from_s = halt.start_s + service_s
            ties.first_s = max(ties.first_s, from_s + link.min_gap_s)
            ties.last_s = min(ties.last_s, _EVER_S if max_gap_s is None else from_s + max_gap_s)
        else:
            until_s = halt.start_s - service_s
            ties.last_s = min(ties.last_s, until_s - link.min_gap_s)
            ties.first_s = max(ties.first_s, -_EVER_S if max_gap_s is None else until_s - max_gap_s)
        with_other = np.arange(len(ties.engineers)) == arrays.vehicles[draft.where[other]].engineer
        if link.engineers != "any":
            ties.engineers &= with_other if link.engineers == "same" else ~with_other
    return ties
