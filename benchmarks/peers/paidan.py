"""Our own engines."""

import inspect
from typing import Any

import optimizer
from optimizer import Problem, Result

#: Whether they use more cores than one.
IS_PARALLEL = "processes" in inspect.signature(optimizer.solve).parameters


def result(problem: Problem, seconds: float, seed: int, threads: int, engine: Any) -> Result:
    """Return what an engine of ours finds, in as many processes as threads are given where it knows any."""
    processes: dict[str, Any] = {"processes": threads} if IS_PARALLEL else {}
    return optimizer.solve(problem, seconds=seconds, engine=engine, seed=seed, **processes)
