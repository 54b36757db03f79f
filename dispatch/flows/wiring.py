"""Ties flows to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from dispatch.flows import models

__all__ = ["init_app", "models"]


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions and register the doors."""
