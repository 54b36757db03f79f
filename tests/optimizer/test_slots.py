"""Slot quotes: exact beside every other way to insert the task, and refused with the rule to blame."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from optimizer import Link, Lock, Plan, Problem, Reason, Route, Rule, Stop, Task, warmth
from optimizer.arrays import Arrays
from optimizer.draft import Draft
from optimizer.routes import index_of
from optimizer.run import Run
from optimizer.schedule import Misfit
from optimizer.slots import Offer, Quoter, Ways
from tests.optimizer.random_errands import errands
from tests.optimizer.random_problems import problems
from tests.optimizer.small import FREE, STEP_S, engineer, problem, shift, task
from tests.optimizer.test_kernels import routes_of, worst_late_s

calm = settings(
    max_examples=150,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
thorough = settings(calm, max_examples=20_000)
SLOTS = [(0, 4_000), (3_000, 9_000), (9_000, 30_000), (-50, -1)]

Tried = tuple[float, str, int, int]  # cents, engineer, start, more travel


def insertions(problem: Problem, plan: Plan, task: Task, slot: tuple[int, int]) -> list[Tried]:
    """Return every insertion of a task in a slot that `Draft` allows."""
    windows = [(max(a, slot[0]), min(b, slot[1])) for a, b in task.windows or (slot,)]
    windows = [(a, b) for a, b in windows if a <= b]
    if not windows:
        return []
    arrays = Arrays(replace(problem, tasks=(*problem.tasks, replace(task, windows=tuple(windows)))))
    draft, mine = Draft(arrays), len(problem.tasks)
    for route in plan.routes:
        vehicle = arrays.vehicles_of[arrays.engineer_index[route.engineer]][route.shift]
        order = [index_of(arrays, stop) or 0 for stop in route.stops]
        starts = {index: stop.start_s for index, stop in zip(order, route.stops, strict=True)}
        draft.narrowed |= {one: ((starts[one], starts[one]),) for one in order if one in arrays.linked}
        assert not draft.put_what_fits(vehicle, order)
    found = []
    price = problem.weights.worst_lateness_cents_per_hour / 3_600
    worst_s = max((worst_late_s(draft, *route) for route in routes_of(draft)), default=0)
    for vehicle, order in enumerate(draft.orders):
        engineer, table = arrays.vehicles[vehicle].engineer, draft.tables[vehicle]
        for at in range(len(order) + 1) if arrays.allowed[mine, engineer] else ():
            longer = [*order[:at], mine, *order[at:]]
            tried = draft.trial(vehicle, longer)
            if isinstance(tried, Misfit):
                fetching = draft.with_pickup(vehicle, longer, tried)
                if fetching is None:
                    continue
                longer, tried = fetching
            work_s = draft.work_s[engineer] + tried[1].work_s - (table.work_s if table else 0)
            team = draft.team_cents(engineer, float(work_s), int(draft.tasks_of[engineer]) + 1)
            team += max(0, worst_late_s(draft, longer, tried[1]) - worst_s) * price
            # As early as can be and held back may cost the same: either is an answer then.
            early = draft.earliest(vehicle, longer)
            is_same = not isinstance(early, Misfit) and (
                abs(draft.cost(vehicle, longer, early) - tried[0]) < 0.001
            )
            for timed in (tried[1], early) if is_same else (tried[1],):
                assert not isinstance(timed, Misfit)
                found.append(
                    (
                        tried[0] - draft.costs[vehicle] + team,
                        problem.engineers[engineer].id,
                        timed.halts[longer.index(mine)].start_s,
                        timed.travel_s - (table.travel_s if table else 0),
                    )
                )
    return sorted(found)


def assert_exact(problem: Problem, chosen: int, elsewhere: bool) -> None:
    task = replace(problem.tasks[chosen], lock=None)
    linked = any(task.id in (link.before, link.after) for link in problem.links)
    several = any(one.max_work_s is not None and len(one.shifts) > 1 for one in problem.engineers)
    assume(not linked and not several)  # of several such shifts, which holds back is decided by order
    rest = replace(problem, tasks=tuple(one for one in problem.tasks if one.id != task.id))
    run = Run(rest, 60, None, None)
    plan = run.plan_of(run.first_draft(None), explained=False)
    quoter, ways, quoted = Quoter(rest, plan), None, task
    if elsewhere:
        travel, place = problem.travel, task.place
        ways = Ways(
            travel.seconds[:, :, place],
            travel.seconds[:, place],
            None if travel.metres is None else travel.metres[:, place],
            None if travel.metres is None else travel.metres[place],
        )
        quoted = replace(task, place=quoter.new_place)
        quoter.quote(
            quoted, SLOTS[:1], Ways(*(None if one is None else one * 0 for one in vars(ways).values()))
        )
    quotes = quoter.quote(quoted, SLOTS, ways)
    assert len(quotes.offers) + len(quotes.refusals) == len(SLOTS)
    assert [one.cents for one in quotes.offers] == sorted(one.cents for one in quotes.offers)
    for refusal in quotes.refusals:
        assert not insertions(rest, plan, task, refusal.slot)
        named = {engineer for reason in refusal.reasons for engineer in reason.engineers}
        assert named == {engineer.id for engineer in problem.engineers}
    for offer in quotes.offers:
        found = insertions(rest, plan, task, offer.slot)
        assert offer.cents == pytest.approx(found[0][0], abs=0.6)
        same = [one[1:] for one in found if one[0] <= found[0][0] + 0.2]
        assert (offer.engineer, offer.start_s, offer.travel_s) in same
        others = [one[0] for one in found if one[1] != offer.engineer]
        assert (offer.runner_up_cents is None) == (not others)
        if others:
            assert offer.runner_up_cents == pytest.approx(others[0], abs=0.6)


def drawn(problem: Problem, data: st.DataObject) -> tuple[Problem, int, bool]:
    assume(problem.tasks)
    return problem, data.draw(st.integers(0, len(problem.tasks) - 1)), data.draw(st.booleans())


@calm
@given(problem=problems() | errands(), data=st.data())
def test_an_offer_is_the_cheapest_of_all_insertions(problem: Problem, data: st.DataObject) -> None:
    assert_exact(*drawn(problem, data))


@pytest.mark.full
@thorough
@given(problem=problems() | errands(), data=st.data())
def test_an_offer_is_always_the_cheapest_of_all_insertions(problem: Problem, data: st.DataObject) -> None:
    assert_exact(*drawn(problem, data))


def route(*stops: tuple[str, int], who: str = "E", number: int = 0) -> Route:
    """Return a route with stops of half an hour that begin then."""
    made = tuple(
        Stop(id=id, arrival_s=start_s, start_s=start_s, end_s=start_s + 1_800, leave_s=start_s + 1_800)
        for id, start_s in stops
    )
    return Route(engineer=who, shift=number, leave_s=0, stops=made, end_s=36_000)


TRAVEL_ONLY = replace(FREE, travel_cents_per_hour=3_600)
CREW = (engineer("E"), engineer("F", (shift(start_s=100_000, end_s=136_000),)))


def test_days_are_ranked_by_what_they_cost_with_engineer_and_runner_up() -> None:
    """E passes place 2 on the way to 3; F, who works another day only, would go there for nothing else."""
    asked = problem(task("A", place=3), crew=CREW, weights=TRAVEL_ONLY)
    quoter = Quoter(asked, Plan((route(("A", 1_800)),)))
    quotes = quoter.quote(task("new", place=2), [(100_000, 120_000), (0, 20_000), (40_000, 90_000)])
    assert quotes.offers == (
        Offer(slot=(0, 20_000), cents=0, travel_s=0, engineer="E", shift=0, start_s=2 * STEP_S),
        Offer(
            slot=(100_000, 120_000),
            cents=4 * STEP_S,
            travel_s=4 * STEP_S,
            engineer="F",
            shift=0,
            start_s=100_000 + 2 * STEP_S,
        ),
    )
    assert [one.slot for one in quotes.refusals] == [(40_000, 90_000)]


def test_a_runner_up_is_another_engineer() -> None:
    asked = problem(task("A", place=3), crew=(engineer("E"), engineer("F")), weights=TRAVEL_ONLY)
    (offer,) = Quoter(asked, Plan((route(("A", 1_800)),))).quote(task("new", place=2), [(0, 9_000)]).offers
    assert (offer.engineer, offer.runner_up, offer.runner_up_cents) == ("E", "F", 4 * STEP_S)


def test_what_is_locked_or_linked_keeps_its_time() -> None:
    new, early = task("new", place=1), [(0, 1_000)]
    for held in (
        problem(task("A", lock=Lock("E", 1_000)), task("B", place=2)),
        problem(task("A"), task("B", place=2), links=(Link(before="A", after="B"),)),
    ):
        quoter = Quoter(held, Plan((route(("A", 1_000), ("B", 9_000)),)))
        assert quoter.quote(new, early).offers == ()
        assert quoter.quote(new, [(2_800, 9_000)]).offers[0].start_s == 2_800
    free = Quoter(problem(task("A"), task("B", place=2)), Plan((route(("A", 1_000), ("B", 9_000)),)))
    assert free.quote(new, early).offers[0].start_s == STEP_S


@pytest.mark.parametrize(
    ("new", "slot", "reasons"),
    [
        (task("new", skills=(("gas", 1),)), (0, 9_000), {Rule.SKILL: ("E", "F")}),
        (task("new", refused=("E",)), (0, 9_000), {Rule.REFUSED: ("E",), Rule.SHIFT_END: ("F",)}),
        (task("new", windows=((0, 50),)), (9_000, 20_000), {Rule.WINDOW: ("E", "F")}),
        (task("new", deadline_s=9_100), (9_000, 20_000), {Rule.DEADLINE: ("E", "F")}),
        (task("new"), (35_000, 36_000), {Rule.SHIFT_END: ("E", "F")}),
        (task("new"), (1_000, 1_500), {Rule.NO_ROOM: ("E",), Rule.SHIFT_END: ("F",)}),
        (task("new", parts=(("pump", 1),)), (0, 9_000), {Rule.PART: ("E", "F")}),
    ],
)
def test_a_slot_nobody_can_serve_names_the_rule_for_every_engineer(
    new: Task, slot: tuple[int, int], reasons: dict[Rule, tuple[str, ...]]
) -> None:
    crew = (CREW[0], replace(CREW[1], shifts=(shift(start_s=-40_000, end_s=-4_000),)))
    quoter = Quoter(problem(task("A", lock=Lock("E", 1_200)), crew=crew), Plan((route(("A", 1_200)),)))
    (refusal,) = quoter.quote(new, [slot]).refusals
    assert refusal.reasons == tuple(Reason(rule, who) for rule, who in reasons.items())


def test_parts_that_are_planned_are_not_offered_twice() -> None:
    crew = (engineer("E", parts=(("pump", 3),)),)
    need = (("pump", 2),)
    planned = Plan((route(("A", 1_200)),))
    for held, rule in (
        (task("A", parts=need), Rule.NO_ROOM),
        (task("A", parts=need, lock=Lock("E", 1_200)), Rule.PART),  # whatever else is planned
    ):
        quoter = Quoter(problem(held, crew=crew), planned)
        (refusal,) = quoter.quote(task("new", parts=need), [(0, 30_000)]).refusals
        assert refusal.reasons == (Reason(rule, ("E",)),)
        assert quoter.quote(task("new", parts=(("pump", 1),)), [(0, 30_000)]).offers
        assert quoter.without("A").quote(task("new", parts=need), [(0, 30_000)]).offers


def test_a_shift_whose_route_breaks_a_rule_is_not_offered() -> None:
    """Place 5 is 3,000 s from place 0: a dispatcher who planned it at once knows more than we do."""
    held = problem(task("A", place=5, lock=Lock("E", 100)), crew=(engineer("E"), engineer("F")))
    plan = Plan((route(("A", 100)),))
    (offer,) = Quoter(held, plan).quote(task("new"), [(0, 30_000)]).offers
    assert (offer.engineer, offer.runner_up) == ("F", None)
    alone = Quoter(replace(held, engineers=held.engineers[:1]), plan)
    (refusal,) = alone.quote(task("new"), [(0, 30_000)]).refusals
    assert refusal.reasons == (Reason(Rule.NO_ROOM, ("E",)),)
    assert alone.without("A").quote(task("new"), [(0, 30_000)]).offers


def test_a_task_is_quoted_anew_without_its_place() -> None:
    asked = problem(
        task("A", place=3), task("B", place=2), weights=TRAVEL_ONLY, links=(Link(before="A", after="B"),)
    )
    quoter = Quoter(asked, Plan((route(("A", 1_800), ("B", 9_000)),)))
    (offer,) = quoter.without("B").quote(asked.tasks[1], [(0, 9_000)]).offers
    assert (offer.start_s, offer.cents) == (2 * STEP_S, 0)


def test_a_new_place_comes_with_its_ways_and_the_next_replaces_it() -> None:
    asked = problem(task("A", place=3), weights=replace(TRAVEL_ONLY, distance_cents_per_km=10))
    quoter, steps = Quoter(asked, Plan((route(("A", 1_800)),))), np.arange(6)
    for away in (4, 7):
        new = task("new", place=quoter.new_place)
        ways = Ways(*(abs(away - steps) * one for one in (600, 601, 10_000, 20_000)))
        (offer,) = quoter.quote(new, [(0, 20_000)], ways).offers
        assert offer.travel_s == 600 * away + 601 * (away - 3) - 600 * 3
        metres = 10_000 * away + 20_000 * (away - 3) - 10_000 * 3
        assert offer.cents == offer.travel_s + metres // 100


GOOD = np.full(6, 5)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda quoter: quoter.quote(task("A"), [(0, 9)]), "is in the problem"),
        (lambda quoter: quoter.quote(task("new", lock=Lock("E")), [(0, 9)]), "is locked"),
        (lambda quoter: quoter.quote(task("new"), [(9, 0)]), "the slots"),
        (lambda quoter: quoter.quote(task("new", place=6), [(0, 9)]), "with ways"),
        (lambda quoter: quoter.quote(task("new", place=7), [(0, 9)]), "must be below 6"),
        (lambda quoter: quoter.quote(task("new"), [(0, 9)], Ways(GOOD, GOOD, GOOD, GOOD)), "with ways"),
        (lambda quoter: elsewhere(quoter, GOOD[1:], GOOD, GOOD, GOOD), "to_s must have 6 places"),
        (lambda quoter: elsewhere(quoter, GOOD, GOOD - 6, GOOD, GOOD), "from_s must be from 0"),
        (lambda quoter: elsewhere(quoter, GOOD, GOOD / 2, GOOD, GOOD), "whole numbers"),
        (lambda quoter: elsewhere(quoter, GOOD, GOOD, None, GOOD), "to_m comes with"),
        (lambda quoter: elsewhere(quoter, GOOD, GOOD, GOOD, GOOD[:2]), "from_m must have 6"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(ask: Callable[[Quoter], object], said: str) -> None:
    quoter = Quoter(problem(task("A")), Plan((route(("A", 600)),)))
    before = quoter.quote(task("new"), [(0, 9_000)])
    with pytest.raises(ValueError, match=said):
        ask(quoter)
    assert quoter.quote(task("new"), [(0, 9_000)]) == before


def elsewhere(quoter: Quoter, *ways: Any) -> None:
    quoter.quote(task("new", place=6), [(0, 9)], Ways(*ways))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan((route(("A", 600), who="G"),)), "shift 0 of G"),
        (Plan((route(("A", 600), number=1),)), "shift 1 of E"),
        (Plan((route(("B", 600)),)), "task B"),
    ],
)
def test_a_plan_of_another_problem_is_refused(plan: Plan, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Quoter(problem(task("A")), plan)


def test_nobody_to_send_and_no_slot_are_answers_too() -> None:
    quoter = Quoter(problem(task("A"), crew=()), Plan())
    (refusal,) = quoter.quote(task("new"), [(0, 9_000)]).refusals
    assert refusal.reasons == (Reason(Rule.NO_ROOM, ()),)
    assert quoter.quote(task("new"), []).offers == ()


def test_several_threads_get_each_their_own_answer() -> None:
    quoter = Quoter(problem(task("A", place=3), weights=TRAVEL_ONLY), Plan((route(("A", 1_800)),)))

    def ask(place: int) -> int:
        return quoter.quote(task("new", place=place), [(0, 20_000)]).offers[0].travel_s

    with ThreadPoolExecutor(8) as pool:
        places = [4, 5, 2] * 100
        assert list(pool.map(ask, places)) == [{4: 1_200, 5: 2_400, 2: 0}[place] for place in places]


def test_the_kernels_are_made_ready_once_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    done, begun = threading.Event(), []
    monkeypatch.setattr(warmth, "_warm", threading.Event())
    monkeypatch.setattr(warmth, "_compile", lambda: begun.append(1) or done.wait(10))
    for _ in range(3):
        warmth.warm_in_background()
    assert not warmth.is_warm()
    done.set()
    warmth.warm()
    assert warmth.is_warm()
    warmth.warm_in_background()
    assert begun == [1]
