"""Ties workforce to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu, add_tab
from dispatch.workforce import api, pages
from dispatch.workforce.schemas import PRIVATE

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")
PLANNERS = ("dispatcher", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    for name in ("skills", "engineers"):
        allow(f"{name}.read", *STAFF)
    allow("shifts.read", "agent", "engineer", *PLANNERS)
    allow("shifts.read_all", "agent", *PLANNERS)
    allow("leaves.read", "engineer", *PLANNERS)
    allow("leaves.read_all", *PLANNERS)
    allow(PRIVATE, *PLANNERS)
    for name in ("skills", "engineers", "shifts", "leaves"):
        allow(f"{name}.write", *PLANNERS)
    doors.register_blueprint(api.blp)
    for door in pages.blueprints:
        app.register_blueprint(door)
    menu = "engineers.list_"
    add_menu(40, mark("Engineers"), menu, "engineers.read")
    add_tab(menu, 10, mark("Shifts"), "shifts.list_", "shifts.read")
    add_tab(menu, 20, mark("Leaves"), "leaves.list_", "leaves.read")
    add_tab(menu, 30, mark("Skills"), "skills.list_", "skills.read")
