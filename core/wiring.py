"""Ties core to the application: settings, database, people, pages, API, worker."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_smorest import Api

from core import (
    audit,
    clock,
    commands,
    feed_commands,
    files,
    hints,
    i18n,
    idempotency,
    jobs,
    logs,
    openapi,
    problems,
    web,
)
from core.auth import api as auth_api
from core.auth import limits, people_pages
from core.auth import pages as auth_pages
from core.auth.permissions import allow, check_known_roles
from core.backup.commands import backup_command, restore_command
from core.config import Settings, SettingsError
from core.db import db
from core.errors import mark
from core.menu import add_menu
from core.worker import worker_command

ROOT = Path(__file__).parent.parent
__all__ = ["audit", "finish", "init_app", "jobs"]


def init_app(app: Flask, settings: Settings) -> Api:
    """Set core up and return the API; the other packages' wiring follows.

    Raises
    ------
    SettingsError
        DATA_DIR cannot be written.
    """
    app.config["SETTINGS"] = settings
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR={str(settings.data_dir)!r} cannot be made: {error.strerror}."
        ) from None
    if not os.access(settings.data_dir, os.W_OK):
        raise SettingsError(f"DATA_DIR={str(settings.data_dir)!r} cannot be written to.")
    logs.set_up(settings)
    if settings.clock_start:
        clock.start_at(settings.clock_start, settings.clock_anchor)
    app.config["SECRET_KEY"] = settings.signing_key()
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True, render_as_batch=True)
    i18n.init_app(app)
    problems.init_app(app)
    web.init_app(app)
    limits.init_app(app)
    files.init_app(app)
    hints.init_app(app)
    allow("people.read", "manager")
    allow("people.write")
    app.register_blueprint(auth_pages.bp)
    doors = openapi.init_app(app)
    idempotency.init_app(app)
    doors.register_blueprint(auth_api.blp)
    app.register_blueprint(people_pages.bp)
    add_menu(90, mark("People"), "people.list_", "people.read")
    app.cli.add_command(worker_command)
    app.cli.add_command(commands.users)
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)
    feed_commands.init_app(app)
    return doors


def finish(app: Flask) -> None:
    """Check, after every package is tied in, that what they declared fits together."""
    check_known_roles()
