"""Who changed what, from what, to what: written by the session itself, so that no change goes unrecorded."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, Uuid, event, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Json, Record, UtcDateTime, append_only, db, insert_rows

_UNTOLD = {"version", "created_at", "updated_at"}


class AuditEntry(db.Model):  # type: ignore[name-defined,misc]
    """One change of one row; rows of this table never change."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_root", "root_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(10))
    table: Mapped[str] = mapped_column("table_name", String(63))
    row_id: Mapped[str] = mapped_column(String(200))
    root_id: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


append_only(AuditEntry.__table__)  # type: ignore[arg-type]


def history(root_id: Any, limit: int = 100) -> list[AuditEntry]:
    """Return the changes of a record and of what belongs to it, newest first."""
    query = select(AuditEntry).where(AuditEntry.root_id == str(root_id))
    return list(db.session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)))


def write_entries(session: Session, entries: list[dict[str, Any]]) -> None:
    """Insert audit entries for rows written in bulk; keys as the columns of `AuditEntry`.

    The acting person and the time are filled in from the transaction.
    """
    if not entries:
        return
    actor = session.info.get("actor")
    common = {
        "at": clock.now(),
        "actor_id": getattr(actor, "user_id", None),
        "actor_name": getattr(actor, "name", None) or "system",
    }
    rows = [
        {
            "action": entry["action"],
            "table_name": entry["table"],
            "row_id": entry["row_id"],
            "root_id": entry["root_id"],
            "before": entry.get("before"),
            "after": entry.get("after"),
        }
        for entry in entries
    ]
    insert_rows(session, AuditEntry.__table__, rows, common)  # type: ignore[arg-type]


@event.listens_for(Session, "after_flush")
def _record_changes(session: Session, _context: Any) -> None:
    entries = []
    for action, rows in (("create", session.new), ("update", session.dirty), ("delete", session.deleted)):
        for row in rows:
            if (isinstance(row, Record) or hasattr(row, "__audit_of__")) and not hasattr(
                row, "__unaudited__"
            ):
                entry = _entry(action, row)
                if entry:
                    entries.append(entry)
    write_entries(session, entries)


def _entry(action: str, row: Any) -> dict[str, Any] | None:
    state = inspect(row)
    secret = getattr(row, "__audit_secret__", ())
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for attribute in state.mapper.column_attrs:
        name = attribute.key
        if name in _UNTOLD:
            continue
        history = state.attrs[name].history
        if action == "update" and not history.has_changes():
            continue
        old = history.deleted[0] if history.deleted else None
        new = history.added[0] if history.added else (history.unchanged[0] if history.unchanged else None)
        if action == "delete":
            old, new = (new if old is None else old), None
        if action == "update" and old == new:
            continue
        if old is not None:
            before[name] = "***" if name in secret else plain(old)
        if new is not None or action == "update":
            after[name] = "***" if name in secret else plain(new)
    if action == "update" and not after:
        return None
    row_id = ":".join(str(part) for part in state.mapper.primary_key_from_instance(row))
    root = getattr(row, "__audit_of__", None)
    return {
        "action": action,
        "table": state.mapper.local_table.name,  # type: ignore[union-attr]
        "row_id": row_id,
        "root_id": str(getattr(row, root)) if root else row_id,
        "before": before or None,
        "after": after or None,
    }


_PLAIN = frozenset((str, int, bool, float))


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it; instants in ISO 8601."""
    # By its very class first: this is asked for every value of every change.
    if value is None or value.__class__ in _PLAIN or isinstance(value, bool | int | float | str):
        return value
    if value.__class__ is uuid.UUID:
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    return str(value)
