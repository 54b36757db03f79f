"""Many orders at once, for imports: checked as single ones are, written with one statement a table."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import select

from core import audit, clock, events
from core.auth.actors import Actor
from core.db import db, insert_rows
from core.errors import DomainError, mark
from dispatch.workorders import requests
from dispatch.workorders.events import OrderCreated
from dispatch.workorders.models import (
    OrderEvent,
    OrderPart,
    OrderSkill,
    OrderTool,
    OrderWindow,
    Visit,
    WorkOrder,
)
from dispatch.workorders.resources import WORK_ORDERS

_CHILDREN = {"skills": OrderSkill, "parts": OrderPart, "tools": OrderTool, "windows": OrderWindow}
_SAME = {"decision": "created", "status": "created", "version": 1}
_FIRST_VISIT = {"sequence": 1, "status": "created", "required": True, "lock": "none", "version": 1}


def insert_many(actor: Actor, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Create an order for each good row; bad ones do not hold up the rest.

    Parameters
    ----------
    rows : sequence of dict
        As `WorkOrderSchema` takes them. Some thousands at once keep memory low.

    Returns
    -------
    list of dict
        One a row: ``index`` with ``id`` and ``number``, or with ``errors`` by field and a ``detail``.
    """
    results: list[dict[str, Any]] = [{"index": index} for index in range(len(rows))]
    loaded = _loaded(rows, results)
    made = insert_loaded(actor, [data for _, data in loaded])
    for (index, _), result in zip(loaded, made, strict=True):
        results[index].update(result)
    return results


def insert_loaded(actor: Actor, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Create an order for each good row, where the rows are as `WorkOrderSchema` loads them.

    Returns
    -------
    list of dict
        One a row, as `insert_many` returns them, without the index.
    """
    actor.require(WORK_ORDERS.write)
    results: list[dict[str, Any]] = [{} for _ in rows]
    known = requests.references_of(actor, rows)
    taken = _taken_keys(rows)
    good: list[dict[str, Any]] = []
    for result, data in zip(results, rows, strict=True):
        try:
            requests.prepare_row(actor, data, known)
        except DomainError as error:
            result.update(detail=str(error), errors=error.fields)
            continue
        key = (data.get("external_source"), data.get("external_key"))
        if key in taken:
            message = mark("There is an order with this key already.")
            result.update(detail=message, errors={"external_key": [message]})
            continue
        if key[1] is not None:
            taken.add(key)
        data = requests.completed(data, known)
        result["id"] = data["id"] = uuid.uuid4()
        good.append(data)
    if good:
        for data, number in zip(good, requests.take_numbers(len(good)), strict=True):
            data["number"] = number
        numbers = {data["id"]: data["number"] for data in good}
        for result in results:
            if "id" in result:
                result["number"] = numbers[result["id"]]
        _write(actor, good)
        for data in good:
            events.publish(OrderCreated(data["id"]))
    return results


def _loaded(
    rows: Sequence[dict[str, Any]], results: list[dict[str, Any]]
) -> list[tuple[int, dict[str, Any]]]:
    schema = WORK_ORDERS.schema()
    loaded = []
    for index, row in enumerate(rows):
        try:
            loaded.append((index, dict(schema.load(row))))
        except ValidationError as error:
            results[index].update(detail=mark("See the fields."), errors=error.normalized_messages())
    return loaded


def _taken_keys(requested: Sequence[dict[str, Any]]) -> set[tuple[Any, Any]]:
    """Return the pairs of other system and key there which have an order."""
    by_source: dict[str, list[str]] = {}
    for data in requested:
        if data.get("external_source") and data.get("external_key"):
            by_source.setdefault(data["external_source"], []).append(data["external_key"])
    taken: set[tuple[Any, Any]] = set()
    for source, keys in by_source.items():
        for chunk in requests.chunks(keys):
            query = select(WorkOrder.external_key).where(
                WorkOrder.external_source == source, WorkOrder.external_key.in_(chunk)
            )
            taken.update((source, key) for key in db.session.scalars(query))
    return taken


def _write(actor: Actor, good: list[dict[str, Any]]) -> None:
    now = clock.now()
    times = {"created_at": now, "updated_at": now}
    names = [
        column.key
        for column in WorkOrder.__table__.columns
        if column.key not in _SAME and column.key not in times
    ]
    orders = [{name: data.get(name) for name in names} for data in good]
    visits = [{"id": uuid.uuid4(), "order_id": data["id"]} for data in good]
    children = {
        name: [{"order_id": data["id"], **row} for data in good for row in data.get(name) or ()]
        for name in _CHILDREN
    }
    logged = {
        "verb": "create",
        "from_status": "",
        "to_status": "created",
        "at": now,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "reason": "",
    }
    session = db.session()
    session.flush()
    insert_rows(session, WorkOrder.__table__, orders, {**_SAME, **times})
    insert_rows(session, Visit.__table__, visits, {**_FIRST_VISIT, **times})
    insert_rows(session, OrderEvent.__table__, [{"order_id": data["id"]} for data in good], logged)
    for name, model in _CHILDREN.items():
        insert_rows(session, model.__table__, children[name])
    entries = [_entry("work_order", row["id"], row["id"], {**row, **_SAME}) for row in orders]
    entries += [_entry("visit", row["id"], row["order_id"], {**row, **_FIRST_VISIT}) for row in visits]
    for name, model in _CHILDREN.items():
        table = model.__tablename__
        key = requests.CHILDREN[name]
        entries += [
            _entry(table, f"{row['order_id']}:{audit.plain(row[key])}", row["order_id"], row)
            for row in children[name]
        ]
    audit.write_entries(session, entries)


def _entry(table: str, row_id: Any, root_id: Any, row: dict[str, Any]) -> dict[str, Any]:
    after = {name: audit.plain(v) for name, v in row.items() if v is not None and name != "version"}
    return {
        "action": "create",
        "table": table,
        "row_id": str(row_id),
        "root_id": str(root_id),
        "after": after,
    }
