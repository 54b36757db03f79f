"""Ties what visits leave behind to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core import jobs
from core.auth.permissions import allow
from core.i18n import add_catalogues
from dispatch.evidence import api, attachments, chain, commands, models, pages, seals
from dispatch.workorders.pages import offer_tables, offer_visit_actions

__all__ = ["chain", "init_app", "models"]
_HOUR = 60


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors, and have what visits leave behind chained and sealed."""
    add_catalogues(__file__)
    allow(attachments.READ, "agent", "dispatcher", "warehouse", "reviewer", "manager", "engineer")
    allow(attachments.WRITE, "engineer", "dispatcher", "agent")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    offer_tables("evidence", pages.tables)
    app.register_blueprint(pages.visit_reports)
    offer_visit_actions("evidence", pages.visit_actions)
    app.cli.add_command(commands.evidence)
    jobs.every(seals.SEAL_REST, lambda _settings: _HOUR, seals.enqueue_rest)
