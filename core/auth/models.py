"""Tables of people and their keys."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Record, UtcDateTime, db, foreign_key_id


class User(Record):
    """Somebody who can sign in. Raising `session_epoch` ends every session at once."""

    __tablename__ = "user_account"
    __audit_secret__ = ("password_hash",)
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=1)
    locale: Mapped[str] = mapped_column(String(5), default="")
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    demo: Mapped[bool] = mapped_column(default=False)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    role_rows: Mapped[list[UserRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> list[str]:
        """Names of the roles held, sorted."""
        return sorted(row.role for row in self.role_rows)


class UserRole(db.Model):  # type: ignore[name-defined,misc]
    """A role somebody holds."""

    __tablename__ = "user_role"
    __audit_of__ = "user_id"

    user_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(30), primary_key=True)


class ApiToken(Record):
    """A program's key; only its SHA-256 is kept."""

    __tablename__ = "api_token"
    __audit_secret__ = ("digest",)

    user_id: Mapped[uuid.UUID] = foreign_key_id(to="user_account", ondelete="CASCADE")
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PasswordLink(Record):
    """An invitation or a reset: a link that sets a password once; only its SHA-256 is kept."""

    __tablename__ = "password_link"
    __audit_secret__ = ("digest",)

    user_id: Mapped[uuid.UUID] = foreign_key_id(to="user_account", ondelete="CASCADE")
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
