"""The oracle's rules of one route: whom it sends, when everything happens, ways and breaks.

Like `optimizer.check`, it shares no code with any engine, nor with the score.
"""

import itertools
from collections.abc import Iterator

from optimizer.crew import Depot, Engineer, Shift
from optimizer.plan import Route, Rule, Stop
from optimizer.problem import Problem
from optimizer.tasks import Task
from optimizer.travel import UNREACHABLE, Travel
from optimizer.violations import Violation


def violations_of_route(
    problem: Problem, route: Route, engineer: Engineer, tasks: dict[str, Task], depots: dict[str, Depot]
) -> Iterator[Violation]:
    """Yield every rule a route breaks by itself, whatever else is planned."""
    for stop in route.stops:
        if stop.kind == "task":
            yield from _forbidden(tasks[stop.id], engineer)
            yield from _mistimed(tasks[stop.id], stop, engineer)
        else:
            yield from _misfetched(depots[stop.id], stop, engineer)
    yield from _misrouted(problem, route, engineer, tasks, depots)
    yield from _misrested(route, engineer, tasks)


def _forbidden(task: Task, engineer: Engineer) -> Iterator[Violation]:
    """Yield what forbids this engineer this task; a lock on an engineer is the last word."""
    if task.lock is not None and task.lock.engineer is not None:
        if task.lock.engineer != engineer.id:
            yield Violation(Rule.LOCKED_ENGINEER, task.id, engineer.id, (("locked", task.lock.engineer),))
        return
    for skill, least in task.skills:
        level = -1
        for name, has in engineer.skills:
            if name == skill:
                level = has
        if level < least:
            facts = (("skill", skill), ("level", level), ("least", least))
            yield Violation(Rule.SKILL, task.id, engineer.id, facts)
    if task.territory is not None and engineer.territories and task.territory not in engineer.territories:
        yield Violation(Rule.TERRITORY, task.id, engineer.id, (("territory", task.territory),))
    if engineer.id in task.refused:
        yield Violation(Rule.REFUSED, task.id, engineer.id)
    if task.required and engineer.id not in task.required:
        yield Violation(Rule.REQUIRED, task.id, engineer.id)


def _mistimed(task: Task, stop: Stop, engineer: Engineer) -> Iterator[Violation]:
    """Yield what is wrong with the time of a task; a lock on a start is the last word."""
    if stop.end_s - stop.start_s != task.service_s:
        facts = (("service_s", stop.end_s - stop.start_s), ("needed_s", task.service_s))
        yield Violation(Rule.SERVICE, task.id, engineer.id, facts)
    if task.lock is not None and task.lock.start_s is not None:
        if stop.start_s != task.lock.start_s:
            facts = (("start_s", stop.start_s), ("locked_s", task.lock.start_s))
            yield Violation(Rule.LOCKED_START, task.id, engineer.id, facts)
        return
    if task.windows and not any(from_s <= stop.start_s <= until_s for from_s, until_s in task.windows):
        yield Violation(Rule.WINDOW, task.id, engineer.id, (("start_s", stop.start_s),))
    if task.deadline_s is not None and stop.end_s > task.deadline_s:
        facts = (("end_s", stop.end_s), ("deadline_s", task.deadline_s))
        yield Violation(Rule.DEADLINE, task.id, engineer.id, facts)


def _misfetched(depot: Depot, stop: Stop, engineer: Engineer) -> Iterator[Violation]:
    if stop.end_s - stop.start_s != depot.service_s:
        facts = (("service_s", stop.end_s - stop.start_s), ("needed_s", depot.service_s))
        yield Violation(Rule.SERVICE, depot.id, engineer.id, facts)
    if depot.windows and not any(from_s <= stop.start_s <= until_s for from_s, until_s in depot.windows):
        yield Violation(Rule.DEPOT_WINDOW, depot.id, engineer.id, (("start_s", stop.start_s),))
    for tool in stop.tools:
        if tool not in depot.tools:
            yield Violation(Rule.DEPOT_STOCK, depot.id, engineer.id, (("tool", tool),))


def _way_s(travel: Travel, engineer: Engineer, from_place: int, to_place: int, leave_s: int) -> int | None:
    """Return the travel time, None where there is no way."""
    moment_s = leave_s % travel.period_s
    chosen = len(travel.band_starts_s) - 1  # until the first band begins, yesterday's last one holds
    for number, start_s in enumerate(travel.band_starts_s):
        if moment_s >= start_s:
            chosen = number
    seconds = int(travel.seconds[chosen][from_place][to_place])
    if seconds == UNREACHABLE:
        return None
    whole, rest = divmod(seconds * engineer.travel_percent, 100)
    return whole + (1 if rest else 0)


