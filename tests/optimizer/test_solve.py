"""What holds of every answer of `solve`."""

import gc
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest

from optimizer import (
    Break,
    Depot,
    Link,
    Lock,
    NoticeKind,
    Plan,
    Previous,
    Problem,
    Result,
    Rule,
    Travel,
    Weights,
    routing,
)
from optimizer.plan import Route
from optimizer.routing_model import RoutingModel
from optimizer.solve import Engine
from tests.optimizer.small import (
    CREW,
    FREE,
    STEP_S,
    engineer,
    line,
    problem,
    rules,
    shift,
    solved,
    stops,
    task,
)


def routes(result: Result) -> dict[str, Route]:
    return {each.engineer: each for each in result.plan.routes}


@pytest.mark.parametrize("engine", ["auto", "routing", "insertion"])
def test_everything_is_planned_where_there_is_room(engine: Engine) -> None:
    result = solved(problem(*(task(str(n), place=n % 5 + 1) for n in range(8)), crew=CREW), engine)
    assert result.plan.unplanned == ()
    assert result.score.planned_tasks == 8


def test_nearest_tasks_make_one_round() -> None:
    tasks = [task(str(n), place=n, service_s=60) for n in (3, 1, 5, 2, 4)]
    result = solved(problem(*tasks, crew=(engineer(),)))
    assert result.score.travel_s == 10 * STEP_S


def test_no_tasks_is_a_plan_without_routes() -> None:
    empty = Problem((), (engineer(),), line())
    assert solved(empty).plan == Plan()
    assert solved(empty).stopped == "finished"


def test_nobody_to_send_leaves_everything_out_with_a_reason() -> None:
    result = solved(problem(crew=()))
    assert rules(result, "A") == {Rule.NO_ROOM}
    assert rules(solved(problem(crew=(engineer(shifts=()),))), "A") == {Rule.SHIFT_END}


def test_nothing_at_all_is_a_plan() -> None:
    nowhere = Travel(np.zeros((0, 0), dtype=int), np.zeros((0, 0), dtype=int))
    assert solved(Problem((), (), nowhere)).plan == Plan()


@pytest.mark.parametrize(
    ("left_out", "rule"),
    [
        (task(skills=(("gas", 1),)), Rule.SKILL),
        (task(parts=(("pump", 1),)), Rule.PART),
        (task(tools=("saw",)), Rule.TOOL),
        (task(refused=("E",)), Rule.REFUSED),
        (task(required=("F",)), Rule.REQUIRED),
        (task(lock=Lock("F")), Rule.LOCKED_ENGINEER),
        (task(lock=Lock("E", 100)), Rule.LOCKED_START),
        (task(windows=((0, 599),)), Rule.WINDOW),
        (task(deadline_s=2_399), Rule.DEADLINE),
        (task(service_s=34_801), Rule.SHIFT_END),
        (task(unplanned_cents=1), Rule.COST),
    ],
)
def test_a_task_left_out_has_the_rule_as_reason(left_out: object, rule: Rule) -> None:
    result = solved(problem(left_out))  # type: ignore[arg-type]
    assert rules(result, "A") == {rule}


def test_territory_and_unreachable_places_are_reasons() -> None:
    elsewhere = problem(task(territory="north"), crew=(engineer(territories=("south",)),))
    assert rules(solved(elsewhere), "A") == {Rule.TERRITORY}
    seconds = line().seconds[0].copy()
    seconds[0, 1] = 2**31 - 1
    assert rules(solved(problem(travel=Travel(seconds))), "A") == {Rule.UNREACHABLE}
    seconds = line().seconds[0].copy()
    seconds[1, 0] = 2**31 - 1
    assert rules(solved(problem(travel=Travel(seconds))), "A") == {Rule.UNREACHABLE}


def test_reasons_of_very_many_left_out_are_told_at_once_and_held_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["optimizer.run"], "_THOROUGH_PAIRS", 0)
    tasks = (task(refused=("E",)), task("B", refused=("E",)), task("C", required=("gone",)))
    result = solved(problem(*tasks, crew=CREW), "insertion", seconds=1e-9)
    a, b, c = ({one.rule: one.engineers for one in left.reasons} for left in result.plan.unplanned)
    assert a == b == {Rule.REFUSED: ("E",), Rule.NO_ROOM: ("F",)}
    assert a[Rule.NO_ROOM] is b[Rule.NO_ROOM]
    assert c == {Rule.REQUIRED: ("E", "F")}


