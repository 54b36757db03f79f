"""What cannot be is refused in a sentence that names it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer import Break, Depot, Link, Lock, Previous, Problem, Travel, Weights
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
    (lambda: task(id="\ud83d"), "holds half a character"),
    (lambda: task(windows=((1, 2, 3),)), "task A: windows must be pairs"),  # type: ignore[arg-type]
    (lambda: task(skills=("gas",)), "task A: skills must be pairs"),  # type: ignore[arg-type]
    (lambda: task(tools="saw"), "task A: tools must be a tuple of texts, not one"),  # type: ignore[arg-type]
    (lambda: task(territory=""), "task A: territory must be a text"),
    (lambda: task(lock="E"), "task A: lock must be a Lock, not a str"),  # type: ignore[arg-type]
    (lambda: task(lock=Lock(5)), "task A: lock.engineer must be a text"),  # type: ignore[arg-type]
    (lambda: task(previous="E"), "task A: previous must be a Previous"),  # type: ignore[arg-type]
    (lambda: task(previous=Previous("", 5)), "task A: previous.engineer must be a text"),
    (lambda: shift(breaks=((1, 2, 3),)), "a break of a shift must be a Break"),  # type: ignore[arg-type]
    (lambda: engineer(shifts=(None,)), "engineer E: a shift must be a Shift"),  # type: ignore[arg-type]
    (lambda: Weights(travel_cents_per_hour=float("nan")), "not nan"),  # type: ignore[arg-type]
    (lambda: Problem([task()], (), line()), "tasks must be a tuple, not a list"),  # type: ignore[arg-type]
    (lambda: Problem((None,), (), line()), "tasks must be a Task"),  # type: ignore[arg-type]
    (lambda: Problem((), (), None), "travel must be a Travel"),  # type: ignore[arg-type]
    (lambda: problem(weights=None), "weights must be a Weights"),
    (lambda: problem(crew=(engineer(), engineer())), "engineers: E must come only once"),
    (lambda: problem(task(), task()), "tasks: A must come only once"),
    (lambda: problem(task(place=6)), "task A is at place 6, but travel knows 6 places"),
    (lambda: problem(depots=(Depot(id="D", place=9),)), "depot D is at place 9"),
    (lambda: problem(crew=(engineer(shifts=(shift(end_place=8),)),)), "a shift of engineer E is at place 8"),
    (lambda: problem(links=(Link(before="A", after="Z"),)), "names task Z"),
    (
        lambda: problem(task(), task("B"), links=(Link(before="A", after="B"), Link(before="B", after="A"))),
        "circle among tasks A, B",
    ),
    (lambda: problem(links=(Link(before="A", after="A"),)), "circle among tasks A"),
    (lambda: Travel([[0, 1], [1]]), "must have rows of the same length"),  # type: ignore[arg-type]
    (lambda: Travel([["a"]]), "must be whole numbers, not <U1"),  # type: ignore[arg-type]
    (lambda: Travel(None), "must be whole numbers"),  # type: ignore[arg-type]
    (lambda: Travel(np.zeros((2, 2), dtype=bool)), "must be whole numbers, not bool"),  # type: ignore[arg-type]
    (
        lambda: Travel(np.full((2, 2), np.inf)),
        "round them first; where there is no way, seconds are 2147483647",
    ),  # type: ignore[arg-type]
    (lambda: Travel(np.full((2, 2), 2**63, dtype=np.uint64)), "from 0 to 2147483647"),
    (lambda: Travel(np.zeros((1, 1, 2, 2), dtype=int)), "must be square"),
    (lambda: Travel([5, 6]), "must be square"),  # type: ignore[arg-type]
    (lambda: line(band_starts_s=None), "starts of the travel bands must be a tuple"),
    (lambda: line(period_s=0), "period of the travel bands"),
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


def test_a_matrix_too_large_is_refused_before_it_is_read() -> None:
    huge = np.broadcast_to(np.int32(0), (100_000, 100_000))  # 40 GB, if anybody copied it
    with pytest.raises(
        ValueError, match="of 100,000 places are too many: at most 30,000; make one problem of"
    ):
        Travel(huge)
    with pytest.raises(ValueError, match="travel metres of 100,000 places"):
        Travel(line().seconds, huge)


def test_more_tasks_than_fit_are_refused_with_the_way_out() -> None:
    many = tuple(task(str(number), place=0) for number in range(100_001))
    with pytest.raises(
        ValueError, match=r"100,001 tasks for 1 engineers are too many .* one problem of each"
    ):
        problem(*many)
    crew = tuple(engineer(str(number)) for number in range(2_001))
    with pytest.raises(ValueError, match=r"100,000 tasks for 2,001 engineers .* 200,000,000 tasks times"):
        problem(*many[:-1], crew=crew)
    assert len(problem(*many[:-1]).tasks) == 100_000
