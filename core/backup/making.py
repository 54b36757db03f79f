"""How a backup is made: the database at one instant, then the files, then the keys."""

from __future__ import annotations

import re
import sqlite3
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from core.backup import archive, postgresql, sqlite
from core.backup.archive import DATA, FILES, BackupError
from core.db import db

_ROOT = Path(__file__).parents[2]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Made:
    """What went into a backup; `has_files` is False where they are kept in an object store."""

    rows: int
    files: int
    has_files: bool


def database() -> ModuleType:
    """Return what copies and puts back the kind of database we have."""
    return {"sqlite": sqlite, "postgresql": postgresql}[db.engine.dialect.name]


def make(target: Path) -> Made:
    """Write a backup.

    A file is kept before its row is written and never changes, so that every file the copied rows speak of is
    there when the files' turn comes.

    Raises
    ------
    BackupError
        It could not be made; nothing is left of it.
    """
    of_database = database()
    settings = current_app.config["SETTINGS"]
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}.")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        copied = Path(folder) / of_database.MEMBER
        try:
            facts = of_database.copy(copied)
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise BackupError(f"The database cannot be copied: {str(error).splitlines()[0]}") from None
        if facts["revision"] is None:
            raise BackupError("There is nothing to back up: the database has no tables yet.")
        has_files = not settings.files_url
        head = {
            "version": _version(),
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "kind": of_database.KIND,
            "has_files": has_files,
            **facts,
        }
        count = 0
        with archive.writing(target, head) as writer:
            writer.add(of_database.MEMBER, copied)
            copied.unlink()
            for name, path in _kept_files(settings.data_dir / "files") if has_files else ():
                writer.add(name, path)
                count += 1
            for name, path in _keys(settings.data_dir):
                writer.add(name, path)
    return Made(sum(facts["counts"].values()), count, has_files)


def _version() -> str:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _kept_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield whole files; what stands beside them is still being copied in."""
    for path in root.glob("??/??/*"):
        if _SHA256.fullmatch(path.name):
            yield FILES + path.name, path


def _keys(folder: Path) -> Iterator[tuple[str, Path]]:
    if (folder / "secret-key").is_file():
        yield f"{DATA}secret-key", folder / "secret-key"
    for path in sorted((folder / "keys").glob("*")):
        if path.is_file() and _KEY.fullmatch(path.name):
            yield f"{DATA}keys/{path.name}", path
