"""Parts and tools that are fetched at depots on the way, and engineers who leave late."""

from dataclasses import replace

import pytest

from optimizer import (
    Depot,
    Lock,
    Plan,
    Previous,
    Problem,
    Rule,
    Weights,
    check,
    explain,
    score,
    solve,
)
from optimizer.slots import Quoter
from optimizer.solve import Engine
from tests.optimizer.small import FREE, STEP_S, engineer, problem, shift, solved, stops, task

#: A depot between home (place 0) and far away, with one pump; travel costs a cent a second.
SHELF = Depot(id="D", place=2, parts=(("pump", 1),), tools=("ladder",), service_s=60)
TRAVEL = replace(FREE, travel_cents_per_hour=3_600)
PUMP = (("pump", 1),)
ENGINES: tuple[Engine, ...] = ("search", "insertion", "routing")


def halts(plan: Plan) -> list[tuple[str, tuple[tuple[str, int], ...], tuple[str, ...]]]:
    """Return the stops of a plan of one route, with what is fetched."""
    (route,) = plan.routes
    return [(stop.id, stop.parts, stop.tools) for stop in route.stops]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_van_lacks_is_fetched_on_the_way(engine: Engine) -> None:
    asked = problem(
        task("A", 1), task("B", 4, parts=PUMP, tools=("ladder",)), depots=(SHELF,), weights=TRAVEL
    )
    result = solved(asked, engine)
    assert [one[0] for one in halts(result.plan)].index("D") < [one[0] for one in halts(result.plan)].index(
        "B"
    )
    assert ("D", PUMP, ("ladder",)) in halts(result.plan)
    assert result.score.travel_time_cents == 8 * STEP_S  # there and back: nothing is out of the way


def test_what_a_task_needs_of_two_depots_is_fetched_at_both() -> None:
    ladders = Depot(id="L", place=3, tools=("ladder",))
    asked = problem(
        task("A", 4, parts=PUMP, tools=("ladder",)),
        depots=(replace(SHELF, tools=()), ladders),
        weights=TRAVEL,
    )
    plan = solved(asked, "search").plan
    assert halts(plan) == [("D", PUMP, ()), ("L", (), ("ladder",)), ("A", (), ())]


def test_two_tasks_together_are_worth_a_way_to_the_depot() -> None:
    """A way that costs 6,000 for two tasks worth 4,000 each; for one of them nobody goes."""
    far = Depot(id="D", place=5, parts=(("pump", 2),))
    both = [task(id, 1, parts=PUMP, unplanned_cents=4_000) for id in ("A", "B")]
    asked = problem(*both, depots=(far,), weights=TRAVEL)
    assert set(stops(solved(asked, "search").plan)) == {"D", "A", "B"}
    assert not solved(replace(asked, tasks=(both[0],)), "search").plan.routes


@pytest.mark.parametrize("engine", ENGINES)
def test_two_engineers_do_not_fetch_the_same_last_part(engine: Engine) -> None:
    tasks = (task("A", 4, parts=PUMP, unplanned_cents=90_000), task("B", 4, parts=PUMP))
    asked = problem(*tasks, crew=(engineer("E"), engineer("F")), depots=(SHELF,), weights=TRAVEL)
    plan = solved(asked, engine).plan
    assert set(stops(plan)) >= {"A"}
    (left,) = plan.unplanned
    assert left.task == "B"
    more = replace(asked, depots=(replace(SHELF, parts=(("pump", 2),)),))
    assert not solved(more, engine).plan.unplanned


def test_what_is_in_the_van_is_used_first() -> None:
    tasks = (task("A", 4, parts=PUMP), task("B", 4, parts=PUMP))
    asked = problem(*tasks, crew=(engineer(parts=PUMP),), depots=(SHELF,), weights=TRAVEL)
    assert ("D", PUMP, ()) in halts(solved(asked, "search").plan)
    alone = problem(task("A", 4, parts=PUMP), crew=(engineer(parts=PUMP),), depots=(SHELF,), weights=TRAVEL)
    assert halts(solved(alone, "search").plan) == [("A", (), ())]


