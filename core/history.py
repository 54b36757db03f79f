"""Who changed what of a record, in words: from the audit entries to what a page shows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError, fields

from core import audit, field_text
from core.auth.actors import Actor
from core.i18n import local_time
from core.resource import Resource, resource_of_table

TOGETHER = timedelta(seconds=2)
"""Rows made within this time of their record were made with it."""


def may_see(actor: Actor, field: fields.Field) -> bool:
    """Tell whether the person may see a field; its metadata may name a ``permission``."""
    needed = field.metadata.get("permission")
    return needed is None or actor.may(needed)


def history_of(actor: Actor, resource: Resource, record_id: Any) -> list[dict[str, Any]]:
    """Return a record's audit entries, newest first, as `macros.html` shows a timeline.

    What the person may not see is left out, and so are columns the schema does not show.
    """
    words = {"create": gettext("created"), "update": gettext("changed"), "delete": gettext("deleted")}
    entries = list(audit.history(record_id))
    own_table = resource.model.__tablename__
    made_at = next((e.at for e in entries if e.action == "create" and e.table == own_table), None)
    told = []
    for entry in entries:
        is_own = entry.table == own_table
        if not is_own and entry.action == "create" and made_at and entry.at - made_at < TOGETHER:
            continue
        shown = _fields_of(resource, entry.table)
        changes = _changes(actor, shown, entry.before or {}, entry.after or {})
        if is_own and entry.action != "update":
            changes = []
        elif not changes:
            continue
        told.append(
            {
                "at": local_time(entry.at, "medium"),
                "actor": entry.actor_name,
                "action": words[entry.action],
                "changes": changes,
            }
        )
    return told


def _fields_of(resource: Resource, table: str) -> dict[str, fields.Field]:
    """Return the fields that describe a table's columns: a resource's own, or of rows that belong to it."""
    found = resource if table == resource.model.__tablename__ else resource_of_table(table)
    if found is not None:
        return dict(found.schema().fields)
    nested: dict[str, fields.Field] = {}
    for field in resource.schema().fields.values():
        if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            nested |= field.inner.schema.fields
    return nested


def _changes(
    actor: Actor, shown: dict[str, fields.Field], before: dict[str, Any], after: dict[str, Any]
) -> list[dict[str, Any]]:
    changes = []
    for name in dict.fromkeys([*before, *after]):
        field = shown.get(name)
        if field is not None and "label" in field.metadata and may_see(actor, field):
            values = {"before": _words(field, before.get(name)), "after": _words(field, after.get(name))}
            changes.append({"field": field_text.label_of(field, name), **values})
    return changes


def _words(field: fields.Field, kept: Any) -> str | None:
    """Return a value as it was kept, in words."""
    if kept is None or kept == "":
        return None
    value = kept
    if isinstance(kept, str) and isinstance(field, fields.DateTime | fields.Date | fields.Time):
        kind: Any = datetime if isinstance(field, fields.DateTime) else date
        value = (time if isinstance(field, fields.Time) else kind).fromisoformat(kept)
    try:
        text = field_text.shown(field, value)
    except (ValueError, ValidationError, AttributeError):
        text = str(kept)
    return text if len(text) <= 120 else text[:117] + "…"
