"""Who may do what, whatever else is planned."""

import numpy as np
from numpy.typing import NDArray

from optimizer.crew import Depot, Engineer
from optimizer.plan import Rule
from optimizer.tasks import Counts, Task

Mask = NDArray[np.bool_]


def _numbers(engineers: tuple[Engineer, ...], field: str) -> dict[str, NDArray[np.int64]]:
    """Return an array over the engineers for every name in their (name, number) pairs."""
    table: dict[str, NDArray[np.int64]] = {}
    for index, engineer in enumerate(engineers):
        pairs: Counts = getattr(engineer, field)
        for name, number in pairs:
            if name not in table:
                table[name] = np.full(len(engineers), -1, dtype=np.int64)
            table[name][index] = number
    return table


class Eligibility:
    """The rules that look only at one task and one engineer, over all engineers at once.

    Parameters
    ----------
    engineers : tuple of Engineer
    depots : tuple of Depot
        What one of them has enough of, nobody lacks.
    """

    def __init__(self, engineers: tuple[Engineer, ...], depots: tuple[Depot, ...] = ()) -> None:
        self._lent = frozenset(tool for depot in depots for tool in depot.tools)
        self._shelves: dict[str, int] = {}
        for depot in depots:
            for part, quantity in depot.parts:
                self._shelves[part] = max(quantity, self._shelves.get(part, 0))
        self._index = {engineer.id: index for index, engineer in enumerate(engineers)}
        self._levels = _numbers(engineers, "skills")
        self._stock = _numbers(engineers, "parts")
        self._tools = {
            tool: np.array([tool in engineer.tools for engineer in engineers], dtype=bool)
            for tool in sorted({tool for engineer in engineers for tool in engineer.tools})
        }
        self._everywhere = np.array([not engineer.territories for engineer in engineers], dtype=bool)
        self._territories = {
            name: np.array([name in engineer.territories for engineer in engineers], dtype=bool)
            for name in sorted({name for engineer in engineers for name in engineer.territories})
        }
        self._nobody = np.zeros(len(engineers), dtype=bool)
        self._none = np.full(len(engineers), -1, dtype=np.int64)

    def forbidden(self, task: Task) -> dict[Rule, Mask]:
        """Return for each rule that forbids somebody to do a task whom it forbids.

        Parameters
        ----------
        task : Task

        Returns
        -------
        dict of Rule to (engineers,) bool
        """
        if task.lock and task.lock.engineer is not None:
            masks = {Rule.LOCKED_ENGINEER: ~self._among((task.lock.engineer,))}
        else:
            skill, part, tool = self._nobody.copy(), self._nobody.copy(), self._nobody.copy()
            for name, level in task.skills:
                skill |= self._levels.get(name, self._none) < level
            for name, quantity in task.parts:
                part |= self._stock.get(name, self._none).clip(0) + self._shelves.get(name, 0) < quantity
            for name in task.tools:
                if name not in self._lent:
                    tool |= ~self._tools.get(name, self._nobody)
            masks = {Rule.SKILL: skill, Rule.PART: part, Rule.TOOL: tool}
            if task.territory is not None:
                here = self._territories.get(task.territory, self._nobody)
                masks[Rule.TERRITORY] = ~(here | self._everywhere)
            masks[Rule.REFUSED] = self._among(task.refused)
            if task.required:
                masks[Rule.REQUIRED] = ~self._among(task.required)
        return {rule: mask for rule, mask in masks.items() if mask.any()}

    def allowed(self, task: Task) -> Mask:
        """Return who may do a task: (engineers,) bool."""
        mask = ~self._nobody
        for forbidden in self.forbidden(task).values():
            mask &= ~forbidden
        return mask

    def levels(self, skill: str) -> NDArray[np.int64]:
        """Return every engineer's level of a skill, -1 for none: (engineers,)."""
        return self._levels.get(skill, self._none)

    def _among(self, ids: tuple[str, ...]) -> Mask:
        mask = self._nobody.copy()
        for engineer in ids:
            if engineer in self._index:
                mask[self._index[engineer]] = True
        return mask
