"""Small problems, their answers, plans written by hand: places on a line, ten minutes and 10 km apart."""

from dataclasses import replace
from typing import Any

import numpy as np

from optimizer import (
    Depot,
    Engineer,
    Plan,
    Problem,
    Result,
    Route,
    Rule,
    Shift,
    Stop,
    Task,
    Travel,
    Weights,
    solve,
)
from optimizer.solve import Engine

#: A name, the rule, what keeps it and what breaks it.
Case = tuple[str, Rule, tuple[Problem, Plan], tuple[Problem, Plan]]
STEP_S = 600
STEP_M = 10_000
#: Nothing costs anything but leaving work out.
FREE = Weights(**(dict.fromkeys(Weights.__dataclass_fields__, 0) | {"unplanned_percent": 100}))


def line(places: int = 6, **more: Any) -> Travel:
    """Return the travel between places on a line."""
    steps = np.abs(np.subtract.outer(np.arange(places), np.arange(places)))
    return Travel(steps * STEP_S, steps * STEP_M, **more)


def task(id: str = "A", place: int = 1, service_s: int = 1_800, **more: Any) -> Task:
    """Return a task of half an hour next door."""
    return Task(id=id, place=place, service_s=service_s, **more)


def shift(**more: Any) -> Shift:
    """Return a shift of ten hours from and to place 0."""
    given = {"start_s": 0, "end_s": 36_000, "start_place": 0, "end_place": 0} | more
    return Shift(**given)


def engineer(id: str = "E", shifts: tuple[Shift, ...] | None = None, **more: Any) -> Engineer:
    """Return somebody with one such shift."""
    return Engineer(id=id, shifts=(shift(),) if shifts is None else shifts, **more)


def problem(
    *tasks: Task, crew: tuple[Engineer, ...] | None = None, travel: Travel | None = None, **more: Any
) -> Problem:
    """Return a problem of these tasks; one engineer unless told otherwise."""
    return Problem(tasks or (task(),), (engineer(),) if crew is None else crew, travel or line(), **more)


def stop(id: str = "A", arrival_s: int = 600, service_s: int = 1_800, wait_s: int = 0, **more: Any) -> Stop:
    """Return a stop that is left when it is done."""
    start_s = arrival_s + wait_s
    times = {"arrival_s": arrival_s, "start_s": start_s, "end_s": start_s + service_s}
    return Stop(id=id, **{**times, "leave_s": times["end_s"], **more})


def route(*stops: Stop, end_s: int = 3_000, engineer: str = "E", **more: Any) -> Route:
    """Return a route of engineer E on the first shift."""
    given = {"shift": 0, "leave_s": 0, "breaks": ()} | more
    return Route(engineer=engineer, stops=stops or (stop(),), end_s=end_s, **given)


def moved(one: Stop, by_s: int) -> Stop:
    """Return a stop, later."""
    return replace(
        one,
        arrival_s=one.arrival_s + by_s,
        start_s=one.start_s + by_s,
        end_s=one.end_s + by_s,
        leave_s=one.leave_s + by_s,
    )


def plan(*routes: Route, **more: Any) -> Plan:
    """Return a plan; of the plainest route unless told otherwise."""
    return Plan(routes or (route(),), **more)


PLAIN = plan()
CREW = (engineer(), engineer("F"))
#: Two tasks; one engineer after the other place, and each of two at one.
TWO = (task(), task("B", place=2))
IN_TURN = plan(route(stop(), stop("B", 3_000), end_s=6_000))
APART = plan(route(), route(stop("B", 1_200), end_s=4_200, engineer="F"))
SHELF = Depot(id="D", place=1, parts=(("pump", 2),), tools=("ladder",), windows=((0, 700),), service_s=60)


def fetched(arrival_s: int = 600, **more: Any) -> Plan:
    """Return a plan with a pick-up of one pump before the task."""
    at_depot = stop("D", arrival_s, 60, kind="depot", **({"parts": (("pump", 1),)} | more))
    leave_s, end_s = arrival_s - 600, arrival_s + 2_460
    return plan(route(at_depot, stop(arrival_s=arrival_s + 60), leave_s=leave_s, end_s=end_s))


def solved(given: Problem, engine: Engine = "auto", seconds: float = 30.0, **more: object) -> Result:
    """Return the answer to a problem, for which there is time enough."""
    return solve(given, seconds=seconds, engine=engine, **more)  # type: ignore[arg-type]


def stops(found: Plan) -> dict[str, tuple[str, Stop]]:
    """Return engineer and stop by task."""
    return {one.id: (each.engineer, one) for each in found.routes for one in each.stops}


def rules(result: Result, task_id: str) -> set[Rule]:
    """Return the rules that kept a task out."""
    return {reason.rule for left in result.plan.unplanned if left.task == task_id for reason in left.reasons}
