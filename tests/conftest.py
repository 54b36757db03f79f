"""What all tests share: an application on an empty database, people of every role, clients."""

from __future__ import annotations

import contextvars
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from core import clock, files
from core.auth import people, tokens
from core.auth.actors import Actor, system
from core.config import Settings
from core.db import db, transaction
from tests.browsers import Person
from tests.databases import create_database
from wsgi import create_app

SHARED_DATA = Path(os.environ.get("PAIDAN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the public data; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("shared data is absent (set PAIDAN_SHARED_DATA)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on one database for the whole run, its context pushed.

    TEST_DATABASE_URL chooses PostgreSQL; that database is made anew. Requests are sent by `Client`, which
    gives each its own context.
    """
    folder = tmp_path_factory.mktemp("data")
    address = os.environ.get("TEST_DATABASE_URL", "")
    if address:
        create_database(address)
    env = {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "for tests only",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": address,
        "LOCALE": "en",
    }
    app = create_app(Settings.from_env(env))
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    with app.app_context():
        try:
            upgrade()
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def own_files(app: Flask, tmp_path: Path) -> Iterator[None]:
    """Give a test a folder of its own for files."""
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, data_dir=tmp_path / "data")
    files.init_app(app)
    try:
        yield
    finally:
        app.config["SETTINGS"] = settings
        files.init_app(app)


@pytest.fixture(autouse=True)
def clean(request: pytest.FixtureRequest) -> Iterator[None]:
    """Empty every table after each test that used the application; put the clock right."""
    yield
    clock.run_normally()
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        empty_tables()


def empty_tables() -> None:
    """Remove all rows, also of append-only tables."""
    db.session.remove()
    with db.engine.connect() as connection:
        tables = [table.name for table in db.metadata.sorted_tables]
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("TRUNCATE " + ", ".join(f'"{name}"' for name in tables) + " CASCADE")
            connection.commit()
            return
        triggers = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'"
        ).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.commit()
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        for name in tables:
            raw.execute(f'DELETE FROM "{name}"')
        for _, sql in triggers:
            raw.execute(sql)
        raw.execute("PRAGMA foreign_keys=ON")


@pytest.fixture
def actor(app: Flask) -> Actor:
    """The system as actor: may do everything."""
    return system("test")


class Client:
    """A test client for the JSON API, signed in by token."""

    def __init__(self, flask_client: FlaskClient, secret: str | None) -> None:
        self.flask = flask_client
        self.secret = secret

    def send(self, method: str, path: str, **kwargs: Any) -> Any:
        """Send a request; `path` below /api/v1 unless it begins with a slash and ``api``."""
        headers = dict(kwargs.pop("headers", {}))
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        full = path if path.startswith("/api") else f"/api/v1{path}"
        # Read to its end and closed, as a server does.
        kwargs.setdefault("buffered", True)
        # The test's own app context must not leak into the request, nor its session read old rows after it.
        db.session.rollback()
        return contextvars.Context().run(self.flask.open, full, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.send("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self.send("POST", path, json=json, **kwargs)

    def patch(self, path: str, json: Any, etag: str | None = None, **kwargs: Any) -> Any:
        headers = {"If-Match": etag} if etag else {}
        return self.send("PATCH", path, json=json, headers=headers, **kwargs)

    def delete(self, path: str, etag: str | None = None) -> Any:
        return self.send("DELETE", path, headers={"If-Match": etag} if etag else {})


@pytest.fixture
def client_of(app: Flask) -> Callable[..., Client]:
    """Return a function: role names to an API client of a person with these roles."""

    def make(*roles: str, email: str = "") -> Client:
        name = "-".join(roles) or "nobody"
        with transaction(system("test")) as session:
            user = people.add(
                session.info["actor"], email=email or f"{name}@example.org", name=name, roles=list(roles)
            )
            _, secret = tokens.issue(people.actor_of(user), name="test")
        client = Client(app.test_client(), secret)
        client.user_id = user.id  # type: ignore[attr-defined]
        return client

    return make


@pytest.fixture
def admin(client_of: Callable[..., Client]) -> Client:
    """An administrator's API client."""
    return client_of("admin")


@pytest.fixture
def nobody(app: Flask) -> Client:
    """An API client that is not signed in."""
    return Client(app.test_client(), None)


@pytest.fixture
def browser(app: Flask) -> Callable[..., Person]:
    """Return a function: role names to a signed-in browser."""

    def make(*roles: str, language: str = "en", password: str = "") -> Person:
        return Person(app, roles, language, password)

    return make
