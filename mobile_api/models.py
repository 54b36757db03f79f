"""Tables of phones: how one is enrolled, and whose it is."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Record, UtcDateTime, foreign_key_id
from dispatch.workforce.models import Engineer

DEVICE_STATUSES = ("active", "draining", "revoked")


class Device(Record):
    """A phone of an engineer's. One is active; what another one still sends is kept, and held."""

    __tablename__ = "device"
    __audit_secret__ = ("token_digest",)
    __table_args__ = (
        CheckConstraint("status in ('active','draining','revoked')", name="status_known"),
        CheckConstraint("(status = 'draining') = (drained_at is not null)", name="drains_until"),
        Index("ix_device_engineer_status", "engineer_id", "status"),
    )

    device_uuid: Mapped[uuid.UUID] = mapped_column(Uuid)
    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="RESTRICT")
    name: Mapped[str] = mapped_column(String(200), default="")
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="active")
    drained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    engineer: Mapped[Engineer] = relationship(lazy="joined")


class Enrolment(Record):
    """A code that makes one phone an engineer's; only its SHA-256 is kept."""

    __tablename__ = "enrolment"
    __audit_secret__ = ("digest",)

    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="CASCADE")
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    device_id: Mapped[uuid.UUID | None] = foreign_key_id(to="device", nullable=True, ondelete="CASCADE")
