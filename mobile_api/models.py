"""Tables of phones: how one is enrolled, whose it is, and what it said."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Json, Record, UtcDateTime, db, foreign_key_id
from dispatch.workforce.models import Engineer

DEVICE_STATUSES = ("active", "draining", "revoked")
_COUNT_BITS, _LAST_TURN = 53, 1_023


class Device(Record):
    """A phone of an engineer's. One is active; what another one still sends is kept, and held.

    `turn` is how many the engineer had before.
    """

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
    turn: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    drained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    engineer: Mapped[Engineer] = relationship(lazy="joined")

    def place_of(self, seq: int) -> int:
        """Return where a number of the phone's own count stands in all that its engineer's phones say."""
        return (min(self.turn, _LAST_TURN) << _COUNT_BITS) + seq


class Enrolment(Record):
    """A code that makes one phone an engineer's; only its SHA-256 is kept."""

    __tablename__ = "enrolment"
    __audit_secret__ = ("digest",)

    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="CASCADE")
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    device_id: Mapped[uuid.UUID | None] = foreign_key_id(to="device", nullable=True, ondelete="CASCADE")


class PushSubscription(Record):
    """Where and how a phone is told while its app is closed."""

    __tablename__ = "push_subscription"
    __audit_secret__ = ("endpoint", "p256dh", "auth")

    device_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("device.id", ondelete="CASCADE"), unique=True
    )
    endpoint: Mapped[str] = mapped_column(Text)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(60))


class Operation(db.Model):  # type: ignore[name-defined,misc]
    """Something a phone says was done, as it said it; and what became of it."""

    __tablename__ = "operation"
    __table_args__ = (
        CheckConstraint(
            "outcome in ('pending','applied','superseded','held','rejected')", name="outcome_known"
        ),
        Index("ix_operation_assignment_place", "assignment_id", "place"),
        Index("ix_operation_device_seq", "device_id", "device_seq"),
        Index("ix_operation_engineer_received", "engineer_id", "received_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    device_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("device.id", ondelete="RESTRICT"))
    engineer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("engineer.id", ondelete="RESTRICT"))
    kind: Mapped[str] = mapped_column(String(40))
    work_order_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    device_seq: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int] = mapped_column(BigInteger)
    device_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mono_ms: Mapped[int | None] = mapped_column(BigInteger)
    boot_id: Mapped[str] = mapped_column(String(60), default="")
    clock_offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    pushed_offset_ms: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event_time: Mapped[datetime] = mapped_column(UtcDateTime)
    time_quality: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(10), default="pending")
    outcome_code: Mapped[str] = mapped_column(String(60), default="")
    detail: Mapped[dict[str, Any] | None] = mapped_column(Json)
    done: Mapped[bool] = mapped_column(default=False, server_default=false())


class StepHere(db.Model):  # type: ignore[name-defined,misc]
    """What was done here at a visit that a phone has, and what of the phone's had been applied by then."""

    __tablename__ = "step_here"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    assignment_id: Mapped[uuid.UUID] = foreign_key_id(to="assignment", ondelete="CASCADE")
    verb: Mapped[str] = mapped_column(String(20))
    to_status: Mapped[str] = mapped_column(String(12))
    after_place: Mapped[int] = mapped_column(BigInteger)


class Upload(db.Model):  # type: ignore[name-defined,misc]
    """The bytes of an attachment on their way from a phone: how many are safely here."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("state in ('open','stored','refused')", name="state_known"),
        CheckConstraint("received between 0 and length", name="received_within"),
        Index("ix_upload_expires", "state", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    attachment_id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="RESTRICT")
    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="CASCADE")
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str] = mapped_column(String(200), default="")
    told: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="open")
    code: Mapped[str] = mapped_column(String(60), default="")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
