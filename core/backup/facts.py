"""What is said of a database in a backup's manifest, and whether one holds anything."""

from __future__ import annotations

from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, inspect, select, table

from core.db import db


def facts_of(connection: Connection) -> dict[str, Any]:
    """Return the ``revision`` of its tables and ``counts`` of rows by table."""
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    count = select(func.count())
    counts = {name: connection.scalar(count.select_from(table(name))) for name in sorted(names)}
    return {"revision": MigrationContext.configure(connection).get_current_revision(), "counts": counts}


def is_empty(connection: Connection) -> bool:
    """Tell whether none of our tables has a row."""
    there = set(inspect(connection).get_table_names()) & set(db.metadata.tables)
    return not any(connection.scalar(select(1).select_from(table(name)).limit(1)) for name in there)
