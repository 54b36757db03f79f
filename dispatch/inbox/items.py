"""Items of the inbox: put there, decided once, or withdrawn when there is nothing to decide any more."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core import clock
from core.audit import plain
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, mark
from dispatch.inbox.kinds import kind_of
from dispatch.inbox.models import InboxItem


class Decided(Conflict):
    """Somebody decided before."""

    code = "decided"


def put(
    kind: str,
    subject_id: uuid.UUID,
    *,
    order_id: uuid.UUID | None = None,
    engineer_id: uuid.UUID | None = None,
    facts: dict[str, Any],
) -> InboxItem:
    """Ask for a decision about a row; asked again, it is the same item, open once more."""
    item = _about(kind, subject_id)
    if item is None:
        item = InboxItem(kind=kind, subject_id=subject_id)
        db.session.add(item)
    item.order_id, item.engineer_id, item.facts = order_id, engineer_id, plain(facts)
    item.status, item.reason, item.decided_at = "open", "", None
    item.decided_by_id, item.decided_by_name = None, ""
    db.session.flush()
    return item


def withdraw(kind: str, subject_id: uuid.UUID) -> None:
    """End the item about a row, if it is open: it has been settled otherwise."""
    item = _about(kind, subject_id)
    if item is not None and item.status == "open":
        item.status, item.decided_at = "withdrawn", clock.now()
        db.session.flush()


def _about(kind: str, subject_id: uuid.UUID) -> InboxItem | None:
    query = select(InboxItem).where(InboxItem.kind == kind, InboxItem.subject_id == subject_id)
    return db.session.scalar(query)


def accept(actor: Actor, item: InboxItem, *, reason: str = "") -> InboxItem:
    """Decide that it is to be so.

    Raises
    ------
    Decided
        Somebody did before.
    """
    return _decided(actor, item, "accepted", kind_of(item).accept, reason)


def discard(actor: Actor, item: InboxItem, *, reason: str = "") -> InboxItem:
    """Decide that nothing is to come of it.

    Raises
    ------
    Decided
        Somebody did before.
    """
    return _decided(actor, item, "discarded", kind_of(item).discard, reason)


def _decided(actor: Actor, item: InboxItem, status: str, act: Any, reason: str) -> InboxItem:
    actor.require(kind_of(item).permission)
    kind_of(item).hold(item)
    held = select(InboxItem).where(InboxItem.id == item.id).with_for_update()
    item = db.session.scalars(held.execution_options(populate_existing=True)).one()
    if item.status != "open":
        raise Decided(mark("This has been decided already."))
    item.status, item.reason, item.decided_at = status, reason.strip(), clock.now()
    item.decided_by_id, item.decided_by_name = actor.user_id, actor.name
    db.session.flush()
    if act is not None:
        act(actor, item, reason.strip())
    db.session.flush()
    return item
