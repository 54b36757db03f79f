"""What somebody asks for becomes an order: checked against what it refers to, completed by its category."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app
from sqlalchemy import func, inspect, select

from core import clock, events, numbers
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, Invalid, mark
from dispatch.customers.models import Asset, Contract, Site
from dispatch.customers.resources import customer_ids_of
from dispatch.flows import categories
from dispatch.flows.models import Category
from dispatch.flows.rules import custom_problems, due_at, required_problems
from dispatch.workforce.models import Engineer, EngineerSkill, Skill
from dispatch.workorders import rules
from dispatch.workorders.events import OrderCreated
from dispatch.workorders.models import Visit, WorkOrder
from dispatch.workorders.transitions import log_order

SERIES = "WO"
FOR_STAFF = (
    "priority",
    "duration_s",
    "skills",
    "parts",
    "tools",
    "requested_at",
    "respond_due_at",
    "resolve_due_at",
    "external_source",
    "external_key",
)
"""What customers leave to the category and to our people."""
CHILDREN = {"skills": "skill_id", "parts": "part_id", "tools": "tool", "windows": "starts_at"}
"""Lists of an order, and by what their entries differ."""


def is_customer_only(actor: Actor) -> bool:
    """Tell whether somebody is a customer and nothing else."""
    return bool(actor.roles) and actor.roles <= {"customer"}


@dataclass(frozen=True)
class References:
    """The rows that requests refer to, by id; whatever is absent does not exist."""

    categories: Mapping[uuid.UUID, Any]
    customer_of_site: Mapping[uuid.UUID, uuid.UUID]
    site_of_asset: Mapping[uuid.UUID, uuid.UUID]
    contracts: Mapping[uuid.UUID, Any]
    skill_ids: Collection[uuid.UUID]
    part_ids: Collection[uuid.UUID]
    own_customer_ids: frozenset[uuid.UUID] | None


def references_of(actor: Actor, requests: Sequence[Mapping[str, Any]]) -> References:
    """Return what these requests refer to, read with one query a table."""

    def ids(name: str) -> set[uuid.UUID]:
        return {request[name] for request in requests if request.get(name) is not None}

    def child_ids(name: str) -> set[uuid.UUID]:
        return {row[CHILDREN[name]] for request in requests for row in request.get(name) or ()}

    own = db.session.scalars(customer_ids_of(actor)) if is_customer_only(actor) else None
    return References(
        categories={row.id: categories.effective(row) for row in _rows(Category, ids("category_id"))},
        customer_of_site=_column(Site, Site.customer_id, ids("site_id")),
        site_of_asset=_column(Asset, Asset.site_id, ids("asset_id")),
        contracts={row.id: row for row in _rows(Contract, ids("contract_id"))},
        skill_ids=_known_ids("skill", child_ids("skills")),
        part_ids=_known_ids("part", child_ids("parts")),
        own_customer_ids=None if own is None else frozenset(own),
    )


_MOST_IDS = 500


def chunks(ids: Iterable[Any]) -> Iterable[list[Any]]:
    """Return the ids in lists short enough for one statement."""
    known = list(ids)
    return (known[at : at + _MOST_IDS] for at in range(0, len(known), _MOST_IDS))


def _known_ids(table: str, ids: set[uuid.UUID]) -> set[uuid.UUID]:
    id_ = db.metadata.tables[table].c.id
    return {known for chunk in chunks(ids) for known in db.session.scalars(select(id_).where(id_.in_(chunk)))}


def _rows(model: Any, ids: set[uuid.UUID]) -> Iterable[Any]:
    for chunk in chunks(ids):
        yield from db.session.scalars(select(model).where(model.id.in_(chunk))).unique()


def _column(model: Any, column: Any, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    found: dict[uuid.UUID, Any] = {}
    for chunk in chunks(ids):
        found.update(
            (id_, value)
            for id_, value in db.session.execute(select(model.id, column).where(model.id.in_(chunk)))
        )
    return found


def check(
    request: Mapping[str, Any], known: References, present_category_id: uuid.UUID | None = None
) -> None:
    """Check what a request refers to, its windows, its required and its custom fields.

    The category an order has already (`present_category_id`) may be retired.

    Raises
    ------
    Invalid
        With one sentence a field, all that is wrong at once.
    """
    wrong: dict[str, Any] = {}
    category = known.categories.get(request["category_id"])
    if category is None or not (category.active or request["category_id"] == present_category_id):
        wrong["category_id"] = [mark("There is no such category, or it is not used any more.")]
    else:
        wrong.update(required_problems(category.required_fields, request))
        custom = custom_problems(category.custom_fields, request.get("custom") or {})
        if custom:
            wrong["custom"] = custom
    wrong.update(_ownership_problems(request, known))
    wrong.update(_list_problems(request, known))
    if bool(request.get("external_source")) != bool(request.get("external_key")):
        wrong["external_key"] = [mark("Give both the other system and the key there, or neither.")]
    if wrong:
        raise Invalid(mark("See the fields."), fields=wrong)


def _ownership_problems(request: Mapping[str, Any], known: References) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    customer_id, site_id = request["customer_id"], request["site_id"]
    asset_id, contract_id = request.get("asset_id"), request.get("contract_id")
    if known.own_customer_ids is not None and customer_id not in known.own_customer_ids:
        wrong["customer_id"] = [mark("There is no such record.")]
    if known.customer_of_site.get(site_id) != customer_id:
        wrong["site_id"] = [mark("This customer has no such site.")]
    if asset_id is not None and known.site_of_asset.get(asset_id) != site_id:
        wrong["asset_id"] = [mark("There is no such asset at this site.")]
    contract = known.contracts.get(contract_id) if contract_id is not None else None
    if contract_id is not None and (contract is None or contract.customer_id != customer_id):
        wrong["contract_id"] = [mark("This customer has no such contract.")]
    return wrong


def _list_problems(request: Mapping[str, Any], known: References) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    for name, key in CHILDREN.items():
        keys = [row[key] for row in request.get(name) or ()]
        if len(keys) != len(set(keys)):
            wrong[name] = [mark("The same entry is given twice.")]
    for name, ids in (("skills", known.skill_ids), ("parts", known.part_ids)):
        if any(row[CHILDREN[name]] not in ids for row in request.get(name) or ()):
            wrong[name] = [mark("There is no such record.")]
    windows = [(span["starts_at"], span["ends_at"]) for span in request.get("windows") or ()]
    problem = rules.windows_problem(windows)
    if problem:
        wrong["windows"] = [problem]
    return wrong


def completed(request: Mapping[str, Any], known: References) -> dict[str, Any]:
    """Return the request with what its category and contract say filled in where it says nothing."""
    category = known.categories[request["category_id"]]
    contract = known.contracts.get(request["contract_id"]) if request.get("contract_id") else None
    data = dict(request)
    data["requested_at"] = data.get("requested_at") or clock.now()
    data["priority"] = data.get("priority") or category.priority
    data["duration_s"] = data.get("duration_s") or category.duration_s
    if "skills" not in data:
        data["skills"] = [
            {"skill_id": skill_id, "level": level} for skill_id, level in category.skills.items()
        ]
    for field, limit in (("respond_due_at", "response_minutes"), ("resolve_due_at", "resolution_minutes")):
        minutes = getattr(contract, limit, None) or getattr(category, limit)
        data[field] = data.get(field) or due_at(data["requested_at"], minutes)
    return data


def prepare_row(actor: Actor, request: dict[str, Any], known: References) -> None:
    """Check a request for a new order; one of a customer's comes by the web and leaves some to our people.

    Raises
    ------
    Invalid
    """
    if is_customer_only(actor):
        said = [name for name in FOR_STAFF if request.get(name)]
        if said:
            message = mark("This is decided by our people: leave it out.")
            raise Invalid(message, fields={name: [message] for name in said})
        request["channel"] = "web"
    check(request, known)


def take_numbers(count: int) -> list[str]:
    """Return the next numbers of orders, counted by the year of the company's time zone."""
    zone = current_app.config["SETTINGS"].zone
    return numbers.take_numbers(SERIES, clock.now().astimezone(zone).year, count)


