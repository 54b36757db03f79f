"""The rules of VRPTW on four customers: what keeps them, what breaks them, how far it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import Orders
from benchmarks.vrptw_instances import Instance, judge, problem, read

DAY = """tiny

VEHICLE
NUMBER CAPACITY
2 10

CUSTOMER
CUST NO. XCOORD. YCOORD. DEMAND READY DUE SERVICE

0 0 0 0 0 100 0
1 1 1 5 0 50 10
2 2 2 5 0 50 10
3 0 5 5 30 40 10
4 0 10 5 0 100 10
"""


@pytest.fixture
def day(tmp_path: Path) -> Instance:
    file = tmp_path / "tiny.txt"
    file.write_text(DAY)
    return read(file)


def test_distance_is_cut_to_a_tenth_at_every_way(day: Instance) -> None:
    # sqrt(2) is 1.4, twice; sqrt(8) is 2.8. Then 5, 5 and 10.
    assert judge(day, {("one", 0): ["1", "2"], ("two", 0): ["3", "4"]}) == (
        14 + 14 + 28 + 50 + 50 + 100,
        0,
        [],
    )


@pytest.mark.parametrize(
    ("orders", "left_out", "sentence"),
    [
        ({("one", 0): ["1", "2"], ("two", 0): ["3"]}, 1, None),
        ({("one", 0): ["1", "2"], ("two", 0): ["3", "4", "4"]}, 0, "customer 4 is served twice"),
        ({("one", 0): ["1", "2"], ("two", 0): ["3", "4", "5"]}, 0, "customer 5 is not known"),
        ({("one", 0): ["1"], ("two", 0): ["2"], ("three", 0): ["3", "4"]}, 0, "3 vehicles of 2"),
        ({("one", 0): ["1", "2", "4"], ("two", 0): ["3"]}, 0, "too much for the vehicle that begins at 1"),
        ({("one", 0): ["1", "4"], ("two", 0): ["3", "2"]}, 0, None),
    ],
)
def test_customers_left_out_and_broken_rules_are_told(
    day: Instance, orders: Orders, left_out: int, sentence: str | None
) -> None:
    _, missed, wrong = judge(day, orders)
    assert missed == left_out
    assert wrong[:1] == ([sentence] if sentence else [])


@pytest.mark.parametrize(("due", "wrong"), [(32, []), (31, ["late at 2 in the route that begins at 3"])])
def test_service_may_begin_until_the_due_moment(tmp_path: Path, due: int, wrong: list[str]) -> None:
    file = tmp_path / "tight.txt"
    file.write_text(DAY.replace("2 2 2 5 0 50", f"2 2 2 5 0 {due}").replace("3 0 5 5 30", "3 0 5 5 18"))
    # 18 at customer 3, 10 of service and 3.6 to customer 2: 31.6.
    assert judge(read(file), {("one", 0): ["3", "2"], ("two", 0): ["1", "4"]})[2] == wrong


def test_a_problem_costs_a_cent_for_a_tenth(day: Instance) -> None:
    result = peers.result("paidan-insertion", problem(day), 5, 0, 1)
    assert judge(day, peers.orders_of(result.plan)) == (result.score.total_cents, 0, [])
