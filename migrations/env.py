"""How migrations run: one transaction each, on the application's own database (`flask db …`).

On SQLite a table is changed by making it anew (batch mode); foreign keys are off meanwhile and checked before
the commit. Append-only tables get and lose their triggers by `op.make_append_only` and
`op.clear_append_only`; a batch change drops a SQLite table's triggers, so it must call the first again.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate import renderers, rewriter
from alembic.operations import MigrateOperation, Operations, ops
from flask import current_app
from sqlalchemy import text

from core.db import (
    Json,
    UtcDateTime,
    append_only_removals,
    append_only_statements,
    append_only_tables,
    db,
    migrating,
)


class _OfAppendOnlyTable(MigrateOperation):
    def __init__(self, table_name: str) -> None:
        self.table_name = table_name

    @classmethod
    def invoke(cls, operations: Operations, table_name: str) -> Any:
        return operations.invoke(cls(table_name))


@Operations.register_operation("make_append_only", "invoke")
class MakeAppendOnly(_OfAppendOnlyTable):
    """Let the database refuse every change and removal of the table's rows."""


@Operations.register_operation("clear_append_only", "invoke")
class ClearAppendOnly(_OfAppendOnlyTable):
    """Clear away what a dropped append-only table leaves behind."""


@Operations.implementation_for(MakeAppendOnly, replace=True)
def _make_append_only(operations: Operations, operation: MakeAppendOnly) -> None:
    _execute(operations, append_only_statements(operation.table_name))


@Operations.implementation_for(ClearAppendOnly, replace=True)
def _clear_append_only(operations: Operations, operation: ClearAppendOnly) -> None:
    _execute(operations, append_only_removals(operation.table_name))


def _execute(operations: Operations, statements: list[tuple[str, str]]) -> None:
    for dialect, statement in statements:
        if dialect == operations.get_context().dialect.name:
            operations.execute(text(statement))


@renderers.dispatch_for(MakeAppendOnly, replace=True)
def _render_make(_: Any, operation: MakeAppendOnly) -> str:
    return f"op.make_append_only({operation.table_name!r})"


@renderers.dispatch_for(ClearAppendOnly, replace=True)
def _render_clear(_: Any, operation: ClearAppendOnly) -> str:
    return f"op.clear_append_only({operation.table_name!r})"


write = rewriter.Rewriter()


@write.rewrites(ops.CreateTableOp)
def _after_create(_context: Any, _revision: Any, operation: ops.CreateTableOp) -> list[MigrateOperation]:
    name = operation.table_name
    return [operation, *([MakeAppendOnly(name)] if name in append_only_tables else [])]


@write.rewrites(ops.DropTableOp)
def _after_drop(_context: Any, _revision: Any, operation: ops.DropTableOp) -> list[MigrateOperation]:
    name = operation.table_name
    return [operation, *([ClearAppendOnly(name)] if name in append_only_tables else [])]


def render_item(kind: str, item: Any, autogen: Any) -> str | bool:
    """Return how our own column types are written in a migration."""
    if kind != "type" or not (isinstance(item, UtcDateTime) or repr(item) == repr(Json)):
        return False
    autogen.imports.add("import core.db")
    return "core.db.UtcDateTime()" if isinstance(item, UtcDateTime) else "core.db.Json"


def check_foreign_keys(ctx: Any, **_: Any) -> None:
    """Refuse, before its commit, a migration that leaves rows pointing nowhere (SQLite)."""
    if ctx.dialect.name == "sqlite":
        lost = ctx.connection.execute(text("PRAGMA foreign_key_check")).all()
        if lost:
            raise RuntimeError(f"the migration leaves {len(lost)} rows pointing nowhere, first {lost[0]}")


options = {
    "target_metadata": db.metadata,
    "render_item": render_item,
    "process_revision_directives": write,
    "on_version_apply": check_foreign_keys,
    "transaction_per_migration": True,
    "transactional_ddl": True,
    **current_app.extensions["migrate"].configure_args,
}
if context.is_offline_mode():
    options["on_version_apply"] = None
    context.configure(url=db.engine.url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with migrating() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
