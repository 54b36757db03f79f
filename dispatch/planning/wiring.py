"""Ties planning to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core import jobs
from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu
from dispatch.planning import api, commands, models, pages, replan, runs, slot_pages, slots
from dispatch.workorders.pages import offer_actions
from optimizer.warmth import warm_in_background

__all__ = ["init_app", "models"]


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors, the jobs, what is periodic and the commands."""
    add_catalogues(__file__)
    allow(runs.READ, "dispatcher", "manager")
    allow(runs.WRITE, "dispatcher")
    allow(slots.READ, "agent", "dispatcher", "manager")
    jobs.at_start(warm_in_background)
    jobs.on_failure(runs.KIND, runs.mark_failed)
    replan.init_app(app)
    app.cli.add_command(commands.runs)
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    app.register_blueprint(slot_pages.bp)
    offer_actions("slots", slot_pages.actions)
    add_menu(70, mark("Optimization runs"), "optimization_runs.list_", runs.READ)
