"""The first step of every make: what it asks of the machine, and its sentences."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from deploy import bootstrap


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that pins one thing, and a disk with room."""
    (tmp_path / "requirements.txt").write_text("one==1\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\ntwo==2\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def installed(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were given to pip, instead of installing them."""
    names: list[str] = []
    monkeypatch.setattr(bootstrap, "runs", lambda python: True)
    monkeypatch.setattr(bootstrap, "install", lambda python, file, log: names.append(file.name))
    (root / ".venv").mkdir()
    return names


def test_the_file_is_understood_by_python_3_8() -> None:
    source = Path(bootstrap.__file__).read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))


def test_an_old_python_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 or newer, and this is Python 3.9.2"):
        bootstrap.main()


def test_a_full_disk_gets_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("usage", (), {"free": 300_000_000})
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SystemExit, match=r"needs 1.5 GB of disk space, and .* has 0.3 GB free"):
        bootstrap.set_up(root / ".venv", ["requirements.txt"])


def test_a_missing_venv_module_names_the_debian_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    with pytest.raises(SystemExit, match=f"sudo apt install {package}"):
        bootstrap.set_up(root / ".venv", ["requirements.txt"])


def test_pinned_packages_are_installed_once_until_the_pins_change(root: Path, installed: list[str]) -> None:
    for _ in range(2):
        bootstrap.set_up(root / ".venv", ["requirements.txt"])
    assert installed == ["requirements.txt"]
    (root / "requirements.txt").write_text("one==2\n")
    bootstrap.set_up(root / ".venv", ["requirements.txt"])
    assert installed == ["requirements.txt"] * 2


def test_what_tests_need_covers_what_a_run_needs(root: Path, installed: list[str]) -> None:
    bootstrap.set_up(root / ".venv", ["requirements.txt", "requirements-dev.txt"])
    bootstrap.set_up(root / ".venv", ["requirements.txt"])
    assert installed == ["requirements-dev.txt"]


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("WARNING: Retrying after NewConnectionError(...)", "Check the network"),
        ("ERROR: No matching distribution found for ortools==9.15 (from x)", "no ready-made package ortools"),
        ("OSError: [Errno 28] No space left on device", "disk became full"),
        ("something else", "the reasons are in"),
    ],
)
def test_a_failed_installation_is_told_in_a_sentence(output: str, sentence: str) -> None:
    assert sentence in bootstrap.install_problem(output, Path("install.log"))


def test_included_requirement_files_are_counted(root: Path) -> None:
    assert [line for line in bootstrap.all_lines(root / "requirements-dev.txt") if "==" in line] == [
        "one==1",
        "two==2",
    ]
