"""The rules of TRSP on a day worked out by hand: what keeps them, what breaks them, what routes are worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import peers, trsp
from benchmarks.trsp_rules import DEPOT, Instance, Routes, Worth, read, violations, worth
from optimizer import Plan, Route, Stop, Unplanned, check, score

# Technician 1 at (0, 0) has skill 0, tool 0 and two of part 0; technician 2 has skills 0 and 1 and nothing
# else. The depot is at (0, 3). Request 3 needs the tool and a part, 4 all of the parts, 5 opens late, and 6
# needs skill 1.
DAY = """tiny

INFO
CREW COUNT SKILLS TOOLS SPARE PARTS
2 2 1 1

DEPOT TECHNICIANS AND REQUESTS
ID X Y TWS TWE Serv SKILLS TOOLS SPARE PARTS
0 0 3 0 100 1 [] [] []
1 0 0 0 100 0 [0] [0] [2]
2 0 6 0 100 0 [0,1] [] [0]
3 4 3 0 50 2 [0] [0] [1]
4 4 0 0 50 2 [0] [] [2]
5 0 10 40 50 2 [0] [] [0]
6 0 8 0 14 2 [1] [] [0]
"""
KEPT: Routes = {1: [3, 5], 2: [6, DEPOT, 4]}


@pytest.fixture
def day(tmp_path: Path) -> Instance:
    file = tmp_path / "tiny.txt"
    file.write_text(DAY)
    return read(file)


def test_read_tells_depot_technicians_and_requests_apart(day: Instance) -> None:
    assert (day.depot.id, sorted(day.technicians), sorted(day.requests)) == (0, [1, 2], [3, 4, 5, 6])
    assert day.technicians[1].parts == (2,)
    assert day.requests[3].tools == {0}


def test_read_refuses_a_crew_larger_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wrong.txt"
    file.write_text(DAY.replace("2 2 1 1", "9 2 1 1"))
    with pytest.raises(ValueError, match="9 technicians"):
        read(file)


def test_routes_that_keep_every_rule_have_no_violations(day: Instance) -> None:
    assert violations(day, KEPT) == []


@pytest.mark.parametrize(
    ("routes", "sentence"),
    [
        ({1: [3, 5], 2: [6]}, "request 4 is served 0 times"),
        ({1: [3, 5, 5], 2: [6, DEPOT, 4]}, "request 5 is served 2 times"),
        ({1: [3, 5, 6], 2: [DEPOT, 4]}, "technician 1 lacks a skill for request 6"),
        ({1: [5], 2: [6, 3, DEPOT, 4]}, "technician 2 lacks a tool for request 3"),
        ({1: [3, 5], 2: [6, 4]}, "technician 2 lacks part 0 for request 4"),
        ({1: [3, 4, 5], 2: [6]}, "technician 1 lacks part 0 for request 4"),
        ({1: [3, 5], 2: [DEPOT, 6, DEPOT, 4]}, "technician 2 visits the depot more than once"),
        ({1: [3, 5], 2: [DEPOT, 4, 6]}, "technician 2 is late at 6"),
        ({1: [3, 5], 2: [6, DEPOT, 4], 9: []}, "there is no technician 9"),
        ({1: [3, 5, 9], 2: [6, DEPOT, 4]}, "there is no request 9"),
    ],
)
def test_a_broken_rule_is_named(day: Instance, routes: Routes, sentence: str) -> None:
    assert sentence in violations(day, routes)


def test_a_route_that_is_back_too_late_is_named(day: Instance, tmp_path: Path) -> None:
    file = tmp_path / "short.txt"
    file.write_text(DAY.replace("1 0 0 0 100 0", "1 0 0 0 51 0"))
    assert violations(read(file), KEPT) == ["technician 1 is late back home"]


def test_duration_is_counted_from_the_best_moment_to_leave(day: Instance) -> None:
    # (0, 0) to (4, 3): 5, 2 of service, sqrt(65) to (0, 10), which opens at 40; 2 of service and 10 home.
    found = worth(day, {1: [3, 5]})
    assert found == Worth(pytest.approx(5 + 2 + 65**0.5 + 2 + 10), pytest.approx(5 + 65**0.5 + 10))


def test_leaving_later_is_bounded_by_the_window_that_closes_first(day: Instance) -> None:
    # Request 6 at 14 at the latest leaves 24 - 2 of waiting at 5, which is 4 from 6 and not 40.
    found = worth(day, {2: [6, 5]})
    assert found.duration == pytest.approx(42 + 4 - 12)


def test_a_problem_costs_what_the_routes_of_its_plan_are_worth(day: Instance) -> None:
    plan = Plan(
        (
            Route(
                engineer="2",
                shift=0,
                leave_s=0,
                stops=(
                    Stop(id="6", arrival_s=2_000, start_s=2_000, end_s=4_000, leave_s=4_000),
                    Stop(
                        kind="depot",
                        id="depot",
                        arrival_s=9_000,
                        start_s=9_000,
                        end_s=10_000,
                        leave_s=10_000,
                        parts=(("part 0", 2),),
                    ),
                    Stop(id="4", arrival_s=15_000, start_s=15_000, end_s=17_000, leave_s=17_000),
                ),
                end_s=17_000 + 7_212,
            ),
        ),
        (Unplanned("3"), Unplanned("5")),
    )
    problem = trsp.problem(day)
    assert check(problem, plan) == []
    assert trsp.routes_of(plan) == {2: [6, DEPOT, 4]}
    found = score(problem, plan)
    assert found.total_cents - found.unplanned_cents == 24_212
    assert worth(day, {2: [6, DEPOT, 4]}).duration == pytest.approx(17 + 52**0.5)


def test_an_engine_of_ours_keeps_the_rules(day: Instance) -> None:
    plan = peers.result("paidan-insertion", trsp.problem(day), 5, 0, 1).plan
    left_out = [f"request {one.task} is served 0 times" for one in plan.unplanned]
    assert sorted(violations(day, trsp.routes_of(plan))) == sorted(left_out)
