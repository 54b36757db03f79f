"""Tables of customers and of what is theirs."""

from __future__ import annotations

import uuid
from datetime import date, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Json, Record, db, foreign_key_id

GRADES = ("standard", "silver", "gold", "vip")
STANCES = ("preferred", "refused")
LOCATION_STATES = ("located", "needs_location")


class Customer(Record):
    """Somebody work is done for."""

    __tablename__ = "customer"
    __table_args__ = (CheckConstraint("grade in ('standard','silver','gold','vip')", name="grade_known"),)

    number: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    grade: Mapped[str] = mapped_column(String(10), default="standard")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    external_key: Mapped[str | None] = mapped_column(String(200), unique=True)

    engineer_stances: Mapped[list[EngineerStance]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )


class EngineerStance(db.Model):  # type: ignore[name-defined,misc]
    """An engineer a customer prefers or refuses."""

    __tablename__ = "customer_engineer"
    __audit_of__ = "customer_id"
    __table_args__ = (CheckConstraint("stance in ('preferred','refused')", name="stance_known"),)

    customer_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
    )
    engineer_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("engineer.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    stance: Mapped[str] = mapped_column(String(10))


class CustomerUser(Record):
    """Somebody of the customer's who signs in and sees the customer's own orders."""

    __tablename__ = "customer_user"

    customer_id: Mapped[uuid.UUID] = foreign_key_id(to="customer", ondelete="CASCADE")
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("user_account.id"), unique=True)


class Site(Record):
    """A place of a customer's where work is done. Coordinates are WGS-84."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("(lat is null) = (lon is null)", name="position_whole"),
        CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name="position_on_earth"),
    )

    customer_id: Mapped[uuid.UUID] = foreign_key_id(to="customer", ondelete="CASCADE")
    name: Mapped[str] = mapped_column(String(200), index=True)
    address: Mapped[str] = mapped_column(String(500), default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    position_source: Mapped[str] = mapped_column(String(40), default="")
    territory_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="territory", nullable=True, ondelete="SET NULL"
    )
    time_zone: Mapped[str] = mapped_column(String(60), default="")
    access_notes: Mapped[str] = mapped_column(Text, default="")
    external_key: Mapped[str | None] = mapped_column(String(200), unique=True)

    customer: Mapped[Customer] = relationship(lazy="joined")
    access_hours: Mapped[list[AccessHours]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="AccessHours.weekday, AccessHours.opens"
    )


class AccessHours(db.Model):  # type: ignore[name-defined,misc]
    """When a site can be entered, by weekday (0: Monday), in the site's local time. None given: always."""

    __tablename__ = "site_access_hours"
    __audit_of__ = "site_id"
    __table_args__ = (
        CheckConstraint("closes > opens", name="closes_after_opens"),
        CheckConstraint("weekday between 0 and 6", name="weekday_known"),
    )

    site_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]


class Asset(Record):
    """A device of a customer's that is serviced."""

    __tablename__ = "asset"
    __table_args__ = (UniqueConstraint("model", "serial"),)

    site_id: Mapped[uuid.UUID] = foreign_key_id(to="site", ondelete="CASCADE")
    name: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(String(120), default="", index=True)
    serial: Mapped[str | None] = mapped_column(String(120))
    installed_on: Mapped[date | None]
    warranty_until: Mapped[date | None]
    notes: Mapped[str] = mapped_column(Text, default="")
    attributes: Mapped[dict[str, Any] | None] = mapped_column(Json)

    site: Mapped[Site] = relationship(lazy="joined")


class Contract(Record):
    """What a customer has agreed with us, from a day to a day."""

    __tablename__ = "contract"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="ends_after_start"),)

    customer_id: Mapped[uuid.UUID] = foreign_key_id(to="customer", ondelete="CASCADE")
    number: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    response_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]

    customer: Mapped[Customer] = relationship(lazy="joined")
