"""What the subcommands have in common: their arguments, and a line for every run."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import peers, tables
from benchmarks.store import RESULTS, Outcome, Run, outcomes

#: Width of a column by its name; negative where it is flush left.
Columns = Mapping[str, int]
_RUN = {"instance": -10, "engine": -18, "seed": 5, "limit_s": 8, "cores": 6}
_MACHINE = {"wall_s": 8, "cpu_s": 8, "memory_mb": 10, "load": 6}


def add_run_arguments(
    parser: argparse.ArgumentParser,
    instances: Sequence[str],
    engines: Sequence[str],
    choices: Sequence[str],
    seconds: float,
) -> None:
    """Add what every benchmark can be told; where no instance or engine is named, these are run."""
    parser.add_argument(
        "instances", nargs="*", default=instances, metavar="INSTANCE", help=" ".join(instances)
    )
    parser.add_argument(
        "--engines",
        nargs="+",
        choices=choices,
        default=engines,
        metavar="ENGINE",
        help=f"of {' '.join(choices)} (default: {' '.join(engines)})",
    )
    parser.add_argument(
        "--seconds", type=float, default=seconds, help="wall time of a run (default %(default)g)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="SEED")
    parser.add_argument(
        "--threads", type=int, default=1, help="cores an engine may use, where it can use many"
    )
    parser.add_argument("--chart", type=Path, metavar="PNG", help="draw the engines beside each other")
    parser.add_argument("--json", action="store_true", help="a JSON line for every run instead of tables")


def rows(
    name: str,
    arguments: argparse.Namespace,
    measure: Callable[[Run], Outcome],
    code: Callable[[str], str],
    value: str,
    columns: Columns,
) -> list[dict[str, Any]]:
    """Make the runs asked for, print each as soon as it is there, and return them with their outcomes.

    In the end come a table of the engines beside each other, and the chart if it is asked for.

    Parameters
    ----------
    name : str
        Of the file of results.
    arguments : Namespace
        As `add_run_arguments` has them.
    measure : callable
        See `store.outcomes`.
    code : callable
        Returns the digest of an engine's code.
    value : str
        What of an outcome is compared; less is better.
    columns : mapping of str to int
        What of an outcome to show in a run's line.
    """
    widest = max(map(len, arguments.instances), default=0)
    shown = {**_RUN, **columns, **_MACHINE, "instance": -max(10, widest + 1)}
    runs = [
        Run(
            instance=instance,
            engine=engine,
            seed=seed,
            limit_s=arguments.seconds,
            threads=arguments.threads,
            code=code(engine),
        )
        for instance in arguments.instances
        for engine in arguments.engines
        for seed in arguments.seeds
    ]
    if not arguments.json:
        print(heading(shown))
    found = []
    for run, outcome in outcomes(RESULTS / f"{name}.jsonl", runs, measure):
        found.append(asdict(run) | {"cores": peers.cores(run.engine, run.threads)} | outcome)
        if arguments.json:
            print(json.dumps(found[-1]), flush=True)
        else:
            print(line(found[-1], shown), outcome.get("failed", ""), flush=True)
    if not arguments.json:
        tables.print_summary(found, value)
    if arguments.chart:
        tables.write_chart(found, value, arguments.chart)
    return found


def print_gaps(arguments: argparse.Namespace, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the mean gap of every engine to the best known, over the plans that keep every rule."""
    if arguments.json:
        return
    for engine in arguments.engines:
        mine = [row for row in rows if row["engine"] == engine]
        gaps = [row["gap_percent"] for row in mine if row.get("gap_percent") is not None]
        average = f"{mean(gaps):+.2f} %" if gaps else "none"
        better = sum(gap < 0 for gap in gaps)
        print(f"mean gap of {engine}: {average}, of {len(gaps)} plans of {len(mine)}; {better} improved")


def heading(columns: Columns) -> str:
    """Return the line above a table."""
    return line({name: name for name in columns}, columns)


def line(row: Mapping[str, Any], columns: Columns) -> str:
    """Return a line of a table; what the row has not is left blank."""
    return "".join(
        f"{_text(row.get(name)):{'<' if width < 0 else '>'}{abs(width)}}" for name, width in columns.items()
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
