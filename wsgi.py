"""The roof: `create_app()` is the only place that knows every package; `app` is for gunicorn and flask."""

from __future__ import annotations

import sys
from importlib import import_module

from flask import Flask

import core.wiring
from core.config import Settings, SettingsError

PACKAGES = ("geo", "inventory", "dispatch")


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application.

    Raises
    ------
    SettingsError
        A setting is wrong; the message says which, and what it may be.
    """
    app = Flask("paidan", static_folder=None)
    doors = core.wiring.init_app(app, settings or Settings.from_env())
    for package in PACKAGES:
        import_module(f"{package}.wiring").init_app(app, doors)
    core.wiring.finish(app)
    return app


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
