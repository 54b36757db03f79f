"""Generated field-service days of 100 to 10,000 jobs.

Cost is the seconds of travel and the penalties of the jobs left out. INSTANCE-lunch is the day with lunch
breaks. What an engine returns is judged by rules of its own, apart from the optimizer's.
"""

import argparse

from benchmarks import command, peers
from benchmarks.field_service_days import file_of, judge, problem
from benchmarks.store import Outcome, Run, Stopwatch

INSTANCES = ("fs-100", "fs-500", "fs-500-lunch", "fs-2000")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan", *peers.PEERS), (*peers.OURS, *peers.PEERS), 30.0)


def measure(run: Run) -> Outcome:
    """Return what an engine made of a day."""
    day = problem(run.instance)
    with Stopwatch() as watch:
        orders = peers.solve(run.engine, day, run.limit_s, run.seed, run.threads)
    cost, left_out, broken = judge(run.instance, orders)
    return {
        "cost": cost,
        "left_out": left_out,
        "broken": len(broken),
        "first_broken": broken[:1],
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet."""
    peers.require(arguments.engines)
    for instance in arguments.instances:
        file_of(instance)
    command.rows(
        "field_service", arguments, measure, peers.code_of, {"cost": 14, "left_out": 10, "broken": 8}
    )
    return 0
