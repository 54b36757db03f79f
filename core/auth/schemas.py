"""What people, tokens and sign-in look like from outside."""

from __future__ import annotations

from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, fields, validate

from core.auth.permissions import roles
from core.fields import Instant
from core.i18n import LOCALES
from core.resource import RecordSchema


class PersonSchema(RecordSchema):
    """Somebody who can sign in."""

    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"label": "E-mail"})
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Name"})
    roles = fields.List(
        fields.String(),
        load_default=list,
        metadata={"label": "Roles", "choices": lambda: list(roles().items()), "example": ["dispatcher"]},
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})
    locale = fields.String(
        load_default="",
        validate=validate.OneOf(["", *LOCALES]),
        metadata={"label": "Language", "names": LOCALES},
    )
    last_signed_in_at = fields.AwareDateTime(
        dump_only=True, allow_none=True, metadata={"label": "Last signed in"}
    )


class SignInSchema(Schema):
    """An e-mail address and its password."""

    email = fields.String(required=True, validate=validate.Length(max=254))
    password = fields.String(required=True, validate=validate.Length(max=200))


class MeSchema(Schema):
    """Who is signed in."""

    id = fields.UUID(attribute="user_id", required=True)
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(fields.String(), required=True)
    csrf_token = fields.Function(
        lambda _: generate_csrf(),
        metadata={
            "type": "string",
            "description": "send it as X-CSRFToken with every change made by cookie; not needed with a token",
        },
    )


class TokenSchema(Schema):
    """A program's key."""

    id = fields.UUID(dump_only=True)
    name = fields.String(required=True, validate=validate.Length(1, 200))
    expires_at = Instant(load_default=None, allow_none=True)
    revoked_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    created_at = fields.AwareDateTime(dump_only=True)


class IssuedTokenSchema(TokenSchema):
    """A new key, with its secret, shown this once."""

    secret = fields.String(dump_only=True)


class PasswordLinkSchema(Schema):
    """A link with which a person sets a password, once."""

    url = fields.String(required=True)
    expires_in_s = fields.Integer(required=True)


class SetPasswordSchema(Schema):
    """A link's secret and the password it shall set."""

    secret = fields.String(required=True, validate=validate.Length(max=200))
    password = fields.String(required=True, validate=validate.Length(max=200))
