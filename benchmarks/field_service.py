"""Field-service days of 30 to 10,000 jobs: the shared ones, and others made up by seed.

Cost is the seconds of travel and the penalties of the jobs left out. fs-500-lunch is fs-500 with lunch
breaks; gen-500-s1 is made up by seed 1, and may be harder: gen-500-s1+lunch+parts+stock+pairs+days. What an
engine returns is judged by rules of its own, apart from the optimizer's.
"""

import argparse
from pathlib import Path

from benchmarks import command, field_service_days, field_service_rules, generator, peers
from benchmarks.data import Absent
from benchmarks.field_service_days import Day, problem_of, read
from benchmarks.field_service_rules import Halt, Judgement, Tour, judge_orders, judge_tours, needs_times
from benchmarks.store import Outcome, Run, Stopwatch
from optimizer import Plan

INSTANCES = ("fs-100", "fs-500", "fs-500-lunch", "fs-2000")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan", *peers.PEERS), (*peers.OURS, *peers.PEERS), 30.0)


def day_of(instance: str) -> Day:
    """Return the day of a name, made up or from the files.

    Raises
    ------
    Absent
        It is neither.
    """
    if instance.startswith("gen-"):
        recipe = generator.recipe_of(instance)
        if recipe is None:
            raise Absent(f"{instance} is not like gen-500-s1, with +{' +'.join(generator.OPTIONS)} after it.")
        return generator.day_of(recipe)
    return read(instance)


def tours_of(plan: Plan) -> list[Tour]:
    """Return a plan of ours as the rules have it."""
    return [
        Tour(
            route.engineer,
            route.shift,
            route.leave_s,
            [Halt(stop.id, stop.start_s, stop.end_s, dict(stop.parts)) for stop in route.stops],
            route.end_s,
            route.breaks,
        )
        for route in plan.routes
    ]


def measure(run: Run) -> Outcome:
    """Return what an engine made of a day."""
    day = day_of(run.instance)
    asked = problem_of(day)
    peers.prepare(run.engine)
    told = (run.engine, asked, run.limit_s, run.seed, run.threads)
    if needs_times(day):
        with Stopwatch() as watch:
            plan = peers.result(*told).plan
        judged = judge_tours(day, tours_of(plan))
    else:
        with Stopwatch() as watch:
            orders = peers.solve(*told)
        if not orders:
            return {"failed": "no plan", "wall_s": watch.wall_s, "cpu_s": watch.cpu_s}
        judged = judge_orders(day, orders)
    return outcome_of(judged, watch)


def outcome_of(judged: Judgement, watch: Stopwatch) -> Outcome:
    """Return what is told of a plan that was judged."""
    return {
        "cost": judged.cost,
        "left_out": judged.left_out,
        "broken": len(judged.broken),
        "first_broken": judged.broken[:1],
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    files = (field_service_days.__file__, field_service_rules.__file__, generator.__file__)
    return peers.code_of(engine, Path(__file__), *map(Path, files))


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet."""
    peers.require(arguments.engines)
    for instance in arguments.instances:
        day_of(instance)
    command.rows(
        "field_service", arguments, measure, code_of, "cost", {"cost": 14, "left_out": 10, "broken": 8}
    )
    return 0
