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


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "this is not JSON"),
        (b"\x00\xff\xfe\x80", "cannot be read: 'utf-8' codec"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read"),
        (b"[" * 100_000, "this is not JSON"),
        (b"9" * 5_000, "cannot be read"),
        (b"null", "must be an object with 'version' and 'problem'"),
        (b'{"version": 1, "problem": null}', "problem must be an object, not null"),
        (b'{"version": "1", "problem": {}}', "version must be 1, not '1'"),
        (
            b'{"version": 1, "problem": {"tasks": [NaN], "engineers": [], "travel": {}}}',
            "must be an object, not NaN",
        ),
    ],
    ids=lambda value: str(value[:20]),
)
def test_rubbish_is_told_not_thrown(
    content: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubbish = tmp_path / "rubbish.json"
    rubbish.write_bytes(content)
    for command in (["solve", str(rubbish)], ["check", str(rubbish), str(rubbish)]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"optimizer: {rubbish} cannot be read: ")
        assert sentence in said
        assert len(said) < 500


def test_where_no_plan_can_be_written_is_told_before_it_is_sought(
    problem_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "plan.json"):
        assert main(["solve", problem_file, "--seconds", "600", "--out", str(out)]) == 2
        assert "cannot be written: name a file in a folder that exists" in capsys.readouterr().err
    assert main(["solve", str(tmp_path)]) == 2
