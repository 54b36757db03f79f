"""Ties geo to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_tab
from geo import api, pages


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    allow("territories.read", "agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")
    allow("territories.write", "dispatcher")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    add_tab("engineers.list_", 40, mark("Territories"), "territories.list_", "territories.read")
