"""The HTML door to people: invited, given roles, reset, deactivated."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from core import records
from core.auth import people
from core.auth.actors import Actor
from core.auth.api import PEOPLE
from core.auth.models import User
from core.db import db, transaction
from core.pages import Pages, blueprint
from core.web import page_actor, public_url


def _create(actor: Actor, data: dict[str, Any]) -> User:
    return people.add(actor, **data)


def _change(actor: Actor, user: User, version: int, data: dict[str, Any]) -> User:
    actor.require("people.write")
    records.check_version(user, version)
    people.change(actor, user, data)
    records.touch(user)
    db.session.flush()
    return user


def _actions(actor: Actor, user: User) -> list[dict[str, Any]]:
    if not actor.may("people.write") or not user.active:
        return []
    return [
        {
            "label": gettext("Make a password link"),
            "url": url_for("people.make_link", record_id=user.id),
            "method": "post",
            "confirm": gettext("An older link of this person ends. Go on?"),
        }
    ]


bp = blueprint(
    Pages(
        resource=PEOPLE,
        columns=("name", "email", "roles", "active", "last_signed_in_at"),
        groups=(("", ("name", "email", "roles", "active", "locale", "last_signed_in_at")),),
        filters=("active",),
        create=_create,
        change=_change,
        actions=_actions,
        badge=lambda user: None if user.active else {"text": gettext("Deactivated"), "tone": "neutral"},
    ),
    __name__,
)


@bp.post("/<uuid:record_id>/password-link")
def make_link(record_id: uuid.UUID) -> Response:
    """Show a link with which the person sets a password; pass it on by hand."""
    who = page_actor()
    who.require("people.write")
    with transaction(who):
        user = records.record_of(PEOPLE, who, record_id)
        secret = people.make_password_link(who, user)
    url = public_url("auth_pages.set_password", secret=secret)
    said = gettext("Give this link to %(name)s; it is valid for 7 days and shown only now:", name=user.name)
    flash(Markup("{} <br><code>{}</code>").format(said, url), "success")
    return redirect(url_for("people.detail", record_id=record_id))
