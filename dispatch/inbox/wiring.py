"""Ties the inbox to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core import events
from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu
from dispatch.inbox import api, kinds, models, pages, stock
from dispatch.inbox.resources import INBOX
from inventory.events import StockBelowZero

__all__ = ["init_app", "models"]


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors and the menu."""
    add_catalogues(__file__)
    kinds.add(stock.KIND)
    events.subscribe(StockBelowZero, stock.note)
    allow(INBOX.read, "dispatcher", "warehouse", "manager")
    allow(INBOX.write, "dispatcher", "warehouse")
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.bp)
    add_menu(15, mark("Inbox"), "inbox.list_", INBOX.read)
