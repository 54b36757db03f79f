"""Ties the packages of dispatch to the application, and names the roles of the trade."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from flask_smorest import Api

from core.auth.permissions import define_role
from core.errors import mark
from core.i18n import add_catalogues

PACKAGES = (
    "workforce",
    "flows",
    "customers",
    "workorders",
    "evidence",
    "inbox",
    "knowledge",
    "intake",
    "planning",
    "board",
    "demo",
)
ROLES = {
    "agent": mark("Agent"),
    "dispatcher": mark("Dispatcher"),
    "engineer": mark("Engineer"),
    "warehouse": mark("Warehouse clerk"),
    "reviewer": mark("Reviewer"),
    "manager": mark("Manager"),
    "customer": mark("Customer"),
}


def init_app(app: Flask, doors: Api) -> None:
    """Tie every package of dispatch, from the lowest floor up."""
    for name, label in ROLES.items():
        define_role(name, label)
    add_catalogues(__file__)
    for package in PACKAGES:
        import_module(f"dispatch.{package}.wiring").init_app(app, doors)
