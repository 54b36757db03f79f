"""The command line: `python -m optimizer solve|check|score|warm`."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from optimizer.check import check
from optimizer.codec import plan_from_text, problem_from_text, text_of_plan
from optimizer.result import Progress
from optimizer.score import Score, score
from optimizer.solve import ENGINES, solve
from optimizer.warmth import warm

Read = TypeVar("Read")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m optimizer", description="Plan visits.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("solve", help="find a plan for a problem")
    one.add_argument("problem", type=Path, metavar="PROBLEM.json")
    one.add_argument(
        "--out", type=Path, metavar="PLAN.json", help="where to write the plan; else it is printed"
    )
    one.add_argument("--seconds", type=float, default=30.0, help="time limit (default 30)")
    one.add_argument("--engine", choices=ENGINES, default="auto")
    one.add_argument("--seed", type=int, default=0)
    for name, text in (("check", "say which rules a plan breaks"), ("score", "say what a plan costs")):
        other = commands.add_parser(name, help=text)
        other.add_argument("problem", type=Path, metavar="PROBLEM.json")
        other.add_argument("plan", type=Path, metavar="PLAN.json")
    commands.add_parser("warm", help="compile the search now, not at the first plan")
    return parser.parse_args(argv)


def _read(path: Path, reader: Callable[[str], Read]) -> Read:
    try:
        return reader(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def _score_lines(result: Score) -> list[str]:
    lines = [f"{name:24}{value:>14,}" for name, value in asdict(result).items() if value]
    return [*lines, f"{'total_cents':24}{result.total_cents:>14,}"]


def _solve(arguments: argparse.Namespace) -> int:
    problem = _read(arguments.problem, problem_from_text)
    if arguments.out and (arguments.out.is_dir() or not arguments.out.parent.is_dir()):
        raise ValueError(f"{arguments.out} cannot be written: name a file in a folder that exists")

    def show(progress: Progress) -> None:
        print(
            f"{progress.elapsed_s:6.1f} s  {progress.cost_cents:,} cents  {progress.unplanned} left out",
            file=sys.stderr,
        )

    result = solve(
        problem, seconds=arguments.seconds, engine=arguments.engine, seed=arguments.seed, on_progress=show
    )
    print("\n".join(_score_lines(result.score)), file=sys.stderr)
    for notice in result.warnings:
        print(f"note: {notice.kind} {notice.about}".rstrip(), file=sys.stderr)
    text = text_of_plan(result.plan)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    problem, plan = _read(arguments.problem, problem_from_text), _read(arguments.plan, plan_from_text)
    violations = check(problem, plan)
    for violation in violations:
        facts = ", ".join(f"{name} {value}" for name, value in violation.facts)
        who = f"task {violation.task or '-'}, engineer {violation.engineer or '-'}"
        print(f"{violation.rule}: {who} {facts}".rstrip())
    if not violations:
        print("the plan breaks no rule")
    return 1 if violations else 0


def _score(arguments: argparse.Namespace) -> int:
    problem, plan = _read(arguments.problem, problem_from_text), _read(arguments.plan, plan_from_text)
    if any(violation.rule == "unknown" for violation in check(problem, plan)):
        raise ValueError(f"{arguments.plan} names what {arguments.problem} does not have")
    print("\n".join(_score_lines(score(problem, plan))))
    return 0


def _warm(_: argparse.Namespace) -> int:
    began = time.monotonic()
    warm()
    print(f"the search is compiled ({time.monotonic() - began:.1f} s)")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 where a plan breaks rules, 2 where the input is wrong."""
    arguments = _arguments(argv)
    try:
        return {"solve": _solve, "check": _check, "score": _score, "warm": _warm}[arguments.command](
            arguments
        )
    except (OSError, ValueError) as error:
        print(f"optimizer: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
