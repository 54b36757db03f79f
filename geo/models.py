"""Tables of territories, remembered geocodings and legs, positions people reported and who looked at them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Json, Record, UtcDateTime, append_only, db, foreign_key_id


class Territory(Record):
    """An area served together: a GeoJSON polygon or multipolygon in WGS-84."""

    __tablename__ = "territory"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    geometry: Mapped[dict[str, Any]] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)


class Geocoding(db.Model):  # type: ignore[name-defined,misc]
    """What a geocoder said of an address, or that it knew nothing."""

    __tablename__ = "geocoding"
    __table_args__ = (CheckConstraint("(lat is null) = (lon is null)", name="position_whole"),)

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    address: Mapped[str] = mapped_column(String(500), primary_key=True)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    label: Mapped[str] = mapped_column(String(500), default="")
    is_precise: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RememberedLeg(db.Model):  # type: ignore[name-defined,misc]
    """Travel by road from one place to another; places in millionths of a degree."""

    __tablename__ = "remembered_leg"
    __table_args__ = (CheckConstraint("travel_s >= 0 and distance_m >= 0", name="not_negative"),)

    from_lat: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    from_lon: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    to_lat: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    to_lon: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    travel_s: Mapped[int]
    distance_m: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Position(db.Model):  # type: ignore[name-defined,misc]
    """Where an engineer reported to be: a check-in at a visit, or a fix on the way. WGS-84."""

    __tablename__ = "position"
    __table_args__ = (
        CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name="on_earth"),
        CheckConstraint("kind in ('check_in','fix')", name="kind_known"),
        CheckConstraint("accuracy_m is null or accuracy_m >= 0", name="accuracy_not_negative"),
        Index("ix_position_latest", "engineer_id", "recorded_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="CASCADE")
    visit_id: Mapped[uuid.UUID | None] = foreign_key_id(to="visit", nullable=True, ondelete="SET NULL")
    kind: Mapped[str] = mapped_column(String(10))
    lat: Mapped[float]
    lon: Mapped[float]
    accuracy_m: Mapped[float | None]
    distance_from_site_m: Mapped[int | None]
    outside_geofence: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PositionLook(db.Model):  # type: ignore[name-defined,misc]
    """Somebody looked at where an engineer was, from one instant to another; rows never change."""

    __tablename__ = "position_look"
    __table_args__ = (
        CheckConstraint("until_at >= from_at", name="ends_after_start"),
        Index("ix_position_look_lately", "engineer_id", "by_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="RESTRICT")
    by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    by_name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(PositionLook.__table__)  # type: ignore[arg-type]
