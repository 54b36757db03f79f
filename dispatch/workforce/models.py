"""Tables of engineers: what they can do, when and where they work."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Record, UtcDateTime, db, foreign_key_id

MOST_LEVEL = 5
LEAVE_KINDS = ("annual", "sick", "training", "other")


class Skill(Record):
    """Something an engineer can be able to do, at a level from 1 to 5."""

    __tablename__ = "skill"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_zh: Mapped[str] = mapped_column(String(120))
    active: Mapped[bool] = mapped_column(default=True)


class Engineer(Record):
    """Somebody who goes to sites. Routes start and end at home unless a shift says otherwise; WGS-84."""

    __tablename__ = "engineer"
    __table_args__ = (
        CheckConstraint("(home_lat is null) = (home_lon is null)", name="home_whole"),
        CheckConstraint(
            "home_lat between -90 and 90 and home_lon between -180 and 180", name="home_on_earth"
        ),
        CheckConstraint("speed_factor between 0.2 and 5", name="speed_sane"),
        CheckConstraint("cost_cents_per_hour >= 0 and cost_cents_per_km >= 0", name="costs_not_negative"),
        CheckConstraint("most_tasks_a_day is null or most_tasks_a_day > 0", name="most_tasks_positive"),
    )

    number: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    user_id: Mapped[uuid.UUID | None] = mapped_column(
        Uuid, ForeignKey("user_account.id", ondelete="SET NULL"), unique=True
    )
    home_address: Mapped[str] = mapped_column(String(500), default="")
    home_lat: Mapped[float | None]
    home_lon: Mapped[float | None]
    territory_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="territory", nullable=True, ondelete="SET NULL"
    )
    speed_factor: Mapped[float] = mapped_column(default=1.0)
    cost_cents_per_hour: Mapped[int] = mapped_column(default=6000)
    cost_cents_per_km: Mapped[int] = mapped_column(default=80)
    overtime_cents_per_hour: Mapped[int] = mapped_column(default=9000)
    most_tasks_a_day: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[str] = mapped_column(Text, default="")
    external_key: Mapped[str | None] = mapped_column(String(200), unique=True)

    skills: Mapped[list[EngineerSkill]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    tools: Mapped[list[EngineerTool]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class EngineerSkill(db.Model):  # type: ignore[name-defined,misc]
    """A skill an engineer has, with its level."""

    __tablename__ = "engineer_skill"
    __audit_of__ = "engineer_id"
    __table_args__ = (CheckConstraint("level between 1 and 5", name="level_known"),)

    engineer_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("engineer.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("skill.id"), primary_key=True, index=True)
    level: Mapped[int]

    skill: Mapped[Skill] = relationship(lazy="joined")


class EngineerTool(db.Model):  # type: ignore[name-defined,misc]
    """A tool an engineer carries, by its name."""

    __tablename__ = "engineer_tool"
    __audit_of__ = "engineer_id"

    engineer_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("engineer.id", ondelete="CASCADE"), primary_key=True
    )
    tool: Mapped[str] = mapped_column(String(60), primary_key=True)


class Shift(Record):
    """A span in which an engineer works; may cross midnight. Several a day and over several days."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("most_overtime_s >= 0", name="overtime_not_negative"),
        CheckConstraint("(start_lat is null) = (start_lon is null)", name="start_whole"),
        CheckConstraint(
            "start_lat between -90 and 90 and start_lon between -180 and 180", name="start_on_earth"
        ),
        Index("ix_shift_engineer_span", "engineer_id", "starts_at", "ends_at"),
    )

    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="CASCADE")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    most_overtime_s: Mapped[int] = mapped_column(default=0)
    start_lat: Mapped[float | None]
    start_lon: Mapped[float | None]

    engineer: Mapped[Engineer] = relationship(lazy="joined")
    breaks: Mapped[list[ShiftBreak]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="ShiftBreak.earliest_at"
    )


class ShiftBreak(db.Model):  # type: ignore[name-defined,misc]
    """A break in a shift: how long, and between which instants it must begin."""

    __tablename__ = "shift_break"
    __audit_of__ = "shift_id"
    __table_args__ = (
        CheckConstraint("latest_at >= earliest_at", name="latest_not_before_earliest"),
        CheckConstraint("duration_s > 0", name="duration_positive"),
    )

    shift_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("shift.id", ondelete="CASCADE"), primary_key=True
    )
    earliest_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    latest_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_s: Mapped[int]


class Leave(Record):
    """A span in which an engineer does not work; shifts are cut by it."""

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("kind in ('annual','sick','training','other')", name="kind_known"),
        Index("ix_leave_engineer_span", "engineer_id", "starts_at", "ends_at"),
    )

    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="CASCADE")
    kind: Mapped[str] = mapped_column(String(10), default="annual")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notes: Mapped[str] = mapped_column(String(500), default="")

    engineer: Mapped[Engineer] = relationship(lazy="joined")
