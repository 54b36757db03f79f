"""Solving in a process of its own, watched and told to stop from here."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import DomainError, mark
from optimizer.problem import Problem
from optimizer.result import Progress, Result

_ROOT = Path(__file__).parents[2]
#: How often progress is told, and how often it is asked whether to stop [s].
_BEAT_S, _ASK_S = 0.3, 0.1


class SolverFailed(DomainError):
    """The solving process gave no plan."""

    status = 500
    code = "solver_failed"


def solve_apart(
    problem: Problem,
    seconds: float,
    on_beat: Callable[[float, Progress | None], None],
    should_cancel: Callable[[], bool],
    grace_s: float = 120.0,
    processes: int = 1,
) -> Result:
    """Return the optimizer's result, found in a child process.

    Parameters
    ----------
    problem : Problem
    seconds : float
        Time limit, counted from now on: the child starts within it, but searches half of it at least [s].
    on_beat : callable
        Called some three times a second with the time since the start [s] and the latest progress; what
        it raises ends the child.
    should_cancel : callable
        Asked ten times a second; True ends the search with the best plan so far.
    grace_s : float
        How long after its limit the child may still need to answer [s].
    processes : int
        How many search at once.

    Raises
    ------
    SolverFailed
        The child ended without an answer, or did not end.
    """
    began = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-m", "dispatch.planning.solver_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    answers: queue.Queue[tuple[str, Any]] = queue.Queue()
    reader = threading.Thread(target=_hear, args=(child, answers), daemon=True)
    reader.start()
    try:
        _send(child, (problem, seconds, processes, began))
        latest: Progress | None = None
        beat_at, cancelled = began, False
        while True:
            if time.monotonic() >= beat_at:
                on_beat(time.monotonic() - began, latest)
                beat_at = time.monotonic() + _BEAT_S
            if not cancelled and should_cancel():
                cancelled = True
                _stop(child)
            if time.monotonic() - began > seconds + grace_s:
                raise SolverFailed(mark("The solver did not end in time; plan fewer orders at once."))
            try:
                kind, value = answers.get(timeout=_ASK_S)
            except queue.Empty:
                continue
            if kind == "progress":
                latest = value
            elif kind == "result":
                result: Result = value
                return result
            else:
                raise SolverFailed(
                    mark("The solver ended without a plan (%(how)s); plan fewer orders at once."), how=value
                )
    finally:
        child.kill()
        child.wait()
        reader.join()
        for pipe in (child.stdin, child.stdout):
            _close(pipe)


def _send(child: subprocess.Popen[bytes], value: Any) -> None:
    assert child.stdin is not None
    try:
        pickle.dump(value, child.stdin, protocol=5)
        child.stdin.flush()
    except BrokenPipeError:
        # How it ended is told by the thread that reads its answers.
        return


def _stop(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(b"x")
        child.stdin.flush()
    except BrokenPipeError:
        return


def _hear(child: subprocess.Popen[bytes], answers: queue.Queue[tuple[str, Any]]) -> None:
    assert child.stdout is not None
    while True:
        try:
            answers.put(pickle.load(child.stdout))
        except (EOFError, pickle.UnpicklingError, OSError):
            answers.put(("end", f"exit {child.wait()}"))
            return


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        return
