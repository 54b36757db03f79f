"""Ties intake to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
