"""The JSON door to people, tokens and sign-in."""

from __future__ import annotations

import uuid
from typing import Any

from flask import g
from flask.views import MethodView
from marshmallow import fields
from sqlalchemy import select

from core import api, idempotency, records
from core.auth import people, schemas, tokens
from core.auth.actors import Actor
from core.auth.limits import limit_sign_in
from core.auth.models import ApiToken, User, UserRole
from core.db import db, transaction
from core.resource import Filter, Resource
from core.web import public_url, sign_in_session

blp = api.blueprint("auth", __name__, "People, tokens and sign-in")

PEOPLE = Resource(
    name="people",
    label="Person",
    label_plural="People",
    model=User,
    schema=schemas.PersonSchema,
    title=lambda user: user.name,
    search=(User.name, User.email),
    sort=("name", "email", "created_at"),
    filters={
        "active": Filter(fields.Boolean(metadata={"label": "Active"}), lambda value: User.active == value),
        "role": Filter(fields.String(), lambda value: User.role_rows.any(UserRole.role == value)),
    },
    deletable=False,
)
api.add_resource(blp, PEOPLE, verbs=())


@blp.route("/people", methods=["POST"], endpoint="people_create")
@api.needs("people.write")
@blp.arguments(schemas.PersonSchema)
@blp.response(201, schemas.PersonSchema)
@blp.doc(operationId="create_people", summary="Add a person; invite them by a password link")
def add_person(data: dict[str, Any]) -> Any:
    """They cannot sign in before they have set a password."""
    who = api.actor()
    with transaction(who):
        user = people.add(who, **data)
    return user, 201, api.with_etag(user)


@blp.route("/people/<uuid:record_id>", methods=["PATCH"], endpoint="people_change")
@api.needs("people.write")
@blp.arguments(records.for_change(schemas.PersonSchema))
@blp.response(200, schemas.PersonSchema)
@blp.doc(operationId="change_people", summary="Change or deactivate a person")
def change_person(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Deactivation ends sessions and tokens at once."""
    who = api.actor()
    version = api.version_sent(record_id)
    with transaction(who):
        user = records.record_of(PEOPLE, who, record_id)
        records.check_version(user, version)
        people.change(who, user, data)
        records.touch(user)
        db.session.flush()
    return user, 200, api.with_etag(user)


@blp.route("/people/<uuid:record_id>/password-link", methods=["POST"])
@api.needs("people.write")
@blp.response(201, schemas.PasswordLinkSchema)
@blp.doc(operationId="create_password_link", summary="Make a link with which a person sets a password")
def make_password_link(record_id: uuid.UUID) -> Any:
    """For an invitation or a reset; older links of the person end."""
    who = api.actor()
    with transaction(who):
        user = records.record_of(PEOPLE, who, record_id)
        secret = people.make_password_link(who, user)
    idempotency.keep_secret()
    url = public_url("auth_pages.set_password", secret=secret)
    return {"url": url, "expires_in_s": int(people.LINK_LIFE.total_seconds())}


@blp.route("/session")
class Session(MethodView):
    """Signing in and out with a cookie."""

    @blp.response(200, schemas.MeSchema)
    @blp.doc(operationId="get_session", summary="Who is signed in")
    def get(self) -> Actor:
        return api.actor()

    @blp.arguments(schemas.SignInSchema)
    @blp.response(200, schemas.MeSchema)
    @blp.alt_response(429, description="Too many tries")
    @blp.doc(operationId="sign_in", summary="Sign in with e-mail and password", security=[])
    def post(self, data: dict[str, Any]) -> Actor:
        limit_sign_in(data["email"])
        with transaction():
            user = people.sign_in(**data)
        sign_in_session(user)
        g.actor = people.actor_of(user)
        return g.actor

    @blp.response(204)
    @blp.doc(operationId="sign_out", summary="Sign out")
    def delete(self) -> None:
        from flask import session

        session.clear()


@blp.route("/tokens")
class Tokens(MethodView):
    """Keys of programs."""

    @blp.response(200, schemas.TokenSchema(many=True))
    @blp.doc(operationId="list_tokens", summary="One's own tokens")
    def get(self) -> list[ApiToken]:
        who = api.actor()
        query = select(ApiToken).where(ApiToken.user_id == who.user_id).order_by(ApiToken.created_at)
        return list(db.session.scalars(query))

    @blp.arguments(schemas.TokenSchema)
    @blp.response(201, schemas.IssuedTokenSchema)
    @blp.doc(operationId="create_token", summary="Make a token; its secret is shown this once")
    def post(self, data: dict[str, Any]) -> dict[str, Any]:
        who = api.actor()
        with transaction(who):
            token, secret = tokens.issue(who, **data)
        idempotency.keep_secret()
        fields_ = ("id", "name", "expires_at", "revoked_at", "created_at")
        return {"secret": secret, **{name: getattr(token, name) for name in fields_}}


@blp.route("/tokens/<uuid:record_id>", methods=["DELETE"])
@blp.response(204)
@blp.doc(operationId="delete_token", summary="End a token at once")
def revoke_token(record_id: uuid.UUID) -> None:
    """One's own, or anybody's for who manages people."""
    who = api.actor()
    with transaction(who):
        tokens.revoke(who, record_id)
