"""Every engine that is measured, behind one call: an `optimizer.Problem` in, who does what in what order out.

A peer is a module with `PACKAGE`, the package it needs, and `solve(problem, seconds, seed, threads)`;
it takes a cent for a second of travel and raises `CannotSay` where the solver has no words for a problem.
"""

import importlib
import importlib.util
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import optimizer
from benchmarks.data import Absent
from benchmarks.store import digest
from optimizer import Problem
from optimizer.solve import ENGINES

#: The ids of the tasks of every engineer, in order.
Orders = dict[str, list[str]]

OURS = {"paidan": "auto"} | {f"paidan-{engine}": engine for engine in ENGINES if engine != "auto"}
PEERS: tuple[str, ...] = ()
_HERE = Path(__file__).parent


class CannotSay(Exception):
    """A solver cannot be told something that a problem asks for; the message says what."""


def require(engines: Sequence[str]) -> None:
    """Make sure that engines are there.

    Raises
    ------
    Absent
        A peer's package is not installed.
    """
    for engine in engines:
        if engine in PEERS:
            package = importlib.import_module(f"benchmarks.peers.{engine}").PACKAGE
            if importlib.util.find_spec(package) is None:
                raise Absent(
                    f"{engine} is not installed: `make benchmarks` installs it, --engines leaves it out."
                )


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    if engine in OURS:
        return digest(Path(optimizer.__file__).parent, _HERE / "paidan.py")
    peer = importlib.import_module(f"benchmarks.peers.{engine}")
    return f"{version(peer.PACKAGE)} {digest(_HERE / f'{engine}.py')}"


def solve(engine: str, problem: Problem, seconds: float, seed: int, threads: int) -> Orders:
    """Return an engine's plan.

    Raises
    ------
    CannotSay
        The engine has no words for the problem.
    """
    if engine in OURS:
        from benchmarks.peers import paidan

        return paidan.solve(problem, seconds, seed, threads, OURS[engine])
    peer = importlib.import_module(f"benchmarks.peers.{engine}")
    orders: Orders = peer.solve(problem, seconds, seed, threads)
    return orders