@pytest.mark.parametrize("engine", ENGINES)
def test_nobody_fetches_anything_at_a_closed_depot(engine: Engine) -> None:
    closed = replace(SHELF, windows=((0, STEP_S),))  # two steps away
    asked = problem(task("A", 4, parts=PUMP), depots=(closed,), weights=TRAVEL)
    plan = solved(asked, engine).plan
    assert [left.task for left in plan.unplanned] == ["A"]
    told = explain(asked, plan, "A")
    assert [(reason.rule, reason.engineers) for reason in told.reasons] == [(Rule.PART, ("E",))]
    assert [(one.rule, one.about, one.amount) for one in told.relaxations] == [(Rule.PART, "pump", 1)]
    later = replace(asked, depots=(replace(closed, windows=((0, 2 * STEP_S),)),))
    assert not solved(later, engine).plan.unplanned


def test_a_visit_that_was_planned_keeps_its_engineer_who_fetches_the_part() -> None:
    before = task("A", 4, parts=PUMP, previous=Previous("E", 9_000))
    asked = problem(
        before,
        crew=(engineer("E"), engineer("F", parts=PUMP)),
        depots=(SHELF,),
        weights=replace(TRAVEL, change_engineer_cents=90_000),
    )
    (route,) = solved(asked, "search").plan.routes
    assert route.engineer == "E"


def test_what_is_fetched_for_others_is_not_used_up_by_a_locked_task() -> None:
    """The locked one may lack its pump, but would use that of the other: both are fetched, or none."""
    locked = task("A", 3, parts=PUMP, lock=Lock("E", 6_000))
    asked = problem(locked, task("B", 4, parts=PUMP), depots=(SHELF,), weights=TRAVEL)
    plan = solved(asked, "search").plan
    assert check(asked, plan) == []
    two = replace(asked, depots=(replace(SHELF, parts=(("pump", 2),)),))
    assert ("D", (("pump", 2),), ()) in halts(solved(two, "search").plan)


def test_a_slot_is_offered_to_who_can_fetch_the_part() -> None:
    asked = problem(task("A", 1), depots=(SHELF,), weights=TRAVEL)
    plan = solved(asked, "search").plan
    (offer,) = Quoter(asked, plan).quote(task("new", 4, parts=PUMP), [(0, 30_000)]).offers
    assert (offer.engineer, offer.depot, offer.travel_s) == ("E", "D", 6 * STEP_S)
    planned = solved(problem(task("A", 4, parts=PUMP), depots=(SHELF,), weights=TRAVEL), "search").plan
    both = problem(task("A", 4, parts=PUMP), depots=(replace(SHELF, parts=(("pump", 2),)),), weights=TRAVEL)
    (offer,) = Quoter(both, planned).quote(task("new", 4, parts=PUMP), [(0, 30_000)]).offers
    assert (offer.depot, offer.travel_s) == (None, 0)
    short = problem(task("A", 4, parts=PUMP), depots=(SHELF,), weights=TRAVEL)
    assert not Quoter(short, planned).quote(task("new", 4, parts=PUMP), [(0, 30_000)]).offers


def waiting(leaves_late: bool, **more: int) -> Problem:
    """Two visits, the second of which has to be waited for."""
    early = task("A", 1, 600, windows=((0, 9_000),), **more)
    late = task("B", 2, 600, windows=((12_000, 13_000),))
    crew = (engineer(shifts=(shift(),), cents_per_hour=3_600, leaves_late=leaves_late),)
    return problem(early, late, crew=crew, weights=FREE)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_leaves_late_waits_for_nothing_on_the_way(engine: Engine) -> None:
    for leaves_late, more, starts in (
        (False, {}, STEP_S),
        (True, {}, 9_000),
        (True, {"due_s": 6_600}, 6_000),  # not so late that a visit is
    ):
        asked = waiting(leaves_late, **more)
        result = solved(asked, engine)
        assert check(asked, result.plan) == []
        (route,) = result.plan.routes
        assert route.stops[0].start_s == starts
        assert route.leave_s == starts - STEP_S
        assert route.stops[1].start_s == 12_000
        assert score(asked, result.plan) == result.score


def test_a_visit_stays_at_the_time_it_was_planned_for() -> None:
    asked = waiting(True)
    before = replace(asked.tasks[0], previous=Previous("E", 4_000))
    still = replace(asked, tasks=(before, asked.tasks[1]), weights=Weights())
    (route,) = solve(still, seconds=60, engine="insertion").plan.routes
    assert route.stops[0].start_s == 4_000
