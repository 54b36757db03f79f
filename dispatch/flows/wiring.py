"""Ties flows to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_tab
from dispatch.flows import api, pages

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors; customers name a category when they ask for work."""
    add_catalogues(__file__)
    allow("categories.read", *STAFF, "customer")
    allow("categories.history", *STAFF)
    allow("categories.write", "dispatcher", "manager")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    add_tab("work_orders.list_", 20, mark("Categories"), "categories.list_", "categories.read")
