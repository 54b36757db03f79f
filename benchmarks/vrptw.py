"""Ten VRPTW instances of Solomon and of Gehring and Homberger, distance only.

Distances are truncated to one decimal (DIMACS). The gap is to the best published distance; a plan that
leaves customers out or breaks a rule has none.
"""

import argparse
from pathlib import Path

from benchmarks import command, peers, vrptw_instances
from benchmarks.data import best_known
from benchmarks.store import Outcome, Run, Stopwatch
from benchmarks.vrptw_instances import file_of, judge, problem, read

INSTANCES = (
    "C101", "R101", "RC108", "R208", "C1_2_4", "R1_2_5", "RC2_2_5", "RC1_4_5", "R2_4_5", "RC1_10_5",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan", *peers.PEERS), (*peers.OURS, *peers.PEERS), 30.0)


def measure(run: Run) -> Outcome:
    """Return what an engine made of an instance."""
    instance = read(file_of(run.instance))
    asked = problem(instance)
    peers.prepare(run.engine)
    with Stopwatch() as watch:
        orders = peers.solve(run.engine, asked, run.limit_s, run.seed, run.threads)
    if not orders:
        return {"failed": "no plan", "wall_s": watch.wall_s, "cpu_s": watch.cpu_s}
    distance, left_out, broken = judge(instance, orders)
    valid = not left_out and not broken
    best = best_known("vrptw", "distance").get(run.instance)
    return {
        "distance": distance / 10,
        "gap_percent": round(100 * (distance / 10 / best - 1), 3) if valid and best else None,
        "routes": sum(1 for order in orders.values() if order),
        "left_out": left_out,
        "broken": len(broken),
        "first_broken": broken[:1],
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    return peers.code_of(engine, Path(__file__), Path(vrptw_instances.__file__))


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet, and print the mean gap of every engine."""
    peers.require(arguments.engines)
    best_known("vrptw", "distance")
    for instance in arguments.instances:
        file_of(instance)
    columns = {"distance": 11, "gap_percent": 12, "routes": 8, "left_out": 10, "broken": 8}
    rows = command.rows("vrptw", arguments, measure, code_of, "distance", columns)
    command.print_gaps(arguments, rows)
    return 0
