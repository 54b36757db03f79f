"""Items of the inbox as programs and forms see them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from core.errors import mark
from core.fields import Instant
from core.resource import RecordSchema
from dispatch.inbox.models import ITEM_STATUSES

STATUS_NAMES = {
    "open": mark("To decide"),
    "accepted": mark("Agreed"),
    "discarded": mark("Discarded"),
    "withdrawn": mark("Settled otherwise"),
}


class InboxItemSchema(RecordSchema):
    """Something that waits for a decision, or was decided."""

    kind = fields.String(dump_only=True, metadata={"label": "Kind"})
    title = fields.String(dump_only=True, metadata={"label": "What"})
    subject_id = fields.UUID(dump_only=True)
    order_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"label": "Work order", "resource": "work-orders"}
    )
    engineer_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"label": "Engineer", "resource": "engineers"}
    )
    facts = fields.Dict(dump_only=True)
    status = fields.String(
        dump_only=True,
        validate=validate.OneOf(ITEM_STATUSES),
        metadata={"label": "Status", "names": STATUS_NAMES},
    )
    reason = fields.String(dump_only=True, metadata={"label": "Reason"})
    decided_at = Instant(dump_only=True, allow_none=True, metadata={"label": "Decided"})
    decided_by_name = fields.String(dump_only=True, metadata={"label": "Decided by"})


class AcceptSchema(Schema):
    """A word for the log, if wanted."""

    reason = fields.String(load_default="", validate=validate.Length(max=2_000), metadata={"label": "Reason"})


class DiscardSchema(Schema):
    """Why."""

    reason = fields.String(required=True, validate=validate.Length(1, 2_000), metadata={"label": "Reason"})
