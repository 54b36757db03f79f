"""Linked tasks: placed one after the other, then held where they are."""

from collections.abc import Callable

import numpy as np

from optimizer.arrays import Arrays
from optimizer.insertion import Inserter
from optimizer.tasks import Link, Window

#: How many later starts of the first task are tried until the others fit.
_OFFSETS = 12


class LinkedGroup:
    """Tasks held together by links, in an order in which they can be placed.

    Parameters
    ----------
    arrays : Arrays
    links : list of Link
        All links among these tasks.
    """

    def __init__(self, arrays: Arrays, links: list[Link]) -> None:
        self.arrays, self.links = arrays, links
        left = sorted({arrays.task_index[end] for link in links for end in (link.before, link.after)})
        self.tasks: list[int] = []
        while left:
            names = {arrays.problem.tasks[task].id for task in left}
            blocked = {arrays.task_index[link.after] for link in links if link.before in names}
            self.tasks += [task for task in left if task not in blocked]
            left = [task for task in left if task in blocked]

    def place(self, inserter: Inserter, stop: Callable[[], bool]) -> None:
        """Insert the whole group, or what may stand alone of it."""
        if not self.arrays.vehicles:
            return
        for offset in range(_OFFSETS + 1):
            whole = offset < _OFFSETS
            if self._placed(inserter, offset if whole else 0, whole) or stop():
                break

    def _placed(self, inserter: Inserter, offset: int, whole: bool) -> bool:
        draft = inserter.draft
        for number, task in enumerate(self.tasks):
            draft.narrowed[task] = self._windows(inserter, task, offset if number == 0 else 0)
            insertion = inserter.best(task, self._engineers(inserter, task), tries=12)
            if insertion is None and not whole and inserter.draft.arrays.problem.tasks[task].lock:
                # The dispatcher's word comes before the link.
                draft.narrowed.pop(task)
                insertion = inserter.best(task)
            if insertion and inserter.worth_it(task, insertion):
                inserter.apply(insertion)
                start_s = insertion.tried[1].halts[insertion.order.index(task)].start_s
                draft.narrowed[task] = ((start_s, start_s),)
                inserter.refresh(insertion.vehicle)
            elif whole:
                for placed in self.tasks:
                    if placed in draft.where:
                        inserter.remove(placed)
                    draft.narrowed.pop(placed, None)
                return False
        self.enforce(inserter)
        return True

    def _windows(self, inserter: Inserter, task: int, offset: int) -> tuple[Window, ...]:
        """Return the windows of a task, cut to what the tasks placed before leave of them."""
        arrays = self.arrays
        windows = arrays.visits[task].windows
        first_s, last_s = -(10**9), 10**9
        if offset and windows:
            opens_s = max(windows[0][0], min(vehicle.shift.start_s for vehicle in arrays.vehicles))
            closes_s = min(windows[-1][1], max(vehicle.shift.end_s for vehicle in arrays.vehicles))
            first_s = opens_s + (closes_s - opens_s) * offset // _OFFSETS
        for link in self.links:
            before = arrays.task_index[link.before]
            if arrays.task_index[link.after] == task and before in inserter.draft.where:
                from_s = inserter.draft.narrowed[before][0][0]
                from_s += arrays.visits[before].service_s if link.measured_from == "end" else 0
                first_s = max(first_s, from_s + link.min_gap_s)
                last_s = min(last_s, from_s + link.max_gap_s) if link.max_gap_s is not None else last_s
        cut = ((max(from_s, first_s), min(until_s, last_s)) for from_s, until_s in windows)
        return windows if arrays.visits[task].fixed else tuple((a, b) for a, b in cut if a <= b)

    def _engineers(self, inserter: Inserter, task: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        arrays, where = self.arrays, inserter.draft.where
        mask = np.ones(len(arrays.problem.engineers), dtype=bool)
        for link in self.links:
            before, after = arrays.task_index[link.before], arrays.task_index[link.after]
            other = before if after == task else after
            if task in (before, after) and other in where:
                engineer = arrays.vehicles[where[other]].engineer
                if link.engineers == "same":
                    mask &= np.arange(len(mask)) == engineer
                elif link.engineers == "different":
                    mask[engineer] = False
        return mask

    def enforce(self, inserter: Inserter) -> None:
        """Take out what may not be there without its partner, or not so; locked tasks stay."""
        arrays, draft = self.arrays, inserter.draft
        changed = True
        while changed:
            changed = False
            for link in self.links:
                before, after = arrays.task_index[link.before], arrays.task_index[link.after]
                here, there = before in draft.where, after in draft.where
                alone = after if there and not here else before if here and not there else None
                if alone == before and link.max_gap_s is None:
                    alone = None
                if here and there and self._broken(inserter, link):
                    alone = before if arrays.problem.tasks[after].lock else after
                if alone is not None and arrays.problem.tasks[alone].lock is None:
                    inserter.remove(alone)
                    changed = True
        for task in self.tasks:
            if task not in draft.where:
                draft.narrowed.pop(task, None)

    def _broken(self, inserter: Inserter, link: Link) -> bool:
        arrays, draft = self.arrays, inserter.draft
        before, after = arrays.task_index[link.before], arrays.task_index[link.after]
        halts = {}
        for task in (before, after):
            table = draft.tables[draft.where[task]]
            assert table is not None, "a task that is placed has a timed route"
            halts[task] = table.halts[draft.orders[draft.where[task]].index(task)]
        from_s = halts[before].end_s if link.measured_from == "end" else halts[before].start_s
        gap_s = halts[after].start_s - from_s
        alike = arrays.vehicles[draft.where[before]].engineer == arrays.vehicles[draft.where[after]].engineer
        return (
            gap_s < link.min_gap_s
            or (link.max_gap_s is not None and gap_s > link.max_gap_s)
            or (link.engineers == "same" and not alike)
            or (link.engineers == "different" and alike)
        )


def linked_groups(arrays: Arrays) -> list[LinkedGroup]:
    """Return the groups of tasks that links hold together."""
    group_of: dict[str, set[str]] = {}
    for link in arrays.problem.links:
        merged = group_of.get(link.before, {link.before}) | group_of.get(link.after, {link.after})
        for task in merged:
            group_of[task] = merged
    links_of: dict[int, list[Link]] = {}
    for link in arrays.problem.links:
        links_of.setdefault(id(group_of[link.before]), []).append(link)
    return [LinkedGroup(arrays, links) for links in links_of.values()]
