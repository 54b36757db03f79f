"""Dispatches `python -m benchmarks SUBCOMMAND`.

A subcommand is a module of this package, named like it, with `add_arguments(parser)` and
`main(arguments) -> int`; its docstring is its help.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from benchmarks.data import Absent

COMMANDS = ("field-service", "vrptw", "trsp", "hhcrsp", "reopt", "slots", "scaling", "phones")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; return 2 where its instances or a solver are not to be had."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures solvers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="SUBCOMMAND")
    for name in COMMANDS:
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
        about = module.__doc__ or ""
        one = commands.add_parser(name, help=about.splitlines()[0], description=about)
        module.add_arguments(one)
        one.set_defaults(main=module.main)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.main(arguments))
    except Absent as absent:
        print(absent, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
