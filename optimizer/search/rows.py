"""Rows of the tables of the kernels, as numpy makes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from optimizer.schedule import Visit
from optimizer.search.data import NEVER, TASK, Ints, Table
from optimizer.tasks import Task
from optimizer.weights import Weights

HOUR_S = 3_600


def table(kind: "np.dtype[np.void]", rows: int, **columns: object) -> Table:
    """Return a table with these columns filled, the others 0."""
    made = np.zeros(rows, dtype=kind)
    for name, values in columns.items():
        made[name] = values
    return made.view(np.recarray)


def ints(values: object) -> Ints:
    """Return values as an array."""
    return np.array(values, dtype=np.int64)


def optional(values: Sequence[int | None], none: int) -> Ints:
    """Return values as an array, with a number for None."""
    return ints([none if value is None else value for value in values])


def task_rows(
    tasks: Sequence[Task], visits: Sequence[Visit], weights: Weights, absent_cents: ArrayLike
) -> Table:
    """Return the rows of tasks; which windows and parts are theirs, and whether they move, is left open."""
    promises = [task.promised or (-NEVER, NEVER) for task in tasks]
    previous = [None if task.previous is None else task.previous.start_s for task in tasks]
    late_cents = weights.lateness_cents_per_hour / (100 * HOUR_S)
    wishes = [
        max(
            -NEVER if one is None else one,
            task.promised[0] if task.promised else -NEVER,
        )
        for task, one in zip(tasks, previous, strict=True)
    ]
    return table(
        TASK,
        len(tasks),
        place=[visit.place for visit in visits],
        service_s=[visit.service_s for visit in visits],
        due_s=optional([task.due_s for task in tasks], NEVER),
        previous_s=optional(previous, -NEVER),
        promise_from_s=[from_s for from_s, _ in promises],
        promise_until_s=[until_s for _, until_s in promises],
        wish_s=wishes,
        late_cents=[late_cents * task.lateness_percent * (task.due_s is not None) for task in tasks],
        promise_cents=[float(weights.promise_cents) * bool(task.promised) for task in tasks],
        absent_cents=absent_cents,
    )


def pickup_rows(pickups: Sequence[Visit]) -> Table:
    """Return the rows of stops at depots: tasks that never move, are never late, and need nothing."""
    return table(
        TASK,
        len(pickups),
        place=[visit.place for visit in pickups],
        service_s=[visit.service_s for visit in pickups],
        due_s=NEVER,
        previous_s=-NEVER,
        wish_s=-NEVER,
    )
