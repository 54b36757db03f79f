"""Five urgent jobs come into a planned day: how soon they are in the plan, and whom else that moves.

The day without them is planned first, the same for every engine. Then each engine is given the whole day:
ours with the plan as published, at a price for every job that changes its engineer; the peers, which have no
words for that, from scratch. Moved are jobs that were planned and have another engineer then, or none.
"""

import argparse
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks import command, field_service, field_service_rules, peers
from benchmarks.field_service_days import problem_of
from benchmarks.peers.plain import Orders
from benchmarks.store import Outcome, Run, Stopwatch
from optimizer import Plan, Previous, Problem, solve

INSTANCES = ("fs-500", "fs-500-lunch")
URGENT = 5
#: What a job costs that changes its engineer, as seconds of travel; and leaving out an urgent one.
CHANGE_CENTS, URGENT_CENTS = 900, 10_000_000
#: Steps of the search for the plan before.
_STEPS = 200_000


def before(asked: Problem, seed: int) -> tuple[Problem, Plan, frozenset[str]]:
    """Return the day as it is asked anew, the plan before, and which jobs are urgent and new in it."""
    urgent = frozenset(random.Random(seed).sample([task.id for task in asked.tasks], URGENT))
    rest = replace(asked, tasks=tuple(task for task in asked.tasks if task.id not in urgent))
    plan = solve(rest, seconds=300, seed=seed, iterations=_STEPS).plan
    stood = {
        stop.id: Previous(route.engineer, stop.start_s)
        for route in plan.routes
        for stop in route.stops
        if stop.kind == "task"
    }
    tasks = tuple(
        replace(task, unplanned_cents=URGENT_CENTS)
        if task.id in urgent
        else replace(task, previous=stood.get(task.id))
        for task in asked.tasks
    )
    weights = replace(asked.weights, change_engineer_cents=CHANGE_CENTS)
    return replace(asked, tasks=tasks, weights=weights), plan, urgent


def measure(run: Run) -> Outcome:
    """Return what an engine made of a day with urgent jobs."""
    day = field_service.day_of(run.instance)
    asked, plan, urgent = before(problem_of(day), run.seed)
    unplanned = tuple(replace(task, previous=None) for task in asked.tasks)
    plain = replace(asked, tasks=unplanned, weights=replace(asked.weights, change_engineer_cents=0))
    peers.prepare(run.engine)
    told = asked if run.engine in peers.OURS else plain
    with Stopwatch() as watch:
        orders = peers.solve(run.engine, told, run.limit_s, run.seed, run.threads)
    if not orders:
        return {"failed": "no plan", "wall_s": watch.wall_s, "cpu_s": watch.cpu_s}
    judged = field_service_rules.judge_orders(day, orders)
    was, now = engineers_of(peers.orders_of(plan)), engineers_of(orders)
    return {
        "served": sum(job in now for job in urgent),
        "moved": sum(now.get(job) != engineer for job, engineer in was.items()),
        **field_service.outcome_of(judged, watch),
    }


def engineers_of(orders: Orders) -> Mapping[str, str]:
    """Return the engineer of every job."""
    return {job: engineer for (engineer, _), order in orders.items() for job in order}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(
        parser, INSTANCES, ("paidan", "vroom", "pyvrp"), (*peers.OURS, *peers.PEERS), 0.5
    )


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet."""
    peers.require(arguments.engines)
    for instance in arguments.instances:
        field_service.day_of(instance)
    columns = {"served": 8, "moved": 7, "cost": 14, "left_out": 10, "broken": 8}
    command.rows("reopt", arguments, measure, code_of, "moved", columns)
    return 0


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    # The plan before is ours for every engine.
    return f"{field_service.code_of(engine)} {peers.code_of('paidan', Path(__file__))}"
