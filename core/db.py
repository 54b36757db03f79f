"""The database: engine, base classes, column types and the one way to write, `transaction()`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Engine, MetaData, Uuid, column, event, insert, text
from sqlalchemy import table as table_clause
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.schema import DDL, Table
from sqlalchemy.types import TypeDecorator

from core import clock

T = TypeVar("T")
IN_THE_WAY = (IntegrityError, StaleDataError, OperationalError)
"""What another connection's work at the same moment may end in."""

_writing: ContextVar[bool] = ContextVar("writing", default=False)


class Base(DeclarativeBase):
    """Base of all tables; constraints get names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False}, disable_autonaming=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware going in, UTC coming out, on SQLite too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Record(db.Model):  # type: ignore[name-defined,misc]
    """A row people edit: its own id, its times, and a version that refuses lost updates."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=lambda: clock.now(), onupdate=lambda: clock.now()
    )
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.version}


def foreign_key_id(*, nullable: bool = False, ondelete: str | None = None, to: str, **kwargs: Any) -> Any:
    """Return an indexed UUID column that names the table it points to as text (it may point up)."""
    return mapped_column(
        Uuid, db.ForeignKey(f"{to}.id", ondelete=ondelete), nullable=nullable, index=True, **kwargs
    )


def insert_rows(
    session: Any, table: Table, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Insert many rows at once, at half the price of ``session.execute(insert(table), rows)``.

    Parameters
    ----------
    rows : sequence of mapping
        Values by column, all with the same keys. Defaults of the model are not applied.
    same : mapping, optional
        Values that are the same in every row.
    """
    if not rows:
        return
    same = same or {}
    connection = session.connection()
    names = (*rows[0], *same)
    sql, order, processors = _prepared_insert(table, names, connection.dialect)
    values: dict[str, Any] = {}
    for name, processor in zip(names, processors, strict=True):
        if name in same:
            values[name] = repeat(processor(same[name]) if processor else same[name], len(rows))
        elif processor:
            values[name] = [processor(row[name]) for row in rows]
        else:
            values[name] = [row[name] for row in rows]
    by_column = zip(*(values[name] for name in order), strict=True)
    sent = (
        list(by_column)
        if connection.dialect.positional
        else [dict(zip(order, v, strict=True)) for v in by_column]
    )
    connection.exec_driver_sql(sql, sent)


@lru_cache(maxsize=64)
def _prepared_insert(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[str, ...], list[Any]]:
    """Return the statement, its columns in the statement's order, and what makes each value the driver's."""
    # A bare table has no defaults, which would be asked for row by row.
    bare = table_clause(table.name, *(column(name, table.c[name].type) for name in names))
    compiled = insert(bare).compile(dialect=dialect, column_keys=list(names))
    order = tuple(compiled.positiontup or names)
    return (
        str(compiled),
        order,
        [table.c[n].type.dialect_impl(dialect).bind_processor(dialect) for n in names],
    )


def insert_if_absent(model: type[Any], **values: Any) -> None:
    """Insert a row unless one with its key is there already, on either database."""
    insert_for = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    db.session.execute(insert_for(model).values(**values).on_conflict_do_nothing())


append_only_tables: set[str] = set()


def append_only(table: Table) -> None:
    """Let the database itself refuse every change and removal of this table's rows (both databases)."""
    append_only_tables.add(table.name)
    for dialect, statement in append_only_statements(table.name):
        event.listen(table, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect))
    for dialect, statement in append_only_removals(table.name):
        event.listen(table, "after_drop", DDL(statement).execute_if(dialect=dialect))


def append_only_statements(name: str) -> list[tuple[str, str]]:
    """Return (dialect, SQL) which make table `name` append-only; for `append_only` and for migrations."""
    sqlite = [
        f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        for verb in ("update", "delete")
    ]
    postgresql = [
        f"CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{name} is append-only'; END $$",
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
    ]
    return [("sqlite", s) for s in sqlite] + [("postgresql", s) for s in postgresql]


def append_only_removals(name: str) -> list[tuple[str, str]]:
    """Return (dialect, SQL) which clears away what a dropped append-only table leaves behind."""
    return [("postgresql", f"DROP FUNCTION IF EXISTS {name}_append_only()")]


@event.listens_for(Engine, "connect")
def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    if "sqlite" not in type(dbapi_connection).__module__:
        return
    dbapi_connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=30000",
        "cache_size=-32000",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}").close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@contextmanager
def transaction(actor: Any = None) -> Iterator[Any]:
    """Open the one write transaction of a door; commit at the end, roll back on any error.

    Yields the session. `actor` is who the audit entries name. What was read before is read afresh inside,
    under the lock. Nothing slow (files, network, solving) belongs inside.

    Raises
    ------
    RuntimeError
        A transaction is open already: only doors commit.
    """
    if _writing.get():
        raise RuntimeError("a transaction is open already; only doors open one")
    session = db.session
    session.rollback()
    token = _writing.set(True)
    session.info["actor"] = actor
    try:
        yield session
        for hook in _before_commit:
            hook(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("actor", None)
        _writing.reset(token)


def tried_again(actor: Any, once: Callable[..., T]) -> T:
    """Do ``once(is_last=...)`` in a transaction; if another connection was in its way, in one more.

    Raises
    ------
    IntegrityError, StaleDataError, OperationalError
        It failed again.
    """
    try:
        with transaction(actor):
            return once(is_last=False)
    except IN_THE_WAY:
        with transaction(actor):
            return once(is_last=True)


@contextmanager
def migrating() -> Iterator[Connection]:
    """Yield a connection for migrations: on SQLite it takes the write lock and has foreign keys off."""
    token = _writing.set(True)
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        try:
            if sqlite:
                raw.execute("PRAGMA foreign_keys=OFF").close()
            yield connection
        finally:
            connection.rollback()
            if sqlite:
                raw.execute("PRAGMA foreign_keys=ON").close()
            _writing.reset(token)


_before_commit: list[Any] = []


def before_commit(hook: Any, *, first: bool = False) -> None:
    """Have `hook(session)` called inside every transaction, last before its commit.

    `first`: before the others, as what it locks must not be waited for while theirs is held.
    """
    if hook not in _before_commit:
        _before_commit.insert(0 if first else len(_before_commit), hook)


@contextmanager
def consistent_read() -> Iterator[Any]:
    """Read one consistent picture of the database: every query inside sees the same state."""
    session = db.session
    session.rollback()
    try:
        if db.engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.execute(text("SELECT 1"))
        yield session
    finally:
        session.rollback()
