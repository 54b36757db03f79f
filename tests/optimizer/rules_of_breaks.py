"""Breaks: for each rule what keeps it and what breaks it."""

from optimizer import Break, Lock, Plan, Rule
from tests.optimizer.small import PLAIN, Case, engineer, moved, plan, problem, route, shift, stop, task

PAUSE = Break(900, 2_000, 3_000)
LUNCH = (engineer(shifts=(shift(breaks=(PAUSE,)),)),)


def with_lunch(*breaks: tuple[int, int], end_s: int = 3_900, **more: int) -> Plan:
    return plan(route(stop(**more), end_s=end_s, breaks=breaks))


CASES: list[Case] = [
    (
        "break on the way",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_400, 3_300))),
        (problem(crew=LUNCH), PLAIN),
    ),
    (
        "break too late",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((3_000, 3_900), end_s=3_000)),
        (problem(crew=LUNCH), with_lunch((3_001, 3_901), end_s=3_000)),
    ),
    (
        "break too early",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_500, 3_400))),
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(900, 2_501, 3_000),)),)),)),
            with_lunch((2_500, 3_400)),
        ),
    ),
    (
        "break too short",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_500, 3_400))),
        (problem(crew=LUNCH), with_lunch((2_500, 3_399), end_s=3_899)),
    ),
    (
        "break in service",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_400, 3_300))),
        (problem(crew=LUNCH), with_lunch((2_399, 3_299), end_s=3_000)),
    ),
    (
        "break at the door before service",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_000, 2_900), wait_s=2_300, end_s=5_300)),
        (problem(crew=LUNCH), with_lunch((2_000, 2_900), wait_s=2_299, end_s=5_299)),
    ),
    (
        "arrival within a break",
        Rule.BREAK,
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(900, 500, 700),)),)),)),
            plan(route(stop(arrival_s=1_500), breaks=((600, 1_500),), end_s=3_900)),
        ),
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(1_000, 500, 700),)),)),)),
            plan(route(stop(arrival_s=600, wait_s=1_000), breaks=((599, 1_599),), end_s=4_000)),
        ),
    ),
    (
        "break half at home",
        Rule.BREAK,
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(100, 0, 700),)),)),)),
            plan(route(moved(stop(), 100), leave_s=100, breaks=((0, 100),), end_s=3_100)),
        ),
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(100, 0, 700),)),)),)),
            plan(route(moved(stop(), 99), leave_s=99, breaks=((0, 100),), end_s=3_099)),
        ),
    ),
    (
        "leaving within a break",
        Rule.BREAK,
        (problem(crew=LUNCH), with_lunch((2_400, 3_300), leave_s=3_300)),
        (problem(crew=LUNCH), with_lunch((2_400, 3_300), leave_s=2_900, end_s=3_500)),
    ),
    (
        "breaks one upon the other",
        Rule.BREAK,
        (
            problem(
                crew=(engineer(shifts=(shift(breaks=(Break(100, 5_000, 6_000), Break(100, 5_100, 6_000))),)),)
            ),
            plan(route(breaks=((5_000, 5_100), (5_100, 5_200)))),
        ),
        (
            problem(
                crew=(engineer(shifts=(shift(breaks=(Break(100, 5_000, 6_000), Break(100, 5_100, 6_000))),)),)
            ),
            plan(route(breaks=((5_050, 5_150), (5_100, 5_200)))),
        ),
    ),
    (
        "a break nobody gave",
        Rule.BREAK,
        (problem(), PLAIN),
        (problem(), with_lunch((9_000, 9_900), end_s=3_000)),
    ),
    (
        "break forgiven for locked work",
        Rule.BREAK,
        (
            problem(task(lock=Lock("E", 600), service_s=4_000), crew=LUNCH),
            plan(route(stop(service_s=4_000), end_s=5_200)),
        ),
        (
            problem(task(lock=Lock("E", 600), service_s=2_000), crew=LUNCH),
            plan(route(stop(service_s=2_000), end_s=3_200)),
        ),
    ),
    (
        "break as soon as on the way",
        Rule.BREAK,
        (
            problem(crew=(engineer(shifts=(shift(breaks=(Break(100, 0, 700),)),)),)),
            plan(route(moved(stop(), 100), breaks=((0, 100),), end_s=3_100)),
        ),
        (problem(crew=(engineer(shifts=(shift(breaks=(Break(100, 0, 700),)),)),)), PLAIN),
    ),
    (
        "break right after locked work",
        Rule.BREAK,
        (
            problem(task(lock=Lock("E", 600), service_s=2_400), crew=LUNCH),
            plan(route(stop(service_s=2_400), breaks=((3_000, 3_900),), end_s=4_500)),
        ),
        (
            problem(task(lock=Lock("E", 600), service_s=2_400), crew=LUNCH),
            plan(route(stop(service_s=2_400), end_s=3_600)),
        ),
    ),
    (
        "break right before locked work",
        Rule.BREAK,
        (
            problem(task(lock=Lock("E", 2_900)), crew=LUNCH),
            with_lunch((2_000, 2_900), wait_s=2_300, end_s=5_300),
        ),
        (problem(task(lock=Lock("E", 2_900)), crew=LUNCH), plan(route(stop(wait_s=2_300), end_s=5_300))),
    ),
]