def legs(
    problem: Problem, route: Route, engineer: Engineer, tasks: dict[str, Task], depots: dict[str, Depot]
) -> Iterator[tuple[str | None, int, int, int | None]]:
    """Yield stop (None on the way back), leaving, arrival and travel time of every leg of a route."""
    shift = engineer.shifts[route.shift]
    place, leave_s = shift.start_place, route.leave_s
    for stop in route.stops:
        there = tasks[stop.id].place if stop.kind == "task" else depots[stop.id].place
        yield stop.id, leave_s, stop.arrival_s, _way_s(problem.travel, engineer, place, there, leave_s)
        place, leave_s = there, stop.leave_s
    way_s = (
        0 if shift.end_place is None else _way_s(problem.travel, engineer, place, shift.end_place, leave_s)
    )
    yield None, leave_s, route.end_s, way_s


def _misrouted(
    problem: Problem, route: Route, engineer: Engineer, tasks: dict[str, Task], depots: dict[str, Depot]
) -> Iterator[Violation]:
    shift = engineer.shifts[route.shift]
    if route.leave_s < shift.start_s:
        facts = (("leave_s", route.leave_s), ("start_s", shift.start_s))
        yield Violation(Rule.SHIFT_START, None, engineer.id, facts)
    if route.end_s > shift.end_s + shift.max_overtime_s:
        facts = (("back_s", route.end_s), ("latest_s", shift.end_s + shift.max_overtime_s))
        yield Violation(Rule.SHIFT_END, None, engineer.id, facts)
    for stop in route.stops:
        if not stop.arrival_s <= stop.start_s or not stop.end_s <= stop.leave_s:
            yield Violation(Rule.SERVICE, stop.id, engineer.id, (("start_s", stop.start_s),))
    for stop_id, leave_s, arrival_s, way_s in legs(problem, route, engineer, tasks, depots):
        if way_s is None:
            yield Violation(Rule.UNREACHABLE, stop_id, engineer.id)
            continue
        on_the_way = [pair for pair in route.breaks if leave_s <= pair[0] < arrival_s]
        if any(until_s > arrival_s for _, until_s in on_the_way):
            yield Violation(Rule.BREAK, stop_id, engineer.id, (("arrival_s", arrival_s),))
            continue
        rest_s = sum(until_s - from_s for from_s, until_s in on_the_way)
        if arrival_s - leave_s != way_s + rest_s:
            took = (("took_s", arrival_s - leave_s), ("travel_s", way_s), ("rest_s", rest_s))
            yield Violation(Rule.TRAVEL, stop_id, engineer.id, took)


def _misrested(route: Route, engineer: Engineer, tasks: dict[str, Task]) -> Iterator[Violation]:
    """Yield what is wrong with the breaks; one for which locked starts leave no place is forgiven."""
    shift = engineer.shifts[route.shift]
    for from_s, until_s in route.breaks:
        for stop in route.stops:
            in_service = stop.end_s > stop.start_s and from_s < stop.end_s and stop.start_s < until_s
            if in_service or from_s < stop.leave_s < until_s:
                yield Violation(Rule.BREAK, stop.id, engineer.id, (("start_s", from_s),))
        if from_s < route.leave_s < until_s:
            yield Violation(Rule.BREAK, None, engineer.id, (("start_s", from_s),))
    taken = sorted(route.breaks)
    for (_, until_s), (from_s, _) in itertools.pairwise(taken):
        if from_s < until_s:
            yield Violation(Rule.BREAK, None, engineer.id, (("start_s", from_s),))
    left = list(taken)
    for earliest_s, latest_s, duration_s in _breaks_due(shift, route, tasks):
        match = None
        for pair in left:
            if earliest_s <= pair[0] <= latest_s and pair[1] - pair[0] == duration_s and match is None:
                match = pair
        if match is None:
            due = (("earliest_s", earliest_s), ("latest_s", latest_s), ("duration_s", duration_s))
            yield Violation(Rule.BREAK, None, engineer.id, due)
        else:
            left.remove(match)
    for from_s, _ in left:
        yield Violation(Rule.BREAK, None, engineer.id, (("start_s", from_s),))


def _breaks_due(shift: Shift, route: Route, tasks: dict[str, Task]) -> Iterator[tuple[int, int, int]]:
    held = []
    for stop in route.stops:
        lock = tasks[stop.id].lock if stop.kind == "task" else None
        if lock is not None and lock.start_s is not None:
            held.append((lock.start_s, lock.start_s + tasks[stop.id].service_s))
    for due in shift.breaks:
        # The first moment not inside a locked service, moved on past each that is in the way.
        moment_s = due.earliest_start_s
        for from_s, until_s in sorted(held):
            if from_s < moment_s + due.duration_s and moment_s < until_s:
                moment_s = until_s
        if moment_s <= due.latest_start_s:
            yield due.earliest_start_s, due.latest_start_s, due.duration_s
