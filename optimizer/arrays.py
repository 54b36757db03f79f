"""A problem as flat arrays: what every engine looks up many times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.crew import Depot, Shift
from optimizer.eligibility import Eligibility
from optimizer.plan import Rule
from optimizer.problem import Problem
from optimizer.schedule import LegTime, Visit, merged
from optimizer.score import band
from optimizer.supply import Supply
from optimizer.tasks import Task, Window
from optimizer.travel import UNREACHABLE

_ALWAYS: Window = (-(10**9), 10**9)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One shift of one engineer, by index."""

    engineer: int
    shift_index: int
    shift: Shift


def visit_of(task: Task) -> Visit:
    """Return a task as timing sees it: windows sorted and cut by deadline and lock."""
    if task.lock and task.lock.start_s is not None:
        start_s = task.lock.start_s
        return Visit(task.place, task.service_s, ((start_s, start_s),), Rule.LOCKED_START, fixed=True)
    windows = merged(task.windows or (_ALWAYS,))
    if task.deadline_s is None:
        return Visit(task.place, task.service_s, windows)
    last_s = task.deadline_s - task.service_s
    cut = tuple((from_s, min(until_s, last_s)) for from_s, until_s in windows if from_s <= last_s)
    rule = Rule.DEADLINE if cut != windows else Rule.WINDOW
    return Visit(task.place, task.service_s, cut, rule)


def pickup_of(depot: Depot) -> Visit:
    """Return a stop at a depot as timing sees it."""
    return Visit(depot.place, depot.service_s, merged(depot.windows or (_ALWAYS,)), Rule.DEPOT_WINDOW)


class Arrays:
    """A problem, indexed.

    Stops at depots are numbered after the tasks.

    Attributes
    ----------
    supply : Supply or None
        None where no task needs anything that could be short.
    pickups : list of Visit
        By depot.
    linked : set of int
        Tasks that hang together with others.
    visits : list of Visit
        By task.
    vehicles : list of Vehicle
        Every shift of every engineer.
    vehicles_of : list of list of int
        By engineer.
    allowed : (tasks, engineers) bool
    taste_cents : (tasks, engineers) float
        What it costs that this engineer does this task, wherever in the plan.
    leaves_late : list of bool
        By engineer, whether to leave as late as the last stop allows.
    unplanned_cents : (tasks,) float
        What leaving a task out costs.
    fastest : (places, places) int
        Travel seconds in the fastest band.
    leg_times : list of LegTime
        By engineer.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.task_index = {task.id: index for index, task in enumerate(problem.tasks)}
        self.engineer_index = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        self.linked = {self.task_index[end] for link in problem.links for end in (link.before, link.after)}
        self.visits = [visit_of(task) for task in problem.tasks]
        supply = Supply(problem)
        self.supply = supply if supply.needs else None
        self.pickups = [pickup_of(depot) for depot in problem.depots]
        self.vehicles = [
            Vehicle(index, shift_index, shift)
            for index, engineer in enumerate(problem.engineers)
            for shift_index, shift in enumerate(engineer.shifts)
        ]
        self.vehicles_of: list[list[int]] = [[] for _ in problem.engineers]
        for number, vehicle in enumerate(self.vehicles):
            self.vehicles_of[vehicle.engineer].append(number)
        self.fastest: NDArray[np.integer] = problem.travel.fastest
        self.metres = problem.travel.metres
        times: dict[int, LegTime] = {}
        for engineer in problem.engineers:
            if engineer.travel_percent not in times:
                times[engineer.travel_percent] = self._leg_time(engineer.travel_percent)
        self.leg_times = [times[engineer.travel_percent] for engineer in problem.engineers]
        steady = len(problem.travel.band_starts_s) == 1
        self.leaves_late = [
            steady and engineer.leaves_late and engineer.cents_per_hour > 0 for engineer in problem.engineers
        ]
        self.unplanned_cents = np.array([self._unplanned(task) for task in problem.tasks], dtype=float)
        self.eligibility = Eligibility(problem.engineers, problem.depots)
        shape = (len(problem.tasks), len(problem.engineers))
        self.allowed = np.zeros(shape, dtype=bool)
        self.taste_cents = np.zeros(shape, dtype=np.float32)
        for index, task in enumerate(problem.tasks):
            self.allowed[index] = self.eligibility.allowed(task)
            self.taste_cents[index] = self.taste_of(task)
        self._ids: dict[bytes, tuple[str, ...]] = {}

    def is_task(self, index: int) -> bool:
        """Tell whether a number is that of a task, not of a stop at a depot."""
        return index < len(self.visits)

    def stop(self, index: int) -> Visit:
        """Return a task or a stop at a depot as timing sees it."""
        tasks = len(self.visits)
        return self.visits[index] if index < tasks else self.pickups[index - tasks]

    def ids_of(self, mask: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the ids of engineers; the same ones are in memory once, however many tasks ask."""
        key = mask.tobytes()
        if key not in self._ids:
            self._ids[key] = tuple(self.problem.engineers[index].id for index in np.flatnonzero(mask))
        return self._ids[key]

    def _leg_time(self, percent: int) -> LegTime:
        travel = self.problem.travel
        # A memoryview answers a single cell several times faster than an array.
        bands = [np.ascontiguousarray(seconds).data for seconds in travel.seconds]

        def scaled(seconds: int) -> int:
            return seconds if seconds >= UNREACHABLE else -(-seconds * percent // 100)

        if len(bands) == 1:
            only = bands[0]
            return lambda from_place, to_place, leave_s: scaled(only[from_place, to_place])
        return lambda from_place, to_place, leave_s: scaled(
            bands[band(travel, leave_s)][from_place, to_place]
        )

    def _unplanned(self, task: Task) -> float:
        weights = self.problem.weights
        promise = weights.promise_cents if task.promised else 0
        return task.unplanned_cents * weights.unplanned_percent / 100 + promise

    def taste_of(self, task: Task) -> NDArray[np.float32]:
        """Return what it costs that each engineer does a task, wherever in the plan: (engineers,) [cents]."""
        weights, row = self.problem.weights, np.zeros(len(self.problem.engineers), dtype=np.float32)
        if task.previous and weights.change_engineer_cents:
            same = self.engineer_index.get(task.previous.engineer)
            row += weights.change_engineer_cents
            if same is not None:
                row[same] -= weights.change_engineer_cents
        if task.preferred and weights.preference_cents:
            row += weights.preference_cents
            row[[self.engineer_index[one] for one in task.preferred if one in self.engineer_index]] -= (
                weights.preference_cents
            )
        if weights.overskill_cents_per_level:
            for skill, level in task.skills:
                spare = np.maximum(0, self.eligibility.levels(skill) - level)
                row += spare * weights.overskill_cents_per_level
        return row
