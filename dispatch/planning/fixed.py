"""Room for what is fixed: a visit that stays where it is stands, whatever the shift and the roads say.

People plan what no optimizer would: a visit into the evening, two with too little time between them. Nothing
may be planned over these, so the problem is made one in which they can be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.errors import mark
from optimizer.crew import Engineer, Shift
from optimizer.tasks import Task
from optimizer.travel import UNREACHABLE, Travel

BEYOND_SHIFT = mark("%(name)s has a fixed visit that reaches beyond the shift: it stays.")
NO_WAY = mark("%(name)s has too little time for the way to a fixed visit: it stays.")

Way = Callable[[int, int], int]


class Room:
    """Makes room for fixed visits.

    Parameters
    ----------
    travel : optimizer.Travel
    tasks : iterable of optimizer.Task
        Those locked to an engineer and a time are fixed.

    Attributes
    ----------
    tasks : dict
        By id, as they are to be planned.
    engineers : list of optimizer.Engineer
        With their shifts as they are to be planned.
    told : list of (message, engineer id)
        What does not fit.
    """

    def __init__(self, travel: Travel, tasks: Iterable[Task]) -> None:
        self._seconds = travel.fastest
        self.tasks = {task.id: task for task in tasks}
        self.engineers: list[Engineer] = []
        self.told: list[tuple[str, str]] = []

    def make(self, engineer: Engineer) -> None:
        """Make room in the shifts of an engineer."""

        def way(from_place: int, to_place: int) -> int:
            return -(-int(self._seconds[from_place, to_place]) * engineer.travel_percent // 100)

        waiting = [
            task
            for task in self.tasks.values()
            if task.lock and task.lock.engineer == engineer.id and task.lock.start_s is not None
        ]
        shifts = list(engineer.shifts)
        for number, shift in enumerate(shifts):
            before, after = shifts[number - 1] if number else None, shifts[number + 1 : number + 2]
            least_s = before.end_s + before.max_overtime_s if before else None
            most_s = after[0].start_s if after else None
            mine: list[Task] = []
            # A shift that is taken for longer may reach what lies beyond it.
            while more := [task for task in waiting if _overlaps(shifts[number], task)]:
                waiting = [task for task in waiting if task not in more]
                mine = sorted([*mine, *more], key=_start_s)
                held = [_within(task, least_s, most_s) for task in mine]
                shifts[number] = self._fitted(engineer, shift, held, way, most_s)
        self.engineers.append(replace(engineer, shifts=tuple(shifts)))

    def _fitted(
        self, engineer: Engineer, shift: Shift, held: list[Task], way: Way, most_s: int | None
    ) -> Shift:
        """Keep visits as they can be made one after the other, and return the shift in which they can."""
        first = held[0]
        beyond = _start_s(first) < shift.start_s
        if _start_s(first) - way(shift.start_place, first.place) < shift.start_s:
            shift = replace(shift, start_s=min(shift.start_s, _start_s(first)), start_place=first.place)
            if not beyond:
                self._tell(NO_WAY, engineer)
        for number in range(1, len(held)):
            earlier, later = held[number - 1 : number + 1]
            if _end_s(earlier) + way(earlier.place, later.place) > _start_s(later):
                spare_s = _start_s(later) - _start_s(earlier)
                held[number - 1] = replace(earlier, service_s=min(earlier.service_s, spare_s))
                held[number] = replace(later, place=earlier.place)
                self._tell(NO_WAY, engineer)
        self.tasks |= {task.id: task for task in held}
        latest_s, home_s = shift.end_s + shift.max_overtime_s, _end_s(held[-1])
        if shift.end_place is not None:
            home_s += way(held[-1].place, shift.end_place)
        if home_s >= UNREACHABLE or (most_s is not None and home_s > most_s):
            shift, home_s = replace(shift, end_place=None), _end_s(held[-1])
        if home_s > latest_s:
            shift, beyond = replace(shift, max_overtime_s=home_s - shift.end_s), True
        if beyond:
            self._tell(BEYOND_SHIFT, engineer)
        if shift.max_tasks is not None:
            shift = replace(shift, max_tasks=max(shift.max_tasks, len(held)))
        return shift

    def _tell(self, message: str, engineer: Engineer) -> None:
        if (message, engineer.id) not in self.told:
            self.told.append((message, engineer.id))


def _start_s(task: Task) -> int:
    assert task.lock is not None
    assert task.lock.start_s is not None
    return task.lock.start_s


def _end_s(task: Task) -> int:
    return _start_s(task) + task.service_s


def _overlaps(shift: Shift, task: Task) -> bool:
    return _start_s(task) <= shift.end_s + shift.max_overtime_s and _end_s(task) >= shift.start_s


def _within(task: Task, least_s: int | None, most_s: int | None) -> Task:
    """Return a fixed task as far as it lies between the shifts before and after."""
    start_s, end_s = _start_s(task), _end_s(task)
    if least_s is not None:
        start_s = max(start_s, least_s)
    if most_s is not None:
        end_s = min(end_s, most_s)
    assert task.lock is not None
    return replace(task, lock=replace(task.lock, start_s=start_s), service_s=max(0, end_s - start_s))
