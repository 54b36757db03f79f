"""The roof: `create_app()` is the only place that knows every package; `app` is for gunicorn and flask."""

from __future__ import annotations

import sys
from importlib import import_module

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import core.wiring
from core.config import Settings, SettingsError

PACKAGES = ("geo", "inventory", "dispatch", "mobile_api")


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
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
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