def test_a_full_shift_has_no_room() -> None:
    one = engineer(shifts=(shift(max_tasks=1),))
    result = solved(problem(task(), task("B", unplanned_cents=90_000), crew=(one,)))
    assert rules(result, "A") == {Rule.NO_ROOM}


def test_a_window_within_another_takes_nothing_from_it() -> None:
    one = engineer(shifts=(shift(start_s=10_000),))
    result = solved(problem(task(windows=((0, 20_000), (100, 5_000))), crew=(one,)), "insertion")
    assert result.plan.unplanned == ()


def test_limits_over_several_shifts_hold() -> None:
    halves = (shift(end_s=10_000), shift(start_s=12_000, end_s=30_000))
    tasks = [task(str(n), parts=(("pump", 1),)) for n in range(6)]
    limits: list[dict[str, object]] = [{"max_tasks": 3}, {"max_work_s": 9_000}, {"parts": (("pump", 3),)}]
    for limit in limits:
        one = engineer(shifts=halves, **({"parts": (("pump", 9),)} | limit))
        result = solved(problem(*tasks, crew=(one,)))
        assert 2 <= result.score.planned_tasks <= 4


def test_locked_tasks_never_move() -> None:
    locked = task("L", lock=Lock("F", 5_000), skills=(("gas", 1),), windows=((0, 1),), parts=(("pump", 1),))
    by_engineer = task("M", lock=Lock("F"), place=3)
    by_start = task("N", lock=Lock(None, 9_000), place=2)
    others = [task(str(n), place=n % 5 + 1) for n in range(6)]
    result = solved(problem(locked, by_engineer, by_start, *others, crew=CREW))
    where = stops(result.plan)
    assert where["L"][0] == "F"
    assert where["L"][1].start_s == 5_000
    assert where["M"][0] == "F"
    assert where["N"][1].start_s == 9_000
    about = {notice.about for notice in result.warnings if notice.kind is NoticeKind.LOCK_OVERRULES}
    assert about == {"L"}


def test_a_break_gives_way_to_locked_work_only() -> None:
    rest = Break(900, 2_000, 3_000)
    crew = (engineer(shifts=(shift(breaks=(rest,)),)),)
    kept = solved(problem(task(service_s=1_000), crew=crew))
    assert len(routes(kept)["E"].breaks) == 1
    locked = solved(problem(task(service_s=4_000, lock=Lock("E", 600)), crew=crew))
    assert routes(locked)["E"].breaks == ()


def test_linked_tasks_are_both_planned_as_told() -> None:
    pair = (task("A", windows=((0, 20_000),)), task("B", place=4))
    twice = Link(before="A", after="B", max_gap_s=0, measured_from="start", engineers="different")
    where = stops(solved(problem(*pair, task("C"), crew=CREW, links=(twice,))).plan)
    assert where["A"][1].start_s == where["B"][1].start_s
    assert where["A"][0] != where["B"][0]
    later = Link(before="A", after="B", min_gap_s=7_200, max_gap_s=9_000, engineers="same")
    where = stops(solved(problem(*pair, task("C"), crew=CREW, links=(later,))).plan)
    assert 7_200 <= where["B"][1].start_s - where["A"][1].end_s <= 9_000
    assert where["A"][0] == where["B"][0]


def test_linked_tasks_that_cannot_be_together_are_left_out_together() -> None:
    both = Link(before="A", after="B", max_gap_s=0, measured_from="start", engineers="different")
    result = solved(problem(task(), task("B"), links=(both,)))
    assert rules(result, "A") == {Rule.LINK_BOTH}
    assert "B" not in stops(result.plan)
    loose = Link(before="A", after="B", min_gap_s=40_000)
    assert set(stops(solved(problem(task(), task("B"), links=(loose,))).plan)) == {"A"}
    held = problem(task(lock=Lock("E")), task("B", lock=Lock("E")), links=(both,))
    assert set(stops(solved(held).plan)) == {"A", "B"}
    half_held = problem(task(), task("B", lock=Lock("E")), links=(both,))
    assert "B" in stops(solved(half_held).plan)


