"""A plan in the making: who visits what in which order, always timed, always allowed."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimizer.arrays import Arrays
from optimizer.bounds import MOST_SECONDS
from optimizer.plan import Rule
from optimizer.schedule import Misfit, Slack, Timetable, Visit, timetable
from optimizer.supply import Fetched, Supplied
from optimizer.tasks import Window

_HOUR_S = 3_600


class Draft:
    """Routes under construction.

    Parameters
    ----------
    arrays : Arrays

    Attributes
    ----------
    orders : list of list of int
        By vehicle in the order of the route: indexes of tasks, and of stops at depots, which come after them.
    tables : list of Timetable
        Timing of each route that has visits; of the others, None.
    narrowed : dict of int to windows
        Windows that hold instead of a task's own: linked tasks must not move while the rest does.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        count, problem = len(arrays.vehicles), arrays.problem
        self.orders: list[list[int]] = [[] for _ in range(count)]
        self.tables: list[Timetable | None] = [None] * count
        self.costs = [0.0] * count
        self.where: dict[int, int] = {}
        self.narrowed: dict[int, tuple[Window, ...]] = {}
        self.work_s = np.zeros(len(problem.engineers))
        self.tasks_of = np.zeros(len(problem.engineers), dtype=int)
        self._working = np.array([bool(engineer.shifts) for engineer in problem.engineers], dtype=bool)
        self._drawn: list[Counter[tuple[int, str]]] = [Counter() for _ in problem.engineers]

    def stock_left(self, engineer: int) -> Counter[str]:
        """Return the parts in an engineer's van that nothing planned or locked needs."""
        supplied = self._supplied(engineer)
        return supplied.left if supplied else Counter(dict(self.arrays.problem.engineers[engineer].parts))

    def fetched(self, vehicle: int, order: Sequence[int]) -> dict[int, Fetched]:
        """Return what is fetched at the stops of an order that are at depots, by position."""
        engineer = self.arrays.vehicles[vehicle].engineer
        supplied, mine = self._supplied(engineer, vehicle, order), self.arrays.vehicles_of[engineer]
        found = supplied.fetched if supplied else {}
        return {at: one for (route, at), one in found.items() if mine[route] == vehicle}

    def shelf_for(self, engineer: int, depot: int, part: str) -> int:
        """Return how much of a part at a depot no other engineer fetches."""
        others = sum(mine[depot, part] for number, mine in enumerate(self._drawn) if number != engineer)
        return (self.arrays.supply.shelves[depot].get(part, 0) if self.arrays.supply else 0) - others

    def _supplied(self, engineer: int, vehicle: int = -1, order: Sequence[int] = ()) -> Supplied | None:
        """Return what an engineer fetches if one of the routes were another; None where nothing is needed."""
        supply, mine = self.arrays.supply, self.arrays.vehicles_of[engineer]
        if supply is None:
            return None
        return supply.of(engineer, [order if one == vehicle else self.orders[one] for one in mine])

    def copy(self) -> "Draft":
        """Return a draft that stays as this one is now."""
        twin = object.__new__(Draft)
        twin.become(self)
        return twin

    def become(self, other: "Draft") -> None:
        """Take over everything from another draft of the same problem."""
        self.arrays, self._working, self._drawn = other.arrays, other._working, list(other._drawn)
        self.orders, self.tables = list(other.orders), list(other.tables)
        self.costs, self.where, self.narrowed = list(other.costs), dict(other.where), dict(other.narrowed)
        self.work_s, self.tasks_of = other.work_s.copy(), other.tasks_of.copy()

    def balance_cents(self) -> float:
        """Return what uneven work and engineers without any cost [cents]."""
        weights, mine = self.arrays.problem.weights, self._working
        empty = int((self.tasks_of[mine] == 0).sum())
        spread_s = self._spread_s(self.work_s) if weights.spread_cents_per_hour and mine.any() else 0.0
        return empty * weights.empty_engineer_cents + spread_s * weights.spread_cents_per_hour / _HOUR_S

    def visit(self, task: int) -> Visit:
        """Return a task or a stop at a depot as timing sees it now."""
        visit = self.arrays.stop(task)
        return replace(visit, windows=self.narrowed[task]) if task in self.narrowed else visit

    def trial(self, vehicle: int, order: list[int]) -> tuple[float, Timetable] | Misfit:
        """Return cost [cents] and timing of a route, or why there can be none.

        The cost holds all terms of this route alone; spread and empty engineers are not in it.
        """
        table = self._earliest(vehicle, order)
        if isinstance(table, Misfit):
            return table
        cost = self.cost(vehicle, order, table)
        wished = self._wished(vehicle, order, table)
        later = self._timed(vehicle, order, wished) if wished else None
        if isinstance(later, Timetable):
            cost, table = min(
                (cost, table), (self.cost(vehicle, order, later), later), key=lambda one: one[0]
            )
        # Only now: how a route is timed must not hang on the engineer's other shifts, or a plan's cost would
        # hang on the order in which its routes are timed.
        return (
            (cost, table) if self._has_strength(vehicle, table.work_s) else Misfit(Rule.MAX_WORK, len(order))
        )

    def earliest(self, vehicle: int, order: list[int]) -> Timetable | Misfit:
        """Return the earliest timing of a route, whatever it costs, or why there can be none."""
        table = self._earliest(vehicle, order)
        if isinstance(table, Misfit) or self._has_strength(vehicle, table.work_s):
            return table
        return Misfit(Rule.MAX_WORK, len(order))

    def why_not(self, vehicle: int, order: list[int]) -> Misfit | None:
        """Return why there can be no such route, even with a stop at a depot more; None where there can.

        What is lacking is told only where there is nothing else.
        """
        found = self.earliest(vehicle, order)
        if not isinstance(found, Misfit) or self.with_pickup(vehicle, order, found):
            return None
        bare = found
        if found.rule in (Rule.PART, Rule.TOOL):
            timed = self._timed(vehicle, order, [self.visit(task) for task in order])
            bare = timed if isinstance(timed, Misfit) else found
        return bare

    def _earliest(self, vehicle: int, order: list[int]) -> Timetable | Misfit:
        broken = self._limit_broken(vehicle, order)
        return broken or self._timed(vehicle, order, [self.visit(task) for task in order])

    def _timed(self, vehicle: int, order: list[int], visits: list[Visit]) -> Timetable | Misfit:
        one = self.arrays.vehicles[vehicle]
        slack = self._slack(order) if self.arrays.leaves_late[one.engineer] else None
        table = timetable(one.shift, visits, self.arrays.leg_times[one.engineer], slack)
        if isinstance(table, Misfit):
            return table
        limits = (one.shift.max_work_s, self.arrays.problem.engineers[one.engineer].max_work_s)
        if any(most_s is not None and table.work_s > most_s for most_s in limits):
            return Misfit(Rule.MAX_WORK, len(visits))
        return table

    def _slack(self, order: list[int]) -> Slack:
        """Return by how much tasks of a route may be later than they could be, for nobody to wait on the way.

        Nothing may cost more for it.
        """
        tasks, weights = self.arrays.problem.tasks, self.arrays.problem.weights

        def slack(number: int, start_s: int) -> int:
            index, room_s = order[number], MOST_SECONDS
            if not self.arrays.is_task(index):
                return room_s
            task = tasks[index]
            if index in self.arrays.linked or (task.previous and weights.change_time_cents_per_hour):
                return 0
            if task.due_s is not None:
                room_s = max(0, task.due_s - start_s - task.service_s)
            if task.promised and weights.promise_cents:
                from_s, until_s = task.promised
                if start_s <= until_s:
                    room_s = min(room_s, until_s - start_s) if start_s >= from_s else 0
            return room_s

        return slack

    def _has_strength(self, vehicle: int, work_s: int) -> bool:
        """Tell whether a vehicle's engineer may do so much on it beside the other shifts."""
        engineer, mine = self.arrays.vehicles[vehicle].engineer, self.tables[vehicle]
        most_s = self.arrays.problem.engineers[engineer].max_work_s
        others_s = int(self.work_s[engineer]) - (mine.work_s if mine else 0)
        return most_s is None or others_s + work_s <= most_s

    def _wished(self, vehicle: int, order: list[int], table: Timetable) -> list[Visit]:
        """Return the visits held back to where they were or were promised; empty if none is early."""
        tasks, early, visits = self.arrays.problem.tasks, False, []
        # Where visits are when somebody leaves as late as can be, none seems early.
        late = self.arrays.leaves_late[self.arrays.vehicles[vehicle].engineer]
        for index, halt in zip(order, table.halts, strict=True):
            visit, task = self.visit(index), tasks[index] if self.arrays.is_task(index) else None
            wishes = [task.promised[0]] if task and task.promised else []
            wishes += [task.previous.start_s] if task and task.previous else []
            wish_s = max(wishes, default=halt.start_s)
            windows = tuple((max(a, wish_s), b) for a, b in visit.windows if b >= wish_s) if wishes else ()
            if windows:
                visit, early = replace(visit, windows=windows), early or late or wish_s > halt.start_s
            visits.append(visit)
        return visits if early else []

    def _limit_broken(self, vehicle: int, order: list[int]) -> Misfit | None:
        one, last = self.arrays.vehicles[vehicle], len(order) - 1
        engineer, tasks = self.arrays.problem.engineers[one.engineer], self._count(order)
        others = int(self.tasks_of[one.engineer]) - self._count(self.orders[vehicle])
        if (one.shift.max_tasks is not None and tasks > one.shift.max_tasks) or (
            engineer.max_tasks is not None and others + tasks > engineer.max_tasks
        ):
            return Misfit(Rule.MAX_TASKS, last)
        supplied = self._supplied(one.engineer, vehicle, order)
        if supplied is None:
            return None
        if supplied.lacking:
            route, position, rule = supplied.lacking
            here = self.arrays.vehicles_of[one.engineer][route] == vehicle
            return Misfit(rule, position if here else last)
        for (depot, part), quantity in supplied.drawn.items():
            if quantity > self.shelf_for(one.engineer, depot, part):
                return Misfit(Rule.PART, last)
        return None

    def _count(self, order: list[int]) -> int:
        """Return how many tasks there are in an order."""
        return sum(map(self.arrays.is_task, order)) if self.arrays.pickups else len(order)

    def cost(self, vehicle: int, order: list[int], table: Timetable) -> float:
        """Return all terms of a timed route alone [cents]; spread and empty engineers are not in it."""
        one, arrays = self.arrays.vehicles[vehicle], self.arrays
        engineer, weights = arrays.problem.engineers[one.engineer], arrays.problem.weights
        cents = table.travel_s * weights.travel_cents_per_hour / _HOUR_S
        if arrays.metres is not None:
            places = [one.shift.start_place, *(arrays.stop(index).place for index in order)]
            if one.shift.end_place is not None:
                places.append(one.shift.end_place)
            metres = sum(int(arrays.metres[a, b]) for a, b in itertools.pairwise(places))
            cents += metres * (weights.distance_cents_per_km + engineer.cents_per_km) / 1_000
        if engineer.cents_per_hour:
            rests_s = sum(b - a for a, b in table.breaks if table.leave_s <= a < table.end_s)
            cents += (table.end_s - table.leave_s - rests_s) * engineer.cents_per_hour / _HOUR_S
        cents += max(0, table.end_s - one.shift.end_s) * weights.overtime_cents_per_hour / _HOUR_S
        for index, halt in zip(order, table.halts, strict=True):
            if not arrays.is_task(index):
                continue
            task = arrays.problem.tasks[index]
            cents += float(arrays.taste_cents[index, one.engineer])
            if task.due_s is not None and halt.end_s > task.due_s:
                late_s = halt.end_s - task.due_s
                cents += late_s * task.lateness_percent * weights.lateness_cents_per_hour / (100 * _HOUR_S)
            if task.previous:
                moved_s = abs(halt.start_s - task.previous.start_s)
                cents += moved_s * weights.change_time_cents_per_hour / _HOUR_S
            if task.promised and not task.promised[0] <= halt.start_s <= task.promised[1]:
                cents += weights.promise_cents
        return cents

    def team_cents(self, engineer: int, work_s: float, tasks: int) -> float:
        """Return what changes between engineers if one of them had this much work [cents]."""
        weights = self.arrays.problem.weights
        cents = 0.0
        if weights.empty_engineer_cents:
            cents -= weights.empty_engineer_cents * (bool(tasks) - bool(self.tasks_of[engineer]))
        if weights.spread_cents_per_hour:
            changed = self.work_s.copy()
            changed[engineer] = work_s
            cents += (self._spread_s(changed) - self._spread_s(self.work_s)) * (
                weights.spread_cents_per_hour / _HOUR_S
            )
        return cents

    def _spread_s(self, work_s: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> float:
        mine = work_s[self._working]
        return float(np.abs(mine - mine.mean()).sum())

    def clear(self, vehicle: int) -> None:
        """Take every task off a vehicle."""
        engineer, old = self.arrays.vehicles[vehicle].engineer, self.tables[vehicle]
        for task in self.orders[vehicle]:
            self.where.pop(task, None)
        self.work_s[engineer] -= old.work_s if old else 0
        self.tasks_of[engineer] -= self._count(self.orders[vehicle])
        self.orders[vehicle], self.tables[vehicle], self.costs[vehicle] = [], None, 0.0
        self._draw(engineer)

    def _draw(self, engineer: int) -> None:
        if self.arrays.pickups:
            supplied = self._supplied(engineer)
            self._drawn[engineer] = supplied.drawn if supplied else Counter()

    def put(self, vehicle: int, order: list[int], tried: tuple[float, Timetable]) -> None:
        """Make an order that was tried, of one task at least, the route of a vehicle."""
        self.clear(vehicle)
        engineer = self.arrays.vehicles[vehicle].engineer
        for task in order:
            if self.arrays.is_task(task):
                self.where[task] = vehicle
        self.costs[vehicle], self.tables[vehicle] = tried
        self.orders[vehicle] = order
        self.work_s[engineer] += tried[1].work_s
        self.tasks_of[engineer] += self._count(order)
        self._draw(engineer)

    def remove(self, task: int) -> None:
        """Take a task out of its route; the rest is timed anew.

        Leaving out a stop can make a way longer where travel breaks the triangle inequality; then
        the rest of the route is thinned until it fits.
        """
        vehicle = self.where[task]
        self.put_what_fits(vehicle, self.without(vehicle, task))

    def without(self, vehicle: int, task: int) -> list[int]:
        """Return a route without a task, nor stops at depots that nobody needs any more."""
        return self._busy(vehicle, [other for other in self.orders[vehicle] if other != task])

    def _busy(self, vehicle: int, order: list[int]) -> list[int]:
        """Return an order without stops at depots where nothing is fetched."""
        if not self.arrays.pickups:
            return order
        fetched = self.fetched(vehicle, order)
        return [index for at, index in enumerate(order) if fetched.get(at, True)]

    def drop_idle(self) -> None:
        """Take out stops at depots where nothing is fetched, where that is not the dearer way."""
        for vehicle, order in enumerate(self.orders):
            busy = self._busy(vehicle, order)
            if not busy and order:
                self.clear(vehicle)
            elif busy != order:
                tried = self.trial(vehicle, busy)
                if isinstance(tried, tuple) and tried[0] <= self.costs[vehicle]:
                    self.put(vehicle, busy, tried)

    def with_pickup(
        self, vehicle: int, order: list[int], misfit: Misfit
    ) -> tuple[list[int], tuple[float, Timetable]] | None:
        """Return the cheapest way to do what an order lacks things for, by one stop at a depot more.

        Parameters
        ----------
        vehicle : int
        order : list of int
        misfit : Misfit
            What came of trying it.
        """
        if misfit.rule not in (Rule.PART, Rule.TOOL):
            return None
        best: tuple[list[int], tuple[float, Timetable]] | None = None
        for pickup in range(len(self.arrays.visits), len(self.arrays.visits) + len(self.arrays.pickups)):
            for at in range(misfit.index + 1) if pickup not in order else ():
                longer = [*order[:at], pickup, *order[at:]]
                tried = self.trial(vehicle, longer)
                if not isinstance(tried, Misfit) and (best is None or tried[0] < best[1][0]):
                    best = longer, tried
        return best

    def put_what_fits(self, vehicle: int, order: list[int]) -> list[int]:
        """Make an order the route of a vehicle, without what does not fit; return the tasks dropped.

        What it lacks is fetched at a depot, if that can be.
        """
        arrays, engineer = self.arrays, self.arrays.vehicles[vehicle].engineer
        allowed = [not arrays.is_task(index) or arrays.allowed[index, engineer] for index in order]
        dropped = [task for task, may in zip(order, allowed, strict=True) if not may]
        order = [index for index, may in zip(order, allowed, strict=True) if may]
        while order:
            tried = self.trial(vehicle, order)
            if not isinstance(tried, Misfit):
                self.put(vehicle, order, tried)
                return dropped
            fetching = self.with_pickup(vehicle, order, tried)
            if fetching:
                self.put(vehicle, *fetching)
                return dropped
            # Whatever comes up to the misfit may be to blame; the cheapest to leave out goes.
            blamed = [one for one in order[: tried.index + 1] if arrays.is_task(one)]
            worst = min(blamed, key=self._worth, default=order[0])
            order = self._busy(vehicle, [one for one in order if one != worst])
            dropped += [worst] if blamed else []
        self.clear(vehicle)
        return dropped

    def _worth(self, task: int) -> tuple[bool, float]:
        held = task in self.narrowed or self.arrays.problem.tasks[task].lock is not None
        return held, float(self.arrays.unplanned_cents[task])
