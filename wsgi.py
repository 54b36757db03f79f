"""The roof: `create_app()` is the only place that knows every package; `app` is for gunicorn and flask."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from flask import Flask, current_app, request
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.middleware.proxy_fix import ProxyFix

import core.wiring
from core.config import Settings, SettingsError
from core.errors import Conflict, Stale, mark

PACKAGES = ("geo", "inventory", "dispatch")


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application.

    Raises
    ------
    SettingsError
        A setting is wrong; the message says which, and what it may be.
    """
    settings = settings or Settings.from_env()
    app = Flask("paidan", static_folder=None)
    doors = core.wiring.init_app(app, settings)
    for package in PACKAGES:
        import_module(f"{package}.wiring").init_app(app, doors)
    core.wiring.finish(app)
    app.register_error_handler(StaleDataError, _changed_at_once)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app


def _changed_at_once(_error: StaleDataError) -> Any:
    """Answer 412 to who named a version, though both changes had found it current; else 409."""
    kind = Stale if "If-Match" in request.headers else Conflict
    message = mark("Somebody changed this at the same moment; load it again and repeat.")
    return current_app.handle_user_exception(kind(message, code="stale"))


def __getattr__(name: str) -> Flask:
    """Make `app` on first use, so that importing this module alone starts nothing."""
    if name != "app":
        raise AttributeError(name)
    try:
        made = create_app()
    except SettingsError as error:
        sys.exit(f"Paidan cannot start: {error}")
    globals()["app"] = made
    return made
