"""Ties the demo town to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from dispatch.demo.commands import demo


def init_app(app: Flask, doors: Api) -> None:
    """Register the command."""
    app.cli.add_command(demo)
