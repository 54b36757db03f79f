"""28 Technician Routing and Scheduling instances of Pillac, Guéret and Medaglia: skills, tools, spare parts.

The value is the sum of the routes' durations, each leaving at the best moment; the gap is to the best
published one, and a plan that leaves requests out or breaks a rule has none. See `trsp_rules` for the rules.
"""

import argparse
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import command, peers, trsp_rules
from benchmarks.data import best_known, require, shared
from benchmarks.store import Outcome, Run, Stopwatch
from benchmarks.trsp_rules import DEPOT, Instance, Node, Routes
from optimizer import Depot, Engineer, Plan, Problem, Shift, Task, Travel
from tests.optimizer.field_service import ONLY_TRAVEL

INSTANCES = (
    *("C101", "C103", "C105", "C107", "C109", "C202", "C204", "C206", "C208"),
    *("R102", "R104", "R106", "R108", "R110", "R112", "R202", "R204", "R206", "R208", "R210"),
    *("RC101", "RC103", "RC105", "RC107", "RC201", "RC203", "RC205", "RC207"),
)
_SUFFIX = ".100_25-5-5-5"
#: Seconds of the problem in a unit of the set.
SCALE = 1_000


def file_of(instance: str) -> Path:
    """Return the file of an instance, such as C101."""
    return require(shared("trsp", f"{instance}{_SUFFIX}.txt"))


def problem(instance: Instance) -> Problem:
    """Return an instance as a problem that costs a cent for a thousandth of duration.

    Ways are rounded up to a thousandth, so that routes in time in the problem are in time by the
    set's rules, and their cost is at most a thousandth a way above their worth. Everything else is
    exact. That a route visits the depot once need not be said: the first visit can fetch all.
    """
    nodes = [instance.depot, *instance.technicians.values(), *instance.requests.values()]
    xy = np.array([(node.x, node.y) for node in nodes])
    far = np.sqrt(((xy[:, None] - xy[None]) ** 2).sum(axis=2))
    place_of = {node.id: place for place, node in enumerate(nodes)}
    needed = [
        sum(quantities) for quantities in zip(*(one.parts for one in instance.requests.values()), strict=True)
    ]
    tools = frozenset[int]().union(*(one.tools for one in instance.requests.values()))
    opens_s, closes_s = _window(instance.depot)
    longest_s = max(math.ceil(SCALE * node.closes) for node in nodes)
    return Problem(
        tuple(
            Task(
                id=str(one.id),
                place=place_of[one.id],
                service_s=_scaled(one.service),
                windows=(_window(one),),
                unplanned_cents=10 * longest_s,
                skills=_levels(one.skills),
                parts=_counts(one.parts),
                tools=_names("tool", one.tools),
            )
            for one in instance.requests.values()
        ),
        tuple(
            Engineer(
                id=str(one.id),
                shifts=(
                    Shift(
                        start_s=_window(one)[0],
                        end_s=_window(one)[1],
                        start_place=place_of[one.id],
                        end_place=place_of[one.id],
                    ),
                ),
                skills=_levels(one.skills),
                parts=_counts(one.parts),
                tools=_names("tool", one.tools),
                cents_per_hour=3_600,
                leaves_late=True,
            )
            for one in instance.technicians.values()
        ),
        Travel(np.ceil(SCALE * far - 1e-6).astype(np.int64)),
        depots=(
            Depot(
                id="depot",
                place=place_of[DEPOT],
                service_s=_scaled(instance.depot.service),
                windows=((opens_s, closes_s),),
                parts=_counts(needed),
                tools=_names("tool", tools),
            ),
        ),
        weights=replace(ONLY_TRAVEL, travel_cents_per_hour=0),
    )


def _window(node: Node) -> tuple[int, int]:
    return _scaled(node.opens), _scaled(node.closes)


def _scaled(value: float) -> int:
    scaled = round(SCALE * value)
    if abs(scaled - SCALE * value) > 1e-6:
        raise ValueError(f"{value} is finer than a thousandth")
    return scaled


def _names(kind: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{kind} {number}" for number in sorted(numbers))


def _levels(skills: Iterable[int]) -> tuple[tuple[str, int], ...]:
    return tuple((name, 1) for name in _names("skill", skills))


def _counts(quantities: Iterable[int]) -> tuple[tuple[str, int], ...]:
    return tuple((f"part {number}", quantity) for number, quantity in enumerate(quantities) if quantity)


def routes_of(plan: Plan) -> Routes:
    """Return a plan's routes as the set has them; a second visit to the depot is not worth making."""
    found = {}
    for route in plan.routes:
        ids = [DEPOT if stop.kind == "depot" else int(stop.id) for stop in route.stops]
        first = ids.index(DEPOT) if DEPOT in ids else len(ids)
        found[int(route.engineer)] = [id_ for at, id_ in enumerate(ids) if id_ != DEPOT or at == first]
    return found


def measure(run: Run) -> Outcome:
    """Return what an engine made of an instance."""
    instance = trsp_rules.read(file_of(run.instance))
    asked = problem(instance)
    peers.prepare(run.engine)
    with Stopwatch() as watch:
        result = peers.result(run.engine, asked, run.limit_s, run.seed, run.threads)
    routes = routes_of(result.plan)
    left_out, broken = len(result.plan.unplanned), trsp_rules.violations(instance, routes)
    worth = trsp_rules.worth(instance, routes)
    best = best_known("trsp", "total_duration")[run.instance + _SUFFIX]
    return {
        "duration": round(worth.duration, 3),
        "distance": round(worth.distance, 3),
        "gap_percent": None if broken else round(100 * (worth.duration / best - 1), 3),
        "left_out": left_out,
        "broken": len(broken) - left_out,  # each request left out is one of them
        "first_broken": broken[:1],
        "used": result.engine,
        "not_optimised": [notice.about for notice in result.warnings if notice.kind == "not_optimised"],
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    return peers.code_of(engine, Path(__file__), Path(trsp_rules.__file__))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan",), tuple(peers.OURS), 60.0)


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet, and print the mean gap of every engine."""
    best_known("trsp", "total_duration")
    for instance in arguments.instances:
        file_of(instance)
    columns = {"duration": 12, "gap_percent": 12, "left_out": 10, "broken": 8}
    rows = command.rows("trsp", arguments, measure, code_of, "duration", columns)
    command.print_gaps(arguments, rows)
    return 0
