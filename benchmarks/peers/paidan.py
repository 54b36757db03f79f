"""Our own engines."""

import importlib.util
import inspect
from typing import Any

import optimizer
from optimizer import Problem, Result

#: Whether they use more cores than one.
IS_PARALLEL = "processes" in inspect.signature(optimizer.solve).parameters
#: Those that compile nothing.
_AT_ONCE = ("insertion", "routing")


def prepare(engine: Any) -> None:
    """Let an engine of ours compile what it compiles once, so that it is not measured."""
    if engine not in _AT_ONCE and importlib.util.find_spec("optimizer.warmth"):
        importlib.import_module("optimizer.warmth").warm()


def result(problem: Problem, seconds: float, seed: int, threads: int, engine: Any) -> Result:
    """Return what an engine of ours finds, in as many processes as threads are given where it knows any."""
    processes: dict[str, Any] = {"processes": threads} if IS_PARALLEL else {}
    return optimizer.solve(problem, seconds=seconds, engine=engine, seed=seed, **processes)
