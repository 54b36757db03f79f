"""From where somebody may come, and how often they may try to sign in."""

from __future__ import annotations

from flask import Flask, current_app, g, request
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from core.auth.models import User
from core.db import db
from core.errors import Forbidden, mark

_PER_ADDRESS = parse("20/minute")
_PER_PERSON = parse("8/minute")
_OF_PROXIES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def limit_sign_in(email: str) -> None:
    """Count a try; raises TooManyRequests after 20 a minute from one address, 8 a minute for one person."""
    _limit((_PER_ADDRESS, request.remote_addr or ""), (_PER_PERSON, email.strip().lower()[:254]))


def limit_codes() -> None:
    """Count a try at a code like one to sign in; raises TooManyRequests after 20 a minute of an address."""
    _limit((_PER_ADDRESS, request.remote_addr or ""))


def _limit(*tries: tuple[RateLimitItem, str]) -> None:
    limiter = current_app.extensions["sign-in-limits"]
    within = [limiter.hit(limit, "sign-in", key) for limit, key in tries]
    if not all(within):
        raise TooManyRequests(retry_after=60)


def _refuse_demo_through_proxy() -> None:
    # A proxy on this machine makes the whole world look like this machine, so no address is believed here.
    proxies = current_app.config["SETTINGS"].trusted_proxies
    user_id = getattr(g.actor, "user_id", None)
    if user_id is None or not (proxies or any(name in request.headers for name in _OF_PROXIES)):
        return
    user = db.session.get(User, user_id)
    if user is not None and user.demo:
        raise Forbidden(mark("Demo accounts work on this machine only, and not through a proxy."))


def init_app(app: Flask) -> None:
    """Set the counters up in the storage of the settings, and keep demo accounts from the world."""
    app.before_request(_refuse_demo_through_proxy)
    storage = storage_from_string(app.config["SETTINGS"].rate_limit_storage)
    app.extensions["sign-in-limits"] = FixedWindowRateLimiter(storage)
