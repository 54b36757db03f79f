"""Ties workorders to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_menu, add_tab
from dispatch.workorders import api, look_pages, old_positions, pages, rules
from dispatch.workorders.resources import ALL_LOOKS, ALL_POSITIONS, LOOKS, WORK_ORDERS

STAFF = ("agent", "dispatcher", "warehouse", "reviewer", "manager")


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors; who may do which verb stands in the transition table."""
    add_catalogues(__file__)
    allow("work-orders.read", *STAFF, "engineer", "customer")
    allow("work-orders.write", "agent", "dispatcher", "customer")
    allow(api.HISTORY, *STAFF)
    allow("visits.read", *STAFF, "engineer", "customer")
    allow("positions.read", "dispatcher", "manager", "engineer")
    allow(ALL_POSITIONS, "dispatcher", "manager")
    allow("positions.write", "engineer")
    allow(LOOKS.read, "engineer", "manager")
    allow(ALL_LOOKS, "manager")
    for verb, transition in rules.ORDER_TRANSITIONS.items():
        allow(f"work-orders.{verb}", *transition.roles)
    for verb, transition in rules.VISIT_TRANSITIONS.items():
        allow(f"visits.{verb}", *transition.roles)
    allow("visits.schedule", *rules.VISIT_TRANSITIONS["dispatch"].roles)
    doors.register_blueprint(api.blp)
    app.register_blueprint(pages.work_orders)
    app.register_blueprint(pages.visits)
    app.register_blueprint(look_pages.bp)
    old_positions.begin()
    menu = "work_orders.list_"
    add_menu(20, mark("Work orders"), menu, WORK_ORDERS.read)
    add_tab(menu, 10, mark("Needs a location"), "work_orders.needs_location", "sites.write")
    add_tab("engineers.list_", 40, mark("Looks at positions"), "position_looks.list_", LOOKS.read)
