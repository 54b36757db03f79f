"""The verbs every kind of record shares: list, get, create, change, delete.

Both doors of a `Resource` call them; what a kind does differently it gives as functions.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError
from sqlalchemy import Select, func, inspect, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, DomainError, Invalid, NotFound, Stale, mark
from core.messages import translated
from core.problems import sentence, sentence_of_refusal
from core.resource import Resource, resource_of_table

MOST_AT_ONCE = 1000


def for_change(schema: type[Schema]) -> Schema:
    """Return the schema of a change: every field may be left out, but rows in lists are given whole."""
    return schema(partial=tuple(schema().fields))


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    items: list[Any]
    page: int
    page_size: int
    total: int


def rows_of(resource: Resource, actor: Actor) -> Select[Any]:
    """Return the query of the rows `actor` sees among those of the kind; what they may do is not asked."""
    query = select(resource.model)
    seen = resource.visible(actor)
    return query if seen is None else query.where(seen)


def query_of(resource: Resource, actor: Actor, args: dict[str, Any]) -> Select[Any]:
    """Return the query of a list: only rows `actor` may see, filtered and sorted as `args` say."""
    actor.require(resource.read)
    query = rows_of(resource, actor)
    text = (args.get("q") or "").strip()
    if text and resource.search:
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in resource.search)))
    for name, item in resource.filters.items():
        if args.get(name) not in (None, ""):
            query = query.where(item.condition(args[name]))
    order = args.get("sort") or resource.sort[0]
    name = order.lstrip("-")
    column = resource.orderings.get(name, getattr(resource.model, name))
    return query.order_by(column.desc() if order.startswith("-") else column.asc(), resource.model.id)


def page_of(resource: Resource, actor: Actor, args: dict[str, Any]) -> Page:
    """Return one page of the list; `args` holds page, page_size, q, sort and the filters' values."""
    query = query_of(resource, actor, args)
    number, size = args.get("page") or 1, args.get("page_size") or 50
    counted = query.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    total = db.session.scalar(counted) or 0
    items = db.session.scalars(query.limit(size).offset((number - 1) * size)).unique()
    return Page(list(items), number, size, total)


def record_of(resource: Resource, actor: Actor, record_id: uuid.UUID) -> Any:
    """Return one record.

    Raises
    ------
    NotFound
        It does not exist, or not for this person.
    """
    actor.require(resource.read)
    record = db.session.scalar(rows_of(resource, actor).where(resource.model.id == record_id))
    if record is None:
        raise NotFound(mark("There is no such record, or it is not yours to see."))
    return record


def create(resource: Resource, actor: Actor, data: dict[str, Any]) -> Any:
    """Create a record from validated `data`."""
    actor.require(resource.write)
    record = resource.model()
    data = dict(data)
    if resource.prepare:
        resource.prepare(actor, record, data, True)
    assign(record, data, actor)
    db.session.add(record)
    db.session.flush()
    if resource.announce:
        resource.announce(actor, record, True)
    return record


def change(resource: Resource, actor: Actor, record_id: uuid.UUID, version: int, data: dict[str, Any]) -> Any:
    """Change a record made from `version` by validated, partial `data`.

    Raises
    ------
    Stale
        Somebody changed it since that version.
    """
    actor.require(resource.write)
    record = record_of(resource, actor, record_id)
    check_version(record, version)
    data = dict(data)
    if resource.prepare:
        resource.prepare(actor, record, data, False)
    assign(record, data, actor)
    touch(record)
    db.session.flush()
    if resource.announce:
        resource.announce(actor, record, False)
    return record


def delete(resource: Resource, actor: Actor, record_id: uuid.UUID, version: int) -> None:
    """Remove a record nothing refers to.

    Raises
    ------
    Conflict
        Something refers to it, or this kind is kept for ever.
    """
    actor.require(resource.write)
    if not resource.deletable:
        raise Conflict(mark("Records of this kind are kept; deactivate it instead."))
    record = record_of(resource, actor, record_id)
    check_version(record, version)
    db.session.delete(record)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(mark("It is still used elsewhere; deactivate it instead.")) from error


def create_many(resource: Resource, actor: Actor, rows: list[Any]) -> list[dict[str, Any]]:
    """Create each row that is good; bad ones do not hold up the rest.

    Returns
    -------
    list of dict
        One a row: ``index`` with ``id``, or with ``errors`` by field and a ``detail``, in the reader's
        language.
    """
    actor.require(resource.write)
    schema = resource.schema()
    results: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        try:
            data = schema.load(row)
            with db.session.begin_nested():
                record = create(resource, actor, data)
            results.append({"index": index, "id": record.id})
        except ValidationError as error:
            results.append({"index": index, "errors": translated(error.normalized_messages())})
        except DomainError as error:
            fault = {"detail": sentence(error), "errors": translated(error.fields)}
            results.append({"index": index, **fault})
        except IntegrityError as error:
            results.append({"index": index, "detail": sentence_of_refusal(error)})
    return results


def check_version(record: Any, version: int) -> None:
    """Raise Stale unless `record` is still at `version`."""
    if record.version != version:
        raise Stale(mark("Somebody changed this since you loaded it; load it again and repeat your change."))


def touch(record: Any) -> None:
    """Have the record count as changed even where only what belongs to it did; its version grows."""
    flag_modified(record, "updated_at")


def assign(record: Any, data: dict[str, Any], actor: Actor | None = None) -> None:
    """Set columns, and replace lists of child rows given as dicts; check that references exist.

    With an `actor`, what they may not see does not exist for them.

    Raises
    ------
    Invalid
        A reference names a row that does not exist.
    """
    mapper = inspect(type(record))
    missing: dict[str, Any] = {}
    for name, value in data.items():
        relation = mapper.relationships.get(name)
        if relation is not None and relation.uselist:
            child = relation.mapper
            for row in value or []:
                missing.update(_unknown_references(child, row, actor, prefix=name))
            if not missing:
                setattr(record, name, _children(getattr(record, name), child, value or []))
        else:
            missing.update(_unknown_references(mapper, {name: value}, actor))
            if name not in missing:
                setattr(record, name, value)
    if missing:
        raise Invalid(mark("Something referred to does not exist."), code="unknown_reference", fields=missing)


def _children(present: list[Any], mapper: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """Return child rows for `rows`, keeping those whose own key stays (so that keys never collide)."""
    keys = [c.key for c in mapper.primary_key if not c.foreign_keys or c.key in (rows[0] if rows else ())]
    known = {tuple(getattr(item, key) for key in keys): item for item in present}
    kept = []
    seen = set()
    for row in rows:
        key = tuple(row.get(name) for name in keys)
        if key in seen:
            raise Invalid(mark("The same entry is given twice."), fields={keys[0]: [str(key[0])]})
        seen.add(key)
        item = known.get(key) if keys else None
        if item is None:
            item = mapper.class_(**row)
        else:
            for name, value in row.items():
                setattr(item, name, value)
        kept.append(item)
    return kept


def _unknown_references(
    mapper: Any, values: dict[str, Any], actor: Actor | None, prefix: str = ""
) -> dict[str, Any]:
    unknown = {}
    for name, value in values.items():
        column = mapper.columns.get(name)
        if column is None or value is None:
            continue
        for key in column.foreign_keys:
            query = select(func.count()).where(key.column == value)
            resource = resource_of_table(key.column.table.name)
            seen = resource.visible(actor) if resource and actor else None
            if not db.session.scalar(query if seen is None else query.where(seen)):
                unknown[prefix or name] = [mark("There is no such record.")]
    return unknown
