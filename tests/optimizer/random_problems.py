"""Small problems of every mix of features, for hypothesis."""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from optimizer import (
    UNREACHABLE,
    Break,
    Depot,
    Engineer,
    Link,
    Lock,
    Previous,
    Problem,
    Shift,
    Task,
    Travel,
    Weights,
)

_PLACES = 5
_NAMES = ("E0", "E1", "E2", "gone")
_seconds = st.integers(0, 30_000)


def _some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2).map(tuple)


def _counts(*names: str, least: int = 0) -> st.SearchStrategy[tuple[tuple[str, int], ...]]:
    pairs = st.tuples(st.sampled_from(names), st.integers(least, 3))
    return st.lists(pairs, unique_by=lambda pair: pair[0], max_size=2).map(tuple)


def _rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.none(), strategy)


_windows = st.tuples(_seconds, _seconds).map(lambda pair: (min(pair), max(pair)))


@st.composite
def _travel(draw: st.DrawFn) -> Travel:
    bands = draw(st.sampled_from([(0,), (3_000, 9_000)]))
    count = len(bands) * _PLACES**2
    legs = st.one_of(*[st.integers(0, 3_000)] * 9, st.just(UNREACHABLE))
    seconds = np.array(draw(st.lists(legs, min_size=count, max_size=count))).reshape(-1, _PLACES, _PLACES)
    metres = seconds[0] % 50_000 if draw(st.booleans()) else None
    return Travel(seconds, metres, bands, period_s=12_000)


@st.composite
def _task(draw: st.DrawFn, number: int) -> Task:
    return Task(
        id=f"T{number}",
        place=draw(st.integers(0, _PLACES - 1)),
        service_s=draw(st.integers(0, 5_000)),
        windows=tuple(draw(st.lists(_windows, max_size=3))),
        due_s=draw(_rarely(_seconds)),
        deadline_s=draw(_rarely(_seconds)),
        unplanned_cents=draw(st.integers(0, 100_000)),
        skills=draw(_counts("gas", "power")),
        parts=draw(_counts("pump", "valve", least=1)),
        tools=draw(_some("saw")),
        territory=draw(_rarely(st.sampled_from(["north", "south"]))),
        preferred=draw(_some(*_NAMES)),
        refused=draw(_some(*_NAMES)),
        required=draw(_rarely(_some(*_NAMES))) or (),
        lock=draw(_rarely(st.builds(Lock, _rarely(st.sampled_from(_NAMES)), _rarely(_seconds)))),
        previous=draw(_rarely(st.builds(Previous, st.sampled_from(_NAMES), _seconds))),
        promised=draw(_rarely(_windows)),
    )


@st.composite
def _shift(draw: st.DrawFn, start_s: int) -> Shift:
    long_s = draw(st.integers(4_000, 14_000))
    breaks = []
    if draw(st.booleans()):
        breaks.append(Break(600, start_s + draw(st.integers(0, 1_000)), start_s + 2_000))
        if draw(st.booleans()):
            breaks.append(Break(300, start_s + 2_600, start_s + 3_600))
    return Shift(
        start_s=start_s,
        end_s=start_s + long_s,
        start_place=draw(st.integers(0, _PLACES - 1)),
        end_place=draw(st.one_of(st.none(), st.integers(0, _PLACES - 1))),
        breaks=tuple(breaks),
        max_overtime_s=draw(st.sampled_from([0, 1_000])),
        max_tasks=draw(_rarely(st.integers(0, 4))),
        max_work_s=draw(_rarely(st.integers(0, 9_000))),
    )


@st.composite
def _engineer(draw: st.DrawFn, number: int) -> Engineer:
    starts = draw(st.sampled_from([(0,), (500,), (0, 15_000), ()]))
    return Engineer(
        id=f"E{number}",
        shifts=tuple(draw(_shift(start_s)) for start_s in starts),
        skills=draw(_counts("gas", "power")),
        tools=draw(_some("saw")),
        parts=draw(_counts("pump", "valve")),
        territories=draw(_some("north", "south")),
        travel_percent=draw(st.sampled_from([80, 100, 133])),
        cents_per_hour=draw(st.sampled_from([0, 5_000])),
        cents_per_km=draw(st.sampled_from([0, 30])),
        leaves_late=draw(st.booleans()),
        max_tasks=draw(_rarely(st.integers(0, 5))),
        max_work_s=draw(_rarely(st.integers(0, 15_000))),
    )


@st.composite
def _link(draw: st.DrawFn, tasks: int) -> Link:
    before, after = sorted(draw(st.lists(st.integers(0, tasks - 1), min_size=2, max_size=2, unique=True)))
    min_gap_s = draw(st.sampled_from([0, 500]))
    return Link(
        before=f"T{before}",
        after=f"T{after}",
        min_gap_s=min_gap_s,
        max_gap_s=draw(st.sampled_from([None, min_gap_s, 4_000])),
        measured_from=draw(st.sampled_from(["end", "start"])),
        engineers=draw(st.sampled_from(["any", "same", "different"])),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a problem of up to seven tasks and three engineers."""
    tasks = tuple(draw(_task(number)) for number in range(draw(st.integers(0, 7))))
    links = draw(st.lists(_link(len(tasks)), max_size=2)) if len(tasks) > 1 else []
    prices = {field.name: draw(st.sampled_from([0, 100, 7_000])) for field in fields(Weights)}
    depot = Depot(id="D", place=0, parts=(("pump", 2),))
    return Problem(
        tasks,
        tuple(draw(_engineer(number)) for number in range(draw(st.integers(0, 3)))),
        draw(_travel()),
        (depot,) if draw(st.booleans()) else (),
        tuple(links),
        Weights(**prices),
    )


@st.composite
def plain_problems(draw: st.DrawFn) -> Problem:
    """Draw a problem without all that a place on a route alone does not tell the price of."""
    problem = draw(problems())
    weights = replace(
        problem.weights,
        lateness_cents_per_hour=0,
        worst_lateness_cents_per_hour=0,
        overtime_cents_per_hour=0,
        spread_cents_per_hour=0,
        change_time_cents_per_hour=0,
    )
    engineers = [
        replace(
            one,
            shifts=tuple(replace(shift, max_overtime_s=0, max_work_s=None) for shift in one.shifts),
            cents_per_hour=0,
            max_work_s=None,
        )
        for one in problem.engineers
    ]
    if draw(st.booleans()):  # all alike
        engineers = [replace(engineers[0], id=one.id) for one in engineers]
    return replace(
        problem,
        tasks=tuple(replace(task, promised=None) for task in problem.tasks),
        engineers=tuple(engineers),
        travel=Travel(problem.travel.seconds[:1], problem.travel.metres, (0,), period_s=12_000),
        depots=(),
        links=(),
        weights=weights,
    )
