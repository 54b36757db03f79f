"""The solving process and its watch."""

from __future__ import annotations

import io
import os
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch.planning import solver_process, solving
from dispatch.planning.reasons import NOTICES, SENTENCES
from dispatch.planning.solving import SolverFailed, solve_apart
from optimizer.crew import Engineer, Shift
from optimizer.plan import Rule
from optimizer.problem import Problem
from optimizer.result import NoticeKind
from optimizer.tasks import Task
from optimizer.travel import Travel
from optimizer.warmth import warm


def small_problem(tasks: int = 3) -> Problem:
    count = tasks + 1
    seconds = np.full((count, count), 600, dtype=np.int32)
    np.fill_diagonal(seconds, 0)
    shift = Shift(start_s=0, end_s=30_000, start_place=0, end_place=0)
    return Problem(
        tasks=tuple(Task(id=f"t{index}", place=index + 1, service_s=600) for index in range(tasks)),
        engineers=(Engineer(id="a", shifts=(shift,)),),
        travel=Travel(seconds, seconds * 10),
    )


@pytest.fixture
def inbox() -> Iterator[tuple[int, Any]]:
    """A pipe: the end the solver hears on, and the file the other side writes to."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        yield reading, stream
    os.close(reading)


def answers_of(out: io.BytesIO) -> list[tuple[str, Any]]:
    out.seek(0)
    found = []
    while out.tell() < len(out.getbuffer()):
        found.append(pickle.load(out))
    return found


def serve(
    inbox: tuple[int, Any], problem: Problem, seconds: float = 0.5, late_s: float = 0.0
) -> list[tuple[str, Any]]:
    reading, stream = inbox
    pickle.dump((problem, seconds, 1, time.monotonic() - late_s), stream, protocol=5)
    stream.flush()
    out = io.BytesIO()
    solver_process.serve(reading, out)
    return answers_of(out)


def test_progress_comes_before_the_result(inbox: tuple[int, Any]) -> None:
    answers = serve(inbox, small_problem())
    assert answers[0][0] == "progress"
    assert (answers[-1][0], answers[-1][1].score.planned_tasks) == ("result", 3)


def test_one_byte_ends_the_search_with_the_plan_so_far(
    inbox: tuple[int, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stream = inbox
    pickle.dump((small_problem(), 20.0, 1, time.monotonic()), stream, protocol=5)
    stream.write(b"x")
    stream.flush()
    out = io.BytesIO()
    solver_process.serve(reading, out)
    assert answers_of(out)[-1][1].stopped == "cancelled"


@pytest.mark.parametrize(("late_s", "seconds"), [(4.0, 6.0), (9.0, 5.0)])
def test_what_the_start_took_is_off_the_limit(
    inbox: tuple[int, Any], monkeypatch: pytest.MonkeyPatch, late_s: float, seconds: float
) -> None:
    asked: list[float] = []

    def solve(problem: Problem, **given: Any) -> str:
        asked.append(given["seconds"])
        return "plan"

    monkeypatch.setattr(solver_process, "solve", solve)
    warm()
    assert serve(inbox, small_problem(), 10.0, late_s) == [("result", "plan")]
    assert asked == [pytest.approx(seconds, abs=0.5)]


def test_a_problem_the_engine_chokes_on_is_told_and_not_swallowed(inbox: tuple[int, Any]) -> None:
    assert serve(inbox, small_problem(), seconds=-1)[-1][0] == "error"


class Gone(Exception):
    """Stands for the end of the process."""


def test_the_solver_ends_with_the_one_who_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise Gone

    monkeypatch.setattr(os, "_exit", leave)
    reading, writing = os.pipe()
    os.close(writing)
    with pytest.raises(Gone):
        solver_process._Ear(reading).should_stop()
    with pytest.raises(Gone):
        solver_process.serve(reading, io.BytesIO())
    os.close(reading)


def test_reading_takes_no_byte_too_many() -> None:
    stream = io.BytesIO(b"line\nrest!")
    exactly = solver_process._Exactly(stream)
    assert (exactly.readline(), exactly.read(4), stream.read()) == (b"line\n", b"rest", b"!")


def test_a_problem_is_solved_in_another_process_and_beats_tell_how_far() -> None:
    beats: list[float] = []
    result = solve_apart(small_problem(), 0.5, lambda elapsed_s, _: beats.append(elapsed_s), lambda: False)
    assert result.score.planned_tasks == 3
    assert beats


def test_a_cancelled_search_answers_with_its_plan_so_far() -> None:
    result = solve_apart(small_problem(30), 60, lambda *_: None, lambda: True)
    assert result.stopped == "cancelled"


def test_a_solver_that_does_not_end_is_ended() -> None:
    with pytest.raises(SolverFailed, match="did not end in time"):
        solve_apart(small_problem(), 0.1, lambda *_: None, lambda: False, grace_s=-1)


def test_what_the_solver_says_before_it_fails_is_in_the_sentence() -> None:
    with pytest.raises(SolverFailed, match="ValueError"):
        solve_apart(small_problem(), -1, lambda *_: None, lambda: False)


def test_a_solver_that_dies_at_once_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec 0<&-\nsleep 1.2\nexit 3\n")
    deaf.chmod(0o755)
    monkeypatch.setattr(solving.sys, "executable", str(deaf))
    with pytest.raises(SolverFailed, match="exit 3"):
        solve_apart(small_problem(200), 5, lambda *_: None, lambda: True)
    assert sys.executable == str(deaf)


def test_every_rule_and_notice_has_its_sentence() -> None:
    assert set(Rule) <= set(SENTENCES)
    assert set(NOTICES) == set(NoticeKind)
