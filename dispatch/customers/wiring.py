"""Ties customers to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu, add_tab
from dispatch.customers import api, pages
from dispatch.customers.schemas import PRIVATE

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    for name in ("customers", "sites", "assets", "contracts"):
        allow(f"{name}.read", *STAFF, "customer")
        allow(f"{name}.write", "agent", "dispatcher")
    allow("customers.history", *STAFF)
    allow(PRIVATE, *STAFF)
    doors.register_blueprint(api.blp)
    for door in pages.blueprints:
        app.register_blueprint(door)
    menu = "customers.list_"
    add_menu(30, mark("Customers"), menu, "customers.read")
    add_tab(menu, 10, mark("Sites"), "sites.list_", "sites.read")
    add_tab(menu, 20, mark("Assets"), "assets.list_", "assets.read")
    add_tab(menu, 30, mark("Contracts"), "contracts.list_", "contracts.read")
