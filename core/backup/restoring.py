"""How a backup is put back: all of it is checked first; the database changes at one instant."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy.exc import SQLAlchemyError

from core import feed, feed_mark, files, revisions
from core.auth.actors import system
from core.backup import archive
from core.backup.archive import DATA, FILES, BackupError, Manifest
from core.backup.making import database
from core.db import db, transaction


@dataclass(frozen=True)
class Restored:
    """What was done, in sentences."""

    sentences: tuple[str, ...]


def restore(source: Path, *, over_what_is_there: bool = False) -> Restored:
    """Put a backup in the place of the database, and its files and keys where they belong.

    Until the database changes, all that has changed are files added to those that are kept; no row speaks of
    them. Killed after it, the database is the new one in a new epoch; what may be missing then are keys, and
    to run it once more does no harm.

    Raises
    ------
    BackupError
        The backup is damaged, of another kind of database or of a newer version; the database is in use, or
        holds something and that may not be given up. All is as it was.
    """
    of_database = database()
    manifest = archive.checked(source)
    _refuse_unfit(manifest, of_database)
    db.session.remove()
    db.engine.dispose()
    try:
        of_database.refuse_in_use()
        if of_database.holds_something() and not over_what_is_there:
            raise BackupError("The database is not empty: say --yes to have the backup take its place.")
        return _put_back(source, manifest, of_database)
    except SQLAlchemyError as error:
        raise BackupError(f"The database cannot be used: {str(error).splitlines()[0]}") from None


def _refuse_unfit(manifest: Manifest, of_database: Any) -> None:
    kind, revision = manifest.facts.get("kind"), manifest.facts.get("revision")
    if kind != of_database.KIND or of_database.MEMBER not in manifest.members:
        raise BackupError(
            f"This is a backup of a {kind} database and DATABASE_URL names a {of_database.KIND} one: "
            f"restore it into a {kind} database."
        )
    if revision not in revisions.known():
        raise BackupError(
            f"The backup was made by a newer version of Paidan (its tables are of {revision}): "
            "install that one."
        )


def _put_back(source: Path, manifest: Manifest, of_database: Any) -> Restored:
    settings = current_app.config["SETTINGS"]
    now = datetime.now(UTC)
    said = [f"The backup of {manifest.facts.get('made_at')} is in place."]
    with (
        tempfile.TemporaryDirectory(prefix=".restore-", dir=of_database.place()) as folder,
        tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as keys,
    ):
        copied, found = Path(folder) / of_database.MEMBER, Path(keys)
        count = 0
        for name, path in archive.unpacked(source, manifest, Path(keys)):
            if name == of_database.MEMBER:
                shutil.move(path, copied)
            elif name.startswith(FILES):
                if files.keep(path) != name.removeprefix(FILES):
                    raise BackupError(f"{source} is damaged: {name!r} is another file.")
                count += 1
            elif name.startswith(DATA):
                place = found / name
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
        kept = of_database.put_back(copied, f".before-{now:%Y%m%dT%H%M%S.%f}Z", manifest.facts, _finish)
        for place in _below(found / DATA):
            target = settings.data_dir / place.relative_to(found / DATA)
            target.parent.mkdir(parents=True, exist_ok=True)
            place.replace(target)
        files.sync_folder(settings.data_dir)
    feed_mark.put(settings.data_dir, feed.standing())
    db.session.remove()
    said.append(f"{count} files are kept." if manifest.facts.get("has_files") else "It has no files in it.")
    said.append("A new epoch has begun: phones load everything anew and send what they kept.")
    return Restored(tuple(each for each in (*said, kept) if each))


def _finish() -> None:
    """Bring the restored tables up to this version, and begin a new epoch."""
    if revisions.found() != revisions.newest():
        upgrade()
    with transaction(system("command line")):
        feed.begin_epoch(feed_mark.epoch_began_at(current_app.config["SETTINGS"].data_dir))


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
