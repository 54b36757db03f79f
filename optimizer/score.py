"""What a plan costs, term by term."""

from dataclasses import dataclass, fields

from optimizer.crew import Engineer
from optimizer.plan import Plan, Route
from optimizer.problem import Problem
from optimizer.tasks import Task
from optimizer.travel import Travel

_HOUR_S = 3_600


@dataclass(frozen=True, kw_only=True)
class Score:
    """Every term of the objective [cents], and the quantities people ask for."""

    travel_time_cents: int = 0
    distance_cents: int = 0
    duty_cents: int = 0
    unplanned_cents: int = 0
    lateness_cents: int = 0
    worst_lateness_cents: int = 0
    overtime_cents: int = 0
    spread_cents: int = 0
    change_engineer_cents: int = 0
    change_time_cents: int = 0
    promise_cents: int = 0
    preference_cents: int = 0
    overskill_cents: int = 0
    empty_engineer_cents: int = 0
    travel_s: int = 0
    distance_m: int = 0
    waiting_s: int = 0
    late_s: int = 0
    overtime_s: int = 0
    late_tasks: int = 0
    planned_tasks: int = 0
    unplanned_tasks: int = 0

    @property
    def total_cents(self) -> int:
        """Sum of all terms [cents]."""
        return sum(getattr(self, field.name) for field in fields(self) if field.name.endswith("_cents"))


