"""Links as the kernels have them."""

from collections.abc import Sequence

import numpy as np

from optimizer.arrays import Arrays
from optimizer.links import linked_groups
from optimizer.search.data import ANY, DIFFERENT, LINK, NEVER, SAME, Ints, Table
from optimizer.search.rows import ints
from optimizer.tasks import Link

_ENGINEERS = {"any": ANY, "same": SAME, "different": DIFFERENT}
#: Tasks that hang together, and their links.
Group = tuple[list[int], list[Link]]


def moving_groups(arrays: Arrays, movable: Sequence[int]) -> list[Group]:
    """Return the groups of linked tasks of which some may move; between locked tasks links do not hold."""
    mine, tasks, index = set(movable), arrays.problem.tasks, arrays.task_index
    groups: list[Group] = []
    for group in linked_groups(arrays):
        links = [
            link
            for link in group.links
            if not (tasks[index[link.before]].lock and tasks[index[link.after]].lock)
        ]
        tied = {index[end] for link in links for end in (link.before, link.after)}
        if tied & mine:
            groups.append(([task for task in group.tasks if task in tied], links))
    return groups


def link_tables(arrays: Arrays, groups: Sequence[Group], rows: Table) -> tuple[Table, Ints]:
    """Return `Data.link` and `Data.member`, and write into the rows of tasks which are theirs."""
    members: list[int] = []
    ends: dict[int, list[tuple[int, int, int, int, bool]]] = {}
    for tasks, links in groups:
        rows.first_member[tasks] = len(members)
        members += tasks
        rows.end_member[tasks] = len(members)
        for link in links:
            before, after = arrays.task_index[link.before], arrays.task_index[link.after]
            service_s = arrays.visits[before].service_s if link.measured_from == "end" else 0
            low_s, ends_gap = service_s + link.min_gap_s, link.max_gap_s is not None
            high_s = service_s + link.max_gap_s if link.max_gap_s is not None else NEVER
            who = _ENGINEERS[link.engineers]
            ends.setdefault(before, []).append((after, low_s, high_s, who, ends_gap))
            ends.setdefault(after, []).append((before, -high_s, -low_s, who, True))
    flat: list[tuple[int, int, int, int, bool]] = []
    for task, of_task in ends.items():
        rows[task].first_link, rows[task].end_link = len(flat), len(flat) + len(of_task)
        flat += of_task
    return np.array(flat, dtype=LINK).view(np.recarray), ints(members)
