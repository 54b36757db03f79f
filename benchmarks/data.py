"""Where the instances are: files below the folder that PAIDAN_SHARED_DATA names."""

import csv
import os
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


class Absent(Exception):
    """Something the benchmark needs is not on this machine; the message is a sentence for its user."""


def shared(*parts: str) -> Path:
    """Return where a file of the shared data would be."""
    return Path(os.environ.get("PAIDAN_SHARED_DATA") or _BESIDE).joinpath(*parts)


def require(path: Path) -> Path:
    """Return the path of a file that is there.

    Raises
    ------
    Absent
        It is not.
    """
    if not path.is_file():
        raise Absent(
            f"{path} is not there: set PAIDAN_SHARED_DATA to the folder that holds {path.parent.name}/."
        )
    return path


def best_known(name: str, column: str) -> dict[str, float]:
    """Return the best published value by instance, as `best_known.csv` of a set has it."""
    with require(shared(name, "best_known.csv")).open(encoding="utf-8", newline="") as file:
        return {row["instance"]: float(row[column]) for row in csv.DictReader(file) if row[column]}
