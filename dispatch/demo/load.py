"""The town into the database: by the verbs everyone uses, through the schemas everyone sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import current_app
from sqlalchemy import inspect, select

from core import clock, records
from core.auth import people
from core.auth.actors import Actor
from core.auth.models import User
from core.db import db
from core.resource import Resource
from dispatch.customers.models import Customer, CustomerUser
from dispatch.customers.resources import ASSETS, CONTRACTS, CUSTOMERS, SITES
from dispatch.demo.rows import Ref, Row, resolved
from dispatch.demo.stock import Asking
from dispatch.demo.town import Town, build_town
from dispatch.flows.resources import CATEGORIES
from dispatch.workforce.models import Engineer
from dispatch.workforce.resources import ENGINEERS, LEAVE, SHIFTS, SKILLS
from dispatch.workorders import orders
from dispatch.workorders.models import WorkOrder
from geo.resources import TERRITORIES
from inventory import ledger, part_requests
from inventory.resources import PARTS, STOCK_LOCATIONS, STOCK_MOVEMENTS

_KEYS: tuple[tuple[Resource, str | None], ...] = (
    (TERRITORIES, "code"),
    (SKILLS, "code"),
    (ENGINEERS, "number"),
    (SHIFTS, None),
    (LEAVE, None),
    (CATEGORIES, "code"),
    (CUSTOMERS, "number"),
    (SITES, "external_key"),
    (ASSETS, "serial"),
    (CONTRACTS, "number"),
    (PARTS, "number"),
    (STOCK_LOCATIONS, "code"),
)
"""What is stored in which order, and by which field rows name each other."""


def is_empty() -> bool:
    """Tell whether nobody has put anything into the database yet."""
    return all(
        db.session.scalar(select(model.id).limit(1)) is None
        for model in (User, Customer, Engineer, WorkOrder)
    )


def load_town(actor: Actor, seed: int, *, engineers: int = 40, orders: int = 300) -> Town:
    """Store the town of a seed as of now and return it; its people have no passwords yet."""
    zone = current_app.config["SETTINGS"].zone
    town = build_town(seed, clock.now(), zone, engineers=engineers, orders=orders)
    store_town(actor, town)
    return town


def store_town(
    actor: Actor,
    town: Town,
    password_hashes: Mapping[str, str] | None = None,
    report: Callable[[str, int], None] = lambda label, count: None,
) -> None:
    """Store a town in the caller's transaction.

    Parameters
    ----------
    password_hashes : mapping
        By e-mail address.
    report : callable
        Told the plural name of each kind of row and how many were stored.
    """
    ids: dict[Ref, UUID] = {}
    hashes = password_hashes or {}
    for who in town.accounts:
        user = people.add(
            actor,
            email=who.email,
            name=who.name,
            roles=list(who.roles),
            password_hash=hashes.get(who.email),
            demo=True,
        )
        ids[Ref("people", who.email)] = user.id
    report("People", len(town.accounts))
    for resource, key in _KEYS:
        rows = town.rows[resource.name]
        # Rows name their parents, which therefore come first.
        for wave in (
            [row for row in rows if "parent_id" not in row],
            [row for row in rows if "parent_id" in row],
        ):
            _store(actor, resource, key, wave, ids)
        report(resource.label_plural, len(rows))
    _send_everywhere(actor, town, ids)
    for who in town.accounts:
        if who.customer:
            belongs = {"customer_id": ids[Ref("customers", who.customer)]}
            db.session.add(CustomerUser(user_id=ids[Ref("people", who.email)], **belongs))
    movements = town.rows["stock-movements"]
    for row in movements:
        ledger.move(actor, **STOCK_MOVEMENTS.schema().load(resolved(row, ids)))
    report(STOCK_MOVEMENTS.label_plural, len(movements))
    for asking in town.askings:
        _ask(asking, ids)
    report("Part requests", len(town.askings))
    requests = [resolved(row, ids) for row in town.rows["work-orders"]]
    for row, result in zip(requests, orders.insert_many(actor, requests), strict=True):
        if "id" not in result:
            raise ValueError(f"the demo town asks for impossible work: {row}: {result}")
    report("Work orders", len(requests))


def _store(actor: Actor, resource: Resource, key: str | None, rows: list[Row], ids: dict[Ref, UUID]) -> None:
    """Create rows with one flush, as `records.create` does with one for each."""
    actor.require(resource.write)
    schema, made = resource.schema(), []
    lists = {name for name, relation in inspect(resource.model).relationships.items() if relation.uselist}
    with db.session.no_autoflush:
        for row in rows:
            data = schema.load(resolved(row, ids))
            record = resource.model()
            if resource.prepare:
                resource.prepare(actor, record, data, True)
            for name in lists & data.keys():
                child = inspect(resource.model).relationships[name].mapper.class_
                data[name] = [child(**values) for values in data[name]]
            for name, value in data.items():
                setattr(record, name, value)
            made.append(record)
        db.session.add_all(made)
    db.session.flush()
    if key:
        ids.update(
            (Ref(resource.name, row.get("_key") or row[key]), record.id)
            for row, record in zip(rows, made, strict=True)
        )


def _send_everywhere(actor: Actor, town: Town, ids: Mapping[Ref, UUID]) -> None:
    """Take back the territory that engineers for the whole city were given by their home."""
    for row in town.rows["engineers"]:
        if row["territory_id"] is None:
            engineer = records.record_of(ENGINEERS, actor, ids[Ref("engineers", row["number"])])
            records.change(ENGINEERS, actor, engineer.id, engineer.version, {"territory_id": None})


def _ask(asking: Asking, ids: Mapping[Ref, UUID]) -> None:
    """Have an engineer ask for a part, and the warehouse answer as far as it goes."""
    who = _actor(ids[Ref("people", asking.email)])
    clerk = _actor(ids[Ref("people", asking.clerk)])
    row = resolved(asking.row, ids)
    asked = part_requests.request(who, **part_requests.PART_REQUESTS.schema().load(row))
    if asking.to in ("approve", "issue"):
        part_requests.approve(clerk, asked.id)
    if asking.to == "issue":
        part_requests.issue(clerk, asked.id, from_location_id=ids[asking.shelf])
    elif asking.to == "refuse":
        part_requests.refuse(clerk, asked.id, answer="请先用车上的库存。")
    elif asking.to == "cancel":
        part_requests.cancel(who, asked.id)


def _actor(user_id: UUID) -> Actor:
    return people.actor_of(people.user_by_id(user_id))
