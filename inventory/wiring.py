"""Ties inventory to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu, add_tab
from inventory import api, pages

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    for name in ("parts", "stock-locations", "stock-movements", "part-requests"):
        allow(f"{name}.read", *STAFF)
    for permission in (
        "parts.write",
        "stock-locations.write",
        "stock-movements.write",
        "part-requests.decide",
    ):
        allow(permission, "warehouse")
    allow("part-requests.write", "engineer", "dispatcher", "agent")
    allow("field-use.write", "engineer")
    doors.register_blueprint(api.blp)
    for door in pages.blueprints:
        app.register_blueprint(door)
    menu = "parts.list_"
    add_menu(60, mark("Parts"), menu, "parts.read")
    add_tab(menu, 10, mark("Part requests"), "part_requests.list_", "part-requests.read")
    add_tab(menu, 20, mark("Stock locations"), "stock_locations.list_", "stock-locations.read")
    add_tab(menu, 30, mark("Stock movements"), "stock_movements.list_", "stock-movements.read")
