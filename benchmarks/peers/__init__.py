"""Every engine that is measured, behind one call: an `optimizer.Problem` in, who does what in what order out.

A peer is a module of this package with `solve(problem, seconds, seed, threads)`; it takes a cent for a
second of travel and raises `CannotSay` where the solver has no words for a problem.
"""

import importlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import optimizer
from benchmarks.data import Absent
from benchmarks.peers import paidan
from benchmarks.peers.plain import CannotSay, Orders, plain_of
from benchmarks.store import digest
from optimizer import Plan, Problem, Result
from optimizer.solve import ENGINES

OURS = {"paidan": "auto"} | {f"paidan-{engine}": engine for engine in ENGINES if engine != "auto"}
#: The distribution that each peer needs.
PEERS = {"ortools": "ortools", "pyvrp": "pyvrp", "vroom": "pyvroom"}
#: The peers that use as many threads as they are given.
PARALLEL = frozenset({"pyvrp", "vroom"})
_HERE = Path(__file__).parent

__all__ = [
    "OURS",
    "PARALLEL",
    "PEERS",
    "CannotSay",
    "Orders",
    "code_of",
    "cores",
    "require",
    "result",
    "solve",
]


def require(engines: Sequence[str]) -> None:
    """Make sure that engines are there.

    Raises
    ------
    Absent
        A peer's package is not installed.
    """
    for engine in engines:
        if engine in PEERS:
            try:
                version(PEERS[engine])
            except PackageNotFoundError:
                raise Absent(
                    f"{engine} is not installed: `make benchmarks` installs it, --engines leaves it out."
                ) from None


def code_of(engine: str, *files: Path) -> str:
    """Return what stands for an engine's code in the key of a result.

    Parameters
    ----------
    engine : str
    *files : Path
        What poses the problem and judges the plan.
    """
    if engine in OURS:
        return digest(Path(optimizer.__file__).parent, _HERE / "paidan.py", *files)
    return f"{version(PEERS[engine])} {digest(_HERE / f'{engine}.py', _HERE / 'plain.py', *files)}"


def cores(engine: str, threads: int) -> int:
    """Return how many of the cores it is given an engine uses."""
    return threads if engine in PARALLEL or (engine in OURS and paidan.IS_PARALLEL) else 1


def prepare(engine: str) -> None:
    """Load an engine, so that only what it does with a problem is measured."""
    if engine in OURS:
        paidan.prepare(OURS[engine])
    else:
        importlib.import_module(f"benchmarks.peers.{engine}")


def result(engine: str, problem: Problem, seconds: float, seed: int, threads: int) -> Result:
    """Return what an engine of ours finds, with every time of the plan.

    Raises
    ------
    CannotSay
        It is not ours: peers say orders only.
    """
    if engine not in OURS:
        plain_of(problem)
        raise CannotSay("times")
    return paidan.result(problem, seconds, seed, threads, OURS[engine])


def orders_of(plan: Plan) -> Orders:
    """Return a plan without its times and depots."""
    return {
        (route.engineer, route.shift): [stop.id for stop in route.stops if stop.kind == "task"]
        for route in plan.routes
    }


def solve(engine: str, problem: Problem, seconds: float, seed: int, threads: int) -> Orders:
    """Return an engine's plan.

    Raises
    ------
    CannotSay
        The engine has no words for the problem.
    """
    if engine in OURS:
        plan = result(engine, problem, seconds, seed, threads).plan
        return orders_of(plan)
    peer = importlib.import_module(f"benchmarks.peers.{engine}")
    orders: Orders = peer.solve(problem, seconds, seed, threads)
    return orders
