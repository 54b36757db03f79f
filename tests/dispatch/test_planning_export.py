"""`flask runs export`: a run's problem and plan as files the optimizer's own command line reads."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.db import db
from dispatch.planning import archive
from dispatch.planning.models import KeptProblem
from optimizer.__main__ import main
from optimizer.codec import plan_from_text, problem_from_text
from tests.dispatch.planning_desk import ask, assignments, planned, run_of, work
from tests.towns import HOUR, MORNING, Town, visit_of


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        town.add_engineer()
        town.add_orders(4)
        yield town


@pytest.fixture
def export(app: Any, tmp_path: Path) -> Any:
    """Return a function: exports a run to `tmp_path` and returns the command's result."""

    def call(run: str) -> Any:
        db.session.rollback()
        command = ["runs", "export", run, "--to", str(tmp_path / "out")]
        return contextvars.Context().run(app.test_cli_runner().invoke, args=command)

    return call


def test_the_oracle_finds_nothing_in_an_exported_run_whatever_changed_since(
    town: Town, export: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = town.add_skill()
    impossible = town.add_order(skills={skill.id: 1})
    run = planned(town)
    rows = assignments(run)
    town.add_orders(2)
    result = export(run.number)
    assert result.exit_code == 0, result.output
    problem, plan = (tmp_path / "out" / name for name in ("problem.json", "plan.json"))
    assert main(["check", str(problem), str(plan)]) == 0
    assert "breaks no rule" in capsys.readouterr().out
    assert main(["score", str(problem), str(plan)]) == 0
    assert f"{(run.after or {})['cost_cents']:,}" in capsys.readouterr().out
    told = plan_from_text(plan.read_text(encoding="utf-8"))
    assert [one.task for one in told.unplanned] == [str(visit_of(impossible).id)]
    starts = {stop.id: stop.start_s for route in told.routes for stop in route.stops}
    assert {str(row.visit_id): row.planned_start_at for row in rows.values() if row.planned_start_at} == {
        visit: town.day[0] + seconds * HOUR / 3_600 for visit, seconds in starts.items()
    }
    assert len(problem_from_text(problem.read_text(encoding="utf-8")).tasks) == 5


def test_a_run_is_named_by_its_id_too(town: Town, export: Any) -> None:
    assert export(str(planned(town).id)).exit_code == 0


def test_what_cannot_be_exported_is_told_in_a_sentence(town: Town, export: Any) -> None:
    waiting = run_of(ask(town))
    for name, said in ((waiting.number, "has no plan"), ("RUN-1", "no such run"), ("x" * 300, "no such run")):
        result = export(name)
        assert (result.exit_code, said in result.output) == (1, True), result.output


def test_a_problem_too_large_to_be_kept_is_told_so(
    town: Town, export: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_PLACES", 3)
    run = planned(town)
    assert run.status == "ready"
    assert "too large" in export(run.number).output


def test_only_the_newest_problems_are_kept(town: Town, export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "KEPT_RUNS", 2)
    ids = []
    for minute in range(3):
        with clock.freeze(MORNING + minute * HOUR / 60):
            ids.append(ask(town))
            work()
    db.session.rollback()
    assert set(db.session.scalars(select(KeptProblem.run_id))) == set(ids[1:])
    assert "of the last 2 runs" in export(run_of(ids[0]).number).output