def test_links_are_repaired_when_a_partner_is_late() -> None:
    chain = (
        Link(before="A", after="B", min_gap_s=600),
        Link(before="B", after="C", min_gap_s=600, max_gap_s=3_000, engineers="different"),
    )
    tasks = (task(), task("B", place=2), task("C", place=3), task("D", place=4))
    assert solved(problem(*tasks, crew=CREW, links=chain)).plan.unplanned == ()


def test_a_plan_before_is_kept_where_change_costs() -> None:
    weights = replace(FREE, change_engineer_cents=5_000, change_time_cents_per_hour=5_000)
    weights = replace(weights, promise_cents=5_000)
    tasks = (
        task("A", place=5, previous=Previous("F", 9_000)),
        task("B", place=5, previous=Previous("E", 12_000)),
        task("C", place=4, promised=(15_000, 16_000)),
    )
    where = stops(solved(problem(*tasks, crew=CREW, weights=weights)).plan)
    assert {name: where[name][0] for name in "AB"} == {"A": "F", "B": "E"}
    assert (where["A"][1].start_s, where["B"][1].start_s) == (9_000, 12_000)
    assert 15_000 <= where["C"][1].start_s <= 16_000
    gone = solved(problem(task(previous=Previous("gone", 9_000)), weights=weights))
    assert gone.score.change_engineer_cents == 5_000


def test_every_cost_steers_the_plan() -> None:
    skilled = (engineer(skills=(("gas", 5),)), engineer("F", skills=(("gas", 1),)))
    over = replace(FREE, overskill_cents_per_level=100)
    assert stops(solved(problem(task(skills=(("gas", 1),)), crew=skilled, weights=over)).plan)["A"][0] == "F"
    liked = replace(FREE, preference_cents=100)
    assert stops(solved(problem(task(preferred=("F",)), crew=CREW, weights=liked)).plan)["A"][0] == "F"
    fair = replace(FREE, spread_cents_per_hour=1_000)
    assert len(solved(problem(task(), task("B"), crew=CREW, weights=fair)).plan.routes) == 2
    busy = replace(FREE, empty_engineer_cents=1_000)
    assert len(solved(problem(task(), task("B"), crew=CREW, weights=busy)).plan.routes) == 2
    late = replace(FREE, lateness_cents_per_hour=1_000)
    urgent = solved(problem(task(), task("B", due_s=2_400), weights=late))
    assert urgent.score.late_s == 0
    paid = (engineer(cents_per_hour=6_000, cents_per_km=10), engineer("F"))
    assert stops(solved(problem(crew=paid)).plan)["A"][0] == "F"


def test_overtime_is_used_only_where_it_pays() -> None:
    short = (engineer(shifts=(shift(end_s=2_000, max_overtime_s=2_000),)),)
    assert solved(problem(crew=short)).score.overtime_s == 1_000
    dear = Weights(overtime_cents_per_hour=10**9)
    assert rules(solved(problem(crew=short, weights=dear)), "A") == {Rule.COST}


def test_features_that_are_not_searched_for_are_named() -> None:
    bands = Travel(np.stack([line().seconds[0], line().seconds[0] * 2]), line().metres, (0, 3_000))
    given = problem(
        task(due_s=10, promised=(0, 9_000)),
        task("B", place=3, windows=((0, 600), (7_000, 8_000), (7_500, 9_000), (20_000, 21_000))),
        travel=bands,
        crew=(engineer(shifts=(shift(end_place=None),), travel_percent=150), engineer("F")),
        depots=(Depot(id="D", place=1),),
        links=(Link(before="A", after="B"),),
        weights=Weights(worst_lateness_cents_per_hour=60),
    )
    about = {
        notice.about
        for notice in solved(given, "routing").warnings
        if notice.kind is NoticeKind.NOT_OPTIMISED
    }
    assert about == {
        "depots",
        "links",
        "travel.band_starts_s",
        "tasks.promised",
        "weights.worst_lateness_cents_per_hour",
    }


def test_the_routing_model_is_gone_when_it_has_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def build(*given: object) -> RoutingModel:
        built = RoutingModel(*given)  # type: ignore[arg-type]
        made.append(weakref.ref(built.model))
        return built

    monkeypatch.setattr(routing, "RoutingModel", build)
    assert solved(problem(), "routing", 0.3).score.planned_tasks == 1
    gc.collect()
    assert [one() for one in made] == [None]
