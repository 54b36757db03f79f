"""Tables of kinds of work: what each demands and how fast it must be."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Json, Record, db, foreign_key_id

PRIORITIES = ("low", "normal", "high", "urgent")
URGENCIES = ("normal", "expedited", "urgent")
IMPACTS = ("person", "group", "site", "public")


class Category(Record):
    """A type of work, or a sub-type under it (`parent_id`). Empty values are the parent's."""

    __tablename__ = "category"
    __table_args__ = (
        UniqueConstraint("parent_id", "code"),
        # To a unique constraint every NULL is another parent, so types need an index of their own.
        Index(
            "uq_category_type_code",
            "code",
            unique=True,
            sqlite_where=text("parent_id IS NULL"),
            postgresql_where=text("parent_id IS NULL"),
        ),
        CheckConstraint(
            "default_priority is null or default_priority in ('low','normal','high','urgent')",
            name="priority_known",
        ),
        CheckConstraint("duration_s is null or duration_s between 60 and 86400", name="duration_sane"),
        CheckConstraint("response_minutes is null or response_minutes > 0", name="response_positive"),
        CheckConstraint("resolution_minutes is null or resolution_minutes > 0", name="resolution_positive"),
    )

    parent_id: Mapped[uuid.UUID | None] = foreign_key_id(to="category", nullable=True, ondelete="RESTRICT")
    code: Mapped[str] = mapped_column(String(60), index=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120))
    default_priority: Mapped[str | None] = mapped_column(String(10))
    duration_s: Mapped[int | None]
    response_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    required_fields: Mapped[list[str] | None] = mapped_column(Json)
    custom_fields: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)

    parent: Mapped[Category | None] = relationship(remote_side="Category.id", lazy="joined", join_depth=1)
    skills: Mapped[list[CategorySkill]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class CategorySkill(db.Model):  # type: ignore[name-defined,misc]
    """A skill this kind of work needs, with the least level."""

    __tablename__ = "category_skill"
    __audit_of__ = "category_id"
    __table_args__ = (CheckConstraint("level between 1 and 5", name="level_known"),)

    category_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("category.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("skill.id"), primary_key=True, index=True)
    level: Mapped[int]
