"""The page of capabilities names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"`(?:tests/)?((?:\w+/)*test_\w+\.py)::(\w+)`")


def test_every_test_the_page_of_capabilities_names_exists() -> None:
    files = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    page = (ROOT / "docs" / "capabilities.md").read_text()
    named = [(path.rpartition("/")[2], name) for path, name in NAMED.findall(page)]
    assert named
    assert [(file, name) for file, name in named if f"def {name}(" not in files.get(file, "")] == []
