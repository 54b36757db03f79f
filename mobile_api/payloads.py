"""What each kind of operation says, beside what all of them say."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.errors import mark
from dispatch.workorders.rules import INCOMPLETE_REASONS
from mobile_api.rules import STEPS

_MOST_TEXT = 4_000
_MOST_FIXES = 500
_text = validate.Length(max=_MOST_TEXT)


def _not_empty(text: str) -> None:
    if not text.strip():
        raise ValidationError(mark("Write something here."))
    _text(text)


class Nothing(Schema):
    """Nothing more."""


class Reason(Schema):
    """Why."""

    reason = fields.String(required=True, validate=_not_empty)


class Fix(Schema):
    """A position (WGS-84)."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    accuracy_m = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))


class Whereabouts(Schema):
    """A position, or the reason why there is none."""

    lat = fields.Float(allow_none=True, validate=validate.Range(-90, 90))
    lon = fields.Float(allow_none=True, validate=validate.Range(-180, 180))
    accuracy_m = fields.Float(allow_none=True, validate=validate.Range(0, 1_000_000))
    reason = fields.String(load_default="", validate=_text)

    @validates_schema(skip_on_field_errors=True)
    def _is_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("lat") is None or data.get("lon") is None) and not data["reason"].strip():
            raise ValidationError(mark("Send your position, or say why there is none."), "lat")


class Completion(Schema):
    """What was done; where it is empty the reviewer is told."""

    solution = fields.String(load_default="", validate=_text)
    signature_refused_reason = fields.String(load_default="", validate=_text)


class Incompletion(Schema):
    """Why the work could not be done."""

    reason = fields.String(required=True, validate=validate.OneOf(list(INCOMPLETE_REASONS)))
    note = fields.String(load_default="", validate=_text)


class AgedFix(Fix):
    """A position some time before the operation."""

    age_ms = fields.Integer(load_default=0, validate=validate.Range(0, 7 * 86_400_000))


class Fixes(Schema):
    """Positions on the way."""

    fixes = fields.List(fields.Nested(AgedFix), required=True, validate=validate.Length(1, _MOST_FIXES))


class Wanted(Schema):
    """A part that is asked for; the operation's id becomes the request's."""

    part_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))
    reason = fields.String(load_default="", validate=_text)


class Moved(Schema):
    """So many of a part that were used, or put back."""

    part_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, 100_000))
    reason = fields.String(load_default="", validate=validate.Length(max=300))


class Unwanted(Schema):
    """A request that is withdrawn."""

    request_id = fields.UUID(required=True)


class Written(Schema):
    """What was written down."""

    text = fields.String(required=True, validate=_not_empty)


class Photo(Schema):
    """A photo, whose bytes come by themselves, before or after."""

    attachment_id = fields.UUID(required=True)
    caption = fields.String(load_default="", validate=_text)


class Signature(Schema):
    """The picture of a signature, and whose it is."""

    attachment_id = fields.UUID(required=True)
    signer = fields.String(required=True, validate=validate.Length(1, 200))


class Learned(Schema):
    """A draft of an article about a fault."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    text = fields.String(required=True, validate=validate.Length(1, 20_000))
    fault_code = fields.String(load_default="", validate=validate.Length(max=60))
    tags = fields.List(
        fields.String(validate=validate.Length(1, 60)), load_default=list, validate=validate.Length(max=8)
    )


KINDS: dict[str, type[Schema]] = {
    "accept": Nothing,
    "decline": Reason,
    "depart": Whereabouts,
    "arrive": Whereabouts,
    "start": Nothing,
    "hold": Reason,
    "resume": Nothing,
    "complete": Completion,
    "incomplete": Incompletion,
    "check_in": Fix,
    "position": Fixes,
    "note": Written,
    "photo": Photo,
    "signature": Signature,
    "article_draft": Learned,
    "part_used": Moved,
    "part_returned": Moved,
    "part_request": Wanted,
    "part_request_cancel": Unwanted,
}
OF_A_VISIT = frozenset((*STEPS, "check_in", "note", "photo", "signature"))
"""Kinds that are said of a visit, and make no sense without one."""
