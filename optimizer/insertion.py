"""Cheapest insertion: the best place for a task among all routes of a draft.

A filter over all positions at once (arrays, breaks left aside, so never too strict) leaves a few
candidates, which are then timed and priced exactly.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.draft import Draft
from optimizer.schedule import Misfit, Timetable, Visit, first_start_s

_NEVER = np.int64(2**40)
_HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Insertion:
    """A place for a task that was tried: what it adds [cents], and the route with it."""

    cents: float
    vehicle: int
    order: list[int]
    tried: tuple[float, Timetable]


class Inserter:
    """Finds places for tasks in a draft, which from then on is changed through it.

    Parameters
    ----------
    draft : Draft
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        vehicles = draft.arrays.vehicles
        problem = draft.arrays.problem
        self._engineer = np.array([vehicle.engineer for vehicle in vehicles], dtype=np.int64)
        percent = [problem.engineers[vehicle.engineer].travel_percent for vehicle in vehicles]
        self._percent = np.array(percent, dtype=np.int64)
        per_km = [problem.engineers[vehicle.engineer].cents_per_km for vehicle in vehicles]
        self._per_metre = (np.array(per_km, dtype=float) + problem.weights.distance_cents_per_km) / 1_000
        self._columns = 0
        self._grow(8)

    def _grow(self, columns: int) -> None:
        shape, self._columns = (len(self._engineer), columns), columns
        self._from = np.zeros(shape, dtype=np.int64)
        self._to = np.full(shape, -1, dtype=np.int64)
        self._ready = np.full(shape, _NEVER)  # where there is no position, nobody is ever ready
        self._latest = np.zeros(shape, dtype=np.int64)
        self._leg_s = np.zeros(shape, dtype=np.int64)
        self._leg_m = np.zeros(shape, dtype=np.int64)
        for vehicle in range(len(self._engineer)):
            self.refresh(vehicle)

    def refresh(self, vehicle: int) -> None:
        """Look at a route anew after it changed."""
        draft, arrays = self.draft, self.draft.arrays
        order, shift = draft.orders[vehicle], arrays.vehicles[vehicle].shift
        if len(order) >= self._columns:
            self._grow(2 * len(order))
            return
        visits = [draft.visit(task) for task in order]
        percent = int(self._percent[vehicle])
        places = [shift.start_place, *(visit.place for visit in visits)]
        end_place = -1 if shift.end_place is None else shift.end_place
        following = [*places[1:], end_place]
        legs = [
            -(-int(arrays.fastest[a, b]) * percent // 100) if b >= 0 else 0
            for a, b in zip(places, following, strict=True)
        ]
        ready = [shift.start_s]
        for visit, leg_s in zip(visits, legs, strict=False):
            start_s = first_start_s(visit.windows, ready[-1] + leg_s)
            ready.append((ready[-1] + leg_s if start_s is None else start_s) + visit.service_s)
        latest = [shift.end_s + shift.max_overtime_s]
        for visit, leg_s in zip(reversed(visits), reversed(legs), strict=False):
            leave_s = latest[-1] - leg_s - visit.service_s
            latest.append(max((min(b, leave_s) for a, b in visit.windows if a <= leave_s), default=leave_s))
        latest.reverse()
        used = len(places)
        self._from[vehicle, :used], self._to[vehicle, :used] = places, following
        self._ready[vehicle, :used], self._ready[vehicle, used:] = ready, _NEVER
        self._latest[vehicle, :used], self._leg_s[vehicle, :used] = latest, legs
        if arrays.metres is not None:
            self._leg_m[vehicle, :used] = [
                int(arrays.metres[a, b]) if b >= 0 else 0 for a, b in zip(places, following, strict=True)
            ]

    def _ranked(
        self, task: int, vehicles: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the flat positions (in these rows) that may do, and what each adds at least [cents]."""
        draft, arrays = self.draft, self.draft.arrays
        weights, visit, detail = arrays.problem.weights, draft.visit(task), arrays.problem.tasks[task]
        rows, columns = self._without_travel(visit, vehicles)
        at = (vehicles[rows], columns)
        from_place, to_place, percent = self._from[at], self._to[at], self._percent[at[0]]
        going = -(-arrays.fastest[from_place, visit.place].astype(np.int64) * percent // 100)
        leaving = -(-arrays.fastest[visit.place, to_place].astype(np.int64) * percent // 100)
        leaving[to_place < 0] = 0
        arrival = self._ready[at] + going
        start = np.full(arrival.shape, _NEVER)
        for from_s, until_s in reversed(visit.windows):
            start = np.where(arrival <= until_s, np.maximum(arrival, from_s), start)
        end = start + visit.service_s
        fits = end + leaving <= self._latest[at]
        rows, columns, from_place, to_place, end = (
            a[fits] for a in (rows, columns, from_place, to_place, end)
        )
        at = (vehicles[rows], columns)
        cents = ((going + leaving)[fits] - self._leg_s[at]) * (weights.travel_cents_per_hour / _HOUR_S)
        if arrays.metres is not None:
            there = arrays.metres[from_place, visit.place].astype(np.int64)
            back = np.where(to_place < 0, 0, arrays.metres[visit.place, to_place].astype(np.int64))
            cents += (there + back - self._leg_m[at]) * self._per_metre[at[0]]
        if detail.due_s is not None:
            late_s = np.maximum(0, end - detail.due_s)
            cents += late_s * (detail.lateness_percent * weights.lateness_cents_per_hour / (100 * _HOUR_S))
        engineers = self._engineer[vehicles]
        each = arrays.taste_cents[task, engineers] - weights.empty_engineer_cents * (
            draft.tasks_of[engineers] == 0
        )
        if weights.spread_cents_per_hour:
            busier = np.where(draft.work_s[engineers] > draft.work_s.mean(), 1, -1)
            each = each + busier * (visit.service_s * weights.spread_cents_per_hour / _HOUR_S)
        return rows * self._columns + columns, cents + each[rows]

    def _without_travel(self, visit: Visit, vehicles: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Return rows (of these) and columns where a visit would fit if it were next door.

        Most positions fall here, before anything is looked up in the large matrix.
        """
        opens_s = visit.windows[0][0] if visit.windows else _NEVER
        closes_s = max((until_s for _, until_s in visit.windows), default=-_NEVER)
        ready = self._ready[vehicles]
        fits = np.maximum(ready, opens_s) + visit.service_s <= self._latest[vehicles]
        return np.nonzero(fits & (ready <= closes_s))

    def best(
        self,
        task: int,
        engineers: NDArray[np.bool_] | None = None,
        tries: int = 4,
        among: NDArray[np.int64] | None = None,
    ) -> Insertion | None:
        """Return the cheapest place for a task among the promising ones, None where there is none.

        Parameters
        ----------
        task : int
        engineers : (engineers,) bool, optional
            The only ones asked; all who may do it otherwise.
        tries : int
            How many feasible places to price exactly before deciding.
        among : array of int, optional
            The only vehicles looked at; all otherwise.
        """
        asked = self.draft.arrays.allowed[task]
        if engineers is not None:
            asked = asked & engineers
        if among is None:
            vehicles = np.flatnonzero(asked[self._engineer])
        else:
            vehicles = among[asked[self._engineer[among]]]
        if not len(vehicles):
            return None
        positions, cents = self._ranked(task, vehicles)
        best, feasible = None, 0
        for number in np.argsort(cents, kind="stable"):
            row, column = divmod(int(positions[number]), self._columns)
            vehicle = int(vehicles[row])
            order = self.draft.orders[vehicle]
            insertion = self._tried(vehicle, [*order[:column], task, *order[column:]])
            if insertion is None:
                continue
            feasible += 1
            if best is None or insertion.cents < best.cents:
                best = insertion
            if feasible >= tries:
                break
        return best

    def rooms(self, task: int, tries: int) -> dict[int, Insertion]:
        """Return who could still take a task, whatever it costs, each with the cheapest place.

        Parameters
        ----------
        task : int
        tries : int
            How many feasible places of each engineer to price exactly.
        """
        draft = self.draft
        vehicles = np.flatnonzero(draft.arrays.allowed[task][self._engineer])
        found: dict[int, Insertion] = {}
        if not len(vehicles):
            return found
        positions, cents = self._ranked(task, vehicles)
        left = dict.fromkeys(map(int, self._engineer[vehicles]), tries)
        for number in np.argsort(cents, kind="stable"):
            row, column = divmod(int(positions[number]), self._columns)
            vehicle = int(vehicles[row])
            engineer = int(self._engineer[vehicle])
            if not left[engineer]:
                continue
            order = draft.orders[vehicle]
            insertion = self._tried(vehicle, [*order[:column], task, *order[column:]])
            if insertion is None:
                continue
            left[engineer] -= 1
            if engineer not in found or insertion.cents < found[engineer].cents:
                found[engineer] = insertion
        return found

    def nearest(self, task: int) -> list[int]:
        """Return the engineers with a shift, whoever has the least detour to a task first."""
        place, fastest = self.draft.arrays.visits[task].place, self.draft.arrays.fastest
        back = np.where(self._to < 0, 0, fastest[place, self._to].astype(np.int64))
        detour = fastest[self._from, place].astype(np.int64) + back - self._leg_s
        least = np.where(self._ready < _NEVER, detour, _NEVER).min(axis=1, initial=_NEVER)
        engineers = self._engineer[np.argsort(least, kind="stable")]
        return list(dict.fromkeys(map(int, engineers)))

    def _tried(self, vehicle: int, order: list[int]) -> Insertion | None:
        draft = self.draft
        tried = draft.trial(vehicle, order)
        if isinstance(tried, Misfit):
            fetching = draft.with_pickup(vehicle, order, tried)
            if fetching is None:
                return None
            order, tried = fetching
        engineer, old = draft.arrays.vehicles[vehicle].engineer, draft.tables[vehicle]
        work_s = draft.work_s[engineer] + tried[1].work_s - (old.work_s if old else 0)
        team_cents = draft.team_cents(engineer, float(work_s), int(draft.tasks_of[engineer]) + 1)
        return Insertion(tried[0] - draft.costs[vehicle] + team_cents, vehicle, order, tried)

    def worth_it(self, task: int, insertion: Insertion) -> bool:
        """Tell whether a place costs less than leaving the task out; locked tasks always are worth it."""
        arrays = self.draft.arrays
        return arrays.problem.tasks[task].lock is not None or insertion.cents < arrays.unplanned_cents[task]

    def apply(self, insertion: Insertion) -> None:
        """Put a task where it was tried; nothing may have changed since."""
        self.draft.put(insertion.vehicle, insertion.order, insertion.tried)
        self.refresh(insertion.vehicle)

    def remove(self, task: int) -> None:
        """Take a task out of the draft."""
        vehicle = self.draft.where[task]
        self.draft.remove(task)
        self.refresh(vehicle)

    def insert_all(self, tasks: Iterable[int], stop: Callable[[], bool], tries: int = 4) -> None:
        """Insert tasks one after the other wherever worth it, until told to stop."""
        for task in tasks:
            if stop():
                return
            insertion = self.best(task, tries=tries)
            if insertion and self.worth_it(task, insertion):
                self.apply(insertion)


def tasks_by_urgency(draft: Draft) -> list[int]:
    """Return the tasks not yet placed: locked ones, then the dearest, then the hardest to place."""
    arrays = draft.arrays
    tasks = arrays.problem.tasks
    choices = arrays.allowed.sum(axis=1)

    def urgency(index: int) -> tuple[bool, float, int, int]:
        windows = arrays.visits[index].windows
        width_s = sum(until_s - from_s for from_s, until_s in windows)
        return tasks[index].lock is None, -float(arrays.unplanned_cents[index]), int(choices[index]), width_s

    return sorted((index for index in range(len(tasks)) if index not in draft.where), key=urgency)
