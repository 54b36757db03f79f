"""What cannot be is refused in a sentence that names it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer import Break, Depot, Link, Lock, Previous, Travel, Weights
from tests.optimizer.small import engineer, line, problem, shift, task

WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: task(id=""), "the id of a task must be a text"),
    (lambda: task(place=-1), "task A: place"),
    (lambda: task(service_s=1.5), "task A: service_s must be a whole number"),  # type: ignore[arg-type]
    (lambda: task(service_s=True), "task A: service_s"),
    (lambda: task(windows=((5, 4),)), "ends .4. before it begins .5."),
    (lambda: task(promised=(5, 4)), "task A: promised has a window"),
    (lambda: task(skills=(("gas", -1),)), "task A: skills of gas"),
    (lambda: task(parts=(("pump", 0),)), "task A: parts of pump"),
    (lambda: task(tools=("saw", "saw")), "task A: tools: saw must come only once"),
    (lambda: task(lock=Lock("E", "noon")), "lock.start_s"),  # type: ignore[arg-type]
    (lambda: task(previous=Previous("E", 0.5)), "previous.start_s"),  # type: ignore[arg-type]
    (lambda: task(unplanned_cents=10**13), "unplanned_cents"),
    (lambda: shift(start_s=5, end_s=4), "a shift has a window that ends"),
    (lambda: shift(breaks=(Break(900, 35_000, 35_101),)), "must lie within its shift"),
    (lambda: shift(breaks=(Break(900, 5_000, 6_000), Break(900, 5_899, 6_000))), "after the break before"),
    (lambda: engineer(shifts=(shift(max_overtime_s=1), shift(start_s=36_000, end_s=40_000))), "runs into"),
    (lambda: engineer(travel_percent=0), "travel_percent"),
    (lambda: Depot(id="D", place=0, parts=(("pump", -1),)), "depot D: parts of pump"),
    (lambda: Link(before="A", after="B", min_gap_s=2, max_gap_s=1), "max_gap_s"),
    (lambda: Link(before="A", after="B", measured_from="noon"), "measured_from"),  # type: ignore[arg-type]
    (lambda: Link(before="A", after="B", engineers="few"), "engineers must be"),  # type: ignore[arg-type]
    (lambda: Weights(travel_cents_per_hour=-1), "weight travel_cents_per_hour"),
    (lambda: problem(task(), task()), "tasks: A must come only once"),
    (lambda: problem(task(place=6)), "task A is at place 6, but travel knows 6 places"),
    (lambda: problem(depots=(Depot(id="D", place=9),)), "depot D is at place 9"),
    (lambda: problem(crew=(engineer(shifts=(shift(end_place=8),)),)), "a shift of engineer E is at place 8"),
    (lambda: problem(links=(Link(before="A", after="Z"),)), "names task Z"),
    (
        lambda: problem(task(), task("B"), links=(Link(before="A", after="B"), Link(before="B", after="A"))),
        "circle among tasks A, B",
    ),
    (lambda: Travel([[0, 1, 2], [1, 0, 2]]), "must be square"),  # type: ignore[arg-type]
    (lambda: Travel([[0, -1], [1, 0]]), "from 0 to"),  # type: ignore[arg-type]
    (lambda: Travel(np.array([[0, np.nan], [1, 0]])), "must be whole numbers"),  # type: ignore[arg-type]
    (
        lambda: Travel(np.zeros((2, 2), dtype=int), np.zeros((3, 3), dtype=int)),
        "travel metres must be of shape",
    ),
    (lambda: Travel(np.zeros((2, 2, 2), dtype=int)), "2 travel bands need as many starts"),
    (lambda: line(band_starts_s=(90_000,)), "start of a travel band"),
]


@pytest.mark.parametrize(("make", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_wrong_input_is_refused_by_name(make: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()


def test_travel_cannot_be_changed_and_compares_by_value() -> None:
    assert line() == line()
    assert line() != line(5)
    assert line() != Travel(line().seconds)
    with pytest.raises(ValueError, match="read-only"):
        line().seconds[0, 0, 0] = 1
