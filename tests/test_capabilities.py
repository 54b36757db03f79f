"""The pages that name tests name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)::(\w+)`")


@pytest.mark.parametrize("name", ["capabilities.md", "phones.md"])
def test_every_test_a_page_names_exists(name: str) -> None:
    files = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    named = [
        (path.rpartition("/")[2], test) for path, test in NAMED.findall((ROOT / "docs" / name).read_text())
    ]
    assert named
    assert [(file, test) for file, test in named if f"def {test}(" not in files.get(file, "")] == []
