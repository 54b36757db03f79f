"""Ties intake to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_tab
from dispatch.intake import api, commands, pages


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors and the commands; what is imported needs its own permission."""
    add_catalogues(__file__)
    for name in ("imports.read", "imports.write"):
        allow(name, "agent", "dispatcher", "manager", "warehouse")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    add_tab(
        "work_orders.list_", 20, mark("Sites without a position"), "imports.waiting_sites", "imports.read"
    )
    add_tab("work_orders.list_", 30, mark("Imports"), "imports.list_", "imports.read")
    app.cli.add_command(commands.imports)
    app.cli.add_command(commands.generate)
