"""Tables of work orders, their visits, and the append-only log of what happened at each visit."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    inspect,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Json, Record, UtcDateTime, append_only, db, foreign_key_id
from dispatch.customers.models import Asset, Customer, Site
from dispatch.flows.models import Category
from dispatch.workforce.models import Engineer
from dispatch.workorders.rules import DECISIONS

CHANNELS = ("phone", "web", "mail", "chat", "app", "api", "import")
LOCKS = ("none", "engineer", "time", "both")
VISIT_STATUSES = (
    "created",
    "dispatched",
    "accepted",
    "en_route",
    "arrived",
    "in_progress",
    "on_hold",
    "completed",
    "incomplete",
    "declined",
    "cancelled",
)
ORDER_STATUSES = (
    "created",
    "triaged",
    "dispatched",
    "accepted",
    "en_route",
    "arrived",
    "in_progress",
    "on_hold",
    "completed",
    "awaiting_confirmation",
    "closed",
    "followed_up",
    "cancelled",
    "merged",
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({','.join(repr(value) for value in values)})"


class WorkOrder(Record):
    """Work somebody asked for. `status` follows from `decision` (the last one) and its visits."""

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint(_one_of("status", ORDER_STATUSES), name="status_known"),
        CheckConstraint(_one_of("decision", DECISIONS), name="decision_known"),
        CheckConstraint(_one_of("channel", CHANNELS), name="channel_known"),
        CheckConstraint("priority in ('low','normal','high','urgent')", name="priority_known"),
        CheckConstraint("urgency in ('normal','expedited','urgent')", name="urgency_known"),
        CheckConstraint("impact in ('person','group','site','public')", name="impact_known"),
        CheckConstraint("duration_s between 60 and 86400", name="duration_sane"),
        CheckConstraint("satisfaction between 1 and 5", name="satisfaction_known"),
        CheckConstraint("merged_into_id is null or merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("(status = 'merged') = (merged_into_id is not null)", name="merged_names_target"),
        Index("ix_work_order_status_created", "status", "created_at"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    channel: Mapped[str] = mapped_column(String(10), default="phone")
    category_id: Mapped[uuid.UUID] = foreign_key_id(to="category", ondelete="RESTRICT")
    title: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[str] = mapped_column(String(10), default="normal")
    urgency: Mapped[str] = mapped_column(String(10), default="normal")
    impact: Mapped[str] = mapped_column(String(10), default="person")
    status: Mapped[str] = mapped_column(String(24), default="created")
    decision: Mapped[str] = mapped_column(String(12), default="created")
    customer_id: Mapped[uuid.UUID] = foreign_key_id(to="customer", ondelete="RESTRICT")
    site_id: Mapped[uuid.UUID] = foreign_key_id(to="site", ondelete="RESTRICT")
    asset_id: Mapped[uuid.UUID | None] = foreign_key_id(to="asset", nullable=True, ondelete="RESTRICT")
    contract_id: Mapped[uuid.UUID | None] = foreign_key_id(to="contract", nullable=True, ondelete="RESTRICT")
    contact_name: Mapped[str] = mapped_column(String(200), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    duration_s: Mapped[int] = mapped_column(default=3600)
    respond_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolve_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    custom: Mapped[dict[str, Any] | None] = mapped_column(Json)
    merged_into_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="work_order", nullable=True, ondelete="RESTRICT"
    )
    satisfaction: Mapped[int | None]
    external_source: Mapped[str | None] = mapped_column(String(60))
    external_key: Mapped[str | None] = mapped_column(String(200))

    category: Mapped[Category] = relationship(lazy="joined")
    customer: Mapped[Customer] = relationship(lazy="joined")
    site: Mapped[Site] = relationship(lazy="joined")
    asset: Mapped[Asset | None] = relationship(lazy="select")
    skills: Mapped[list[OrderSkill]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    parts: Mapped[list[OrderPart]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    tools: Mapped[list[OrderTool]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    windows: Mapped[list[OrderWindow]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="OrderWindow.starts_at"
    )
    visits: Mapped[list[Visit]] = relationship(
        back_populates="order", lazy="selectin", order_by="Visit.sequence", cascade="all, delete-orphan"
    )


Index("uq_work_order_external", WorkOrder.external_source, WorkOrder.external_key, unique=True)


class _OrderChild(db.Model):  # type: ignore[name-defined,misc]
    __abstract__ = True
    __audit_of__ = "order_id"

    order_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("work_order.id", ondelete="CASCADE"), primary_key=True
    )


class OrderSkill(_OrderChild):
    """A skill the work needs, with the least level."""

    __tablename__ = "work_order_skill"
    __table_args__ = (CheckConstraint("level between 1 and 5", name="level_known"),)

    skill_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("skill.id"), primary_key=True, index=True)
    level: Mapped[int]


class OrderPart(_OrderChild):
    """A part the work needs."""

    __tablename__ = "work_order_part"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    part_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("part.id"), primary_key=True, index=True)
    quantity: Mapped[int]


class OrderTool(_OrderChild):
    """A tool the work needs, by its name."""

    __tablename__ = "work_order_tool"

    tool: Mapped[str] = mapped_column(String(60), primary_key=True)


class OrderWindow(_OrderChild):
    """A span in which the work may begin. None given: whenever the site is open."""

    __tablename__ = "work_order_window"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Visit(Record):
    """One going to the site by one engineer. `status` is where its event log has led."""

    __tablename__ = "visit"
    __audit_of__ = "order_id"
    __table_args__ = (
        UniqueConstraint("order_id", "sequence"),
        CheckConstraint(_one_of("status", VISIT_STATUSES), name="status_known"),
        CheckConstraint(_one_of("lock", LOCKS), name="lock_known"),
        CheckConstraint("(planned_start_at is null) = (planned_end_at is null)", name="plan_whole"),
        CheckConstraint("planned_end_at > planned_start_at", name="plan_ends_after_start"),
        CheckConstraint(
            "status in ('created','declined','cancelled') or engineer_id is not null",
            name="assigned_when_under_way",
        ),
        CheckConstraint("lock in ('none','time') or engineer_id is not null", name="lock_has_engineer"),
        CheckConstraint("lock in ('none','engineer') or planned_start_at is not null", name="lock_has_time"),
        Index("ix_visit_engineer_start", "engineer_id", "planned_start_at"),
    )

    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="CASCADE")
    sequence: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(12), default="created")
    required: Mapped[bool] = mapped_column(default=True)
    engineer_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="RESTRICT")
    planned_start_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    planned_end_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    travel_s: Mapped[int | None]
    distance_m: Mapped[int | None]
    promised_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    promised_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lock: Mapped[str] = mapped_column(String(10), default="none")
    assignment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    follows_id: Mapped[uuid.UUID | None] = foreign_key_id(to="visit", nullable=True, ondelete="RESTRICT")
    run_id: Mapped[uuid.UUID | None] = foreign_key_id(
        to="optimization_run", nullable=True, ondelete="SET NULL"
    )

    order: Mapped[WorkOrder] = relationship(back_populates="visits", lazy="selectin")
    engineer: Mapped[Engineer | None] = relationship(lazy="joined")
    events: Mapped[list[VisitEvent]] = relationship(order_by="VisitEvent.id", viewonly=True, lazy="select")


class Assignment(db.Model):  # type: ignore[name-defined,misc]
    """That a visit was an engineer's, from one instant to another; given back, it is another assignment."""

    __tablename__ = "assignment"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    visit_id: Mapped[uuid.UUID] = foreign_key_id(to="visit", ondelete="CASCADE")
    engineer_id: Mapped[uuid.UUID] = foreign_key_id(to="engineer", ondelete="RESTRICT")
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    visit: Mapped[Visit] = relationship(lazy="select")


