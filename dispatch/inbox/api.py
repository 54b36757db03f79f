"""The JSON door to the inbox."""

from __future__ import annotations

import uuid
from typing import Any

from core import api, records
from core.db import transaction
from dispatch.inbox import items
from dispatch.inbox.resources import INBOX
from dispatch.inbox.schemas import AcceptSchema, DiscardSchema, InboxItemSchema

blp = api.blueprint("inbox", __name__, "What waits for a person's decision")
api.add_resource(blp, INBOX, verbs=())


@blp.route("/inbox/<uuid:record_id>/accept", methods=["POST"])
@api.needs(INBOX.write)
@blp.arguments(AcceptSchema)
@blp.response(200, InboxItemSchema)
@blp.doc(operationId="accept_inbox_item", summary="Decide that it is to be so")
def accept(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Accept."""
    who = api.actor()
    with transaction(who):
        return items.accept(who, records.record_of(INBOX, who, record_id), **data)


@blp.route("/inbox/<uuid:record_id>/discard", methods=["POST"])
@api.needs(INBOX.write)
@blp.arguments(DiscardSchema)
@blp.response(200, InboxItemSchema)
@blp.doc(operationId="discard_inbox_item", summary="Decide that nothing is to come of it")
def discard(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Discard."""
    who = api.actor()
    with transaction(who):
        return items.discard(who, records.record_of(INBOX, who, record_id), **data)
