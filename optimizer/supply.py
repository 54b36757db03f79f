"""What tasks use up of a van, and what has to be fetched for them at depots on the way.

What a van holds is used first, in the order of the shifts and of their stops. What it lacks comes from the
last stop before, on the same shift, at a depot that has the part or lends the tool. What is meant for tasks
locked to an engineer stays in the van for them. They need nothing else; but where the van lacks parts for
them, they get theirs from a depot that is passed before, or they would use up what is fetched for others.
"""

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from optimizer.plan import Rule
from optimizer.problem import Problem
from optimizer.tasks import Counts, Task


@dataclass(slots=True)
class Fetched:
    """What is fetched at one stop at a depot."""

    parts: Counter[str] = field(default_factory=Counter)
    tools: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.parts or self.tools)


@dataclass(slots=True)
class Supplied:
    """What an engineer's routes fetch, and the first thing that is not to be had.

    Parameters
    ----------
    fetched : dict of (route, position) to Fetched
        For every stop at a depot.
    drawn : Counter of (depot, part)
    left : Counter of part
        In the van in the end.
    lacking : (route, position, rule), optional
    """

    fetched: dict[tuple[int, int], Fetched] = field(default_factory=dict)
    drawn: Counter[tuple[int, str]] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    lacking: tuple[int, int, Rule] | None = None


class Supply:
    """What vans and depots of a problem hold, and what tasks need.

    Parameters
    ----------
    problem : Problem

    Attributes
    ----------
    shelves : list of dict of part to quantity
        Of each depot, what it has any of.
    lent : list of frozenset of str
        Tools of each depot.
    parts, tools : list
        What each task needs that is not locked to somebody.
    extras : dict of int to Counts
        What locked tasks use of parts of which their engineer's van lacks some.
    needs : bool
        Whether any task needs parts, or tools that a depot lends.
    """

    def __init__(self, problem: Problem) -> None:
        engineers = {engineer.id: number for number, engineer in enumerate(problem.engineers)}
        self.shelves = [{part: number for part, number in depot.parts if number} for depot in problem.depots]
        self.lent = [frozenset(depot.tools) for depot in problem.depots]
        self.vans = [Counter(dict(engineer.parts)) for engineer in problem.engineers]
        self._own = [frozenset(engineer.tools) for engineer in problem.engineers]
        self.parts: list[Counts] = []
        self.tools: list[tuple[str, ...]] = []
        locked: dict[int, int] = {}
        for task in problem.tasks:
            held = bool(task.lock and task.lock.engineer is not None)
            if held and task.lock and task.lock.engineer in engineers:
                locked[len(self.parts)] = engineers[task.lock.engineer]
                self.vans[locked[len(self.parts)]].subtract(dict(task.parts))
            self.parts.append(() if held else task.parts)
            self.tools.append(() if held else self._lendable(task))
        self.extras: dict[int, Counts] = {}
        for number, engineer in locked.items():
            van, parts = self.vans[engineer], problem.tasks[number].parts
            self.extras[number] = tuple((part, quantity) for part, quantity in parts if van[part] < 0)
        self.needs = any(task.parts for task in problem.tasks) or any(self.tools)

    def with_needs(self, index: int, task: Task) -> "Supply":
        """Return the same with another task, not locked, in the place of one."""
        twin = copy.copy(self)
        twin.parts, twin.tools = list(self.parts), list(self.tools)
        twin.parts[index], twin.tools[index] = task.parts, self._lendable(task)
        return twin

    def _lendable(self, task: Task) -> tuple[str, ...]:
        return tuple(tool for tool in task.tools if any(tool in lent for lent in self.lent))

    def of(self, engineer: int, orders: Sequence[Sequence[int]]) -> Supplied:
        """Return what an engineer fetches on routes, one for each shift.

        Parameters
        ----------
        engineer : int
        orders : sequence of sequence of int
            Tasks by number; numbers from how many tasks there are on are the depots.
        """
        found = Supplied(left=self.vans[engineer].copy())
        van = found.left
        for route, order in enumerate(orders):
            before: list[tuple[int, int]] = []
            for position, index in enumerate(order):
                if index >= len(self.parts):
                    found.fetched[route, position] = Fetched()
                    before.insert(0, (position, index - len(self.parts)))
                    continue
                for part, quantity in self.parts[index]:
                    short = quantity - min(quantity, max(0, van[part]))
                    van[part] -= quantity - short
                    at, depot = next((one for one in before if part in self.shelves[one[1]]), (-1, -1))
                    if short and at >= 0:
                        found.fetched[route, at].parts[part] += short
                        found.drawn[depot, part] += short
                    elif short:
                        found.lacking = found.lacking or (route, position, Rule.PART)
                for part, quantity in self.extras.get(index, ()):
                    at, depot = next((one for one in before if part in self.shelves[one[1]]), (-1, -1))
                    if at >= 0:
                        found.fetched[route, at].parts[part] += quantity
                        found.drawn[depot, part] += quantity
                for tool in self.tools[index]:
                    if tool not in self._own[engineer]:
                        at, _ = next((one for one in before if tool in self.lent[one[1]]), (-1, -1))
                        if at < 0:
                            found.lacking = found.lacking or (route, position, Rule.TOOL)
                        elif tool not in found.fetched[route, at].tools:
                            found.fetched[route, at].tools.append(tool)
        return found
