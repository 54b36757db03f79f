"""Import of requests: rows become work orders with their customers, sites and categories."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import missing
from sqlalchemy import func, select

from core.auth.actors import Actor
from core.db import db
from core.errors import mark
from dispatch.customers.models import GRADES, Site
from dispatch.flows.models import IMPACTS, PRIORITIES, URGENCIES
from dispatch.intake.imports import Entry, Importer, Report
from dispatch.intake.mappings import Mapping
from dispatch.intake.references import Categories, Places, part_ids, skill_ids
from dispatch.intake.targets import Target, choice, counted, instant, names, number, text, whole
from dispatch.workorders import batches, orders
from dispatch.workorders.models import CHANNELS, WorkOrder
from dispatch.workorders.rules import instant_problem
from dispatch.workorders.schemas import WorkOrderSchema
from geo.point import coordinate_problem

CHANGEABLE = ("created", "triaged")
"""Statuses in which an order still takes over what a later file says."""
TARGETS = {
    "external_key": Target(text(200), required=True),
    "category": Target(text(120), required=True),
    "subcategory": Target(text(120)),
    "title": Target(text(300)),
    "description": Target(text(10_000)),
    "channel": Target(choice(*CHANNELS)),
    "priority": Target(choice(*PRIORITIES)),
    "urgency": Target(choice(*URGENCIES)),
    "impact": Target(choice(*IMPACTS)),
    "customer_key": Target(text(200)),
    "customer_name": Target(text(200)),
    "customer_phone": Target(text(40)),
    "customer_grade": Target(choice(*GRADES)),
    "site_key": Target(text(200)),
    "site_name": Target(text(200)),
    "address": Target(text(500)),
    "lat": Target(number(-180, 180)),
    "lon": Target(number(-180, 180)),
    "contact_name": Target(text(200)),
    "contact_phone": Target(text(40)),
    "occurred_at": Target(instant),
    "requested_at": Target(instant),
    "respond_due_at": Target(instant),
    "resolve_due_at": Target(instant),
    "window_starts_at": Target(instant),
    "window_ends_at": Target(instant),
    "duration_minutes": Target(whole(1, 1440)),
    "skills": Target(counted(5)),
    "parts": Target(counted(10_000)),
    "tools": Target(names),
}
_AS_THEY_ARE = (
    "description",
    "channel",
    "priority",
    "urgency",
    "impact",
    "contact_name",
    "contact_phone",
    "occurred_at",
    "requested_at",
    "respond_due_at",
    "resolve_due_at",
)
_INSTANTS = ("occurred_at", "requested_at", "respond_due_at", "resolve_due_at")
_MOST = {"skills": 30, "parts": 100, "tools": 30}
_UNSAID = {
    **{n: f.load_default for n, f in WorkOrderSchema().load_fields.items() if f.load_default is not missing},
    "channel": "import",
}
"""What an order says where its row says nothing."""
_FIELDS = {
    "category_id": "category",
    "site_id": "address",
    "duration_s": "duration_minutes",
    "windows": "window_starts_at",
}
"""Fields of an order and what a mapping calls them, where the two differ."""


def _check(mapping: Mapping, entry: Entry) -> None:
    values, column = entry.values, mapping.column_of
    if not values.get("customer_key") and not values.get("customer_name"):
        entry.refuse(column("customer_key"), mark("The row names no customer."))
    if ("lat" in values) != ("lon" in values):
        entry.refuse(column("lat"), mark("Give both latitude and longitude, or neither."))
    elif "lat" in values and (problem := coordinate_problem(values["lat"], values["lon"])):
        entry.refuse(column("lat"), problem.sentence)
    if ("window_starts_at" in values) != ("window_ends_at" in values):
        entry.refuse(column("window_starts_at"), mark("Give both the start and the end of the time window."))
    elif "window_starts_at" in values and values["window_ends_at"] <= values["window_starts_at"]:
        entry.refuse(column("window_ends_at"), mark("The window ends before it starts."))
    for name in _INSTANTS:
        if name in values and (said := instant_problem(values[name])):
            entry.refuse(column(name), said)
    for name, most in _MOST.items():
        if len(values.get(name, ())) > most:
            entry.refuse(column(name), mark("Name at most %(most)s here."), most=most)
    for due in ("respond_due_at", "resolve_due_at"):
        if due in values and "requested_at" in values and values[due] < values["requested_at"]:
            entry.refuse(column(due), mark("It is due before it was asked for."))


def _known(mapping: Mapping, keys: list[str]) -> dict[str, uuid.UUID]:
    query = select(WorkOrder.external_key, WorkOrder.id).where(
        WorkOrder.external_source == mapping.source, WorkOrder.external_key.in_(keys)
    )
    return {key: id_ for key, id_ in db.session.execute(query) if key}


def _resolved(mapping: Mapping, entries: list[Entry]) -> list[dict[str, Any] | None]:
    """Return each row as a request by ids, None where it had to be refused."""
    parts, skills = part_ids(mapping, entries), skill_ids(mapping, entries)
    categories = Categories(mapping, entries)
    places = Places(mapping, entries)
    requests: list[dict[str, Any] | None] = []
    for entry in entries:
        category_id = None if entry.errors else categories.id_of(entry)
        place = None if category_id is None else places.ids_of(entry)
        if place is None:
            requests.append(None)
            continue
        values = entry.values
        request = {name: values[name] for name in _AS_THEY_ARE if name in values}
        request["title"] = (values.get("title") or values.get("subcategory") or values["category"]).strip()
        request["category_id"] = category_id
        request["customer_id"], request["site_id"] = place
        request["external_source"], request["external_key"] = mapping.source, entry.key
        if "duration_minutes" in values:
            request["duration_s"] = values["duration_minutes"] * 60
        if "skills" in values:
            request["skills"] = [{"skill_id": skills[n], "level": k} for n, k in values["skills"].items()]
        if "parts" in values:
            request["parts"] = [{"part_id": parts[n], "quantity": k} for n, k in values["parts"].items()]
        if "tools" in values:
            request["tools"] = [{"tool": tool} for tool in values["tools"]]
        if "window_starts_at" in values:
            window = {"starts_at": values["window_starts_at"], "ends_at": values["window_ends_at"]}
            request["windows"] = [window]
        requests.append(request)
    places.settle()
    db.session.flush()
    return requests


def _create(actor: Actor, mapping: Mapping, entries: list[Entry]) -> list[uuid.UUID | None]:
    requests = _resolved(mapping, entries)
    good = [(entry, request) for entry, request in zip(entries, requests, strict=True) if request is not None]
    rows = [{**_UNSAID, **request} for _, request in good]
    ids = {}
    for (entry, _), result in zip(good, batches.insert_loaded(actor, rows), strict=True):
        if "id" in result:
            ids[entry.row] = result["id"]
            continue
        for field, said in (result["errors"] or {"": result["detail"]}).items():
            entry.refuse(mapping.column_of(_FIELDS.get(field, field)), _first_sentence(said))
    return [ids.get(entry.row) for entry in entries]


def _first_sentence(said: Any) -> str:
    while not isinstance(said, str):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return said


def _update(actor: Actor, mapping: Mapping, pairs: list[tuple[Entry, uuid.UUID]]) -> None:
    query = select(WorkOrder).where(WorkOrder.id.in_([id_ for _, id_ in pairs]))
    found = {order.id: order for order in db.session.scalars(query).unique()} if pairs else {}
    open_ = []
    for entry, id_ in pairs:
        if found[id_].status in CHANGEABLE:
            open_.append((entry, found[id_]))
        else:
            message = mark("%(number)s is under way already and keeps what it says; change it by hand.")
            entry.refuse(mapping.column_of("external_key"), message, number=found[id_].number)
    requests = _resolved(mapping, [entry for entry, _ in open_]) if open_ else []
    for (_, order), request in zip(open_, requests, strict=True):
        if request is not None:
            orders.change(actor, order.id, order.version, request)


def _settle(ids: list[uuid.UUID], report: Report) -> None:
    query = select(func.count(), func.count(Site.lat)).select_from(WorkOrder)
    total, located = db.session.execute(
        query.join(Site, Site.id == WorkOrder.site_id).where(WorkOrder.id.in_(ids))
    ).one()
    report.located += located
    report.needs_location += total - located


REQUESTS = Importer(
    kind="requests",
    permission="work-orders.write",
    targets=TARGETS,
    key_field="external_key",
    check=_check,
    create=_create,
    update=_update,
    known=_known,
    settle=_settle,
)
