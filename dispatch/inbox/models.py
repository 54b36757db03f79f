"""The table of what waits for a decision."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Json, Record, UtcDateTime, foreign_key_id

ITEM_STATUSES = ("open", "accepted", "discarded", "withdrawn")


class InboxItem(Record):
    """One thing to decide; `subject_id` is the row it is about, `kind` says of what and what can be done."""

    __tablename__ = "inbox_item"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        CheckConstraint("status in ('open','accepted','discarded','withdrawn')", name="status_known"),
        CheckConstraint("(status = 'open') = (decided_at is null)", name="decided_once"),
        Index("ix_inbox_item_status_created", "status", "created_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    order_id: Mapped[uuid.UUID | None] = foreign_key_id(to="work_order", nullable=True, ondelete="CASCADE")
    engineer_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="CASCADE")
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(10), default="open")
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    decided_by_name: Mapped[str] = mapped_column(String(200), default="")

    @property
    def title(self) -> str:
        """What it is about, in the reader's language."""
        from dispatch.inbox.kinds import kind_of

        return kind_of(self).title(self)
