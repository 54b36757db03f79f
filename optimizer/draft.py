"""A plan in the making: who visits what in which order, always timed, always allowed."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np

from optimizer.arrays import Arrays
from optimizer.plan import Rule
from optimizer.schedule import Misfit, Timetable, Visit, timetable
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
        Task indexes in the order of the route, by vehicle.
    tables : list of Timetable
        Timing of each route that has visits; of the others, None.
    narrowed : dict of int to windows
        Windows that hold instead of a task's own: linked tasks must not move while the rest does.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        count = len(arrays.vehicles)
        self.orders: list[list[int]] = [[] for _ in range(count)]
        self.tables: list[Timetable | None] = [None] * count
        self.costs = [0.0] * count
        self.where: dict[int, int] = {}
        self.narrowed: dict[int, tuple[Window, ...]] = {}
        self.work_s = np.zeros(len(arrays.problem.engineers))
        self.tasks_of = np.zeros(len(arrays.problem.engineers), dtype=int)
        self._working = np.array([bool(engineer.shifts) for engineer in arrays.problem.engineers], dtype=bool)
        self._stock = self._stock_left()

    def _stock_left(self) -> list[Counter[str]] | None:
        """Return the van stock nobody has locked, by engineer; None where no task needs parts."""
        problem, index = self.arrays.problem, self.arrays.engineer_index
        if not any(task.parts for task in problem.tasks):
            return None
        stock = [Counter(dict(engineer.parts)) for engineer in problem.engineers]
        for task in problem.tasks:
            if task.lock and task.lock.engineer in index:
                stock[index[task.lock.engineer]].subtract(dict(task.parts))
        return stock

    def stock_left(self, engineer: int) -> Counter[str]:
        """Return the parts in an engineer's van that nothing planned or locked needs."""
        if self._stock is None:
            return Counter(dict(self.arrays.problem.engineers[engineer].parts))
        left = self._stock[engineer].copy()
        for number in self.arrays.vehicles_of[engineer]:
            for index in self.orders[number]:
                task = self.arrays.problem.tasks[index]
                if not (task.lock and task.lock.engineer is not None):
                    left.subtract(dict(task.parts))
        return left

    def copy(self) -> "Draft":
        """Return a draft that stays as this one is now."""
        twin = object.__new__(Draft)
        twin.become(self)
        return twin

    def become(self, other: "Draft") -> None:
        """Take over everything from another draft of the same problem."""
        self.arrays, self._working, self._stock = other.arrays, other._working, other._stock
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
        """Return a task as timing sees it now."""
        visit = self.arrays.visits[task]
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
        later = self._timed(vehicle, wished) if wished else None
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

    def _earliest(self, vehicle: int, order: list[int]) -> Timetable | Misfit:
        limit = self._limit_broken(vehicle, order)
        if limit:
            return Misfit(limit, len(order) - 1)
        return self._timed(vehicle, [self.visit(task) for task in order])

    def _timed(self, vehicle: int, visits: list[Visit]) -> Timetable | Misfit:
        one = self.arrays.vehicles[vehicle]
        table = timetable(one.shift, visits, self.arrays.leg_times[one.engineer])
        if isinstance(table, Misfit):
            return table
        limits = (one.shift.max_work_s, self.arrays.problem.engineers[one.engineer].max_work_s)
        if any(most_s is not None and table.work_s > most_s for most_s in limits):
            return Misfit(Rule.MAX_WORK, len(visits))
        return table

    def _has_strength(self, vehicle: int, work_s: int) -> bool:
        """Tell whether a vehicle's engineer may do so much on it beside the other shifts."""
        engineer, mine = self.arrays.vehicles[vehicle].engineer, self.tables[vehicle]
        most_s = self.arrays.problem.engineers[engineer].max_work_s
        others_s = int(self.work_s[engineer]) - (mine.work_s if mine else 0)
        return most_s is None or others_s + work_s <= most_s

    def _wished(self, vehicle: int, order: list[int], table: Timetable) -> list[Visit]:
        """Return the visits held back to where they were or were promised; empty if none is early."""
        tasks, early = self.arrays.problem.tasks, False
        visits = []
        for index, halt in zip(order, table.halts, strict=True):
            task, visit = tasks[index], self.visit(index)
            wish_s = halt.start_s
            if task.promised:
                wish_s = max(wish_s, task.promised[0])
            if task.previous and task.previous.start_s > wish_s:
                wish_s = task.previous.start_s
            if wish_s > halt.start_s:
                windows = tuple((max(a, wish_s), b) for a, b in visit.windows if b >= wish_s)
                if windows:
                    visit, early = replace(visit, windows=windows), True
            visits.append(visit)
        return visits if early else []

    def _limit_broken(self, vehicle: int, order: list[int]) -> Rule | None:
        one = self.arrays.vehicles[vehicle]
        engineer = self.arrays.problem.engineers[one.engineer]
        others = int(self.tasks_of[one.engineer]) - len(self.orders[vehicle])
        if (one.shift.max_tasks is not None and len(order) > one.shift.max_tasks) or (
            engineer.max_tasks is not None and others + len(order) > engineer.max_tasks
        ):
            return Rule.MAX_TASKS
        if self._stock is not None:
            needed: Counter[str] = Counter()
            for number in self.arrays.vehicles_of[one.engineer]:
                for index in order if number == vehicle else self.orders[number]:
                    task = self.arrays.problem.tasks[index]
                    if not (task.lock and task.lock.engineer is not None):
                        needed.update(dict(task.parts))
            if any(quantity > self._stock[one.engineer][part] for part, quantity in needed.items()):
                return Rule.PART
        return None

    def cost(self, vehicle: int, order: list[int], table: Timetable) -> float:
        """Return all terms of a timed route alone [cents]; spread and empty engineers are not in it."""
        one, arrays = self.arrays.vehicles[vehicle], self.arrays
        engineer, weights = arrays.problem.engineers[one.engineer], arrays.problem.weights
        cents = table.travel_s * weights.travel_cents_per_hour / _HOUR_S
        if arrays.metres is not None:
            places = [one.shift.start_place, *(arrays.visits[index].place for index in order)]
            if one.shift.end_place is not None:
                places.append(one.shift.end_place)
            metres = sum(int(arrays.metres[a, b]) for a, b in itertools.pairwise(places))
            cents += metres * (weights.distance_cents_per_km + engineer.cents_per_km) / 1_000
        if engineer.cents_per_hour:
            rests_s = sum(b - a for a, b in table.breaks if table.leave_s <= a < table.end_s)
            cents += (table.end_s - table.leave_s - rests_s) * engineer.cents_per_hour / _HOUR_S
        cents += max(0, table.end_s - one.shift.end_s) * weights.overtime_cents_per_hour / _HOUR_S
        for index, halt in zip(order, table.halts, strict=True):
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
            del self.where[task]
        self.work_s[engineer] -= old.work_s if old else 0
        self.tasks_of[engineer] -= len(self.orders[vehicle])
        self.orders[vehicle], self.tables[vehicle], self.costs[vehicle] = [], None, 0.0

    def put(self, vehicle: int, order: list[int], tried: tuple[float, Timetable]) -> None:
        """Make an order that was tried, of one task at least, the route of a vehicle."""
        self.clear(vehicle)
        engineer = self.arrays.vehicles[vehicle].engineer
        for task in order:
            self.where[task] = vehicle
        self.costs[vehicle], self.tables[vehicle] = tried
        self.orders[vehicle] = order
        self.work_s[engineer] += tried[1].work_s
        self.tasks_of[engineer] += len(order)

    def remove(self, task: int) -> None:
        """Take a task out of its route; the rest is timed anew.

        Leaving out a stop can make a way longer where travel breaks the triangle inequality; then
        the rest of the route is thinned until it fits.
        """
        vehicle = self.where[task]
        self.put_what_fits(vehicle, [other for other in self.orders[vehicle] if other != task])

    def put_what_fits(self, vehicle: int, order: list[int]) -> list[int]:
        """Make an order the route of a vehicle, without what does not fit; return what was dropped."""
        engineer = self.arrays.vehicles[vehicle].engineer
        dropped = [task for task in order if not self.arrays.allowed[task, engineer]]
        order = [task for task in order if self.arrays.allowed[task, engineer]]
        while order:
            tried = self.trial(vehicle, order)
            if not isinstance(tried, Misfit):
                self.put(vehicle, order, tried)
                return dropped
            # Whatever comes up to the misfit may be to blame; the cheapest to leave out goes.
            blamed = order[: tried.index + 1]
            worst = min(blamed, key=lambda task: (self._held(task), self.arrays.unplanned_cents[task]))
            order = [task for task in order if task != worst]
            dropped.append(worst)
        self.clear(vehicle)
        return dropped

    def _held(self, task: int) -> bool:
        return task in self.narrowed or self.arrays.problem.tasks[task].lock is not None
