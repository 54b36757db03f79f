"""How often somebody may try to sign in."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import TooManyRequests

limiter = Limiter(get_remote_address, default_limits=[])
_PER_ADDRESS = parse("20/minute")
_PER_PERSON = parse("8/minute")


def limit_sign_in(email: str) -> None:
    """Count a try; raises TooManyRequests after 20 a minute from one address, 8 a minute for one person."""
    if not current_app.config.get("RATELIMIT_ENABLED", True):
        return
    strategy = limiter.limiter
    tries = ((_PER_ADDRESS, request.remote_addr or ""), (_PER_PERSON, email.strip().lower()[:254]))
    within = [strategy.hit(limit, "sign-in", key) for limit, key in tries]
    if not all(within):
        raise TooManyRequests(response=None)


def init_app(app: Flask) -> None:
    """Set the limiter up with the storage of the settings."""
    app.config["RATELIMIT_STORAGE_URI"] = app.config["SETTINGS"].rate_limit_storage
    limiter.init_app(app)
