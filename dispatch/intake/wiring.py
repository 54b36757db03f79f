"""Ties intake to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.i18n import add_catalogues
from dispatch.intake import api, commands


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors and the commands."""
    add_catalogues(__file__)
    allow("imports.read", "agent", "dispatcher", "manager")
    allow("imports.write", "agent", "dispatcher")
    doors.register_blueprint(api.blp)
    app.cli.add_command(commands.imports)
    app.cli.add_command(commands.generate)
