"""Our own engines."""

from typing import Any

import optimizer
from optimizer import Problem


def solve(problem: Problem, seconds: float, seed: int, threads: int, engine: Any) -> dict[str, list[str]]:
    """Return who does what in what order; one thread, whatever is given."""
    plan = optimizer.solve(problem, seconds=seconds, engine=engine, seed=seed).plan
    return {route.engineer: [stop.id for stop in route.stops if stop.kind == "task"] for route in plan.routes}
