"""Ties what visits leave behind to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.i18n import add_catalogues
from dispatch.evidence import api, attachments, models, pages
from dispatch.workorders.pages import offer_tables

__all__ = ["init_app", "models"]


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
    add_catalogues(__file__)
    allow(attachments.READ, "agent", "dispatcher", "warehouse", "reviewer", "manager", "engineer")
    allow(attachments.WRITE, "engineer", "dispatcher", "agent")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    offer_tables("evidence", pages.tables)
