"""The odd and the extreme: every engine plans what can be, and leaves out what cannot with its rule."""

from dataclasses import fields, replace

import numpy as np
import pytest

from optimizer import (
    UNREACHABLE,
    Break,
    Lock,
    NoticeKind,
    Previous,
    Problem,
    Result,
    Rule,
    Travel,
    Weights,
    solve,
)
from optimizer.bounds import MOST_CENTS, MOST_SECONDS
from optimizer.solve import Engine
from tests.optimizer.brute_force import BruteForce
from tests.optimizer.small import CREW, FREE, engineer, line, problem, rules, shift, stops, task

ENGINES: tuple[Engine, ...] = ("search", "routing", "insertion")
every_engine = pytest.mark.parametrize("engine", ENGINES)
WHOLE = shift(start_s=-MOST_SECONDS, end_s=MOST_SECONDS, max_overtime_s=MOST_SECONDS)
ISLANDS = Travel(np.where(np.eye(6, dtype=bool), 0, UNREACHABLE))
SLOW = Travel(np.where(np.eye(6, dtype=bool), 0, UNREACHABLE - 1))


def found(engine: Engine, given: Problem) -> Result:
    if engine == "routing":
        return solve(given, seconds=0.3, engine=engine)
    return solve(given, seconds=30, engine=engine, iterations=1_000)


@every_engine
@pytest.mark.parametrize(
    ("odd", "more", "rule"),
    [
        (task(windows=((90_000, 99_000),)), {}, Rule.SHIFT_END),
        (task(windows=((-5_000, -10),)), {}, Rule.WINDOW),
        (task(service_s=400_000), {}, Rule.SHIFT_END),
        (task(lock=Lock("E", 90_000)), {}, Rule.SHIFT_END),
        (task(lock=Lock("E", -1)), {}, Rule.LOCKED_START),
        (task(), {"travel": ISLANDS}, Rule.UNREACHABLE),
        (task(windows=((0, 30_000),)), {"travel": SLOW}, Rule.WINDOW),
        (task(service_s=MOST_SECONDS), {}, Rule.SHIFT_END),
        (task(deadline_s=-MOST_SECONDS), {}, Rule.DEADLINE),
        (task(parts=(("pump", 10**9),)), {}, Rule.PART),
    ],
)
def test_what_cannot_be_is_left_out_with_its_rule_and_the_rest_is_planned(
    engine: Engine, odd: object, more: dict[str, Travel], rule: Rule
) -> None:
    result = found(engine, problem(odd, task("B", place=0), **more))  # type: ignore[arg-type]
    assert rules(result, "A") == {rule}
    assert set(stops(result.plan)) == {"B"}


@every_engine
def test_a_lock_that_breaks_rules_is_kept_and_told_and_the_rest_planned_around(engine: Engine) -> None:
    held = task(
        lock=Lock("E", 3_000), refused=("E",), skills=(("gas", 9),), windows=((0, 10),), deadline_s=20
    )
    result = found(engine, problem(held, task("B"), task("C", place=2)))
    assert stops(result.plan)["A"][1].start_s == 3_000
    assert set(stops(result.plan)) == {"A", "B", "C"}
    assert [one.about for one in result.warnings if one.kind is NoticeKind.LOCK_OVERRULES] == ["A"]


@every_engine
def test_of_two_locks_that_exclude_each_other_one_is_kept(engine: Engine) -> None:
    result = found(engine, problem(task(lock=Lock("E", 1_000)), task("B", lock=Lock("E", 1_100)), task("C")))
    assert "C" in stops(result.plan)
    assert len(result.plan.unplanned) == 1
    assert rules(result, result.plan.unplanned[0].task) == {Rule.NO_ROOM}


@every_engine
@pytest.mark.parametrize(
    "given",
    [
        problem(crew=(engineer(shifts=(WHOLE,)),)),
        problem(
            task(windows=((MOST_SECONDS - 9_000, MOST_SECONDS),)),
            crew=(engineer(shifts=(replace(WHOLE, start_s=MOST_SECONDS - 50_000),)),),
        ),
        problem(
            task(windows=((-MOST_SECONDS, 9_000 - MOST_SECONDS),)),
            crew=(engineer(shifts=(shift(start_s=-MOST_SECONDS, end_s=50_000 - MOST_SECONDS),)),),
        ),
        problem(task(service_s=MOST_SECONDS), crew=(engineer(shifts=(WHOLE,)),)),
        problem(task(due_s=-MOST_SECONDS), crew=(engineer(shifts=(WHOLE,)),), weights=FREE),
        problem(
            task(place=0, service_s=0), crew=(engineer(shifts=(shift(end_s=0),), travel_percent=10_000),)
        ),
        problem(crew=(engineer(shifts=(shift(breaks=tuple(Break(9, n * 99, n * 99) for n in range(30))),)),)),
        problem(task("任务 🛠 é\u0301"), crew=(engineer("工程师"),)),
        problem(task(parts=(("p", 10**9),)), crew=(engineer(parts=(("p", 10**9),)),)),
    ],
    ids=["whole", "latest", "earliest", "longest", "late", "empty shift", "breaks", "unicode", "parts"],
)
def test_what_is_near_a_limit_is_planned(engine: Engine, given: Problem) -> None:
    result = found(engine, given)
    assert result.plan.unplanned == ()
    assert result.score.total_cents == pytest.approx(BruteForce(given).best()[1], abs=10)


@every_engine
@pytest.mark.parametrize("price", [0, 10**9, MOST_CENTS])
def test_prices_of_any_size_overflow_nowhere(engine: Engine, price: int) -> None:
    names = [field.name for field in fields(Weights)]
    weights = Weights(**(dict.fromkeys(names, price) | {"unplanned_percent": min(price, 10**6)}))
    crew = tuple(replace(one, cents_per_hour=price, cents_per_km=price) for one in CREW)
    wish = {"previous": Previous("F", 7), "promised": (1, 2), "lateness_percent": 10**6, "due_s": 5}
    tasks = (task(unplanned_cents=price, **wish), task("B", place=3, unplanned_cents=price))
    given = problem(*tasks, crew=crew, weights=weights)
    result = found(engine, given)
    best = BruteForce(given).best()[1]
    # With nothing priced, nobody minds a task left out; the first plan is not always the best.
    assert result.score.total_cents >= best * (1 - 1e-9) - 10
    if engine == "search":
        assert result.score.total_cents == pytest.approx(best, rel=1e-6)


@every_engine
@pytest.mark.parametrize("name", [field.name for field in fields(Weights)])
def test_one_price_far_above_the_others_overflows_nowhere(engine: Engine, name: str) -> None:
    weights = replace(Weights(), **{name: 10**6 if name == "unplanned_percent" else 10**9})
    tasks = (
        task(due_s=1_000, previous=Previous("F", 9_000)),
        task("B", 2, promised=(0, 10), preferred=("F",)),
    )
    given = problem(*tasks, crew=CREW, weights=weights)
    best = BruteForce(given).best()[1]
    result = found(engine, given)
    assert result.score.total_cents >= best - 10
    if name.startswith("worst") and engine != "search":
        assert f"weights.{name}" in {notice.about for notice in result.warnings}
    elif engine == "search":
        assert result.score.total_cents == pytest.approx(best, rel=1e-6, abs=10)


@every_engine
def test_nobody_and_nothing_are_plans(engine: Engine) -> None:
    assert rules(found(engine, problem(crew=())), "A") == {Rule.NO_ROOM}
    assert found(engine, Problem((), (engineer(),), line())).plan.routes == ()
    assert found(engine, Problem((), (), line())).score.total_cents == 0
