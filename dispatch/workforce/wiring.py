"""Ties workforce to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.i18n import add_catalogues
from dispatch.workforce import api
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
