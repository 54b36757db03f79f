"""Routes as a whole: for each rule what keeps it and what breaks it."""

from dataclasses import replace

import numpy as np

from optimizer import UNREACHABLE, Plan, Rule, Stop, Travel, Unplanned
from tests.optimizer.small import (
    APART,
    CREW,
    IN_TURN,
    PLAIN,
    SHELF,
    TWO,
    Case,
    engineer,
    fetched,
    line,
    plan,
    problem,
    route,
    shift,
    stop,
    task,
)

HOLE = np.array([[0, 600], [UNREACHABLE, 0]])


def split_day(first: Stop, second: Stop, leave_s: int, end_s: int) -> Plan:
    return plan(route(first), route(second, shift=1, leave_s=leave_s, end_s=end_s))


def at_rush_hour(start_s: int) -> Travel:
    """Return the line on which every way takes twice as long from then until 3,000."""
    return Travel(np.stack([line().seconds[0] * 2, line().seconds[0]]), band_starts_s=(start_s, 3_000))


HALVES = (shift(end_s=4_000), shift(start_s=5_000, end_s=20_000))
LATER = stop("B", 6_200)

CASES: list[Case] = [
    (
        "shift start",
        Rule.SHIFT_START,
        (problem(crew=(engineer(shifts=(shift(start_s=0),)),)), PLAIN),
        (problem(crew=(engineer(shifts=(shift(start_s=1),)),)), PLAIN),
    ),
    (
        "shift end with overtime",
        Rule.SHIFT_END,
        (problem(crew=(engineer(shifts=(shift(end_s=2_900, max_overtime_s=100),)),)), PLAIN),
        (problem(crew=(engineer(shifts=(shift(end_s=2_900, max_overtime_s=99),)),)), PLAIN),
    ),
    (
        "arrival too soon",
        Rule.TRAVEL,
        (problem(), PLAIN),
        (problem(), plan(route(stop(arrival_s=599, wait_s=1)))),
    ),
    ("way back too short", Rule.TRAVEL, (problem(), PLAIN), (problem(), plan(route(end_s=2_999)))),
    (
        "slow driver, rounded up",
        Rule.TRAVEL,
        (
            problem(travel=Travel(np.array([[0, 1], [1, 0]])), crew=(engineer(travel_percent=101),)),
            plan(route(stop(arrival_s=2), end_s=1_804)),
        ),
        (
            problem(travel=Travel(np.array([[0, 1], [1, 0]])), crew=(engineer(travel_percent=101),)),
            plan(route(stop(arrival_s=1), end_s=1_803)),
        ),
    ),
    (
        "rush hour",
        Rule.TRAVEL,
        (problem(travel=at_rush_hour(2_000)), plan(route(end_s=3_600))),
        (problem(travel=at_rush_hour(2_000)), PLAIN),
    ),
    (
        "rush hour begins",
        Rule.TRAVEL,
        (problem(travel=at_rush_hour(2_400)), plan(route(end_s=3_600))),
        (problem(travel=at_rush_hour(2_400)), PLAIN),
    ),
    (
        "no way back",
        Rule.UNREACHABLE,
        (
            problem(travel=Travel(HOLE), crew=(engineer(shifts=(shift(end_place=None),)),)),
            plan(route(end_s=2_400)),
        ),
        (problem(travel=Travel(HOLE)), PLAIN),
    ),
    (
        "tasks of a shift",
        Rule.MAX_TASKS,
        (problem(*TWO, crew=(engineer(shifts=(shift(max_tasks=2),)),)), IN_TURN),
        (problem(*TWO, crew=(engineer(shifts=(shift(max_tasks=1),)),)), IN_TURN),
    ),
    (
        "tasks of an engineer",
        Rule.MAX_TASKS,
        (
            problem(task(), task("B"), crew=(engineer(shifts=HALVES, max_tasks=2),)),
            split_day(stop(), LATER, 5_600, 8_600),
        ),
        (
            problem(task(), task("B"), crew=(engineer(shifts=HALVES, max_tasks=1),)),
            split_day(stop(), LATER, 5_600, 8_600),
        ),
    ),
    (
        "work of a shift",
        Rule.MAX_WORK,
        (problem(crew=(engineer(shifts=(shift(max_work_s=3_000),)),)), PLAIN),
        (problem(crew=(engineer(shifts=(shift(max_work_s=2_999),)),)), PLAIN),
    ),
    (
        "work of an engineer",
        Rule.MAX_WORK,
        (problem(crew=(engineer(max_work_s=3_000),)), PLAIN),
        (problem(crew=(engineer(max_work_s=2_999),)), PLAIN),
    ),
    (
        "planned twice",
        Rule.ONCE,
        (problem(), PLAIN),
        (problem(), plan(route(stop(), stop(arrival_s=2_400), end_s=4_800))),
    ),
    ("planned and unplanned", Rule.ONCE, (problem(), PLAIN), (problem(), plan(unplanned=(Unplanned("A"),)))),
    ("forgotten", Rule.ONCE, (problem(), Plan(unplanned=(Unplanned("A"),))), (problem(), Plan())),
    (
        "a route for nothing",
        Rule.ONCE,
        (problem(), PLAIN),
        (problem(crew=CREW), Plan((route(), replace(route(engineer="F", end_s=0), stops=())))),
    ),
    (
        "a shift driven twice",
        Rule.ONCE,
        (problem(*TWO, crew=CREW), APART),
        (problem(*TWO), plan(route(), route(stop("B", 1_200), end_s=4_200))),
    ),
    ("unknown engineer", Rule.UNKNOWN, (problem(), PLAIN), (problem(), plan(route(engineer="F")))),
    ("unknown shift", Rule.UNKNOWN, (problem(), PLAIN), (problem(), plan(route(shift=1)))),
    ("unknown task", Rule.UNKNOWN, (problem(), PLAIN), (problem(), plan(route(stop("Z"))))),
    ("unknown depot", Rule.UNKNOWN, (problem(depots=(SHELF,)), fetched()), (problem(), fetched())),
    (
        "unknown task left out",
        Rule.UNKNOWN,
        (problem(), PLAIN),
        (problem(), plan(unplanned=(Unplanned("Z"),))),
    ),
]
