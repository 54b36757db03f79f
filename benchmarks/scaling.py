"""Days of 30 to 10,000 jobs made up by one seed: cost, time and memory against their size.

As `field-service`, and for our engines when the first plan was there. The chart shows all of it, a line an
engine.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optimizer
from benchmarks import command, field_service, field_service_rules, peers, tables
from benchmarks.field_service_days import problem_of
from benchmarks.store import Outcome, Run, Stopwatch, digest
from optimizer import Progress

SIZES = (30, 100, 500, 2_000, 10_000)
INSTANCES = tuple(f"gen-{size}-s1" for size in SIZES)
#: What the chart shows, and what is written beside it.
_SHOWN = {
    "cost_a_job": "cost a job",
    "first_s": "first plan [s]",
    "wall_s": "wall time [s]",
    "memory_mb": "most memory [MB]",
}


def measure(run: Run) -> Outcome:
    """Return what an engine made of a day, and when its first plan was there."""
    day = field_service.day_of(run.instance)
    jobs = len(day["jobs"])
    if run.engine not in peers.OURS:
        outcome = field_service.measure(run)
        return outcome | {"cost_a_job": outcome["cost"] / jobs} if "cost" in outcome else outcome
    asked, seen = problem_of(day), list[Progress]()
    peers.prepare(run.engine)
    with Stopwatch() as watch:
        found = optimizer.solve(
            asked,
            seconds=run.limit_s,
            engine=peers.OURS[run.engine],
            seed=run.seed,
            processes=run.threads,
            on_progress=seen.append,
        )
    judged = field_service_rules.judge_orders(day, peers.orders_of(found.plan))
    return {
        "cost_a_job": judged.cost / jobs,
        "first_s": seen[0].elapsed_s,
        **field_service.outcome_of(judged, watch),
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this subcommand."""
    command.add_run_arguments(parser, INSTANCES, ("paidan", *peers.PEERS), (*peers.OURS, *peers.PEERS), 30.0)


def main(arguments: argparse.Namespace) -> int:
    """Run what is wanted and not stored yet."""
    peers.require(arguments.engines)
    for instance in arguments.instances:
        field_service.day_of(instance)
    chart, arguments.chart = arguments.chart, None
    columns = {"cost": 14, "left_out": 10, "broken": 8, "first_s": 9}
    rows = command.rows("scaling", arguments, measure, code_of, "cost", columns)
    if chart:
        write_chart(rows, chart)
    return 0


def code_of(engine: str) -> str:
    """Return what stands for an engine's code in the key of a result."""
    return f"{field_service.code_of(engine)} {digest(Path(__file__))}"


def write_chart(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a picture of everything shown against the size of the day, both in powers of ten.

    Raises
    ------
    Absent
        What draws it is not installed.
    """
    figure = tables.empty_figure(11, 7)
    for axes, (value, title) in zip(figure.subplots(2, 2).flat, _SHOWN.items(), strict=True):
        for engine in dict.fromkeys(row["engine"] for row in rows):
            mine = [row for row in rows if row["engine"] == engine and row.get(value) is not None]
            sizes = [int(row["instance"].split("-")[1]) for row in mine]
            axes.loglog(sizes, [row[value] for row in mine], marker="o", label=engine)
        axes.set_xlabel("jobs")
        axes.set_title(title)
        axes.legend()
    figure.savefig(path, dpi=110)
