"""The oracle: every rule a plan breaks, worked out afresh from the problem alone.

Shares no code with any engine, nor with the score, so that the two can only agree by being right.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.crew import Depot, Engineer, Shift
from optimizer.plan import Plan, Route, Rule, Stop
from optimizer.problem import Problem
from optimizer.tasks import Link, Task
from optimizer.travel import UNREACHABLE, Travel


@dataclass(frozen=True)
class Violation:
    """A rule broken, by whom, and the facts.

    Parameters
    ----------
    rule : Rule
    task : str or None
        Task or depot.
    engineer : str or None
    facts : tuple of (name, value)
        What was found and what was allowed, as numbers or ids.
    """

    rule: Rule
    task: str | None = None
    engineer: str | None = None
    facts: tuple[tuple[str, int | str], ...] = ()


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """Return every rule a plan breaks; an empty list for a plan that may be carried out.

    Parameters
    ----------
    problem : Problem
    plan : Plan

    Returns
    -------
    list of Violation
    """
    unknown = list(_unknown(problem, plan))
    if unknown:
        return unknown
    found = list(_counted(problem, plan))
    tasks = {task.id: task for task in problem.tasks}
    depots = {depot.id: depot for depot in problem.depots}
    engineers = {engineer.id: engineer for engineer in problem.engineers}
    for route in plan.routes:
        engineer = engineers[route.engineer]
        for stop in route.stops:
            if stop.kind == "task":
                found += _forbidden(tasks[stop.id], engineer)
                found += _mistimed(tasks[stop.id], stop, engineer)
            else:
                found += _misfetched(depots[stop.id], stop, engineer)
        found += _misrouted(problem, route, engineer, tasks, depots)
        found += _misrested(route, engineer, tasks)
    for engineer in problem.engineers:
        mine = sorted(
            (route for route in plan.routes if route.engineer == engineer.id), key=lambda route: route.shift
        )
        found += _overloaded(problem, mine, engineer, tasks, depots)
        found += _undersupplied(mine, engineer, tasks)
    found += _overdrawn(problem, plan)
    for link in problem.links:
        found += _unlinked(link, plan, tasks)
    return found


def _unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    shifts = {engineer.id: len(engineer.shifts) for engineer in problem.engineers}
    known = {"task": {task.id for task in problem.tasks}, "depot": {depot.id for depot in problem.depots}}
    for route in plan.routes:
        if not 0 <= route.shift < shifts.get(route.engineer, 0):
            yield Violation(Rule.UNKNOWN, None, route.engineer, (("shift", route.shift),))
        for stop in route.stops:
            if stop.id not in known[stop.kind]:
                yield Violation(Rule.UNKNOWN, stop.id, route.engineer)
    for left in plan.unplanned:
        if left.task not in known["task"]:
            yield Violation(Rule.UNKNOWN, left.task)


def _counted(problem: Problem, plan: Plan) -> Iterator[Violation]:
    times = {task.id: 0 for task in problem.tasks}
    for route in plan.routes:
        for stop in route.stops:
            if stop.kind == "task":
                times[stop.id] += 1
    for left in plan.unplanned:
        times[left.task] += 1
    for task, count in times.items():
        if count != 1:
            yield Violation(Rule.ONCE, task, None, (("times", count),))
    driven: set[tuple[str, int]] = set()
    for route in plan.routes:
        if (route.engineer, route.shift) in driven or not route.stops:
            yield Violation(Rule.ONCE, None, route.engineer, (("shift", route.shift),))
        driven.add((route.engineer, route.shift))


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


def _legs(
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
    for stop_id, leave_s, arrival_s, way_s in _legs(problem, route, engineer, tasks, depots):
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


def _overloaded(
    problem: Problem,
    routes: list[Route],
    engineer: Engineer,
    tasks: dict[str, Task],
    depots: dict[str, Depot],
) -> Iterator[Violation]:
    all_tasks = all_work_s = 0
    for route in routes:
        shift = engineer.shifts[route.shift]
        count = work_s = 0
        for stop in route.stops:
            count += stop.kind == "task"
            work_s += stop.end_s - stop.start_s
        for _, _, _, way_s in _legs(problem, route, engineer, tasks, depots):
            work_s += way_s or 0
        yield from _above(engineer, count, shift.max_tasks, work_s, shift.max_work_s)
        all_tasks += count
        all_work_s += work_s
    yield from _above(engineer, all_tasks, engineer.max_tasks, all_work_s, engineer.max_work_s)


def _above(
    engineer: Engineer, tasks: int, max_tasks: int | None, work_s: int, max_work_s: int | None
) -> Iterator[Violation]:
    if max_tasks is not None and tasks > max_tasks:
        yield Violation(Rule.MAX_TASKS, None, engineer.id, (("tasks", tasks), ("most", max_tasks)))
    if max_work_s is not None and work_s > max_work_s:
        yield Violation(Rule.MAX_WORK, None, engineer.id, (("work_s", work_s), ("most_s", max_work_s)))


def _undersupplied(routes: list[Route], engineer: Engineer, tasks: dict[str, Task]) -> Iterator[Violation]:
    """Yield what is missing on the way; whoever is locked to a task may lack things for it."""
    van = dict(engineer.parts)
    tools = set(engineer.tools)
    for route in routes:
        for stop in route.stops:
            if stop.kind == "depot":
                for part, quantity in stop.parts:
                    van[part] = van.get(part, 0) + quantity
                tools.update(stop.tools)
                continue
            task = tasks[stop.id]
            forgiven = task.lock is not None and task.lock.engineer is not None
            for part, quantity in task.parts:
                has = van.get(part, 0)
                if has < quantity and not forgiven:
                    facts = (("part", part), ("has", has), ("needs", quantity))
                    yield Violation(Rule.PART, task.id, engineer.id, facts)
                van[part] = max(0, has - quantity)
            for tool in task.tools:
                if tool not in tools and not forgiven:
                    yield Violation(Rule.TOOL, task.id, engineer.id, (("tool", tool),))


def _overdrawn(problem: Problem, plan: Plan) -> Iterator[Violation]:
    fetched: dict[tuple[str, str], int] = {}
    for route in plan.routes:
        for stop in route.stops:
            for part, quantity in stop.parts:
                if stop.kind == "task" or quantity < 0:
                    yield Violation(Rule.DEPOT_STOCK, stop.id, route.engineer, (("part", part),))
                else:
                    fetched[stop.id, part] = fetched.get((stop.id, part), 0) + quantity
    for depot in problem.depots:
        held = dict(depot.parts)
        for (depot_id, part), quantity in fetched.items():
            if depot_id == depot.id and quantity > held.get(part, 0):
                facts = (("part", part), ("has", held.get(part, 0)), ("fetched", quantity))
                yield Violation(Rule.DEPOT_STOCK, depot.id, None, facts)


def _unlinked(link: Link, plan: Plan, tasks: dict[str, Task]) -> Iterator[Violation]:
    """Yield what is wrong between two linked tasks; what locks force upon them is forgiven."""
    found = {}
    for route in plan.routes:
        for stop in route.stops:
            if stop.kind == "task" and stop.id in (link.before, link.after):
                found[stop.id] = (stop, route.engineer)
    if link.after in found and link.before not in found and tasks[link.after].lock is None:
        yield Violation(Rule.LINK_BOTH, link.after, None, (("missing", link.before),))
    only_both = link.max_gap_s is not None and tasks[link.before].lock is None
    if link.before in found and link.after not in found and only_both:
        yield Violation(Rule.LINK_BOTH, link.before, None, (("missing", link.after),))
    if len(found) < 2:
        return
    if tasks[link.before].lock is not None and tasks[link.after].lock is not None:
        return
    (before, before_engineer), (after, after_engineer) = found[link.before], found[link.after]
    gap_s = after.start_s - (before.end_s if link.measured_from == "end" else before.start_s)
    if gap_s < link.min_gap_s or (link.max_gap_s is not None and gap_s > link.max_gap_s):
        yield Violation(Rule.LINK_GAP, link.after, after_engineer, (("gap_s", gap_s), ("other", link.before)))
    wrong = {"same": before_engineer != after_engineer, "different": before_engineer == after_engineer}
    if wrong.get(link.engineers):
        yield Violation(Rule.LINK_ENGINEERS, link.after, after_engineer, (("other", link.before),))
