"""Why a task is where it is, or left out; what would help."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from optimizer import (
    Link,
    Lock,
    Plan,
    Problem,
    Relaxation,
    Route,
    Rule,
    Weights,
    check,
    explain,
    score,
    solve,
)
from optimizer.arrays import Arrays
from optimizer.draft import Draft
from optimizer.explain import Explanation
from optimizer.insertion import Insertion, Inserter
from optimizer.obstacles import Obstacles
from optimizer.plan import Unplanned
from optimizer.relaxations import applied, burden
from optimizer.routes import draft_of, route_of, routes_of
from tests.optimizer.random_problems import problems
from tests.optimizer.small import CREW, FREE, engineer, problem, shift, solved, task

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
    """Return a plan with a task where it was tried."""
    route = route_of(draft.arrays, place.vehicle, place.order, place.tried[1])
    others = tuple(
        one for one in routes_of(draft) if (one.engineer, one.shift) != (route.engineer, route.shift)
    )
    return Plan((*others, route), tuple(left for left in plan.unplanned if left.task != task_id))


@calm
@given(given=problems())
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
@given(given=problems())
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
