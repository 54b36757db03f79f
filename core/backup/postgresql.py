"""A PostgreSQL database copied by `pg_dump`, and put back by `pg_restore` and `psql` in one transaction."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from flask import current_app
from sqlalchemy import NullPool, create_engine, text

from core.backup.archive import POSTGRESQL, BackupError
from core.backup.facts import facts_of, is_empty
from core.db import append_only_removals, append_only_tables, db

KIND, MEMBER = "postgresql", POSTGRESQL
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def copy(to: Path) -> dict[str, Any]:
    """Copy what is committed at one instant into a new file, and return what is in it.

    Raises
    ------
    BackupError
        `pg_dump` is not there, or has failed.
    """
    program = _program("pg_dump")
    engine = _engine()
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        facts = facts_of(connection)
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        command = [program, *options, f"--file={to}", f"--dbname={_address()}"]
        done = subprocess.run(command, env=_env(), stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise BackupError(f"pg_dump has failed: {_last_line(done.stderr)}")
    with to.open("rb") as stream:
        os.fsync(stream.fileno())
    return facts


def holds_something() -> bool:
    """Tell whether the database has anything in it."""
    with _engine().connect() as connection:
        return not is_empty(connection)


def refuse_in_use() -> None:
    """Raise BackupError if anybody else is connected to the database."""
    with _engine().connect() as connection:
        others = connection.scalar(text(_OTHERS))
    if others:
        raise BackupError(
            f"The database is in use by {others} other connections: "
            "stop the server, the worker and whatever else is connected first."
        )


def place() -> Path:
    """Return the folder to take a copy out into."""
    folder: Path = current_app.config["SETTINGS"].data_dir
    return folder


def put_back(new: Path, _kept_name: str, facts: Any, finish: Callable[[], None]) -> str:
    """Put a copy in the place of what the database holds, all of it or nothing; then `finish`.

    A new epoch begins in the same transaction, so that whoever is killed before `finish` leaves none that
    phones would take for the old one. The transaction is committed by the last line we send: whatever breaks
    off before it changes nothing.

    Raises
    ------
    BackupError
        `pg_restore` or `psql` is not there, or has failed.
    """
    reader = [_program("pg_restore"), "--no-owner", "--no-privileges", "--clean", "--if-exists", "--file=-"]
    writer = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={_address()}"]
    refuse_in_use()
    with tempfile.TemporaryFile() as read_faults, tempfile.TemporaryFile() as faults:
        restore = subprocess.Popen([*reader, str(new)], stdout=subprocess.PIPE, stderr=read_faults)
        psql = subprocess.Popen(
            writer, env=_env(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=faults
        )
        assert restore.stdout
        assert psql.stdin
        try:
            psql.stdin.write(_before().encode())
            shutil.copyfileobj(restore.stdout, psql.stdin, 1 << 20)
            if restore.wait():
                raise BackupError(f"pg_restore has failed: {_said(read_faults)}")
            psql.stdin.write(_after(facts).encode())
            psql.stdin.close()
        except BrokenPipeError:
            pass  # It says why.
        finally:
            restore.stdout.close()
            if not psql.stdin.closed:
                psql.kill()
                with contextlib.suppress(OSError):
                    psql.stdin.close()
            psql.wait()
            restore.wait()
        if psql.returncode:
            raise BackupError(f"The database could not be put back and is as it was: {_said(faults)}")
    finish()
    return ""


def _before() -> str:
    """Return SQL that takes our tables away; those of a newer version than the backup are not in it."""
    tables = [f'DROP TABLE IF EXISTS "{name}" CASCADE;' for name in [*db.metadata.tables, "alembic_version"]]
    functions = [f"{sql};" for name in append_only_tables for _, sql in append_only_removals(name)]
    return "\n".join(["BEGIN;", "SET LOCAL client_min_messages = warning;", *tables, *functions, ""])


def _after(facts: Any) -> str:
    has_feed = "feed_head" in facts.get("counts", ())
    begin = f"UPDATE public.feed_head SET epoch = '{uuid.uuid4().hex}';\n" if has_feed else ""  # noqa: S608
    return f"\n{begin}COMMIT;\n"


def _engine() -> Any:
    return create_engine(db.engine.url, poolclass=NullPool)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"{name} is not installed: it comes with PostgreSQL's client programs.")
    return found


def _address() -> str:
    url = db.engine.url.set(drivername="postgresql")
    if url.password is None:
        return url.render_as_string(hide_password=False)
    # The password goes by the environment: what stands in a command everybody on the machine may read.
    bare = url._replace(password=None)
    return bare.render_as_string(hide_password=False)


def _env() -> dict[str, str]:
    password = db.engine.url.password
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}


def _said(faults: IO[bytes]) -> str:
    faults.seek(0)
    return _last_line(faults.read().decode(errors="replace"))


def _last_line(told: str) -> str:
    errors = [line for line in told.strip().splitlines() if "ERROR" in line or "error:" in line]
    return (errors or told.strip().splitlines() or ["it did not say why"])[0]
