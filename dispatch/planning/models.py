"""Tables of optimization runs: what was asked, what was seen, what came out, what was published."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Json, Record, UtcDateTime, db, foreign_key_id

RUN_STATUSES = ("queued", "running", "ready", "published", "failed", "cancelled")
CHANGES = ("new", "moved", "kept", "left_out", "removed")
OUTCOMES = ("open", "published", "stale", "declined")


class OptimizationRun(Record):
    """One request to plan a span of time for some territories, and what came of it."""

    __tablename__ = "optimization_run"
    __table_args__ = (
        CheckConstraint(
            "status in ('queued','running','ready','published','failed','cancelled')", name="status_known"
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("time_limit_s between 1 and 3600", name="time_limit_sane"),
        CheckConstraint("(status = 'published') = (published_at is not null)", name="published_has_time"),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="queued", index=True)
    origin: Mapped[str] = mapped_column(String(10), default="person")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    territory_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    order_ids: Mapped[list[str] | None] = mapped_column(Json)
    weights: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    time_limit_s: Mapped[int] = mapped_column(default=20)
    auto_publish: Mapped[bool] = mapped_column(default=False)
    job_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("job.id", ondelete="SET NULL"))
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    requested_by_name: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_name: Mapped[str] = mapped_column(String(200), default="")
    engine: Mapped[str] = mapped_column(String(40), default="")
    travel_source: Mapped[str] = mapped_column(String(10), default="")
    stopped: Mapped[str] = mapped_column(String(20), default="")
    solve_ms: Mapped[int | None]
    warnings: Mapped[list[Any] | None] = mapped_column(Json)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
    routes: Mapped[list[Any] | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(Text)

    assignments: Mapped[list[RunAssignment]] = relationship(
        cascade="all, delete-orphan", lazy="select", order_by="RunAssignment.planned_start_at"
    )


class RunAssignment(db.Model):  # type: ignore[name-defined,misc]
    """What a run proposes for one visit, which state of the order it saw, and what became of it."""

    __tablename__ = "run_assignment"
    __table_args__ = (
        CheckConstraint("change in ('new','moved','kept','left_out','removed')", name="change_known"),
        CheckConstraint("outcome in ('open','published','stale','declined')", name="outcome_known"),
        CheckConstraint(
            "change not in ('new','moved','kept') "
            "or (engineer_id is not null and planned_start_at is not null)",
            name="planned_has_engineer",
        ),
    )

    run_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("optimization_run.id", ondelete="CASCADE"), primary_key=True
    )
    visit_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("visit.id", ondelete="CASCADE"), primary_key=True
    )
    order_id: Mapped[uuid.UUID] = foreign_key_id(to="work_order", ondelete="CASCADE")
    order_version: Mapped[int]
    visit_version: Mapped[int]
    change: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(10), default="open")
    engineer_id: Mapped[uuid.UUID | None] = foreign_key_id(to="engineer", nullable=True, ondelete="CASCADE")
    planned_start_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    planned_end_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    travel_s: Mapped[int | None]
    distance_m: Mapped[int | None]
    was_engineer_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    was_start_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reasons: Mapped[list[Any] | None] = mapped_column(Json)
    relaxations: Mapped[list[Any] | None] = mapped_column(Json)


class KeptProblem(db.Model):  # type: ignore[name-defined,misc]
    """The problem and the plan of a run, as the optimizer's JSON, compressed by zlib."""

    __tablename__ = "kept_problem"

    run_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, ForeignKey("optimization_run.id", ondelete="CASCADE"), primary_key=True
    )
    problem: Mapped[bytes] = mapped_column(LargeBinary)
    plan: Mapped[bytes] = mapped_column(LargeBinary)
