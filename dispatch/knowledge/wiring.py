"""Ties knowledge to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_tab
from dispatch.knowledge import api, articles, pages
from dispatch.knowledge.resources import ARTICLES

STAFF = ("agent", "dispatcher", "warehouse", "reviewer", "manager", "engineer")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors, and a tab beside work orders."""
    add_catalogues(__file__)
    allow(ARTICLES.read, *STAFF)
    allow(articles.WRITE, "agent", "dispatcher", "engineer", "reviewer", "manager")
    allow(articles.PUBLISH, "reviewer", "manager")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    add_tab("work_orders.list_", 40, mark("Knowledge"), "articles.list_", ARTICLES.read)
