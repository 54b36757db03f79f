"""Ties customers to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.web import add_menu
from dispatch.customers import api, pages

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    for name in ("customers", "sites", "assets", "contracts"):
        allow(f"{name}.read", *STAFF, "customer")
        allow(f"{name}.write", "agent", "dispatcher")
    doors.register_blueprint(api.blp)
    for door in pages.blueprints:
        app.register_blueprint(door)
    add_menu(30, mark("Customers"), "customers.list_", "customers.read")
