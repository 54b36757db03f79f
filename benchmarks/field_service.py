"""Runs the engines on the generated field-service days and prints what they cost.

`python -m benchmarks.field_service` runs fs-100, fs-500 and fs-2000; `--large` adds fs-10000. Every
result is stored as soon as it is there, and what is stored for the same code is not run again.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import optimizer
from optimizer import check, solve
from optimizer.solve import ENGINES
from tests.optimizer.field_service import path_of_day, problem_of_day

_RESULTS = Path(__file__).parent / "results" / "field_service.jsonl"
_DAYS = ("fs-100", "fs-500", "fs-2000")
_LARGE = ("fs-10000",)
#: What makes two runs the same one.
_KEY = ("code", "day", "lunch", "engine", "limit_s", "seed")


def code_version() -> str:
    """Return a short digest of the optimizer's sources."""
    digest = hashlib.sha256()
    for path in sorted(Path(optimizer.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def measurement(day: str, lunch: bool, engine: Any, limit_s: float, seed: int) -> dict[str, object]:
    """Return what one run took and what its plan costs; meant for a process of its own.

    `memory_mb` is the most the process ever held, of which `problem_mb` before the run began.
    """
    problem = problem_of_day(day, lunch)
    problem_mb = _memory_mb()
    began_s, cpu_began_s = time.monotonic(), time.process_time()
    result = solve(problem, seconds=limit_s, engine=engine, seed=seed)
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_began_s
    broken = len(check(problem, result.plan))
    return {
        "tasks": len(problem.tasks),
        "engineers": len(problem.engineers),
        "used": result.engine,
        "cost_cents": result.score.total_cents,
        "left_out": result.score.unplanned_tasks,
        "took_s": round(took_s, 1),
        "cpu_s": round(cpu_s, 1),
        "problem_mb": problem_mb,
        "memory_mb": _memory_mb(),
        "broken_rules": broken,
        "load": round(os.getloadavg()[0], 1),
    }


def _memory_mb() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (2**20 if sys.platform == "darwin" else 2**10)


def _wanted(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for day in arguments.days or (*_DAYS, *(_LARGE if arguments.large else ())):
        for lunch in (False, True) if arguments.lunch else (False,):
            for engine in arguments.engines:
                yield {
                    "code": code_version(),
                    "day": day,
                    "lunch": lunch,
                    "engine": engine,
                    "limit_s": arguments.seconds,
                    "seed": arguments.seed,
                }


def _stored() -> dict[tuple[object, ...], dict[str, Any]]:
    if not _RESULTS.exists():
        return {}
    rows = [json.loads(line) for line in _RESULTS.read_text(encoding="utf-8").splitlines()]
    return {tuple(row[name] for name in _KEY): row for row in rows}


def _store(row: dict[str, Any]) -> None:
    _RESULTS.parent.mkdir(exist_ok=True)
    with _RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _measured(run: dict[str, Any]) -> dict[str, Any]:
    """Return a measurement made in a fresh process, so that its memory is its own."""
    given = [run[name] for name in _KEY[1:]]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return run | pool.apply(measurement, given)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['day']:10}{'yes' if row['lunch'] else 'no':7}{row['engine']:11}{row['used']:11}"
        f"{row['cost_cents']:>12,}{row['left_out']:>7}{row['took_s']:>8.1f}{row['cpu_s']:>8.1f}"
        f"{row['memory_mb']:>8}{row['broken_rules']:>8}{row['load']:>6}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is wanted and not stored yet; return 2 where a day is not to be had."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.field_service", description=__doc__)
    parser.add_argument("days", nargs="*", metavar="DAY", help=f"default: {' '.join(_DAYS)}")
    parser.add_argument("--large", action="store_true", help="fs-10000 too")
    parser.add_argument("--lunch", action="store_true", help="each day with lunch breaks too")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["insertion", "auto"])
    parser.add_argument("--seconds", type=float, default=30.0, help="time limit of a run (default 30)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    stored, wanted = _stored(), list(_wanted(arguments))
    for run in wanted:
        if not path_of_day(run["day"]).exists():
            print(f"{path_of_day(run['day'])} is not there: set PAIDAN_SHARED_DATA to the folder above it")
            return 2
    print(
        f"{'day':10}{'lunch':7}{'engine':11}{'used':11}{'cost_cents':>12}{'left':>7}{'wall_s':>8}{'cpu_s':>8}"
        f"{'mb':>8}{'broken':>8}{'load':>6}"
    )
    for run in wanted:
        key = tuple(run[name] for name in _KEY)
        if key not in stored:
            stored[key] = _measured(run)
            _store(stored[key])
        print(_line(stored[key]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