def rounded(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest whole number, half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def travel_s(travel: Travel, from_place: int, to_place: int, leave_s: int, percent: int) -> int:
    """Return the travel time of whoever leaves at `leave_s`, rounded up [s]."""
    seconds = int(travel.seconds[band(travel, leave_s), from_place, to_place])
    return -(-seconds * percent // 100)


def band(travel: Travel, leave_s: int) -> int:
    """Return the index of the band in which `leave_s` falls."""
    starts = travel.band_starts_s
    if len(starts) == 1:
        return 0
    moment_s = leave_s % travel.period_s
    return sum(start_s <= moment_s for start_s in starts) - 1  # -1 is the last one: yesterday's


def overskill_levels(task: Task, skills: dict[str, int]) -> int:
    """Return by how many levels these skills exceed what the task asks, summed over its skills."""
    return sum(max(0, skills.get(name, 0) - level) for name, level in task.skills)


class _Sums:
    """Quantities gathered over the routes of a plan."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.tasks = {task.id: task for task in problem.tasks}
        self.engineers = {engineer.id: engineer for engineer in problem.engineers}
        self.skills = {engineer.id: dict(engineer.skills) for engineer in problem.engineers}
        self.depot_places = {depot.id: depot.place for depot in problem.depots}
        self.work_s = {engineer.id: 0 for engineer in problem.engineers if engineer.shifts}
        self.busy: set[str] = set()
        self.travel_s = self.distance_m = self.extra_km_cents_m = self.duty_cents_s = 0
        self.waiting_s = self.late_s = self.late_percent_s = self.worst_late_s = self.late_tasks = 0
        self.overtime_s = self.changed = self.changed_s = self.broken = self.unwanted = self.levels = 0

    def add_route(self, route: Route) -> None:
        engineer = self.engineers[route.engineer]
        shift = engineer.shifts[route.shift]
        place, leave_s = shift.start_place, route.leave_s
        for stop in route.stops:
            task = self.tasks[stop.id] if stop.kind == "task" else None
            next_place = task.place if task else self.depot_places[stop.id]
            self.add_leg(engineer, place, next_place, leave_s)
            self.work_s[engineer.id] += stop.end_s - stop.start_s
            rest_s = sum(
                end_s - start_s for start_s, end_s in route.breaks if stop.arrival_s <= start_s < stop.start_s
            )
            self.waiting_s += stop.start_s - stop.arrival_s - rest_s
            if task:
                self.busy.add(engineer.id)
                self.add_task(task, engineer, stop.start_s, stop.end_s)
            place, leave_s = next_place, stop.leave_s
        if shift.end_place is not None:
            self.add_leg(engineer, place, shift.end_place, leave_s)
        self.overtime_s += max(0, route.end_s - shift.end_s)
        rest_s = sum(
            end_s - start_s for start_s, end_s in route.breaks if route.leave_s <= start_s < route.end_s
        )
        self.duty_cents_s += (route.end_s - route.leave_s - rest_s) * engineer.cents_per_hour

    def add_leg(self, engineer: Engineer, from_place: int, to_place: int, leave_s: int) -> None:
        travel = self.problem.travel
        seconds = travel_s(travel, from_place, to_place, leave_s, engineer.travel_percent)
        self.travel_s += seconds
        self.work_s[engineer.id] += seconds
        if travel.metres is not None:
            metres = int(travel.metres[from_place, to_place])
            self.distance_m += metres
            self.extra_km_cents_m += metres * engineer.cents_per_km

    def add_task(self, task: Task, engineer: Engineer, start_s: int, end_s: int) -> None:
        if task.due_s is not None and end_s > task.due_s:
            late_s = end_s - task.due_s
            self.late_s += late_s
            self.late_tasks += 1
            self.late_percent_s += late_s * task.lateness_percent
            self.worst_late_s = max(self.worst_late_s, late_s)
        if task.previous:
            self.changed += task.previous.engineer != engineer.id
            self.changed_s += abs(start_s - task.previous.start_s)
        if task.promised:
            self.broken += not task.promised[0] <= start_s <= task.promised[1]
        self.unwanted += bool(task.preferred) and engineer.id not in task.preferred
        self.levels += overskill_levels(task, self.skills[engineer.id])


def score(problem: Problem, plan: Plan) -> Score:
    """Return what a plan costs.

    Parameters
    ----------
    problem : Problem
    plan : Plan
        One that names only what the problem has (`check` says whether it does).

    Returns
    -------
    Score
    """
    sums, weights = _Sums(problem), problem.weights
    for route in plan.routes:
        sums.add_route(route)
    left_out = [sums.tasks[unplanned.task] for unplanned in plan.unplanned]
    crew = len(sums.work_s)
    # Times the size of the crew, so that the mean needs no rounding.
    spread_s = sum(abs(crew * work_s - sum(sums.work_s.values())) for work_s in sums.work_s.values())
    broken = sums.broken + sum(task.promised is not None for task in left_out)
    return Score(
        travel_time_cents=rounded(sums.travel_s * weights.travel_cents_per_hour, _HOUR_S),
        distance_cents=rounded(
            sums.distance_m * weights.distance_cents_per_km + sums.extra_km_cents_m, 1_000
        ),
        duty_cents=rounded(sums.duty_cents_s, _HOUR_S),
        unplanned_cents=rounded(
            sum(task.unplanned_cents for task in left_out) * weights.unplanned_percent, 100
        ),
        lateness_cents=rounded(sums.late_percent_s * weights.lateness_cents_per_hour, 100 * _HOUR_S),
        worst_lateness_cents=rounded(sums.worst_late_s * weights.worst_lateness_cents_per_hour, _HOUR_S),
        overtime_cents=rounded(sums.overtime_s * weights.overtime_cents_per_hour, _HOUR_S),
        spread_cents=rounded(spread_s * weights.spread_cents_per_hour, _HOUR_S * max(1, crew)),
        change_engineer_cents=sums.changed * weights.change_engineer_cents,
        change_time_cents=rounded(sums.changed_s * weights.change_time_cents_per_hour, _HOUR_S),
        promise_cents=broken * weights.promise_cents,
        preference_cents=sums.unwanted * weights.preference_cents,
        overskill_cents=sums.levels * weights.overskill_cents_per_level,
        empty_engineer_cents=(crew - len(sums.busy)) * weights.empty_engineer_cents,
        travel_s=sums.travel_s,
        distance_m=sums.distance_m,
        waiting_s=sums.waiting_s,
        late_s=sums.late_s,
        overtime_s=sums.overtime_s,
        late_tasks=sums.late_tasks,
        planned_tasks=len(problem.tasks) - len(left_out),
        unplanned_tasks=len(left_out),
    )
