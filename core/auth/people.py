"""People: invited, given roles, signed in, reset, deactivated."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from core import clock
from core.auth.actors import Actor, person
from core.auth.models import ApiToken, PasswordLink, User, UserRole
from core.auth.passwords import digest, hash_password, new_secret, password_matches
from core.auth.permissions import ADMIN, roles
from core.db import db
from core.errors import Conflict, Invalid, NotFound, Unauthenticated, mark

LINK_LIFE = timedelta(days=7)


def actor_of(user: User) -> Actor:
    """Return the person as the actor of verbs."""
    return person(user.id, user.name, frozenset(user.roles), user.locale)


def sign_in(email: str, password: str) -> User:
    """Return the person whose address and password these are.

    Raises
    ------
    Unauthenticated
        They do not fit, or the account is not active; the sentence never says which.
    """
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    fits = password_matches(user.password_hash if user else None, password)
    if user is None or not fits or not user.active:
        raise Unauthenticated(mark("This e-mail address and password do not fit."))
    user.last_signed_in_at = clock.now()
    return user


def add(actor: Actor, *, email: str, name: str, roles: list[str], **rest: Any) -> User:
    """Add a person without a password; `invite` gives them a link to choose one.

    Raises
    ------
    Conflict
        The address is taken.
    """
    actor.require("people.write")
    user = User(email=email.strip().lower(), name=name.strip(), **rest)
    db.session.add(user)
    set_roles(actor, user, roles)
    _flush()
    return user


def set_roles(actor: Actor, user: User, names: list[str]) -> None:
    """Give the person exactly these roles; the last administrator stays one."""
    actor.require("people.write")
    unknown = set(names) - roles().keys()
    if unknown:
        raise Invalid(mark("There is no role %(role)s."), role=sorted(unknown)[0])
    if ADMIN in user.roles and ADMIN not in names:
        _keep_an_administrator(user)
    held = {row.role: row for row in user.role_rows}
    user.role_rows = [held.get(name) or UserRole(role=name) for name in sorted(set(names))]


def change(actor: Actor, user: User, data: dict[str, Any]) -> User:
    """Change name, address, roles or active state; deactivation ends sessions and tokens at once.

    Raises
    ------
    Conflict
        The address is taken, or nobody would be administrator.
    """
    actor.require("people.write")
    if "roles" in data:
        set_roles(actor, user, data["roles"])
    if "email" in data:
        user.email = data["email"].strip().lower()
    for name in ("name", "locale"):
        if name in data:
            setattr(user, name, data[name])
    if data.get("active") is False and user.active:
        deactivate(actor, user)
    elif data.get("active"):
        user.active = True
    _flush()
    return user


def deactivate(actor: Actor, user: User) -> None:
    """Let the person in no more: sessions, tokens and open links end with this transaction."""
    actor.require("people.write")
    if ADMIN in user.roles:
        _keep_an_administrator(user)
    user.active = False
    end_sessions(user)
    db.session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
    db.session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))


def end_sessions(user: User) -> None:
    """End every session of the person."""
    user.session_epoch += 1


def make_password_link(actor: Actor, user: User) -> str:
    """Return the secret of a new link with which the person sets a password; older links end."""
    actor.require("people.write")
    if not user.active:
        raise Conflict(mark("This person is deactivated; activate them first."))
    db.session.execute(delete(PasswordLink).where(PasswordLink.user_id == user.id))
    secret, kept = new_secret()
    db.session.add(PasswordLink(user_id=user.id, digest=kept, expires_at=clock.now() + LINK_LIFE))
    db.session.flush()
    return secret


def user_of_link(secret: str) -> tuple[User, PasswordLink]:
    """Return whom a password link belongs to.

    Raises
    ------
    NotFound
        It is unknown, used or too old.
    """
    link = db.session.scalar(select(PasswordLink).where(PasswordLink.digest == digest(secret)))
    if link is None or link.used_at or link.expires_at <= clock.now():
        raise NotFound(mark("This link is not valid any more; ask an administrator for a new one."))
    return db.session.get_one(User, link.user_id), link


def set_password_by_link(secret: str, password: str) -> User:
    """Set the password by a link, once; ends every other session."""
    user, link = user_of_link(secret)
    user.password_hash = hash_password(password)
    link.used_at = clock.now()
    end_sessions(user)
    return user


def change_password(user: User, old: str, new: str) -> None:
    """Change one's own password; ends every other session.

    Raises
    ------
    Invalid
        The present password does not fit, or the new one is too short.
    """
    if not password_matches(user.password_hash, old):
        message = mark("The present password does not fit.")
        raise Invalid(message, fields={"old_password": [message]})
    user.password_hash = hash_password(new)
    end_sessions(user)


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        said = str(error.orig).lower()
        if "unique" not in said or "email" not in said:
            raise
        message = mark("Somebody with this e-mail address exists already.")
        raise Conflict(message, fields={"email": [message]}) from error


def _keep_an_administrator(user: User) -> None:
    # Two who step back at once queue here, so that neither counts on the other.
    db.session.execute(select(UserRole.user_id).where(UserRole.role == ADMIN).with_for_update())
    others = (
        select(func.count())
        .select_from(User)
        .join(UserRole, UserRole.user_id == User.id)
        .where(UserRole.role == ADMIN, User.active, User.id != user.id)
    )
    if not db.session.scalar(others):
        raise Conflict(mark("Somebody must stay administrator; make another person one first."))


def user_by_id(user_id: uuid.UUID) -> User:
    """Return the person; raises NotFound."""
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(mark("There is no such person."))
    return user
