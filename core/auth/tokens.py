"""Keys of programs: shown once, kept as digests, ended one by one or with their person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select

from core import clock
from core.auth.actors import Actor
from core.auth.models import ApiToken, User
from core.auth.passwords import digest, new_secret
from core.db import db
from core.errors import Forbidden, Invalid, NotFound, Unauthenticated, mark

PREFIX = "pdn_"
_others: dict[str, Callable[[str], User]] = {}


def add_kind(prefix: str, find: Callable[[str], User]) -> None:
    """Have secrets that begin with `prefix` looked up by `find`, which raises where it knows none."""
    _others[prefix] = find


def issue(actor: Actor, *, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token that may do what its person may do; returns it and its secret, shown this once."""
    if actor.user_id is None:
        raise Forbidden(mark("Only a person can have a token."))
    if expires_at is not None and expires_at <= clock.now():
        message = mark("The end of a token lies in the future.")
        raise Invalid(message, fields={"expires_at": [message]})
    secret, kept = new_secret(PREFIX)
    token = ApiToken(user_id=actor.user_id, name=name, digest=kept, expires_at=expires_at)
    db.session.add(token)
    db.session.flush()
    return token, secret


def revoke(actor: Actor, token_id: uuid.UUID) -> ApiToken:
    """End a token at once: one's own, or anybody's for who manages people."""
    token = db.session.get(ApiToken, token_id)
    if token is None or not (token.user_id == actor.user_id or actor.may("people.write")):
        raise NotFound(mark("There is no such token."))
    token.revoked_at = token.revoked_at or clock.now()
    return token


def user_of(secret: str) -> User:
    """Return whose token this is.

    Raises
    ------
    Unauthenticated
        It is unknown, revoked or expired, or its person is not active.
    """
    for prefix, find in _others.items():
        if secret.startswith(prefix):
            return find(secret)
    user = db.session.scalar(
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(
            ApiToken.digest == digest(secret),
            ApiToken.revoked_at.is_(None),
            or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now()),
            User.active,
        )
    )
    if user is None:
        raise Unauthenticated(mark("This token is not valid; sign in and make a new one."))
    return user
