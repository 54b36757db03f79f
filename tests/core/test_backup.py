"""A backup is whole or absent; put back, all is as it was, in a new epoch; a damaged one changes nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, text

from core import feed, feed_mark, files, revisions
from core.audit import AuditEntry
from core.auth.actors import system
from core.backup import making, postgresql, restoring, sqlite
from core.backup.archive import BackupError
from core.db import db, transaction
from dispatch.customers.models import Customer

ROOT = Path(__file__).parents[2]


def is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


@pytest.fixture(autouse=True)
def company(app: Flask, own_files: None) -> Iterator[None]:
    """A company with one customer, a file and a key; its tables are of this version afterwards."""
    if is_postgresql() and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("pg_dump is absent")
    folder = app.config["SETTINGS"].data_dir
    (folder / "keys").mkdir(parents=True)
    (folder / "secret-key").write_text("the key")
    (folder / "keys" / "push.pem").write_text("another key")
    files.keep_bytes(b"a photo")
    add("C-1")
    yield
    db.session.remove()
    for kept in Path(str(db.engine.url.database)).parent.glob("*.before-*"):
        kept.unlink()


def add(number: str) -> None:
    with transaction(system("test")) as session:
        session.add(Customer(number=number, name=number, grade="gold"))


def numbers() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Customer.number)))


@pytest.fixture
def said(app: Flask) -> Callable[..., tuple[int, str]]:
    """Return a function: words of a command to its exit code and what it said."""

    def run(*words: str) -> tuple[int, str]:
        db.session.remove()
        db.engine.dispose()
        done = app.test_cli_runner().invoke(args=list(words))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    return run


@pytest.fixture
def backup(said: Any, tmp_path: Path) -> Path:
    """A backup of the company with one customer."""
    target = tmp_path / "company.tar.gz"
    code, told = said("backup", str(target))
    assert code == 0, told
    return target


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {head.name: tar.extractfile(head).read() for head in tar}  # type: ignore[union-attr]


def repacked(path: Path, to: Path, *heads: tarfile.TarInfo, **changed: bytes | None) -> Path:
    """Write an archive again with members changed, left out (None), or added before all others."""
    with tarfile.open(to, "w:gz") as tar:
        for head in heads:
            tar.addfile(head, io.BytesIO(b"x" * head.size))
        for name, data in (members(path) | changed).items():
            if data is not None:
                head = tarfile.TarInfo(name)
                head.size = len(data)
                tar.addfile(head, io.BytesIO(data))
    return to


def test_a_backup_put_back_is_what_there_was_in_a_new_epoch(app: Flask, backup: Path, said: Any) -> None:
    folder = app.config["SETTINGS"].data_dir
    before, changes = feed.standing(), db.session.scalar(select(func.count()).select_from(AuditEntry))
    add("C-2")
    for path in ("files", "keys"):
        shutil.rmtree(folder / path)
    (folder / "secret-key").write_text("made anew")
    code, told = said("restore", str(backup), "--yes")
    assert code == 0, told
    assert "A new epoch has begun" in told
    assert numbers() == ["C-1"]
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == changes
    after = feed.standing()
    assert before
    assert after
    assert (after.seq, after.epoch != before.epoch) == (before.seq, True)
    assert (after.began_at or 0) > before.began_at  # type: ignore[operator]
    assert feed_mark.read(folder) == after
    assert feed_mark.problem(folder) is None
    assert (folder / "secret-key").read_text() == "the key"
    assert (folder / "keys" / "push.pem").read_text() == "another key"
    with files.open_kept(files.sha256_of(next((folder / "files").glob("*/*/*")))) as stream:
        assert stream.read() == b"a photo"
    add("C-3")
    assert feed.differences() == []
    with pytest.raises(Exception, match="append-only"), transaction(system("test")) as session:
        session.execute(text("DELETE FROM audit_entry"))


def test_a_backup_says_what_is_in_it_and_is_for_its_owner_alone(backup: Path) -> None:
    manifest = json.loads(members(backup)["manifest.json"])
    assert manifest["kind"] == db.engine.dialect.name
    assert manifest["revision"] == revisions.newest()
    assert manifest["counts"]["customer"] == 1
    assert manifest["version"]
    assert sorted(manifest["members"]) == sorted(set(members(backup)) - {"manifest.json"})
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir() if path.name != "data"] == [backup.name]


def test_a_backup_is_taken_while_somebody_writes(app: Flask, tmp_path: Path) -> None:
    with transaction(system("test")) as session:
        session.add(Customer(number="C-9", name="not yet", grade="gold"))
        session.flush()
        making.make(tmp_path / "company.tar.gz")
    manifest = json.loads(members(tmp_path / "company.tar.gz")["manifest.json"])
    assert manifest["counts"]["customer"] == 1


def test_a_file_kept_after_the_database_was_copied_is_in_it_and_half_a_one_is_not(
    app: Flask, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = making.database()
    copy = module.copy

    def then_a_photo(to: Path) -> Any:
        facts = copy(to)
        sha256 = files.keep_bytes(b"a late photo")
        root = app.config["SETTINGS"].data_dir / "files" / sha256[:2] / sha256[2:4]
        (root / f"{sha256}.{'0' * 32}").write_bytes(b"a la")
        return facts

    monkeypatch.setattr(module, "copy", then_a_photo)
    code, told = said("backup", str(tmp_path / "b.tar.gz"))
    assert (code, "2 files" in told) == (0, True), told


def test_files_kept_elsewhere_are_not_in_it_and_it_says_so(app: Flask, said: Any, tmp_path: Path) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, files_url="memory://elsewhere")
    code, told = said("backup", str(tmp_path / "b.tar.gz"))
    app.config["SETTINGS"] = settings
    assert (code, "not in it" in told) == (0, True), told
    assert not any(name.startswith("files/") for name in members(tmp_path / "b.tar.gz"))


def test_a_backup_that_fails_leaves_nothing_and_none_is_overwritten(
    backup: Path, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = said("backup", str(backup))
    assert (code, "is there already" in told) == (1, True), told

    def broken(*_: Any) -> Any:
        raise OSError("the disk is full")

    monkeypatch.setattr(making, "_keys", broken)
    code, told = said("backup", str(tmp_path / "second.tar.gz"))
    assert (code, told) == (1, "Error: the disk is full\n")
    assert {path.name for path in tmp_path.iterdir()} == {"data", backup.name}
    assert said("backup", str(tmp_path / "absent" / "b.tar.gz"))[0] == 1


def test_what_is_there_is_given_up_only_if_that_is_said(backup: Path, said: Any) -> None:
    add("C-2")
    code, told = said("restore", str(backup))
    assert (code, "--yes" in told) == (1, True), told
    assert numbers() == ["C-1", "C-2"]


def refused(backup: Path, said: Any, reason: str) -> None:
    """Try to restore; it is refused in one sentence, and all is as it was."""
    add("C-2")
    before = feed.standing()
    code, told = said("restore", str(backup), "--yes")
    assert (code, len(told.splitlines())) == (1, 1), told
    assert reason in told, told
    assert numbers() == ["C-1", "C-2"]
    assert feed.standing() == before


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9, 0.999])
def test_a_truncated_backup_changes_nothing(backup: Path, said: Any, share: float) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data[: int(len(data) * share)])
    refused(backup, said, str(backup))


def test_one_wrong_byte_changes_nothing(backup: Path, said: Any) -> None:
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 0x55
    backup.write_bytes(data)
    refused(backup, said, str(backup))


def test_what_is_no_archive_changes_nothing(said: Any, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", said, "cannot be read as a backup")


def test_a_backup_that_is_not_there_changes_nothing(said: Any, tmp_path: Path) -> None:
    refused(tmp_path / "absent", said, "There is no")


def a_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.type, head.linkname, head.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return head


@pytest.mark.parametrize(
    "head",
    [
        a_member("../outside"),
        a_member("/etc/outside"),
        a_member("data/../../outside"),
        a_member("data/keys/../secret-key"),
        a_member("data/keys/.hidden"),
        a_member("files/../outside"),
        a_member("data/paidan.db"),
        a_member("data/secret-key", tarfile.SYMTYPE, "/etc/passwd"),
        a_member("data/secret-key", tarfile.LNKTYPE, "database.sqlite"),
        a_member("data/keys", tarfile.DIRTYPE),
        a_member("data/keys/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda head: f"{head.name}-{head.type.decode()}",
)
def test_a_member_no_backup_has_changes_nothing(
    backup: Path, said: Any, tmp_path: Path, head: tarfile.TarInfo
) -> None:
    refused(repacked(backup, tmp_path / "tricked", head), said, "has a member that no backup has")
    assert not (tmp_path / "outside").exists()


def test_members_that_are_not_the_manifests_change_nothing(backup: Path, said: Any, tmp_path: Path) -> None:
    other = repacked(backup, tmp_path / "other", **{"data/secret-key": b"not the one"})
    refused(other, said, "its members are not those of its manifest")


@pytest.mark.parametrize("name", ["data/secret-key", "manifest.json", "files"])
def test_a_backup_that_lacks_something_changes_nothing(
    backup: Path, said: Any, tmp_path: Path, name: str
) -> None:
    missing = next(each for each in members(backup) if each.startswith(name))
    refused(repacked(backup, tmp_path / "less", **{missing: None}), said, str(tmp_path / "less"))


def with_facts(backup: Path, to: Path, **facts: Any) -> Path:
    manifest = json.loads(members(backup)["manifest.json"]) | facts
    return repacked(backup, to, **{"manifest.json": json.dumps(manifest).encode()})


def test_another_kind_of_database_is_refused(backup: Path, said: Any, tmp_path: Path) -> None:
    other = "sqlite" if is_postgresql() else "postgresql"
    refused(with_facts(backup, tmp_path / "other", kind=other), said, f"a backup of a {other} database")


def test_a_backup_of_a_newer_version_is_refused(backup: Path, said: Any, tmp_path: Path) -> None:
    newer = with_facts(backup, tmp_path / "newer", revision="fedcba987654")
    refused(newer, said, "made by a newer version of Paidan")
    refused_format = with_facts(backup, tmp_path / "format", format=2)
    with pytest.raises(BackupError, match="not a backup of this format"):
        restoring.restore(refused_format)


def test_a_backup_of_an_older_version_is_upgraded(said: Any, tmp_path: Path) -> None:
    db.session.remove()
    downgrade(revision="7608a593976a")
    assert said("backup", str(tmp_path / "older.tar.gz"))[0] == 0
    upgrade()
    add("C-2")
    code, told = said("restore", str(tmp_path / "older.tar.gz"), "--yes")
    assert code == 0, told
    assert (numbers(), revisions.found()) == (["C-1"], revisions.newest())
    assert {column["name"] for column in inspect(db.engine).get_columns("feed_head")} >= {"began_at"}
    add("C-3")


def test_a_database_in_use_is_refused(app: Flask, backup: Path) -> None:
    program = (
        "import sys, time; from sqlalchemy import create_engine, text;"
        "c = create_engine(sys.argv[1]).connect();"
        "c.execute(text('SELECT count(*) FROM customer')).all(); c.rollback(); print(1, flush=True);"
        "time.sleep(60)"
    )
    address = app.config["SQLALCHEMY_DATABASE_URI"]
    other = subprocess.Popen([sys.executable, "-c", program, address], stdout=subprocess.PIPE)
    assert other.stdout
    try:
        other.stdout.readline()
        db.session.remove()
        with pytest.raises(BackupError, match="in use"):
            restoring.restore(backup, over_what_is_there=True)
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


class KilledError(BaseException):
    """As if the process ended here."""


def killed(*_: Any, **__: Any) -> Any:
    raise KilledError


STEPS = [
    (files, "keep"),
    (restoring, "_finish"),
    (feed, "begin_epoch"),
    (feed_mark, "put"),
    (restoring, "_below"),
]
STEPS_OF_SQLITE = [(os, "link"), (shutil, "copymode"), (Path, "replace"), (sqlite, "sync_folder")]


@pytest.mark.parametrize(
    ("owner", "name"), [*STEPS, *STEPS_OF_SQLITE], ids=lambda one: getattr(one, "__name__", one)
)
def test_killed_at_any_step_it_is_the_old_or_the_new(
    app: Flask, backup: Path, said: Any, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    if is_postgresql() and (owner, name) in STEPS_OF_SQLITE:
        return
    folder = app.config["SETTINGS"].data_dir
    add("C-2")
    feed_mark.note(folder)
    before = feed.standing()
    assert before
    db.session.remove()
    with monkeypatch.context() as patch, contextlib.suppress(KilledError):
        patch.setattr(owner, name, killed)
        restoring.restore(backup, over_what_is_there=True)
    found = feed.standing()
    assert found
    if numbers() == ["C-1", "C-2"]:
        assert found == before
        assert feed_mark.problem(folder) is None
    else:
        assert numbers() == ["C-1"]
        assert found.epoch != before.epoch, "phones never take the older state for the one they know"
    code, told = said("restore", str(backup), "--yes")
    assert (code, numbers()) == (0, ["C-1"]), told
    assert feed_mark.problem(folder) is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_what_psql_gets_only_in_part_changes_nothing(
    backup: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """As when we are killed while we write to it: it reads to an end that came too soon."""
    if not is_postgresql():
        return
    add("C-2")
    db.session.remove()
    whole = shutil.copyfileobj

    def part(source: Any, target: Any, length: int = 0) -> None:
        if getattr(source, "name", None) is None or not isinstance(source.name, int):
            return whole(source, target, length)
        data = source.read()
        target.write(data[: int(len(data) * share)])
        target.close()
        raise KilledError

    monkeypatch.setattr(postgresql.shutil, "copyfileobj", part)
    with pytest.raises(KilledError):
        restoring.restore(backup, over_what_is_there=True)
    assert numbers() == ["C-1", "C-2"]


def test_what_was_there_is_kept_under_another_name(backup: Path, said: Any) -> None:
    if is_postgresql():
        return
    add("C-2")
    code, told = said("restore", str(backup), "--yes")
    assert code == 0, told
    (kept,) = Path(str(db.engine.url.database)).parent.glob("*.before-*")
    assert str(kept) in told
    with contextlib.closing(sqlite3.connect(kept)) as old:
        assert old.execute("SELECT count(*) FROM customer").fetchone() == (2,)


def test_a_damaged_database_and_what_lies_beside_it_give_way(backup: Path, said: Any) -> None:
    if is_postgresql():
        return
    path = Path(str(db.engine.url.database))
    db.session.remove()
    db.engine.dispose()
    path.write_bytes(b"no database at all" * 500)
    path.with_name(f"{path.name}-wal").write_bytes(b"of the old one")
    code, told = said("restore", str(backup))
    assert (code, "--yes" in told) == (1, True), told
    code, told = said("restore", str(backup), "--yes")
    assert (code, numbers()) == (0, ["C-1"]), told


def test_a_new_machine_without_a_database_gets_all_of_it(app: Flask, backup: Path, tmp_path: Path) -> None:
    if is_postgresql():
        return
    folder = tmp_path / "new"
    env = {**os.environ, "DATA_DIR": str(folder), "SECRET_KEY": "", "DATABASE_URL": "", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "restore", str(backup)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    with contextlib.closing(sqlite3.connect(folder / "paidan.db")) as new:
        assert new.execute("SELECT number FROM customer").fetchall() == [("C-1",)]
    assert (folder / "secret-key").read_text() == "the key"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_without_pg_dump_it_says_what_is_missing(said: Any, tmp_path: Path, monkeypatch: Any) -> None:
    if not is_postgresql():
        return
    monkeypatch.setattr(postgresql.shutil, "which", lambda _name: None)
    code, told = said("backup", str(tmp_path / "b.tar.gz"))
    assert code == 1
    assert told == "Error: pg_dump is not installed: it comes with PostgreSQL's client programs.\n"
