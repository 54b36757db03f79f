"""`python -m deploy.licences` fails when a runtime dependency is GPL, AGPL or of unknown licence.

LGPL is fine: our program only uses such a library, which whoever runs it can replace.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
EXCEPTIONS = {"eviltransform": "BSD-2-Clause"}
"""Package to the licence that we read in it, where its metadata is silent or wrong."""
KNOWN = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|LGPL|Lesser General Public|Unlicense|CNRI"
    r"|Public Domain|Zlib|HPND",
    re.IGNORECASE,
)
LESSER = re.compile(r"LGPL[-\w.+]*|GNU Lesser General Public License[^;,]*", re.IGNORECASE)
REFUSED = re.compile(r"A?GPL|(Affero )?General Public License", re.IGNORECASE)


def licence_of(package: PackageMetadata) -> str:
    """Return what the package's metadata says: its expression, else its classifiers, else its own words."""
    expression, own_words = _first(package, "License-Expression"), _first(package, "License")
    classes = [each for each in package.get_all("Classifier", []) if each.startswith("License ::")]
    named = [each.rpartition(" :: ")[2] for each in classes if not each.endswith("OSI Approved")]
    return expression or "; ".join(named) or own_words.partition("\n")[0]


def _first(package: PackageMetadata, name: str) -> str:
    return str(next(iter(package.get_all(name, [])), "")).strip()


def licence_problem(licence: str) -> str | None:
    """Return why a package of this licence cannot be shipped, or None; of several (OR), one must do."""
    reasons = [_problem(each) for each in re.split(r"\s+OR\s+", licence)]
    return None if None in reasons else reasons[0]


def _problem(licence: str) -> str | None:
    if REFUSED.search(LESSER.sub("", licence)):
        return f"is {licence}, which we do not ship"
    if not KNOWN.search(licence):
        return f"has no licence that we know ({licence or 'none named'})"
    return None


def problems() -> list[str]:
    """Return one sentence for each runtime dependency that cannot be shipped."""
    found = []
    for line in REQUIREMENTS.read_text().splitlines():
        name = line.partition("==")[0].strip()
        if not name or name.startswith("#"):
            continue
        try:
            why = licence_problem(EXCEPTIONS.get(name) or licence_of(metadata(name)))
        except PackageNotFoundError:
            why = "is not installed"
        if why:
            found.append(f"{name} {why}.")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(problems()) or None)
