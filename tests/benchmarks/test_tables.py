"""Engines beside each other: only plans that keep every rule count."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.command import heading, line
from benchmarks.tables import against_best_other, means, print_summary


def row(instance: str, engine: str, cost: float, **more: Any) -> dict[str, Any]:
    """Return a run of an instance that broke nothing."""
    return {"instance": instance, "engine": engine, "cost": cost, "broken": 0} | more


ROWS = [
    row("one", "ours", 90),
    row("one", "ours", 110),
    row("one", "theirs", 125),
    row("two", "ours", 90),
    row("two", "ours", 90, broken=1),
    row("two", "theirs", 20_000),
    row("three", "ours", 90, gap_percent=None),
    {"instance": "three", "engine": "theirs", "failed": "no answer"},
]


def test_a_mean_is_of_engines_that_kept_every_rule_by_every_seed() -> None:
    assert means(ROWS, "cost") == {("one", "ours"): 100, ("one", "theirs"): 125, ("two", "theirs"): 20_000}


def test_an_engine_is_held_against_the_best_of_the_others() -> None:
    values = means([*ROWS, row("one", "third", 80)], "cost")
    assert against_best_other(values, "one", "ours") == pytest.approx(25)
    assert against_best_other(values, "one", "third") == pytest.approx(-20)
    assert against_best_other(values, "two", "theirs") is None
    assert against_best_other(values, "two", "ours") is None


def test_the_summary_has_a_line_for_every_instance(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(ROWS, "cost")
    shown = [text.split("│")[1:5] for text in capsys.readouterr().out.splitlines() if "│" in text]
    assert [[cell.strip() for cell in cells] for cells in shown] == [
        ["one", "100.0", "125.0", "-20.0 %"],
        ["two", "–", "20,000", ""],
        ["three", "–", "–", ""],
    ]


def test_one_engine_needs_no_summary(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(ROWS[:2], "cost")
    assert capsys.readouterr().out == ""


def test_a_line_leaves_blank_what_a_run_has_not() -> None:
    columns = {"name": -6, "cost": 8, "share": 7}
    assert heading(columns) == "name      cost  share"
    assert line({"name": "one", "cost": 12_345, "share": 0.5}, columns) == "one     12,345   0.50"
    assert line({"name": "two", "share": None}, columns) == "two                  "
