"""Keeps searches short."""

import sys

import pytest


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """End the search by the number of tasks, never by the clock of a busy machine."""
    monkeypatch.setattr(sys.modules["optimizer.solve"], "_SEARCH_S_PER_TASK", 0.1)
