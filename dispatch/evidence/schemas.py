"""Attachments and notes as programs see them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from core.fields import Instant
from dispatch.evidence.completeness import MANDATORY
from dispatch.evidence.models import ATTACHMENT_KINDS, ATTACHMENT_STATES

FORMS = ("original", "display", "thumbnail")


class AttachmentSchema(Schema):
    """A photo, signature or document of an order."""

    id = fields.UUID(required=True)
    visit_id = fields.UUID(allow_none=True)
    engineer_id = fields.UUID(allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(ATTACHMENT_KINDS))
    state = fields.String(required=True, validate=validate.OneOf(ATTACHMENT_STATES))
    caption = fields.String()
    signer = fields.String()
    filename = fields.String()
    media_type = fields.String()
    size = fields.Integer(allow_none=True, metadata={"description": "bytes"})
    width = fields.Integer(allow_none=True, metadata={"description": "pixels"})
    height = fields.Integer(allow_none=True, metadata={"description": "pixels"})
    sha256 = fields.String(allow_none=True)
    off_assignment = fields.Boolean()
    taken_at = Instant(required=True)
    stored_at = Instant(allow_none=True)


class NoteSchema(Schema):
    """What an engineer wrote down at a visit."""

    id = fields.UUID(required=True)
    visit_id = fields.UUID(required=True)
    text = fields.String(required=True)
    off_assignment = fields.Boolean()
    actor_id = fields.UUID(allow_none=True)
    actor_name = fields.String(required=True)
    at = Instant(required=True)


class MissingSchema(Schema):
    """A completed visit at which something mandatory is not there yet."""

    visit_id = fields.UUID(required=True)
    actions = fields.List(fields.String(validate=validate.OneOf(list(MANDATORY))), required=True)


class EvidenceSchema(Schema):
    """What an order's visits left behind."""

    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    notes = fields.List(fields.Nested(NoteSchema), required=True)
    missing = fields.List(fields.Nested(MissingSchema), required=True)


class FormArgs(Schema):
    """In which form."""

    form = fields.String(load_default="original", validate=validate.OneOf(FORMS))
