"""How often somebody may try to sign in."""

from __future__ import annotations

from flask import Flask, current_app, request
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

_PER_ADDRESS = parse("20/minute")
_PER_PERSON = parse("8/minute")


def limit_sign_in(email: str) -> None:
    """Count a try; raises TooManyRequests after 20 a minute from one address, 8 a minute for one person."""
    limiter = current_app.extensions["sign-in-limits"]
    tries = ((_PER_ADDRESS, request.remote_addr or ""), (_PER_PERSON, email.strip().lower()[:254]))
    within = [limiter.hit(limit, "sign-in", key) for limit, key in tries]
    if not all(within):
        raise TooManyRequests(retry_after=60)


def init_app(app: Flask) -> None:
    """Set the counters up in the storage of the settings."""
    storage = storage_from_string(app.config["SETTINGS"].rate_limit_storage)
    app.extensions["sign-in-limits"] = FixedWindowRateLimiter(storage)
