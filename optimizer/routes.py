"""A draft as the routes of a plan, and back."""

from collections.abc import Iterator, Mapping

from optimizer.arrays import Arrays
from optimizer.draft import Draft
from optimizer.plan import Plan, Route, Stop
from optimizer.schedule import Halt, Timetable
from optimizer.supply import Fetched


def route_of(
    arrays: Arrays, vehicle: int, order: list[int], table: Timetable, fetched: Mapping[int, Fetched]
) -> Route:
    """Return a timed order of tasks as a route.

    `fetched` tells by position what is fetched at the stops that are at depots.
    """
    one = arrays.vehicles[vehicle]
    return Route(
        engineer=arrays.problem.engineers[one.engineer].id,
        shift=one.shift_index,
        leave_s=table.leave_s,
        stops=tuple(
            _stop(arrays, index, halt, fetched.get(at))
            for at, (index, halt) in enumerate(zip(order, table.halts, strict=True))
        ),
        end_s=table.end_s,
        breaks=table.breaks,
    )


def _stop(arrays: Arrays, index: int, halt: Halt, fetched: Fetched | None) -> Stop:
    problem, is_task = arrays.problem, arrays.is_task(index)
    return Stop(
        id=problem.tasks[index].id if is_task else problem.depots[index - len(problem.tasks)].id,
        arrival_s=halt.arrival_s,
        start_s=halt.start_s,
        end_s=halt.end_s,
        leave_s=halt.end_s,
        kind="task" if is_task else "depot",
        parts=tuple(fetched.parts.items()) if fetched else (),
        tools=tuple(fetched.tools) if fetched else (),
    )


def routes_of(draft: Draft) -> tuple[Route, ...]:
    """Return the routes of a draft that have stops."""
    timed = enumerate(zip(draft.orders, draft.tables, strict=True))
    return tuple(
        route_of(draft.arrays, vehicle, order, table, draft.fetched(vehicle, order))
        for vehicle, (order, table) in timed
        if table
    )


def index_of(arrays: Arrays, stop: Stop) -> int | None:
    """Return the number of a stop of a plan, None of what is not in the problem."""
    if stop.kind == "task":
        return arrays.task_index.get(stop.id)
    depots = (number for number, one in enumerate(arrays.problem.depots) if one.id == stop.id)
    return next((len(arrays.visits) + number for number in depots), None)


def orders_of(draft: Draft, plan: Plan) -> Iterator[tuple[Route, int, list[int]]]:
    """Yield the routes of a plan with vehicle and order; linked tasks are held in the draft where they are.

    Raises
    ------
    ValueError
        The plan names what the problem has not.
    """
    arrays = draft.arrays
    numbers = {
        (arrays.problem.engineers[vehicle.engineer].id, vehicle.shift_index): number
        for number, vehicle in enumerate(arrays.vehicles)
    }
    for route in plan.routes:
        number = numbers.get((route.engineer, route.shift))
        if number is None:
            raise ValueError(f"the plan names shift {route.shift} of {route.engineer}, who has none such")
        order = []
        for stop in route.stops:
            index = index_of(arrays, stop)
            if index is None:
                raise ValueError(f"the plan names {stop.kind} {stop.id}, which is not in the problem")
            order.append(index)
            if index in arrays.linked:
                draft.narrowed[index] = ((stop.start_s, stop.start_s),)
        yield route, number, order


def draft_of(arrays: Arrays, plan: Plan) -> Draft:
    """Return a plan as a draft, timed as the plan is; linked tasks are held where they are.

    Parameters
    ----------
    arrays : Arrays
    plan : Plan
        One that passes `check` for the same problem.

    Raises
    ------
    ValueError
        It names what the problem has not.
    """
    draft = Draft(arrays)
    for route, number, order in orders_of(draft, plan):
        table = _table(arrays, number, route, order)
        draft.put(number, order, (draft.cost(number, order, table), table))
    return draft


def _table(arrays: Arrays, number: int, route: Route, order: list[int]) -> Timetable:
    vehicle = arrays.vehicles[number]
    leg_time, end_place = arrays.leg_times[vehicle.engineer], vehicle.shift.end_place
    place, leave_s, all_travel_s = vehicle.shift.start_place, route.leave_s, 0
    for index, stop in zip(order, route.stops, strict=True):
        all_travel_s += leg_time(place, arrays.stop(index).place, leave_s)
        place, leave_s = arrays.stop(index).place, stop.leave_s
    if end_place is not None:
        all_travel_s += leg_time(place, end_place, leave_s)
    halts = tuple(Halt(stop.arrival_s, stop.start_s, stop.end_s) for stop in route.stops)
    work_s = all_travel_s + sum(arrays.stop(index).service_s for index in order)
    return Timetable(route.leave_s, halts, route.end_s, route.breaks, all_travel_s, work_s)
