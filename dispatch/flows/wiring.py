"""Ties flows to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.i18n import add_catalogues
from dispatch.flows import api

STAFF = ("agent", "dispatcher", "engineer", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors; customers name a category when they ask for work."""
    add_catalogues(__file__)
    allow("categories.read", *STAFF, "customer")
    allow("categories.write", "dispatcher", "manager")
    doors.register_blueprint(api.blp)
