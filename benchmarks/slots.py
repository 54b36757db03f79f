"""How soon a caller hears what a slot of two hours costs in a planned day.

The day is planned first, the same for every engine. Ours quotes the slot beside that plan, exactly; the
peers, which have no words for that, are given the whole day with the caller's job in the slot.
"""

import argparse
import random
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import command, field_service, peers
from benchmarks.field_service_days import problem_of
from benchmarks.store import Outcome, Run, Stopwatch
from optimizer import Problem, Task, solve
from optimizer.slots import Quoter
from optimizer.tasks import Window

INSTANCES = ("fs-500", "fs-500-lunch")
#: Callers for our quotes, and for a peer's plans.
CALLERS, PEER_CALLERS = 1_000, 3
_SLOT_S, _STEPS = 7_200, 200_000


def callers(asked: Problem, count: int, seed: int) -> list[tuple[Task, Window]]:
    """Return jobs like those of a day, each with a slot drawn from the day."""
    dice = random.Random(seed)
    opens_s = min(shift.start_s for one in asked.engineers for shift in one.shifts)
    closes_s = max(shift.end_s for one in asked.engineers for shift in one.shifts) - _SLOT_S
    drawn = [(dice.choice(asked.tasks), dice.randrange(opens_s, closes_s)) for _ in range(count)]
    return [
        (replace(like, id="the caller's", windows=()), (from_s, from_s + _SLOT_S)) for like, from_s in drawn
    ]


def measure(run: Run) -> Outcome:
    """Return how long an engine took for each caller."""
    asked, took, offers = problem_of(field_service.day_of(run.instance)), [], 0
    peers.prepare(run.engine)
    with Stopwatch() as watch:
        if run.engine in peers.OURS:
            quoter = Quoter(asked, solve(asked, seconds=300, seed=run.seed, iterations=_STEPS).plan)
            quoter.quote(*_asked(callers(asked, 1, run.seed + 1)[0]))
            for caller in callers(asked, CALLERS, run.seed):
                began = time.perf_counter()
                offers += len(quoter.quote(*_asked(caller)).offers)
                took.append(time.perf_counter() - began)
        else:
            for job, slot in callers(asked, PEER_CALLERS, run.seed):
                whole = replace(asked, tasks=(*asked.tasks, replace(job, windows=(slot,))))
                began = time.perf_counter()
                orders = peers.solve(run.engine, whole, run.limit_s, run.seed, run.threads)
                took.append(time.perf_counter() - began)
                offers += any(job.id in order for order in orders.values())
    p50_s, p99_s = np.percentile(took, [50, 99])
    return {
        "p50_ms": float(1_000 * p50_s),
        "p99_ms": float(1_000 * p99_s),
        "quotes": len(took),
        "offers": offers,
        "broken": 0,
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
    }


def _asked(caller: tuple[Task, Window]) -> tuple[Task, list[Window]]:
    return caller[0], [caller[1]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(
        parser, INSTANCES, ("paidan", "vroom", "pyvrp", "ortools"), ("paidan", *peers.PEERS), 5.0
    )


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet."""
    peers.require(arguments.engines)
    for instance in arguments.instances:
        field_service.day_of(instance)
    columns = {"p50_ms": 12, "p99_ms": 12, "quotes": 8, "offers": 8}
    command.rows("slots", arguments, measure, code_of, "p50_ms", columns)
    return 0


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    return f"{field_service.code_of(engine)} {peers.code_of('paidan', Path(__file__))}"
