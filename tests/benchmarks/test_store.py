"""Results of benchmarks are stored at once and not measured again."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import store
from benchmarks.store import Outcome, Run

RUN = Run(instance="one", engine="ours", seed=0, limit_s=0.5, threads=1, code="abc")


def processes(run: Run) -> Outcome:
    """Return which process measured."""
    return {"process": os.getpid()}


def refuses(run: Run) -> Outcome:
    """Fail."""
    raise ValueError("it cannot be")


def dies(run: Run) -> Outcome:
    """End without a word."""
    os._exit(3)


def sleeps(run: Run) -> Outcome:
    """Outstay any limit."""
    import time

    time.sleep(600)
    return {}


def test_a_run_is_measured_in_a_process_of_its_own_and_a_stored_one_not_again(tmp_path: Path) -> None:
    file = tmp_path / "results" / "some.jsonl"
    ((_, first),) = store.outcomes(file, [RUN], processes)
    ((_, again),) = store.outcomes(file, [RUN], processes)
    assert first["process"] != os.getpid()
    assert first["memory_mb"] > 0
    assert again == first
    assert len(file.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"instance": "two"},
        {"engine": "theirs"},
        {"seed": 1},
        {"limit_s": 1.0},
        {"threads": 2},
        {"code": "abd"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_run_that_differs_in_anything_is_another(tmp_path: Path, changed: Outcome) -> None:
    file = tmp_path / "some.jsonl"
    other = replace(RUN, **changed)
    file.write_text(json.dumps(other.__dict__ | {"cost": 1}) + "\n")
    assert list(store.outcomes(file, [other], refuses)) == [(other, {"cost": 1})]
    ((_, outcome),) = store.outcomes(file, [RUN], refuses)
    assert outcome["failed"] == "ValueError: it cannot be"


def test_an_outcome_is_stored_before_the_next_run_begins(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    runs = store.outcomes(file, [RUN, replace(RUN, seed=1)], refuses)
    next(runs)
    assert [json.loads(line)["seed"] for line in file.read_text().splitlines()] == [0]


def test_a_process_that_dies_or_never_answers_is_a_failed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "GRACE_S", 0.0)
    ((_, silent),) = store.outcomes(tmp_path / "silent.jsonl", [RUN], sleeps)
    assert silent == {"failed": "no answer in 2 s"}
    monkeypatch.setattr(store, "GRACE_S", 60.0)
    ((_, dead),) = store.outcomes(tmp_path / "dead.jsonl", [RUN], dies)
    assert dead == {"failed": "the process ended by itself, with code 3"}


def test_a_digest_changes_with_any_source_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "kernel.py").write_text("a = 1\n")
    before = store.digest(tmp_path)
    (tmp_path / "notes.txt").write_text("not code")
    assert store.digest(tmp_path) == before
    (tmp_path / "search" / "kernel.py").write_text("a = 2\n")
    assert store.digest(tmp_path) != before
