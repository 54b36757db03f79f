"""The table of articles."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Record, UtcDateTime, foreign_key_id

ARTICLE_STATUSES = ("draft", "published")


class Article(Record):
    """What is known about a fault. A draft is seen by its author and by who publishes."""

    __tablename__ = "article"
    __table_args__ = (
        CheckConstraint("status in ('draft','published')", name="status_known"),
        CheckConstraint("(status = 'published') = (published_at is not null)", name="published_once"),
        Index("ix_article_status_fault", "status", "fault_code"),
    )

    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    fault_code: Mapped[str] = mapped_column(String(60), default="")
    tags: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[str] = mapped_column(String(10), default="draft")
    order_id: Mapped[uuid.UUID | None] = foreign_key_id(to="work_order", nullable=True, ondelete="SET NULL")
    author_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    author_name: Mapped[str] = mapped_column(String(200), default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
