"""Service reports as programs see them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from core.fields import Instant
from core.i18n import LOCALES
from dispatch.evidence.models import LINK_KINDS


class LinkSchema(Schema):
    """A link of the chain."""

    number = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(LINK_KINDS))
    subject_id = fields.String(required=True)
    received_at = Instant(required=True)
    facts = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "the very JSON text that was digested; null: withheld"},
    )
    facts_sha256 = fields.String(required=True)
    previous = fields.String(required=True, metadata={"description": "digest of the link before"})
    digest = fields.String(required=True)


class SealSchema(Schema):
    """A signature under the chain up to a link."""

    number = fields.Integer(required=True)
    digest = fields.String(required=True)
    fingerprint = fields.String(required=True, metadata={"description": "SHA-256 of the key in DER"})
    signature = fields.String(required=True, metadata={"description": "Ed25519, base64"})
    sealed_at = Instant(required=True)


class PublicKeySchema(Schema):
    """A key that seals were signed with."""

    fingerprint = fields.String(required=True)
    pem = fields.String(required=True)


class ServiceReportSchema(Schema):
    """What was done at a visit; parts named in `attested` follow from the chain."""

    format = fields.String(required=True)
    visit_id = fields.UUID(required=True)
    made_at = Instant(required=True)
    attested = fields.List(fields.String(), required=True)
    visit = fields.Dict(required=True)
    order = fields.Dict(required=True)
    customer = fields.Dict(required=True)
    site = fields.Dict(required=True)
    asset = fields.Dict(required=True, allow_none=True)
    engineer = fields.Dict(required=True, allow_none=True)
    outcome = fields.Dict(required=True, allow_none=True)
    steps = fields.List(fields.Dict(), required=True)
    parts = fields.List(fields.Dict(), required=True)
    photos = fields.List(fields.Dict(), required=True)
    documents = fields.List(fields.Dict(), required=True)
    signature = fields.Dict(required=True, allow_none=True)
    notes = fields.List(fields.Dict(), required=True)
    positions = fields.List(fields.Dict(), required=True)
    chain = fields.List(fields.Nested(LinkSchema), required=True)
    seals = fields.List(fields.Nested(SealSchema), required=True)
    public_keys = fields.List(fields.Nested(PublicKeySchema), required=True)


class LanguageArgs(Schema):
    """In which language."""

    lang = fields.String(load_default="", validate=validate.OneOf(("", *LOCALES)))
