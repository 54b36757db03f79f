"""Tables of imports: what was sent and what came of it, and which row became which record."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Json, Record, UtcDateTime, db

KINDS = ("requests", "engineers", "parts")


class ImportRun(Record):
    """One file sent by the API. `rows_done` is the last row whose outcome is stored in `report`."""

    __tablename__ = "import_run"
    __unaudited__ = True
    __table_args__ = (
        CheckConstraint("kind in ('requests','engineers','parts')", name="kind_known"),
        CheckConstraint("status in ('queued','running','done','failed')", name="status_known"),
    )

    kind: Mapped[str] = mapped_column(String(12))
    file_name: Mapped[str] = mapped_column(String(200))
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    time_zone: Mapped[str] = mapped_column(String(60), default="")
    dry_run: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(10), default="queued")
    rows_total: Mapped[int]
    rows_done: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    requested_by_name: Mapped[str] = mapped_column(String(200), default="")
    job_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("job.id", ondelete="SET NULL"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportedRow(db.Model):  # type: ignore[name-defined,misc]
    """The record a row of a source became, and a digest of what the row said when last taken."""

    __tablename__ = "imported_row"
    __table_args__ = (CheckConstraint("kind in ('requests','engineers','parts')", name="kind_known"),)

    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    record_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    digest: Mapped[str] = mapped_column(String(32))