@event.listens_for(Session, "before_flush")
def _follow_assignments(session: Session, _context: Any, _instances: Any) -> None:
    """End and begin assignments as visits lose and get their engineers, whoever changes them."""
    for visit in [*session.new, *session.dirty]:
        if not isinstance(visit, Visit) or not inspect(visit).attrs.engineer_id.history.has_changes():
            continue
        if visit.assignment_id is not None:
            session.get_one(Assignment, visit.assignment_id).ended_at = clock.now()
        visit.assignment_id = uuid.uuid4() if visit.engineer_id else None
        if visit.engineer_id:
            session.add(
                Assignment(
                    id=visit.assignment_id,
                    visit=visit,
                    engineer_id=visit.engineer_id,
                    began_at=clock.now(),
                )
            )


class _Event(db.Model):  # type: ignore[name-defined,misc]
    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    verb: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)


class VisitEvent(_Event):
    """Something that happened at a visit: which verb, by whom, when, from which status to which."""

    __tablename__ = "visit_event"

    visit_id: Mapped[uuid.UUID] = foreign_key_id(to="visit", ondelete="RESTRICT")
    from_status: Mapped[str] = mapped_column(String(12))
    to_status: Mapped[str] = mapped_column(String(12))


class OrderEvent(_Event):
    """Something decided about an order as a whole: triage, merge, review, confirmation, closing."""

    __tablename__ = "work_order_event"

    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="RESTRICT")
    from_status: Mapped[str] = mapped_column(String(24))
    to_status: Mapped[str] = mapped_column(String(24))


append_only(VisitEvent.__table__)  # type: ignore[arg-type]
append_only(OrderEvent.__table__)  # type: ignore[arg-type]
