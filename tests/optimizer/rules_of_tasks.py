"""Who may do a task, and when: for each rule what keeps it and what breaks it."""

from dataclasses import replace

from optimizer import Lock, Plan, Rule, Stop
from tests.optimizer.small import (
    IN_TURN,
    PLAIN,
    SHELF,
    TWO,
    Case,
    engineer,
    fetched,
    plan,
    problem,
    route,
    shift,
    stop,
    task,
)


def split_day(first: Stop, second: Stop, leave_s: int, end_s: int) -> Plan:
    return plan(route(first), route(second, shift=1, leave_s=leave_s, end_s=end_s))


HALVES = (shift(end_s=4_000), shift(start_s=5_000, end_s=20_000))
LATER = stop("B", 6_200)

CASES: list[Case] = [
    (
        "skill level",
        Rule.SKILL,
        (problem(task(skills=(("gas", 2),)), crew=(engineer(skills=(("gas", 2),)),)), PLAIN),
        (problem(task(skills=(("gas", 2),)), crew=(engineer(skills=(("gas", 1),)),)), PLAIN),
    ),
    (
        "skill missing",
        Rule.SKILL,
        (problem(task(skills=(("gas", 0),)), crew=(engineer(skills=(("gas", 0),)),)), PLAIN),
        (problem(task(skills=(("gas", 0),))), PLAIN),
    ),
    (
        "tool",
        Rule.TOOL,
        (problem(task(tools=("ladder",)), crew=(engineer(tools=("ladder",)),)), PLAIN),
        (problem(task(tools=("ladder",))), PLAIN),
    ),
    (
        "part",
        Rule.PART,
        (problem(task(parts=(("pump", 2),)), crew=(engineer(parts=(("pump", 2),)),)), PLAIN),
        (problem(task(parts=(("pump", 2),)), crew=(engineer(parts=(("pump", 1),)),)), PLAIN),
    ),
    (
        "part used up by the task before",
        Rule.PART,
        (
            problem(
                *(replace(one, parts=(("pump", 1),)) for one in TWO), crew=(engineer(parts=(("pump", 2),)),)
            ),
            IN_TURN,
        ),
        (
            problem(
                *(replace(one, parts=(("pump", 1),)) for one in TWO), crew=(engineer(parts=(("pump", 1),)),)
            ),
            IN_TURN,
        ),
    ),
    (
        "part used up on the shift before",
        Rule.PART,
        (
            problem(
                task(parts=(("pump", 1),)),
                task("B", parts=(("pump", 1),)),
                crew=(engineer(shifts=HALVES, parts=(("pump", 2),)),),
            ),
            split_day(stop(), LATER, 5_600, 8_600),
        ),
        (
            problem(
                task(parts=(("pump", 1),)),
                task("B", parts=(("pump", 1),)),
                crew=(engineer(shifts=HALVES, parts=(("pump", 1),)),),
            ),
            split_day(stop(), LATER, 5_600, 8_600),
        ),
    ),
    (
        "part fetched on the way",
        Rule.PART,
        (problem(task(parts=(("pump", 1),)), depots=(SHELF,)), fetched()),
        (problem(task(parts=(("pump", 2),)), depots=(SHELF,)), fetched()),
    ),
    (
        "tool fetched on the way",
        Rule.TOOL,
        (problem(task(tools=("ladder",)), depots=(SHELF,)), fetched(tools=("ladder",))),
        (problem(task(tools=("ladder",)), depots=(SHELF,)), fetched()),
    ),
    (
        "territory",
        Rule.TERRITORY,
        (problem(task(territory="north"), crew=(engineer(territories=("south", "north")),)), PLAIN),
        (problem(task(territory="north"), crew=(engineer(territories=("south",)),)), PLAIN),
    ),
    (
        "refused",
        Rule.REFUSED,
        (problem(task(refused=("F",))), PLAIN),
        (problem(task(refused=("E",))), PLAIN),
    ),
    (
        "required",
        Rule.REQUIRED,
        (problem(task(required=("F", "E"))), PLAIN),
        (problem(task(required=("F",))), PLAIN),
    ),
    (
        "locked to somebody",
        Rule.LOCKED_ENGINEER,
        (problem(task(lock=Lock("E"), refused=("E",), skills=(("gas", 1),), tools=("saw",))), PLAIN),
        (problem(task(lock=Lock("F"))), PLAIN),
    ),
    (
        "locked to a start",
        Rule.LOCKED_START,
        (problem(task(lock=Lock(None, 600), windows=((0, 1),), deadline_s=7)), PLAIN),
        (problem(task(lock=Lock(None, 601))), PLAIN),
    ),
    (
        "window",
        Rule.WINDOW,
        (problem(task(windows=((0, 10), (600, 600)))), PLAIN),
        (problem(task(windows=((0, 599), (601, 700)))), PLAIN),
    ),
    (
        "deadline",
        Rule.DEADLINE,
        (problem(task(deadline_s=2_400)), PLAIN),
        (problem(task(deadline_s=2_399)), PLAIN),
    ),
    (
        "service too short",
        Rule.SERVICE,
        (problem(), PLAIN),
        (problem(), plan(route(stop(service_s=1_799), end_s=2_999))),
    ),
    (
        "service before arrival",
        Rule.SERVICE,
        (problem(), PLAIN),
        (problem(), plan(route(stop(start_s=599, end_s=2_399)))),
    ),
    (
        "left before the end",
        Rule.SERVICE,
        (problem(), PLAIN),
        (problem(), plan(route(stop(leave_s=2_399), end_s=2_999))),
    ),
    (
        "service at a depot",
        Rule.SERVICE,
        (problem(depots=(SHELF,)), fetched()),
        (problem(depots=(replace(SHELF, service_s=61),)), fetched()),
    ),
]
