"""The command line."""

from pathlib import Path

import pytest

from optimizer import Lock
from optimizer.__main__ import main
from optimizer.codec import plan_from_text, text_of_plan, text_of_problem
from tests.optimizer.small import plan, problem, route, task


@pytest.fixture
def problem_file(tmp_path: Path) -> str:
    given = problem(task(lock=Lock("E"), refused=("E",)))
    path = tmp_path / "problem.json"
    path.write_text(text_of_problem(given), encoding="utf-8")
    return str(path)


def test_a_solved_problem_can_be_checked_and_scored(
    problem_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "plan.json")
    assert main(["solve", problem_file, "--out", out, "--seconds", "0.3", "--engine", "routing"]) == 0
    assert "note: lock_overrules A" in capsys.readouterr().err
    assert main(["check", problem_file, out]) == 0
    assert "breaks no rule" in capsys.readouterr().out
    assert main(["score", problem_file, out]) == 0
    assert "total_cents" in capsys.readouterr().out


def test_without_out_the_plan_is_printed(problem_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", problem_file, "--seconds", "0.2"]) == 0
    assert plan_from_text(capsys.readouterr().out).routes


def test_a_broken_plan_is_told(problem_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.json"
    out.write_text(text_of_plan(plan(route(end_s=2_999))), encoding="utf-8")
    assert main(["check", problem_file, str(out)]) == 1
    assert "travel: task -, engineer E took_s 599" in capsys.readouterr().out


def test_wrong_files_are_told(problem_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(tmp_path / "none.json")]) == 2
    assert main(["check", problem_file, problem_file]) == 2
    assert "cannot be read: the document must be an object" in capsys.readouterr().err
    out = tmp_path / "plan.json"
    out.write_text(text_of_plan(plan(route(engineer="F"))), encoding="utf-8")
    assert main(["score", problem_file, str(out)]) == 2
    assert "names what" in capsys.readouterr().err
    assert main(["solve", problem_file, "--seconds", "-1"]) == 2
