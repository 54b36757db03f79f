"""A SQLite database copied while it is written to, and put in the place of another."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from core.backup.archive import SQLITE, BackupError
from core.backup.facts import facts_of, is_empty
from core.db import db
from core.files import sync_folder

KIND, MEMBER = "sqlite", SQLITE
_BESIDE = ("-wal", "-shm", "-journal")
IN_USE = "{path} is in use: stop the server, the worker and whatever else has it open first."


def copy(to: Path) -> dict[str, Any]:
    """Copy what is committed at one instant into a new file, and return what is in it."""
    if not _path().exists():
        raise BackupError(f"There is no database {_path()}.")
    with closing(sqlite3.connect(_path(), timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))
    to.chmod(0o600)
    with _engine_on(to) as engine, engine.connect() as found:
        return facts_of(found)


def holds_something() -> bool:
    """Tell whether there is a database with anything in it; one that cannot be read counts as such."""
    path = _path()
    if not path.exists() or not path.stat().st_size:
        return False
    try:
        with _engine_on(path) as engine, engine.connect() as connection:
            return not is_empty(connection)
    except SQLAlchemyError:
        return True


def refuse_in_use() -> None:
    """Raise BackupError if any other process has the database open; what it wrote aside is in it then."""
    path = _path()
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=0)) as connection:
            # SQLite leaves write-ahead logging only for who has the file for itself.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError(IN_USE.format(path=path)) from None
    except sqlite3.DatabaseError:
        return  # Damaged: nobody works with it.


def place() -> Path:
    """Return the folder to take a copy out into: it is moved from there."""
    folder = _path().parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def put_back(new: Path, kept_name: str, _facts: Any, finish: Callable[[], None]) -> str:
    """Finish a copy and put it in the place of the database, at one instant; return what became of the old.

    Parameters
    ----------
    kept_name : str
        What the old one is called from then on, after its own name.
    finish : callable
        Brings the database that `db` speaks to up to date; here that is the copy.
    """
    path = _path()
    with _engine_on(new) as engine, _speaking_to(engine):
        finish()
    with closing(sqlite3.connect(new)) as connection:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise BackupError("The database in the backup is damaged.")
        connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    with new.open("rb") as stream:
        os.fsync(stream.fileno())
    refuse_in_use()
    kept = path.with_name(path.name + kept_name)
    is_there = path.exists()
    if is_there:
        _keep(path, kept)
        shutil.copymode(path, new)
    new.replace(path)
    sync_folder(path.parent)
    return f"What was there is {kept}: take it away when you do not need it." if is_there else ""


def _keep(path: Path, kept: Path) -> None:
    """Give the database a second name; what lies beside a damaged one must not be taken for the new one's."""
    for end in _BESIDE:
        beside = path.with_name(path.name + end)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + end))
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)
    sync_folder(path.parent)


def _path() -> Path:
    return Path(str(db.engine.url.database)).resolve()


@contextmanager
def _engine_on(path: Path) -> Iterator[Any]:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _speaking_to(engine: Any) -> Iterator[None]:
    """Have `db` speak to another database inside the block."""
    engines = cast(dict[str | None, Any], db.engines)
    before = engines[None]
    db.session.remove()
    engines[None] = engine
    try:
        yield
    finally:
        db.session.remove()
        engines[None] = before
