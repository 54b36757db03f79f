"""References to other records: what these are called, which can be chosen, which one a text means.

Everything here keeps to what the person asking may see.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask import g
from flask_babel import gettext
from sqlalchemy import Select, false, func, inspect, or_, select

from core.db import db
from core.records import query_of, rows_of
from core.resource import Resource, resource_named

MOST_LOOKED_AT = 5000
"""How many titles are compared with a text that no searched column holds."""


def title_of(name: str, record_id: Any) -> str:
    """Return what people call the record referred to; empty for None, an id's head where it is not theirs."""
    if record_id is None:
        return ""
    resource = resource_named(name)
    record = db.session.get(resource.model, uuid_of(record_id))
    is_theirs = record is not None and _is_visible(resource, record)
    return resource.title(record) if is_theirs else str(record_id)[:8]


def _is_visible(resource: Resource, record: Any) -> bool:
    who = g.get("actor")
    if who is None or resource.visible(who) is None:
        return True
    return db.session.scalar(rows_of(resource, who).where(resource.model.id == record.id)) is not None


def choosable(resource: Resource, args: dict[str, Any]) -> Select[Any]:
    """Return the query of the records whoever fills the form in may see, that are in use and fit `args`."""
    query = _seen(resource, args)
    return query.where(resource.model.active) if "active" in inspect(resource.model).columns else query


def _seen(resource: Resource, args: dict[str, Any] | None = None) -> Select[Any]:
    who = g.get("actor")
    if who is None or not who.may(resource.read):
        return select(resource.model).where(false())
    return query_of(resource, who, args or {}).order_by(None)


def titles(query: Select[Any], resource: Resource, present: Iterable[Any]) -> list[tuple[str, str]]:
    """Return (id, title) of what can be chosen, with what is chosen already though not in use any more."""
    found = {record.id: record for record in db.session.scalars(query).unique()}
    for record_id in map(uuid_of, present):
        if record_id and record_id not in found:
            record = db.session.scalar(_seen(resource).where(resource.model.id == record_id))
            found.update({record_id: record} if record else {})
    pairs = [(str(record_id), resource.title(record)) for record_id, record in found.items()]
    return sorted(pairs, key=lambda pair: pair[1].casefold())


def id_called(name: str, text: str) -> str:
    """Return the id of the record of a resource that `text` names; an id names itself.

    Raises
    ------
    ValueError
        With the sentence that says why: none, or several, are called so.
    """
    if uuid_of(text):
        return text
    resource = resource_named(name)
    found = _called(resource, text)
    if len(found) == 1:
        return str(found[0].id)
    if found:
        raise ValueError(gettext("Several are called “%(text)s”; give the number.", text=text))
    raise ValueError(gettext("Nothing is called “%(text)s”.", text=text))


def _called(resource: Resource, text: str) -> list[Any]:
    """Return the records a person may see that are called `text`: by a searched column, else by the title."""

    def found(*texts: str) -> list[Any]:
        wanted = or_(*(func.lower(column).in_(texts) for column in resource.search))
        return list(db.session.scalars(_seen(resource).where(wanted)).unique())

    exact = found(text.lower()) if resource.search else []
    if len(exact) == 1:
        return exact
    # Most titles begin with the number; only for others every record is looked at.
    near = [*exact, *(found(text.lower().split()[0]) if resource.search else [])]
    titled = [row for row in near if resource.title(row) == text]
    if not titled and not exact:
        rows = db.session.scalars(_seen(resource).limit(MOST_LOOKED_AT)).unique()
        titled = [row for row in rows if resource.title(row) == text]
    return list(dict.fromkeys(titled)) or exact


def uuid_of(text: Any) -> uuid.UUID | None:
    """Return the id a text stands for, None where it is none."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