def prepare(actor: Actor, order: WorkOrder, data: dict[str, Any], created: bool) -> None:
    """Check what is asked for and complete it; a new order gets its number and its first visit.

    Raises
    ------
    Invalid
        As `check`; and a customer asks for what our people decide.
    Forbidden
        A customer changes an order.
    Conflict
        The order is closed, cancelled or merged.
    """
    if created:
        known = references_of(actor, [data])
        prepare_row(actor, data, known)
        data.update(completed(data, known))
        order.id = uuid.uuid4()
        order.number = take_numbers(1)[0]
        order.visits.append(Visit(id=uuid.uuid4()))
        return
    if is_customer_only(actor):
        raise Forbidden(mark("Customers do not change orders; call us instead."))
    if order.status in rules.FINAL_ORDERS:
        raise Conflict(mark("This order is finished: reopen it before you change it."), code="order_closed")
    asked = {**_as_request(order), **data}
    check(asked, references_of(actor, [asked]), order.category_id)


def _as_request(order: WorkOrder) -> dict[str, Any]:
    """Return what an order says now, in the form of a request."""
    asked = {column.key: getattr(order, column.key) for column in inspect(WorkOrder).column_attrs}
    for name in CHILDREN:
        rows = getattr(order, name)
        asked[name] = [{c.key: getattr(row, c.key) for c in inspect(type(row)).column_attrs} for row in rows]
    return asked


def announce(actor: Actor, order: WorkOrder, created: bool) -> None:
    """Log and tell of a new order; note for our people what was accepted but looks wrong."""
    db.session.expire(order, ["category", "customer", "site", "asset"])
    asked = () if is_customer_only(actor) else order.skills
    unheld = unheld_skills((item.skill_id, item.level) for item in asked)
    codes = db.session.scalars(select(Skill.code).where(Skill.id.in_(unheld)).order_by(Skill.code))
    cast(Any, order).warnings = [
        (mark("Nobody has the skill %(skill)s at the level needed."), {"skill": code})
        for code in (codes if unheld else ())
    ]
    if created:
        log_order(actor, order, "create", "")
        events.publish(OrderCreated(order.id))


def unheld_skills(skills: Iterable[tuple[uuid.UUID, int]]) -> list[uuid.UUID]:
    """Return the skills nobody who works has at the level asked for."""
    needed = dict(skills)
    if not needed:
        return []
    best = select(EngineerSkill.skill_id, func.max(EngineerSkill.level)).join(
        Engineer, Engineer.id == EngineerSkill.engineer_id
    )
    rows = db.session.execute(
        best.where(Engineer.active, EngineerSkill.skill_id.in_(needed)).group_by(EngineerSkill.skill_id)
    )
    return rules.missing_skills(needed, dict(rows.all()))
