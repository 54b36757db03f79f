"""Why a task is where it is, or left out; what would help."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from optimizer import (
    UNREACHABLE,
    Link,
    Lock,
    Plan,
    Problem,
    Relaxation,
    Route,
    Rule,
    Travel,
    check,
    explain,
    score,
    solve,
)
from optimizer.arrays import Arrays
from optimizer.codec import plan_from_text, text_of_plan
from optimizer.draft import Draft
from optimizer.insertion import Inserter, Insertion
from optimizer.obstacles import Obstacles
from optimizer.relaxations import applied, burden
from optimizer.routes import draft_of, routes_of
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import problems
from tests.optimizer.small import CREW, FREE, engineer, fetched, line, problem, shift, solved, task

calm = settings(
    max_examples=60,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
_NO_RULE = {Rule.COST, Rule.NO_TIME}


def relaxed(given: Problem, task_id: str, relaxation: Relaxation) -> Problem:
    """Return a problem with one rule relaxed for one task and one engineer."""
    one = next(each for each in given.tasks if each.id == task_id)
    who = next(each for each in given.engineers if each.id == relaxation.engineer)
    new_one, new_who = applied(relaxation, one, who)
    tasks = tuple(new_one if each is one else each for each in given.tasks)
    return replace(
        given, tasks=tasks, engineers=tuple(new_who if each is who else each for each in given.engineers)
    )


def rooms(given: Problem, plan: Plan, task_id: str) -> tuple[Draft, dict[str, Insertion]]:
    """Return a plan as a draft, and the cheapest place for a task with everybody who has room."""
    arrays = Arrays(given)
    draft, index = draft_of(arrays, plan), arrays.task_index[task_id]
    found = Obstacles(Inserter(draft), Draft(arrays), index, 1_000).rooms
    return draft, {given.engineers[number].id: one for number, one in found.items()}


def with_task(given: Problem, plan: Plan, draft: Draft, place: Insertion, task_id: str) -> Plan:
    """Return a plan with a task where it was tried: on another shift more may have to be fetched then."""
    longer = draft.copy()
    longer.put(place.vehicle, place.order, place.tried)
    left = tuple(left for left in plan.unplanned if left.task != task_id)
    return Plan(routes_of(longer), left)


@calm
@given(given=problems() | errands(direct=True))
def test_a_relaxation_lets_the_task_into_the_plan_as_it_is_and_less_does_not(given: Problem) -> None:
    plan = solve(given, seconds=60, engine="insertion").plan
    for left in plan.unplanned:
        told = explain(given, plan, left.task)
        assert list(told.relaxations) == sorted(told.relaxations, key=burden)
        assert len({one.rule for one in told.relaxations}) == len(told.relaxations) <= 3
        for one in {*told.relaxations, *left.relaxations}:
            now = relaxed(given, left.task, one)
            draft, room = rooms(now, plan, left.task)
            place = room[one.engineer]
            longer = with_task(now, plan, draft, place, left.task)
            assert check(now, longer) == []
            assert Inserter(draft).worth_it(draft.arrays.task_index[left.task], place)
            assert place.cents == pytest.approx(one.cents, abs=0.51)
            if abs(one.amount) > 1:
                less = replace(one, amount=one.amount - (1 if one.amount > 0 else -1))
                draft, room = rooms(relaxed(given, left.task, less), plan, left.task)
                index = draft.arrays.task_index[left.task]
                assert one.engineer not in room or not Inserter(draft).worth_it(index, room[one.engineer])


@calm
@given(given=problems() | errands(direct=True))
def test_every_engineer_has_a_reason_and_whoever_no_rule_forbids_has_room(given: Problem) -> None:
    plan = solve(given, seconds=60, engine="insertion").plan
    for left in plan.unplanned:
        told = explain(given, plan, left.task)
        assert {one for reason in told.reasons for one in reason.engineers} == {
            one.id for one in given.engineers
        }
        forbidden = {
            one for reason in told.reasons if reason.rule not in _NO_RULE for one in reason.engineers
        }
        draft, room = rooms(given, plan, left.task)
        assert set(room) == {one.id for one in given.engineers} - forbidden
        for place in room.values():
            assert check(given, with_task(given, plan, draft, place, left.task)) == []
        dear = {one for reason in told.reasons if reason.rule is Rule.COST for one in reason.engineers}
        index = draft.arrays.task_index[left.task]
        assert dear == {one for one in room if not Inserter(draft).worth_it(index, room[one])}


@calm
@given(given=problems())
def test_another_engineer_costs_what_the_plan_costs_with_the_task_moved(given: Problem) -> None:
    plan = solve(given, seconds=60, engine="insertion").plan
    for route in plan.routes:
        for stop in route.stops:
            told = explain(given, plan, stop.id)
            assert told.engineer == route.engineer
            assert route.engineer not in {one for reason in told.reasons for one in reason.engineers}
            for other in told.others:
                assert other.cents == sum(cents for _, cents in other.terms)
            moves = costs_of_moves(given, plan, route, stop.id)
            assert {one.engineer: one.cents for one in told.others}.items() <= moves.items() or len(moves) > 3
            if told.others and told.cents is not None:
                assert told.others[0].cents == min(moves.values())


def costs_of_moves(given: Problem, plan: Plan, route: Route, task_id: str) -> dict[str, int]:
    """Return what the plan costs more with a task moved to each other engineer, by trying every place."""
    arrays = Arrays(replace(given, links=()))
    draft = draft_of(arrays, plan)
    index = arrays.task_index[task_id]
    before, rest = draft.where[index], [one for one in draft.orders[draft.where[index]] if one != index]
    if rest:
        tried = draft.trial(before, rest)
        if not isinstance(tried, tuple):
            return {}
        draft.put(before, rest, tried)
    else:
        draft.clear(before)
    base = score(given, plan).total_cents
    found: dict[str, int] = {}
    for vehicle, order in enumerate(draft.orders):
        who = given.engineers[arrays.vehicles[vehicle].engineer]
        if who.id == route.engineer or not arrays.allowed[index, arrays.vehicles[vehicle].engineer]:
            continue
        for position in range(len(order) + 1):
            longer = [*order[:position], index, *order[position:]]
            tried = draft.trial(vehicle, longer)
            if isinstance(tried, tuple):
                place = Insertion(0.0, vehicle, longer, tried)
                moved = with_task(given, plan, draft, place, task_id)
                if check(given, moved) == []:
                    cents = score(given, moved).total_cents - base
                    found[who.id] = min(cents, found.get(who.id, cents))
    return found


SHORT = (engineer(shifts=(shift(end_s=2_000),)),)
FULL = (task("B", unplanned_cents=90_000), task())
#: A problem that leaves task A out, and what would help: rule, amount, and what it is about.
HELP = [
    (problem(task(skills=(("gas", 3),)), crew=(engineer(skills=(("gas", 1),)),)), Rule.SKILL, 2, "gas"),
    (problem(task(skills=(("gas", 1),))), Rule.SKILL, 1, "gas"),
    (problem(task(tools=("saw",))), Rule.TOOL, 1, "saw"),
    (problem(task(parts=(("pump", 3),)), crew=(engineer(parts=(("pump", 1),)),)), Rule.PART, 2, "pump"),
    (problem(task(territory="north"), crew=(engineer(territories=("south",)),)), Rule.TERRITORY, 1, "north"),
    (problem(task(refused=("E",))), Rule.REFUSED, 1, ""),
    (problem(task(required=("F",))), Rule.REQUIRED, 1, ""),
    (problem(task(lock=Lock("F"))), Rule.LOCKED_ENGINEER, 1, ""),
    (problem(task(windows=((0, 500),))), Rule.WINDOW, 100, ""),
    (problem(task(windows=((50_000, 60_000),))), Rule.WINDOW, -16_400, ""),
    (problem(task(deadline_s=2_000)), Rule.DEADLINE, 400, ""),
    (problem(crew=SHORT), Rule.SHIFT_END, 1_000, ""),
    (problem(*FULL, crew=(engineer(shifts=(shift(max_tasks=1),)),)), Rule.MAX_TASKS, 1, ""),
    (problem(*FULL, crew=(engineer(max_tasks=1),)), Rule.MAX_TASKS, 1, ""),
    (problem(*FULL, crew=(engineer(shifts=(shift(max_work_s=3_500),)),)), Rule.MAX_WORK, 1_300, ""),
    (problem(*FULL, crew=(engineer(max_work_s=3_500),)), Rule.MAX_WORK, 1_300, ""),
    (problem(task(unplanned_cents=2_500)), Rule.COST, 201, ""),
]


@pytest.mark.parametrize(("given", "rule", "amount", "about"), HELP)
def test_what_would_help_is_told_to_the_second_the_piece_and_the_cent(
    given: Problem, rule: Rule, amount: int, about: str
) -> None:
    plan = solved(given, "insertion").plan
    told = {one.rule: one for left in plan.unplanned if left.task == "A" for one in left.relaxations}
    assert (told[rule].engineer, told[rule].amount, told[rule].about) == ("E", amount, about)
    assert explain(given, plan, "A").relaxations == plan.unplanned[0].relaxations


def test_small_relaxations_come_first_and_a_word_given_last() -> None:
    crew = (
        engineer("late", shifts=(shift(end_s=1_000),)),
        engineer("sooner", shifts=(shift(end_s=2_500),)),
        engineer("refused"),
        engineer("far", territories=("south",)),
    )
    given = problem(task(territory="north", refused=("refused",)), crew=crew)
    told = explain(given, solved(given, "insertion").plan, "A").relaxations
    assert [(one.rule, one.engineer) for one in told] == [
        (Rule.TERRITORY, "far"),
        (Rule.SHIFT_END, "sooner"),
        (Rule.REFUSED, "refused"),
    ]


def test_what_would_not_be_worth_it_or_needs_two_rules_helps_nobody() -> None:
    twice = problem(task(tools=("saw",), territory="north"), crew=(engineer(territories=("south",)),))
    dear = problem(task(tools=("saw",), unplanned_cents=100))
    for one in (twice, dear):
        assert explain(one, solved(one, "insertion").plan, "A").relaxations == ()


def test_overtime_is_asked_for_of_the_shift_that_needs_least() -> None:
    shifts = (shift(end_s=1_000), shift(start_s=10_000, end_s=12_900))
    given = problem(crew=(engineer(shifts=shifts),))
    (one, *_) = explain(given, solved(given, "insertion").plan, "A").relaxations
    assert (one.rule, one.index, one.amount) == (Rule.SHIFT_END, 1, 100)
    following = (shift(end_s=2_000), shift(start_s=2_500, end_s=3_000))
    given = problem(crew=(engineer(shifts=following),))
    (other, *_) = explain(given, solved(given, "insertion").plan, "A").relaxations
    assert (other.index, other.amount) == (1, 2_500), "the first would run into the second"
    assert one.cents == round(1_200 * 6_000 / 3_600 + 20 * 60 + 100 * 9_000 / 3_600 - 500)


def test_every_rule_that_keeps_an_engineer_off_is_told() -> None:
    crew = (engineer(shifts=(shift(end_s=1_000),), territories=("south",)), engineer("F"))
    given = problem(task(territory="north", windows=((0, 10),), skills=(("gas", 1),)), crew=crew)
    told = explain(given, solved(given, "insertion").plan, "A")
    assert {reason.rule: reason.engineers for reason in told.reasons} == {
        Rule.SKILL: ("E", "F"),
        Rule.TERRITORY: ("E",),
        Rule.WINDOW: ("E", "F"),
        Rule.SHIFT_END: ("E",),
    }


def test_links_are_reasons_by_engineer() -> None:
    both = Link(before="A", after="B", max_gap_s=0, measured_from="start", engineers="different")
    given = problem(task(), task("B"), crew=CREW, links=(both,))
    arrays = Arrays(given)
    draft = Draft(arrays)
    tried = draft.trial(0, [0])
    assert isinstance(tried, tuple)
    draft.put(0, [0], tried)
    told = explain(given, Plan(routes_of(draft)), "B")
    assert [(reason.rule, reason.engineers) for reason in told.reasons] == [
        (Rule.LINK_GAP, ("E",)),
        (Rule.LINK_ENGINEERS, ("E",)),
        (Rule.NO_TIME, ("F",)),
    ]
    apart = replace(given, links=(replace(both, min_gap_s=34_000, max_gap_s=None, measured_from="end"),))
    told = explain(apart, Plan(routes_of(draft)), "B")
    assert (Rule.LINK_GAP, ("E", "F")) in [(reason.rule, reason.engineers) for reason in told.reasons]


def test_the_terms_say_what_speaks_for_the_engineer_who_goes() -> None:
    weights = replace(FREE, travel_cents_per_hour=6_000, preference_cents=700, overskill_cents_per_level=50)
    crew = (
        engineer("E", skills=(("gas", 1),)),
        engineer("F", shifts=(shift(start_place=3, end_place=3),), skills=(("gas", 4),)),
        engineer("G"),
    )
    given = problem(task(skills=(("gas", 1),), preferred=("E",)), crew=crew, weights=weights)
    told = explain(given, solved(given, "insertion").plan, "A")
    assert (told.engineer, told.cents, told.terms) == ("E", 2_000, (("travel_time_cents", 2_000),))
    assert told.unplanned_cents == 50_000
    assert [(reason.rule, reason.engineers) for reason in told.reasons] == [(Rule.SKILL, ("G",))]
    (other,) = told.others
    assert (other.engineer, other.start_s, other.cents) == ("F", 1_200, 2_850)
    assert dict(other.terms) == {"travel_time_cents": 2_000, "preference_cents": 700, "overskill_cents": 150}


def test_of_many_others_the_three_cheapest_are_told_the_cheapest_first() -> None:
    homes = (0, 5, 4, 3, 2)
    crew = tuple(engineer(f"at {home}", shifts=(shift(start_place=home, end_place=home),)) for home in homes)
    given = problem(crew=crew, weights=replace(FREE, travel_cents_per_hour=6_000))
    found = draft_of(Arrays(given), Plan())
    tried = found.trial(0, [0])
    assert isinstance(tried, tuple)
    found.put(0, [0], tried)
    told = explain(given, Plan(routes_of(found)), "A").others
    assert [(one.engineer, one.cents) for one in told] == [("at 2", 0), ("at 3", 2_000), ("at 4", 4_000)]


def test_a_task_its_route_does_not_stand_without_has_no_price() -> None:
    seconds = line().seconds[0].copy()
    seconds[0, 2] = UNREACHABLE
    given = problem(task(), task("B", place=2), crew=CREW, travel=Travel(seconds))
    draft = Draft(Arrays(given))
    tried = draft.trial(0, [0, 1])
    assert isinstance(tried, tuple)
    draft.put(0, [0, 1], tried)
    told = explain(given, Plan(routes_of(draft)), "A")
    assert (told.cents, told.others) == (None, ())
    assert [(reason.rule, reason.engineers) for reason in told.reasons] == [(Rule.UNREACHABLE, ("F",))]


def test_what_is_not_of_the_problem_is_refused() -> None:
    given = problem()
    plan = solved(given, "insertion").plan
    with pytest.raises(ValueError, match="no task X"):
        explain(given, plan, "X")
    with pytest.raises(ValueError, match="shift 0 of F"):
        explain(given, Plan((replace(plan.routes[0], engineer="F"),)), "A")
    with pytest.raises(ValueError, match="the plan names depot D"):
        explain(given, fetched(), "A")
    with pytest.raises(ValueError, match="travel cannot be relaxed"):
        applied(Relaxation(rule=Rule.TRAVEL, engineer="E", amount=1, cents=0), task(), engineer())


def test_relaxations_are_written_and_read_with_the_plan() -> None:
    plan = solved(problem(crew=SHORT), "insertion").plan
    assert plan.unplanned[0].relaxations
    assert plan_from_text(text_of_plan(plan)) == plan
