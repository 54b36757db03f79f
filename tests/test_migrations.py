"""The migrations lead to the models' tables, and back, on the database that the tests run on."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from core.config import Settings
from core.db import append_only_tables, db
from tests.databases import create_database, drop_database
from wsgi import create_app


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on an empty database of its own, its context pushed."""
    address = os.environ.get("TEST_DATABASE_URL", "")
    if address:
        name = f"paidan_migrations_{uuid.uuid4().hex[:8]}"
        address = make_url(address).set(database=name).render_as_string(hide_password=False)
        create_database(address)
    env = {
        "DATA_DIR": str(tmp_path_factory.mktemp("migrations")),
        "SECRET_KEY": "for tests only",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": address,
    }
    with create_app(Settings.from_env(env)).app_context() as context:
        try:
            yield context.app
        finally:
            db.session.remove()
            db.engine.dispose()
            if address:
                drop_database(address)


@pytest.fixture
def migrated(empty: Flask) -> Flask:
    """The application with all migrations applied."""
    upgrade()
    return empty


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def triggers() -> set[str]:
    catalogue = {
        "sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT event_object_table FROM information_schema.triggers",
    }
    with db.engine.connect() as connection:
        return set(connection.scalars(text(catalogue[connection.dialect.name])))


def test_migrations_lead_to_exactly_the_tables_of_the_models(migrated: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_append_only_tables_are_append_only_after_migrating(migrated: Flask) -> None:
    assert append_only_tables
    assert triggers() == append_only_tables


def test_the_database_itself_refuses_to_change_an_append_only_row(migrated: Flask) -> None:
    insert = (
        "INSERT INTO audit_entry (at, actor_name, action, table_name, row_id, root_id) "
        "VALUES ('2026-01-01 00:00:00', 'x', 'create', 'x', 'x', 'x')"
    )
    with db.engine.begin() as connection:
        connection.execute(text(insert))
    for statement in ("UPDATE audit_entry SET action = 'y'", "DELETE FROM audit_entry"):
        with pytest.raises(DatabaseError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(statement))


def test_migrations_go_down_to_nothing_and_up_again(migrated: Flask) -> None:
    before = tables()
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == before == set(db.metadata.tables)


def test_tables_made_without_migrations_can_be_dropped_and_made_again(migrated: Flask) -> None:
    downgrade(revision="base")
    db.create_all()
    db.drop_all()
    db.create_all()
    assert triggers() == append_only_tables
    db.drop_all()
    assert tables() == set()
