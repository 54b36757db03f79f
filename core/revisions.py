"""Which revision a database's tables are of, and which this version of Paidan knows."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from core.db import db


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def found() -> str | None:
    """Return the revision of the database's tables; None where it has none."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def known() -> set[str]:
    """Return every revision this version can upgrade from, its own too."""
    return {script.revision for script in _scripts().walk_revisions()}


def newest() -> str | None:
    """Return the revision this version works on."""
    return _scripts().get_current_head()
