"""The command: it measures, stores, shows, and says in a sentence what it cannot do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import command, field_service, peers, slots
from benchmarks.__main__ import COMMANDS, main
from benchmarks.store import Run


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let results be stored in a folder of the test."""
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


TINY = ["field-service", "gen-12-s1", "gen-12-s1+stock", "--engines", "paidan-insertion", "ortools"]


def test_runs_are_shown_compared_and_stored(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*TINY, "--seconds", "0.2"]) == 0
    shown = capsys.readouterr().out
    assert "CannotSay: problem.depots" in shown
    assert "cost, mean of the seeds" in shown
    stored = [json.loads(line) for line in (results / "field_service.jsonl").read_text().splitlines()]
    assert [(row["instance"], row["engine"], row.get("broken")) for row in stored] == [
        ("gen-12-s1", "paidan-insertion", 0),
        ("gen-12-s1", "ortools", 0),
        ("gen-12-s1+stock", "paidan-insertion", 0),
        ("gen-12-s1+stock", "ortools", None),
    ]
    assert main([*TINY, "--seconds", "0.2", "--json"]) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert again == [row | {"cores": 1} for row in stored]


def test_an_engine_that_finds_nothing_has_no_plan_and_no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "solve", lambda *told: {})
    run = Run(instance="gen-12-s1", engine="ortools", seed=0, limit_s=0.2, threads=1, code="")
    assert field_service.measure(run)["failed"] == "no plan"


@pytest.mark.parametrize("name", ["gen-12", "gen-12-s1+dinner"])
def test_a_day_that_cannot_be_made_up_is_told(
    results: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["field-service", name, "--engines", "paidan"]) == 2
    assert f"{name} is not like gen-500-s1" in capsys.readouterr().err
    assert not results.exists()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("scaling", "phones")])
def test_instances_that_are_not_there_are_told(
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.setenv("PAIDAN_SHARED_DATA", str(tmp_path))
    assert main([name, "--engines", "paidan"]) == 2
    assert "set PAIDAN_SHARED_DATA" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "instance", "value"),
    [("vrptw", "C101", "distance"), ("trsp", "C101", "duration"), ("hhcrsp", "10_1", "cost")],
)
def test_published_instances_are_measured(
    shared_data: Path,
    results: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    instance: str,
    value: str,
) -> None:
    assert main([name, instance, "--engines", "paidan-insertion", "--seconds", "5", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["broken"], row["instance"]) == (0, instance)
    assert row["left_out"] or row["gap_percent"] > 0
    assert row["left_out"] or row[value] > 0


def test_urgent_jobs_are_served_and_it_is_told_whom_they_move(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reopt", "gen-40-s1", "--engines", "paidan", "ortools", "--seconds", "2", "--json"]) == 0
    ours, other = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (ours["served"], ours["broken"]) == (5, 0)
    assert ours["moved"] < other["moved"]


def test_quotes_are_timed_beside_what_peers_need_for_a_whole_plan(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slots", "gen-40-s1", "--engines", "paidan", "ortools", "--seconds", "0.5", "--json"]) == 0
    ours, other = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert 0 < ours["p50_ms"] <= ours["p99_ms"]
    assert 0 < ours["offers"] <= ours["quotes"] == slots.CALLERS
    assert other["quotes"] == slots.PEER_CALLERS


def test_sizes_are_measured_with_when_the_first_plan_was_there(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["scaling", "gen-12-s1", "gen-24-s1", "--engines", "paidan-insertion", "ortools"]
    assert main([*given, "--seconds", "0.2", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["cost_a_job"] for row in rows] == [
        row["cost"] / int(row["instance"].split("-")[1]) for row in rows
    ]
    assert ["first_s" in row for row in rows] == [True, False] * 2


def test_a_chart_that_cannot_be_drawn_is_told(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    arguments = ["field-service", "gen-12-s1", "--engines", "paidan-insertion", "--seconds", "0.2"]
    assert main([*arguments, "--chart", str(tmp_path / "chart.png")]) == 2
    assert "matplotlib is not installed" in capsys.readouterr().err
