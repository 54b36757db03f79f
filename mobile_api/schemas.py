"""What phones send and get, and what our people see of them."""

from __future__ import annotations

import json
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from core.api import Strict
from core.errors import mark
from core.resource import RecordSchema
from mobile_api.models import DEVICE_STATUSES
from mobile_api.pull import MOST


class EnrolmentSchema(Schema):
    """A code for one phone, shown this once."""

    code = fields.String(dump_only=True)
    expires_at = fields.AwareDateTime(dump_only=True)


class EnrolSchema(Schema):
    """What a phone says of itself when it is enrolled."""

    code = fields.String(required=True, validate=validate.Length(1, 60))
    device_uuid = fields.UUID(required=True, metadata={"description": "made by the phone, kept by it"})
    name = fields.String(load_default="", validate=validate.Length(max=200))


class EnrolledSchema(Schema):
    """A phone's token, shown this once, and whose phone it is."""

    device_id = fields.UUID(attribute="id")
    token = fields.String()
    engineer_id = fields.UUID()
    engineer = fields.Function(lambda device: device["engineer"].name)


DEVICE_STATUS_NAMES = {
    "active": mark("In use"),
    "draining": mark("Replaced, still sends"),
    "revoked": mark("Taken away"),
}


class DeviceSchema(RecordSchema):
    """A phone."""

    engineer_id = fields.UUID(dump_only=True, metadata={"label": "Engineer", "resource": "engineers"})
    name = fields.String(dump_only=True, metadata={"label": "Name"})
    status = fields.String(
        dump_only=True,
        validate=validate.OneOf(DEVICE_STATUSES),
        metadata={"label": "Status", "names": DEVICE_STATUS_NAMES},
    )
    drained_at = fields.AwareDateTime(
        dump_only=True, allow_none=True, metadata={"label": "What it sends is taken until"}
    )
    enrolled_at = fields.AwareDateTime(dump_only=True, metadata={"label": "Enrolled"})
    seen_at = fields.AwareDateTime(dump_only=True, allow_none=True, metadata={"label": "Last heard of"})


class RevocationSchema(Schema):
    """How a phone is taken away."""

    drain = fields.Boolean(
        load_default=True,
        metadata={
            "label": "Take what it still has to send, for 72 hours",
            "description": "whether what it has kept is still taken for 72 hours",
        },
    )


class Checkpoint(fields.Field[Any]):
    """JSON in a query argument; ``null`` is none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        message = mark("Send the checkpoint as it was given with the last page.")
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise ValidationError(message) from None
        if found is not None and not isinstance(found, dict):
            raise ValidationError(message)
        return found


class PullArgs(Strict):
    """Where a phone goes on from."""

    limit = fields.Integer(load_default=100, validate=validate.Range(1, MOST))
    checkpoint = Checkpoint(
        load_default=None,
        metadata={"type": "string", "description": "JSON as it was given; null: from the start"},
    )


class PulledSchema(Schema):
    """Documents, and where the phone is then."""

    documents = fields.List(fields.Dict(), required=True)
    checkpoint = fields.Dict(required=True)
