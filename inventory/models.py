"""Tables of parts, where they lie, every movement of them, and requests for them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Record, UtcDateTime, append_only, db, foreign_key_id

LOCATION_KINDS = ("warehouse", "shelf", "van", "supplier", "customer", "scrap", "difference")
REQUEST_STATUSES = ("requested", "approved", "refused", "issued", "cancelled")


class Part(Record):
    """A kind of spare part."""

    __tablename__ = "part"
    __table_args__ = (
        CheckConstraint("cost_cents >= 0", name="cost_not_negative"),
        CheckConstraint("reorder_point >= 0", name="reorder_point_not_negative"),
    )

    number: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str] = mapped_column(String(200))
    name_zh: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20), default="pc")
    barcode: Mapped[str | None] = mapped_column(String(60), unique=True)
    cost_cents: Mapped[int] = mapped_column(default=0)
    reorder_point: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    external_key: Mapped[str | None] = mapped_column(String(200), unique=True)


class StockLocation(Record):
    """Where parts can lie. A van is a location whose holder is an engineer; WGS-84."""

    __tablename__ = "stock_location"
    __table_args__ = (
        CheckConstraint(
            "kind in ('warehouse','shelf','van','supplier','customer','scrap','difference')",
            name="kind_known",
        ),
        CheckConstraint("kind <> 'van' or holder_id is not null", name="van_has_holder"),
        CheckConstraint("(lat is null) = (lon is null)", name="position_whole"),
        CheckConstraint("lat between -90 and 90 and lon between -180 and 180", name="position_on_earth"),
    )

    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(12))
    parent_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="stock_location", nullable=True, ondelete="RESTRICT"
    )
    holder_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="RESTRICT")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    active: Mapped[bool] = mapped_column(default=True)


class StockMovement(db.Model):  # type: ignore[name-defined,misc]
    """So many of a part went from one location to another; rows never change."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_location_id <> to_location_id", name="goes_somewhere"),
        Index("ix_stock_movement_part_to", "part_id", "to_location_id"),
        Index("ix_stock_movement_part_from", "part_id", "from_location_id"),
    )

    version = 1

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    part_id: Mapped[uuid.UUID] = foreign_key_id(to="part", ondelete="RESTRICT")
    from_location_id: Mapped[uuid.UUID] = foreign_key_id(to="stock_location", ondelete="RESTRICT")
    to_location_id: Mapped[uuid.UUID] = foreign_key_id(to="stock_location", ondelete="RESTRICT")
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300), default="")
    part_request_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="part_request", nullable=True, ondelete="RESTRICT"
    )
    order_id: Mapped[uuid.UUID | None] = foreign_key_id(to="work_order", nullable=True, ondelete="RESTRICT")
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(200))


append_only(StockMovement.__table__)  # type: ignore[arg-type]


class PartRequest(Record):
    """Somebody in the field asks the warehouse for a part; `answer` is what the warehouse said."""

    __tablename__ = "part_request"
    __table_args__ = (
        CheckConstraint(
            "status in ('requested','approved','refused','issued','cancelled')", name="status_known"
        ),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint(
            "approved_by_id is null or approved_by_id <> requested_by_id", name="not_own_approver"
        ),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    part_id: Mapped[uuid.UUID] = foreign_key_id(to="part", ondelete="RESTRICT")
    quantity: Mapped[int]
    order_id: Mapped[uuid.UUID | None] = foreign_key_id(to="work_order", nullable=True, ondelete="RESTRICT")
    engineer_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="RESTRICT")
    status: Mapped[str] = mapped_column(String(12), default="requested")
    reason: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    requested_by_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    issued_from_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="stock_location", nullable=True, ondelete="RESTRICT"
    )

    part: Mapped[Part] = relationship(lazy="joined")
