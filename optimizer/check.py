"""The oracle: every rule a plan breaks, worked out afresh from the problem alone.

Shares no code with any engine, nor with the score, so that the two can only agree by being right.
"""

from collections.abc import Iterator

from optimizer.check_routes import legs, violations_of_route
from optimizer.crew import Depot, Engineer
from optimizer.plan import Plan, Route, Rule, Stop
from optimizer.problem import Problem
from optimizer.tasks import Link, Task
from optimizer.violations import Violation


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
    mine: dict[str, list[Route]] = {engineer.id: [] for engineer in problem.engineers}
    for route in plan.routes:
        engineer = engineers[route.engineer]
        found += violations_of_route(problem, route, engineer, tasks, depots)
        mine[route.engineer].append(route)
    for engineer in problem.engineers:
        routes = sorted(mine[engineer.id], key=lambda route: route.shift)
        found += _overloaded(problem, routes, engineer, tasks, depots)
        found += _undersupplied(routes, engineer, tasks)
    found += _overdrawn(problem, plan)
    visits = {
        stop.id: (stop, route.engineer)
        for route in plan.routes
        for stop in route.stops
        if stop.kind == "task"
    }
    for link in problem.links:
        found += _unlinked(link, visits, tasks)
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
        for _, _, _, way_s in legs(problem, route, engineer, tasks, depots):
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
            for tool in stop.tools if stop.kind == "task" else ():
                yield Violation(Rule.DEPOT_STOCK, stop.id, route.engineer, (("tool", tool),))
            for part, quantity in stop.parts:
                if stop.kind == "task" or quantity < 0:
                    yield Violation(Rule.DEPOT_STOCK, stop.id, route.engineer, (("part", part),))
                else:
                    fetched[stop.id, part] = fetched.get((stop.id, part), 0) + quantity
    held = {depot.id: dict(depot.parts) for depot in problem.depots}
    for (depot_id, part), quantity in fetched.items():
        has = held[depot_id].get(part, 0)
        if quantity > has:
            facts = (("part", part), ("has", has), ("fetched", quantity))
            yield Violation(Rule.DEPOT_STOCK, depot_id, None, facts)


def _unlinked(link: Link, visits: dict[str, tuple[Stop, str]], tasks: dict[str, Task]) -> Iterator[Violation]:
    """Yield what is wrong between two linked tasks; what locks force upon them is forgiven."""
    found = {end: visits[end] for end in (link.before, link.after) if end in visits}
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
