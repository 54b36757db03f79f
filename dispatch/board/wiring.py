"""Ties the board to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu
from core.static_files import add_static
from dispatch.board import pages


def init_app(app: Flask, doors: Api) -> None:
    """Register the page and its files."""
    add_catalogues(__file__)
    add_static("board", __file__)
    app.register_blueprint(pages.bp)
    add_menu(10, mark("Board"), "board.day", "optimization-runs.read")
