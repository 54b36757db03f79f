"""The HTML door to the inbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import gettext

from core.auth.actors import Actor
from core.errors import mark
from core.pages import Pages, blueprint
from core.verb_pages import Verb, action_of, add_verbs
from dispatch.inbox import items, kinds
from dispatch.inbox.models import InboxItem
from dispatch.inbox.resources import INBOX
from dispatch.inbox.schemas import STATUS_NAMES, AcceptSchema, DiscardSchema

TONES = {"open": "yellow", "accepted": "green", "discarded": "grey", "withdrawn": "grey"}
ACCEPT = Verb(
    name="accept",
    label=mark("Accept"),
    act=lambda actor, item, data: items.accept(actor, item, **data),
    schema=AcceptSchema,
    permission=INBOX.write,
    primary=True,
)
DISCARD = Verb(
    name="discard",
    label=mark("Discard"),
    act=lambda actor, item, data: items.discard(actor, item, **data),
    schema=DiscardSchema,
    permission=INBOX.write,
    danger=True,
)


def _actions(actor: Actor, item: InboxItem) -> list[dict[str, Any]]:
    if item.status != "open" or not actor.may(INBOX.write):
        return []
    kind = kinds.kind_of(item)
    return [
        action_of("inbox", replace(ACCEPT, label=kind.accept_label), item),
        action_of("inbox", replace(DISCARD, label=kind.discard_label), item),
    ]


def _told(actor: Actor, item: InboxItem) -> list[dict[str, Any]]:
    told = kinds.kind_of(item).told(item)
    facts = [{"label": label, "text": text, "wide": len(text) > 60} for label, text in told]
    return [{"title": gettext(kinds.kind_of(item).label), "facts": facts}] if facts else []


bp = blueprint(
    Pages(
        resource=INBOX,
        columns=("title", "order_id", "engineer_id", "status", "created_at"),
        groups=(
            ("", ("order_id", "engineer_id", "created_at")),
            ("Decision", ("status", "decided_by_name", "decided_at", "reason")),
        ),
        filters=("status", "engineer_id"),
        more_facts=_told,
        actions=_actions,
        badge=lambda item: {"text": gettext(STATUS_NAMES[item.status]), "tone": TONES[item.status]},
        tones={"status": TONES},
        creatable=False,
        editable=False,
    ),
    __name__,
)
add_verbs(bp, INBOX, (ACCEPT, DISCARD))
