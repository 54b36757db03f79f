"""Tables of what visits leave behind."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Record, UtcDateTime, append_only, db, foreign_key_id

ATTACHMENT_KINDS = ("photo", "signature", "document")
ATTACHMENT_STATES = ("awaiting_bytes", "stored")
LINK_KINDS = (
    "event",
    "note",
    "position",
    "attachment_named",
    "attachment_bytes",
    "attachment_shown",
    "closing",
)


class Attachment(Record):
    """A photo, signature or document of an order. The original is kept as it came, under its SHA-256.

    It may be spoken of before its bytes come, and they may come before it is spoken of (`named_at` is empty
    until then).
    """

    __tablename__ = "attachment"
    __audit_of__ = "order_id"
    __table_args__ = (
        CheckConstraint("kind in ('photo','signature','document')", name="kind_known"),
        CheckConstraint("state in ('awaiting_bytes','stored')", name="state_known"),
        CheckConstraint("(state = 'stored') = (sha256 is not null)", name="stored_under_its_hash"),
        Index("ix_attachment_visit_taken", "visit_id", "taken_at"),
    )

    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="RESTRICT")
    visit_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, db.ForeignKey("visit.id", ondelete="RESTRICT"))
    engineer_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="RESTRICT")
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(16), default="awaiting_bytes")
    caption: Mapped[str] = mapped_column(Text, default="")
    signer: Mapped[str] = mapped_column(String(200), default="")
    filename: Mapped[str] = mapped_column(String(200), default="")
    media_type: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[int | None] = mapped_column(BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    display_sha256: Mapped[str | None] = mapped_column(String(64))
    thumbnail_sha256: Mapped[str | None] = mapped_column(String(64))
    off_assignment: Mapped[bool] = mapped_column(default=False)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    named_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Note(db.Model):  # type: ignore[name-defined,misc]
    """What an engineer wrote down at a visit; rows never change."""

    __tablename__ = "visit_note"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="RESTRICT")
    visit_id: Mapped[uuid.UUID] = foreign_key_id(to="visit", ondelete="RESTRICT")
    text: Mapped[str] = mapped_column(Text)
    off_assignment: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(Note.__table__)  # type: ignore[arg-type]


class EvidenceChain(db.Model):  # type: ignore[name-defined,misc]
    """The end of a visit's chain: whoever lengthens it holds this row. Sealed up to `sealed_number`."""

    __tablename__ = "evidence_chain"

    visit_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, db.ForeignKey("visit.id", ondelete="RESTRICT"), primary_key=True
    )
    number: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64))
    sealed_number: Mapped[int] = mapped_column(default=0)


class EvidenceLink(db.Model):  # type: ignore[name-defined,misc]
    """That something was received at a visit, chained to what was received before it; rows never change.

    `facts` is the very text whose SHA-256 is in the digest (see `rules`).
    """

    __tablename__ = "evidence_link"
    __table_args__ = (
        CheckConstraint(f"kind in ({','.join(map(repr, LINK_KINDS))})", name="kind_known"),
        CheckConstraint("number > 0", name="number_positive"),
        UniqueConstraint("visit_id", "kind", "subject_id"),
    )

    visit_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, db.ForeignKey("visit.id", ondelete="RESTRICT"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class EvidenceSeal(db.Model):  # type: ignore[name-defined,misc]
    """The signature (Ed25519, base64) under a visit's chain up to a number; rows never change."""

    __tablename__ = "evidence_seal"

    visit_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, db.ForeignKey("visit.id", ondelete="RESTRICT"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(100))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(EvidenceLink.__table__)  # type: ignore[arg-type]
append_only(EvidenceSeal.__table__)  # type: ignore[arg-type]
