"""Why a task is where it is, or left out; who else could do it, at what cost; what would help."""

from dataclasses import dataclass, fields, replace

from optimizer.arrays import Arrays
from optimizer.draft import Draft
from optimizer.insertion import Inserter
from optimizer.obstacles import Obstacles, grouped, personal_rules
from optimizer.plan import Plan, Reason, Relaxation, Route, Unplanned
from optimizer.problem import Problem
from optimizer.routes import draft_of, route_of, routes_of
from optimizer.schedule import Misfit
from optimizer.score import Score, score

#: Other engineers that are named for a planned task.
MOST_OTHERS = 3
#: Timings of a route that looking for relaxations of one task may take.
MOST_TRIALS = 6_000
_TERMS = tuple(field.name for field in fields(Score) if field.name.endswith("_cents"))

Terms = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another engineer for a planned task, all else staying as it is.

    Parameters
    ----------
    engineer : str
    shift : int
    start_s : int
        When service would begin [s].
    cents : int
        What the plan would cost more than it does.
    terms : tuple of (term of the score, cents)
        The same, term by term, those that do not change left out.
    """

    engineer: str
    shift: int
    start_s: int
    cents: int
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a task is where it is, or why it is left out.

    Parameters
    ----------
    task : str
    engineer : str or None
        Who does it; None: it is left out.
    cents : int or None
        What the plan costs more than without the task, apart from what leaving it out would cost;
        None of a task that is left out, and where the rest of the route does not stand without it.
    terms : tuple of (term of the score, cents)
        The same, term by term.
    unplanned_cents : int
        What leaving the task out costs.
    reasons : tuple of Reason
        Of a task left out, every engineer is in at least one; of a planned one those are who cannot.
    others : tuple of Alternative
        Who else could do a planned task, the cheapest first.
    relaxations : tuple of Relaxation
        What would help a task that is left out, the smallest first.
    """

    task: str
    engineer: str | None
    cents: int | None
    terms: Terms
    unplanned_cents: int
    reasons: tuple[Reason, ...]
    others: tuple[Alternative, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()


def explain(problem: Problem, plan: Plan, task: str) -> Explanation:
    """Return why a task is where it is in a plan, or why it is left out.

    Parameters
    ----------
    problem : Problem
    plan : Plan
        One that passes `check`.
    task : str
        Id of a task.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        The task is not in the problem, or the plan is of another one.
    """
    arrays = Arrays(problem)
    if task not in arrays.task_index:
        raise ValueError(f"the problem has no task {task}")
    index, draft = arrays.task_index[task], draft_of(arrays, plan)
    every_place = len(problem.tasks) + len(arrays.vehicles)
    unplanned_cents = round(float(arrays.unplanned_cents[index]))
    if index not in draft.where:
        inserter = Inserter(draft)
        told = Obstacles(inserter, Draft(arrays), index, every_place).told(inserter, MOST_TRIALS)
        return Explanation(
            task=task,
            engineer=None,
            cents=None,
            terms=(),
            unplanned_cents=unplanned_cents,
            reasons=told.reasons,
            relaxations=told.relaxations,
        )
    return _planned(draft, plan, index, every_place, unplanned_cents)


def _planned(draft: Draft, plan: Plan, index: int, tries: int, unplanned_cents: int) -> Explanation:
    """Return why a placed task is where it is; the draft is without it afterwards."""
    arrays, task = draft.arrays, draft.arrays.problem.tasks[index]
    vehicle = draft.where[index]
    mine = arrays.vehicles[vehicle].engineer
    draft.narrowed.pop(index, None)
    told = Explanation(
        task=task.id,
        engineer=arrays.problem.engineers[mine].id,
        cents=None,
        terms=(),
        unplanned_cents=unplanned_cents,
        reasons=(),
    )
    rest = draft.without(vehicle, index)
    tried = draft.trial(vehicle, rest) if rest else None
    if isinstance(tried, Misfit):
        # The way past it is longer than the way over it: whoever else did it, the rest would not stand.
        rules = personal_rules(draft, index)
        everybody = range(len(arrays.problem.engineers))
        rules = {number: rules.get(number, [tried.rule]) for number in everybody if number != mine}
        return replace(told, reasons=grouped(draft, rules))
    if tried:
        draft.put(vehicle, rest, tried)
    else:
        draft.clear(vehicle)
    obstacles = Obstacles(Inserter(draft), Draft(arrays), index, tries)
    rules = {number: rules for number, rules in obstacles.rules.items() if number != mine}
    rooms = {number: room for number, room in obstacles.rooms.items() if number != mine}
    now, routes = score(arrays.problem, plan), routes_of(draft)
    without = Plan(routes, (*plan.unplanned, Unplanned(task.id)))
    terms = _difference(score(arrays.problem, without), now)
    terms["unplanned_cents"] = 0
    if task.promised:
        terms["promise_cents"] += arrays.problem.weights.promise_cents
    others = []
    for number in sorted(rooms, key=lambda number: rooms[number].cents)[:MOST_OTHERS]:
        one = rooms[number]
        route = route_of(arrays, one.vehicle, one.order, one.tried[1], draft.fetched(one.vehicle, one.order))
        moved = score(arrays.problem, Plan(_with(routes, route), plan.unplanned))
        change = _difference(now, moved)
        others.append(
            Alternative(
                engineer=route.engineer,
                shift=route.shift,
                start_s=one.tried[1].halts[one.order.index(index)].start_s,
                cents=sum(change.values()),
                terms=_told(change),
            )
        )
    return replace(
        told,
        cents=sum(terms.values()),
        terms=_told(terms),
        reasons=grouped(draft, rules),
        others=tuple(sorted(others, key=lambda other: other.cents)),
    )


def _with(routes: tuple[Route, ...], route: Route) -> tuple[Route, ...]:
    """Return routes with that of one shift replaced."""
    same = (route.engineer, route.shift)
    return (*(one for one in routes if (one.engineer, one.shift) != same), route)


def _difference(before: Score, after: Score) -> dict[str, int]:
    return {name: getattr(after, name) - getattr(before, name) for name in _TERMS}


def _told(terms: dict[str, int]) -> Terms:
    return tuple((name, cents) for name, cents in terms.items() if cents)
