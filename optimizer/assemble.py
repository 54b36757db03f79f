"""The master problem: the best plan out of whole routes that a search has seen.

A set packing problem: every task and every shift once at most. What routes share is exact here: an engineer's
limits and van stock over several shifts, uneven work, engineers with nothing to do. GLOP prices the tasks,
routes too dear for these prices are dropped, CP-SAT chooses among the others. The value of the relaxation is
a bound on plans from these routes alone, never on the problem, and so is not told to anybody.

Source: set packing with reduced-cost fixing, as in Rochat and Taillard (1995).
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from optimizer.search.data import NEVER, Data

#: The master counts in these parts of a cent: prices an hour are whole numbers a second then.
_SCALE = 3_600
#: Sums of costs stay below this.
_MOST = 2**60
#: Routes that are left to choose from at most: the cheapest by reduced cost.
_MOST_CHOICES = 1_000


Thing = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Column:
    """A route: what a vehicle does in which order, for how much [cents], working how long [s]."""

    vehicle: int
    order: tuple[int, ...]
    cost: float
    work_s: int


@dataclass(slots=True)
class _Program:
    """An integer program: least cost with every row between its bounds; columns come first."""

    costs: list[int] = field(default_factory=list)
    uppers: list[int] = field(default_factory=list)
    hint: list[int] = field(default_factory=list)
    rows: list[tuple[int, int, list[int], list[int]]] = field(default_factory=list)

    def add(self, cost: int, upper: int, hint: int) -> int:
        """Add a variable from 0 on; return its number."""
        self.costs.append(cost)
        self.uppers.append(upper)
        self.hint.append(hint)
        return len(self.costs) - 1

    def require(self, least: int, most: int, terms: Iterable[tuple[int, int]]) -> None:
        """Keep the sum of variables times coefficients between two bounds."""
        numbers, coefficients = [], []
        for number, coefficient in terms:
            numbers.append(number)
            coefficients.append(coefficient)
        self.rows.append((least, most, numbers, coefficients))

    def value_of_hint(self) -> int:
        return sum(cost * value for cost, value in zip(self.costs, self.hint, strict=True))


def tasks_of(d: Data, column: Column) -> list[int]:
    """Return the tasks of a route, without its stops at depots."""
    return [stop for stop in column.order if stop < d.price[0].tasks]


def assembled(
    d: Data, best: list[Column], seen: Iterable[Column], work: float, wall_s: float
) -> list[list[int]] | None:
    """Return better orders by vehicle than the best so far, None where none were found.

    What they cost is to be reckoned anew: a route's times may depend on the engineer's other shifts.

    Parameters
    ----------
    d : Data
    best : list of Column
        Routes of the best plan so far.
    seen : iterable of Column
        Other routes.
    work : float
        How much work either solver may do, in its own deterministic seconds.
    wall_s : float
        How long either may take all the same [s].
    """
    columns = _distinct(d, best, seen)
    if len(columns) == len(best):
        return None
    program = _program(d, columns, len(best))
    reduced = _reduced_costs(program, work, wall_s)
    if reduced is None:
        return None
    bound, dearness = reduced
    gap = program.value_of_hint() - bound
    choices = [at for at in range(len(best), len(columns)) if dearness[at] < gap]
    choices = sorted(choices, key=lambda at: dearness[at])[:_MOST_CHOICES]
    if not choices:
        return None
    kept = {*range(len(best)), *choices, *range(len(columns), len(program.costs))}
    chosen = _chosen(program, sorted(kept), work, wall_s)
    if chosen is None:
        return None
    orders: list[list[int]] = [[] for _ in range(len(d.vehicle))]
    for at in chosen:
        if at < len(columns):
            orders[columns[at].vehicle] = list(columns[at].order)
    return orders


def _distinct(d: Data, best: list[Column], seen: Iterable[Column]) -> list[Column]:
    """Return the best's routes, then the cheapest of each vehicle and set of tasks that may replace them.

    Tasks that must stay where they are stay: routes that lack one, or have a foreign one, are left out.
    """
    movable = d.task.movable.tolist()

    def fixed(column: Column) -> frozenset[int]:
        return frozenset(task for task in tasks_of(d, column) if not movable[task])

    fixed_on = {column.vehicle: fixed(column) for column in best}
    cheapest: dict[tuple[int, frozenset[int]], Column] = {}
    for column in seen:
        if fixed(column) == fixed_on.get(column.vehicle, frozenset()):
            key = column.vehicle, frozenset(column.order)
            if key not in cheapest or column.cost < cheapest[key].cost:
                cheapest[key] = column
    for column in best:
        key = column.vehicle, frozenset(column.order)
        if key in cheapest and cheapest[key].cost >= column.cost:
            del cheapest[key]
    return [*best, *cheapest.values()]


def _program(d: Data, columns: list[Column], best: int) -> _Program:
    """Return the master problem of these columns; the first `best` of them are the hint."""
    absent = d.task.absent_cents.tolist()
    cents = [column.cost - sum(absent[task] for task in column.order) for column in columns]
    scale = _scale(d, columns, cents)
    program = _Program()
    by_task: dict[int, list[int]] = {}
    by_vehicle: dict[int, list[int]] = {}
    by_engineer: dict[int, list[int]] = {}
    for number, column in enumerate(columns):
        program.add(round(cents[number] * scale), 1, int(number < best))
        by_vehicle.setdefault(column.vehicle, []).append(number)
        by_engineer.setdefault(int(d.vehicle.engineer[column.vehicle]), []).append(number)
        for task in tasks_of(d, column):
            by_task.setdefault(task, []).append(number)
    for task, mine in by_task.items():
        program.require(0 if d.task.movable[task] else 1, 1, ((number, 1) for number in mine))
    for mine in by_vehicle.values():
        program.require(0, 1, ((number, 1) for number in mine))
    _add_limits(program, d, columns, by_engineer)
    _add_team(program, d, columns, by_engineer, scale)
    return program


def _most_work_s(d: Data, columns: list[Column]) -> int:
    """Return more than any engineer can work on all shifts [s]."""
    return max(column.work_s for column in columns) * len(d.vehicle)


def _scale(d: Data, columns: list[Column], cents: list[float]) -> float:
    """Return in which parts of a cent to count, so that no sum of costs is too large."""
    price = d.price[0]
    team = len(d.engineer) * (price.empty_cents + price.spread_cents * _most_work_s(d, columns))
    return min(float(_SCALE), _MOST / (1.0 + float(team) + sum(map(abs, cents))))


def _add_limits(program: _Program, d: Data, columns: list[Column], by_engineer: dict[int, list[int]]) -> None:
    """Limit what an engineer does over all shifts, and what all fetch at depots.

    One shift alone is within the engineer's limits already.
    """
    taken = [_taken(d, column) for column in columns]
    for engineer, mine in by_engineer.items():
        if len({columns[number].vehicle for number in mine}) < 2:
            continue
        most_tasks, most_work_s = d.engineer.most_tasks[engineer], d.engineer.most_work_s[engineer]
        if most_tasks < NEVER:
            program.require(0, int(most_tasks), ((at, len(tasks_of(d, columns[at]))) for at in mine))
        if most_work_s < NEVER:
            program.require(0, int(most_work_s), ((at, columns[at].work_s) for at in mine))
        used = _by_thing({at: taken[at][0] for at in mine})
        for (_, kind), uses in used.items():
            program.require(0, int(d.stock[engineer, kind]), uses)
    drawn = _by_thing({at: mine for at, (_, mine) in enumerate(taken)})
    for (depot, kind), uses in drawn.items():
        program.require(0, int(d.shelf[depot, kind]), uses)


def _by_thing(taken: dict[int, Counter[Thing]]) -> dict[Thing, list[tuple[int, int]]]:
    """Return by thing which columns take how much of it."""
    found: dict[Thing, list[tuple[int, int]]] = {}
    for at, mine in taken.items():
        for thing, quantity in mine.items():
            found.setdefault(thing, []).append((at, quantity))
    return found


def _taken(d: Data, column: Column) -> tuple[Counter[Thing], Counter[Thing]]:
    """Return what a route takes out of the van, and at depots, if nothing else does.

    Things are a depot, -1 for the van, and a kind of part.
    """
    engineer, tasks = int(d.vehicle.engineer[column.vehicle]), int(d.price[0].tasks)
    used: Counter[Thing] = Counter()
    drawn: Counter[Thing] = Counter()
    passed: list[int] = []
    for stop in column.order:
        if stop >= tasks:
            passed.insert(0, stop - tasks)
            continue
        for kind, quantity, extra in d.parts[d.task.first_part[stop] : d.task.end_part[stop]].tolist():
            if d.kept[kind]:
                continue
            in_van = 0 if extra else max(0, int(d.stock[engineer, kind]) - used[-1, kind])
            depot = next((one for one in passed if d.offers[one, kind]), -1)
            short = max(0, quantity - in_van) if depot >= 0 else 0
            if short < quantity and not extra:
                used[-1, kind] += quantity - short
            if short:
                drawn[depot, kind] += short
    return used, drawn


def _add_team(
    program: _Program, d: Data, columns: list[Column], by_engineer: dict[int, list[int]], scale: float
) -> None:
    """Price engineers with nothing to do, and work that differs from the mean."""
    price, crew = d.price[0], [number for number, one in enumerate(d.engineer.working) if one]
    work_s = dict.fromkeys(crew, 0)
    for number, column in enumerate(columns):
        if program.hint[number]:
            work_s[int(d.vehicle.engineer[column.vehicle])] += column.work_s
    if price.empty_cents > 0:
        for engineer in crew:
            mine = by_engineer.get(engineer, [])
            idle = not any(program.hint[number] for number in mine)
            empty = program.add(round(price.empty_cents * scale), 1, int(idle))
            program.require(1, len(mine) + 1, [(empty, 1), *((number, 1) for number in mine)])
    if price.spread_cents > 0 and crew:
        most_s = _most_work_s(d, columns)
        total = [(number, -columns[number].work_s) for mine in by_engineer.values() for number in mine]
        mean_s = sum(work_s.values()) // len(crew)
        mean = program.add(0, most_s, mean_s)
        program.require(1 - len(crew), 0, [(mean, len(crew)), *total])
        for engineer in crew:
            mine_s = [(number, columns[number].work_s) for number in by_engineer.get(engineer, [])]
            more = program.add(round(price.spread_cents * scale), most_s, abs(work_s[engineer] - mean_s))
            program.require(0, 2 * most_s, [(more, 1), (mean, -1), *mine_s])
            program.require(0, 2 * most_s, [(more, 1), (mean, 1), *((at, -s) for at, s in mine_s)])


def _reduced_costs(program: _Program, work: float, wall_s: float) -> tuple[float, list[float]] | None:
    """Return the value of the relaxation and every variable's reduced cost, None where not solved in time."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    solver.SetSolverSpecificParametersAsString(f"max_deterministic_time: {work}")
    solver.set_time_limit(math.ceil(1_000 * wall_s))
    goal = solver.Objective()
    variables = []
    for cost in program.costs:  # no variable needs its upper bound: rows say the same
        variables.append(solver.NumVar(0.0, solver.infinity(), ""))
        goal.SetCoefficient(variables[-1], float(cost))
    goal.SetMinimization()
    for least, most, numbers, coefficients in program.rows:
        row = solver.Constraint(float(least), float(most))
        for number, coefficient in zip(numbers, coefficients, strict=True):
            row.SetCoefficient(variables[number], float(coefficient))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return None
    return goal.Value(), [variable.reduced_cost() for variable in variables]


def _chosen(program: _Program, kept: list[int], work: float, wall_s: float) -> list[int] | None:
    """Return the columns of a cheaper plan out of these variables, None where none was found."""
    model = cp_model.CpModel()
    variable = {at: model.new_int_var(0, program.uppers[at], "") for at in kept}
    for least, most, numbers, coefficients in program.rows:
        pairs = [
            (variable[at], coefficient)
            for at, coefficient in zip(numbers, coefficients, strict=True)
            if at in variable
        ]
        total = cp_model.LinearExpr.weighted_sum([one for one, _ in pairs], [by for _, by in pairs])
        model.add_linear_constraint(total, least, most)
    model.minimize(
        cp_model.LinearExpr.weighted_sum(list(variable.values()), [program.costs[at] for at in kept])
    )
    for at, one in variable.items():
        model.add_hint(one, program.hint[at])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.cp_model_presolve = False  # it takes longer than it saves on so few routes
    solver.parameters.max_deterministic_time = work
    solver.parameters.max_time_in_seconds = wall_s
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    if solver.objective_value >= program.value_of_hint():
        return None
    return [at for at in kept if program.uppers[at] == 1 and solver.value(variable[at])]
