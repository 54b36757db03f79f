"""The mark: how far the change feed had come, kept beside the database in `DATA_DIR`.

A database put back to an older state gives out numbers again that phones have read as something else. The
mark shows it: the start is refused until a new epoch has begun. Every process that serves or works notes it
once a second and when it ends, from what is committed and never while somebody waits: it may lag by a
second, it is never ahead. Several processes may share one `DATA_DIR`.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from core import feed
from core.db import db
from core.feed import Standing
from core.files import sync_folder

log = structlog.get_logger("feed")
_NAME, _LOCK = "feed-mark.json", "feed-mark.lock"
_NOTE_S = 1.0


class MarkDamagedError(Exception):
    """The mark cannot be read, so that nobody can say whether the database is behind it."""


def read(folder: Path) -> Standing | None:
    """Return the mark; None where none was ever noted.

    Raises
    ------
    MarkDamagedError
        It is not what was written.
    """
    try:
        said: Any = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        began_at = datetime.fromisoformat(said["began_at"]) if said["began_at"] else None
        return Standing(str(said["epoch"]), began_at, int(said["seq"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise MarkDamagedError(f"{folder / _NAME} cannot be read") from error


def epoch_began_at(folder: Path) -> datetime | None:
    """Return when the epoch of the mark began, None where that is not known: a new one begins after it."""
    try:
        mark = read(folder)
    except MarkDamagedError:
        return None
    return mark.began_at if mark else None


def is_behind(found: Standing | None, mark: Standing | None) -> bool:
    """Tell whether a database is older than its mark: phones may have read what it does not know of.

    One without any feed yet is not: its epoch will be new to every phone.
    """
    if found is None or mark is None:
        return False
    if found.epoch == mark.epoch:
        return found.seq < mark.seq
    return not _began_later(found, mark)


def problem(folder: Path) -> str | None:
    """Return the sentence that refuses a start on a database behind its mark, or None."""
    way_out = "If it was put back on purpose, run `flask feed new-epoch` and start again."
    try:
        behind = is_behind(feed.standing(), read(folder))
    except MarkDamagedError as error:
        return f"Whether the database is older than what phones have read is not known: {error}. {way_out}"
    finally:
        db.session.rollback()
    return f"The database is older than what phones have read from it already. {way_out}" if behind else None


def note(folder: Path) -> None:
    """Bring the mark up to what is committed; it never goes back."""
    found = feed.standing()
    db.session.rollback()
    if found is None:
        return
    with _alone(folder):
        mark = read(folder)
        if mark is None or (mark.epoch == found.epoch and mark.seq < found.seq) or _is_next(found, mark):
            _write(folder, found)


def put(folder: Path, found: Standing | None) -> None:
    """Write the mark anew, whatever it said."""
    if found is not None:
        with _alone(folder):
            _write(folder, found)


class Keeper:
    """A thread that keeps the mark as long as its process serves or works."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="feed mark", daemon=True)

    def start(self) -> None:
        """Begin to note."""
        self._thread.start()

    def stop(self) -> None:
        """Note for the last time and end."""
        self._over.set()
        self._thread.join(timeout=5)

    def _keep(self) -> None:
        over = False
        while not over:
            over = self._over.wait(_NOTE_S)
            with self._app.app_context():
                try:
                    note(self._app.config["SETTINGS"].data_dir)
                except (SQLAlchemyError, OSError, MarkDamagedError) as error:
                    # It lags then; whoever needs the database says more loudly that it is away.
                    log.warning("feed mark not noted", reason=str(error).splitlines()[0])


def _is_next(found: Standing, mark: Standing) -> bool:
    return found.epoch != mark.epoch and _began_later(found, mark)


def _began_later(found: Standing, mark: Standing) -> bool:
    return found.began_at is not None and (mark.began_at is None or found.began_at > mark.began_at)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _write(folder: Path, found: Standing) -> None:
    said = {"epoch": found.epoch, "seq": found.seq, "began_at": None}
    if found.began_at:
        said["began_at"] = found.began_at.isoformat()
    part = folder / f"{_NAME}.part"
    with part.open("w", encoding="utf-8") as stream:
        json.dump(said, stream)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(folder / _NAME)
    sync_folder(folder)
