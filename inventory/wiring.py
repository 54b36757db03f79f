"""Ties inventory to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.i18n import add_catalogues
from inventory import api

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
    doors.register_blueprint(api.blp)
