"""The inbox as a resource: everybody sees what they decide about."""

from __future__ import annotations

from marshmallow import fields, validate
from sqlalchemy import ColumnElement

from core.auth.actors import Actor
from core.errors import mark
from core.resource import Filter, Resource
from dispatch.inbox import kinds
from dispatch.inbox.models import ITEM_STATUSES, InboxItem
from dispatch.inbox.schemas import STATUS_NAMES, InboxItemSchema


def _of_ones_own(actor: Actor) -> ColumnElement[bool]:
    return InboxItem.kind.in_([kind.name for kind in kinds.kinds_for(actor)])


INBOX = Resource(
    name="inbox",
    label=mark("Decision"),
    label_plural=mark("Inbox"),
    model=InboxItem,
    schema=InboxItemSchema,
    title=lambda item: item.title,
    sort=("-created_at", "status"),
    filters={
        "status": Filter(
            fields.String(
                validate=validate.OneOf(ITEM_STATUSES), metadata={"label": "Status", "names": STATUS_NAMES}
            ),
            lambda value: InboxItem.status == value,
        ),
        "engineer_id": Filter(
            fields.UUID(metadata={"label": "Engineer", "resource": "engineers"}),
            lambda value: InboxItem.engineer_id == value,
        ),
    },
    visible=_of_ones_own,
    deletable=False,
)
