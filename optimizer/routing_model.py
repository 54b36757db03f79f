"""A problem as the routing model of OR-Tools sees it.

Source: OR-Tools 9.15 routing library.
"""

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from ortools.constraint_solver import pywrapcp

from optimizer.draft import Draft

#: The model counts in sixtieths of a cent, so that a price a minute is a whole price a second.
SCALE = 60
_MOST = 2**50
#: Dimensions for this many kinds of parts at most; of the others the draft takes care afterwards.
_MOST_PARTS = 12
_LOCKED_PENALTY = 10**12


class RoutingModel:
    """The routing model of a problem.

    Travel takes as long as the mean of all bands; depots, empty engineers and limits over several
    shifts of one engineer are not in it. Linked tasks stay where the draft has them.

    Parameters
    ----------
    draft : Draft
        Where the search begins; not changed.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft, self.arrays = draft, draft.arrays
        arrays = self.arrays
        self.origin_s = min(vehicle.shift.start_s for vehicle in arrays.vehicles)
        self.horizon_s = max(v.shift.end_s + v.shift.max_overtime_s for v in arrays.vehicles) - self.origin_s
        self.places = self._places()
        self.manager = pywrapcp.RoutingIndexManager(len(self.places), len(arrays.vehicles), *self._ends())
        self.model = pywrapcp.RoutingModel(self.manager)
        service = [visit.service_s for visit in arrays.visits]
        self.service_s = np.array(service + [0] * (len(self.places) - len(service)), dtype=np.int64)
        self.travel_s = self._legs(arrays.problem.travel.seconds.mean(axis=0), 2**31 - 2)
        self._add_costs()
        self.time = self._add_time()
        self._add_tasks()
        self._add_limits()

    def _places(self) -> NDArray[np.int64]:
        """Return the place of every node: tasks, then distinct shift ends, then nowhere (-1)."""
        shifts = [vehicle.shift for vehicle in self.arrays.vehicles]
        ends = {
            place for shift in shifts for place in (shift.start_place, shift.end_place) if place is not None
        }
        self._node_of = {place: len(self.arrays.visits) + number for number, place in enumerate(sorted(ends))}
        places = [*(visit.place for visit in self.arrays.visits), *sorted(ends)]
        if any(shift.end_place is None for shift in shifts):
            places.append(-1)  # a node that no shift ends at would be visited
        return np.array(places, dtype=np.int64)

    def _ends(self) -> tuple[list[int], list[int]]:
        nowhere = len(self.places) - 1
        shifts = [vehicle.shift for vehicle in self.arrays.vehicles]
        return [self._node_of[shift.start_place] for shift in shifts], [
            nowhere if shift.end_place is None else self._node_of[shift.end_place] for shift in shifts
        ]

    def _legs(self, matrix: NDArray[np.floating] | NDArray[np.integer], most: int) -> NDArray[np.int64]:
        """Return a matrix between nodes from one between places; nothing to and from nowhere."""
        legs = np.minimum(np.ceil(matrix[np.ix_(self.places, self.places)]), most).astype(np.int64)
        legs[self.places < 0, :] = legs[:, self.places < 0] = 0
        return np.asarray(legs)

    def _by_vehicle(self, key: Callable[[int], object], make: Callable[[int], int]) -> list[int]:
        """Return one registered callback a vehicle, made once for all vehicles of the same key."""
        made: dict[object, int] = {}
        result = []
        for number in range(len(self.arrays.vehicles)):
            if key(number) not in made:
                made[key(number)] = make(number)
            result.append(made[key(number)])
        return result

    def _engineer(self, vehicle: int) -> int:
        return self.arrays.vehicles[vehicle].engineer

    def _scaled_travel(self, vehicle: int) -> NDArray[np.int64]:
        percent = self.arrays.problem.engineers[self._engineer(vehicle)].travel_percent
        return -(-self.travel_s * percent // 100)

    def _add_costs(self) -> None:
        problem = self.arrays.problem
        metres = None if self.arrays.metres is None else self._legs(self.arrays.metres, 10**9)

        def make(vehicle: int) -> int:
            engineer = problem.engineers[self._engineer(vehicle)]
            cents = self._scaled_travel(vehicle) * (problem.weights.travel_cents_per_hour / 3_600)
            if metres is not None:
                cents = cents + metres * (
                    (problem.weights.distance_cents_per_km + engineer.cents_per_km) / 1_000
                )
            costs = np.minimum(np.rint(cents * SCALE), _MOST).astype(np.int64)
            return int(self.model.RegisterTransitMatrix(costs.tolist()))

        def key(vehicle: int) -> object:
            engineer = problem.engineers[self._engineer(vehicle)]
            return engineer.travel_percent, engineer.cents_per_km

        for vehicle, callback in enumerate(self._by_vehicle(key, make)):
            self.model.SetArcCostEvaluatorOfVehicle(callback, vehicle)
        taste = np.rint(self.arrays.taste_cents * SCALE).astype(np.int64)
        if taste.any():
            rest = [0] * (len(self.places) - len(self.arrays.visits))

            def make_taste(vehicle: int) -> int:
                values = taste[:, self._engineer(vehicle)].tolist() + rest
                return int(self.model.RegisterUnaryTransitVector(values))

            callbacks = self._by_vehicle(self._engineer, make_taste)
            self.model.AddDimensionWithVehicleTransits(callbacks, 0, _MOST, True, "taste")
            self.model.GetDimensionOrDie("taste").SetSpanCostCoefficientForAllVehicles(1)

    def _add_time(self) -> pywrapcp.RoutingDimension:
        problem = self.arrays.problem

        def make(vehicle: int) -> int:
            seconds = self._scaled_travel(vehicle) + self.service_s[:, None]
            return int(self.model.RegisterTransitMatrix(seconds.tolist()))

        callbacks = self._by_vehicle(lambda v: problem.engineers[self._engineer(v)].travel_percent, make)
        self.model.AddDimensionWithVehicleTransits(callbacks, self.horizon_s, self.horizon_s, False, "time")
        time_dimension = self.model.GetDimensionOrDie("time")
        overtime = self._a_second(problem.weights.overtime_cents_per_hour)
        solver = self.model.solver()
        node_service = [0] * self.model.Size()
        for task, visit in enumerate(self.arrays.visits):
            node_service[self.manager.NodeToIndex(task)] = visit.service_s
        for number, vehicle in enumerate(self.arrays.vehicles):
            shift, start, end = vehicle.shift, self.model.Start(number), self.model.End(number)
            time_dimension.CumulVar(start).SetRange(
                shift.start_s - self.origin_s, shift.end_s - self.origin_s
            )
            latest_s = shift.end_s + shift.max_overtime_s - self.origin_s
            time_dimension.CumulVar(end).SetRange(shift.start_s - self.origin_s, latest_s)
            if shift.max_overtime_s and overtime:
                time_dimension.SetCumulVarSoftUpperBound(end, shift.end_s - self.origin_s, overtime)
            hour = problem.engineers[vehicle.engineer].cents_per_hour
            if hour:
                time_dimension.SetSpanCostCoefficientForVehicle(self._a_second(hour), number)
            if shift.breaks:
                pauses = [
                    solver.FixedDurationIntervalVar(
                        pause.earliest_start_s - self.origin_s,
                        pause.latest_start_s - self.origin_s,
                        pause.duration_s,
                        False,
                        f"break {number}",
                    )
                    for pause in shift.breaks
                ]
                time_dimension.SetBreakIntervalsOfVehicle(pauses, number, node_service)
        return time_dimension

    @staticmethod
    def _a_second(cents_per_hour: float) -> int:
        return round(cents_per_hour * SCALE / 3_600)

    def _add_tasks(self) -> None:
        arrays, weights = self.arrays, self.arrays.problem.weights
        engineers = np.array([vehicle.engineer for vehicle in arrays.vehicles])
        for task, detail in enumerate(arrays.problem.tasks):
            index = self.manager.NodeToIndex(task)
            placed = task in self.draft.where
            held = placed and (detail.lock is not None or task in arrays.linked)
            penalty = _LOCKED_PENALTY if held else float(arrays.unplanned_cents[task])
            self.model.AddDisjunction([index], min(_MOST, round(penalty * SCALE)))
            vehicles = np.flatnonzero(arrays.allowed[task][engineers]).tolist()
            if task in arrays.linked:
                vehicles = [self.draft.where[task]] if placed else []
            windows = self._windows(task)
            if not windows:
                vehicles = []
            # SetAllowedVehiclesForIndex raises TypeError in 9.15.
            self.model.VehicleVar(index).SetValues([-1, *vehicles])
            if not vehicles:
                continue
            start = self.time.CumulVar(index)
            start.SetRange(windows[0][0], windows[-1][1])
            for (_, until_s), (from_s, _) in itertools.pairwise(windows):
                if until_s + 1 < from_s:
                    start.RemoveInterval(until_s + 1, from_s - 1)
            late = self._a_second(weights.lateness_cents_per_hour * detail.lateness_percent / 100)
            if detail.due_s is not None and late:
                due_s = max(0, detail.due_s - detail.service_s - self.origin_s)
                self.time.SetCumulVarSoftUpperBound(index, due_s, late)
            moved = self._a_second(weights.change_time_cents_per_hour)
            if detail.previous and moved:
                then_s = max(0, detail.previous.start_s - self.origin_s)
                self.time.SetCumulVarSoftLowerBound(index, then_s, moved)
                if detail.due_s is None:
                    self.time.SetCumulVarSoftUpperBound(index, then_s, moved)

    def _windows(self, task: int) -> list[tuple[int, int]]:
        """Return the windows of a task from the model's origin, cut to its horizon and merged."""
        merged: list[tuple[int, int]] = []
        for from_s, until_s in sorted(self.draft.visit(task).windows):
            from_s, until_s = max(0, from_s - self.origin_s), min(self.horizon_s, until_s - self.origin_s)
            if from_s > until_s:
                continue
            if merged and from_s <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], until_s))
            else:
                merged.append((from_s, until_s))
        return merged

    def _add_limits(self) -> None:
        problem, vehicles = self.arrays.problem, self.arrays.vehicles
        rest = len(self.places) - len(problem.tasks)

        def least(shift_limit: int | None, engineer_limit: int | None, most: int) -> int:
            return min(most, *(limit for limit in (shift_limit, engineer_limit, most) if limit is not None))

        counts = [
            least(v.shift.max_tasks, problem.engineers[v.engineer].max_tasks, len(problem.tasks))
            for v in vehicles
        ]
        if min(counts) < len(problem.tasks):
            one = self.model.RegisterUnaryTransitVector([1] * len(problem.tasks) + [0] * rest)
            self.model.AddDimensionWithVehicleCapacity(one, 0, counts, True, "tasks")
        works = [
            least(v.shift.max_work_s, problem.engineers[v.engineer].max_work_s, self.horizon_s)
            for v in vehicles
        ]
        spread = problem.weights.spread_cents_per_hour
        if min(works) < self.horizon_s or spread:
            self._add_work(works, self._a_second(2 * spread))
        demand = self._scarce_parts()
        for part, needed in demand.items():
            stock = [dict(problem.engineers[v.engineer].parts).get(part, 0) for v in vehicles]
            callback = self.model.RegisterUnaryTransitVector(needed + [0] * rest)
            self.model.AddDimensionWithVehicleCapacity(callback, 0, stock, True, f"part {part}")

    def _add_work(self, most_s: list[int], spread: int) -> None:
        """Limit service and travel; price what is above the mean, which stands for the spread."""
        problem = self.arrays.problem

        def make(vehicle: int) -> int:
            seconds = self._scaled_travel(vehicle) + self.service_s[:, None]
            return int(self.model.RegisterTransitMatrix(seconds.tolist()))

        callbacks = self._by_vehicle(lambda v: problem.engineers[self._engineer(v)].travel_percent, make)
        self.model.AddDimensionWithVehicleTransitAndCapacity(callbacks, 0, most_s, True, "work")
        if spread:
            mean_s = int(self.draft.work_s.sum()) // len(self.arrays.vehicles)
            for vehicle in range(len(self.arrays.vehicles)):
                self.model.GetDimensionOrDie("work").SetCumulVarSoftUpperBound(
                    self.model.End(vehicle), mean_s, spread
                )

    def _scarce_parts(self) -> dict[str, list[int]]:
        """Return what every task needs of the parts asked for most, locked tasks left aside."""
        total: dict[str, list[int]] = {}
        for index, task in enumerate(self.arrays.problem.tasks):
            if not (task.lock and task.lock.engineer is not None):
                for part, quantity in task.parts:
                    total.setdefault(part, [0] * len(self.arrays.problem.tasks))[index] = quantity
        ranked = sorted(total, key=lambda part: -sum(total[part]))
        return {part: total[part] for part in ranked[:_MOST_PARTS]}
