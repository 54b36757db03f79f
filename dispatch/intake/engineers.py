"""Import of engineers, known again by their number."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core import records
from core.auth.actors import Actor
from core.db import db
from core.errors import mark
from dispatch.intake.imports import Entry, Importer
from dispatch.intake.mappings import Mapping
from dispatch.intake.references import skill_ids
from dispatch.intake.targets import Target, cents, counted, flag, names, number, text, whole
from dispatch.workforce import engineers
from dispatch.workforce.models import Engineer
from geo.datum import to_wgs84
from geo.models import Territory
from geo.point import coordinate_problem

TARGETS = {
    "number": Target(text(40), required=True),
    "name": Target(text(200), required=True),
    "phone": Target(text(40)),
    "home_address": Target(text(500)),
    "home_lat": Target(number(-180, 180)),
    "home_lon": Target(number(-180, 180)),
    "territory": Target(text(40)),
    "skills": Target(counted(5)),
    "tools": Target(names),
    "speed_factor": Target(number(0.2, 5)),
    "cost_per_hour": Target(cents),
    "cost_per_km": Target(cents),
    "overtime_per_hour": Target(cents),
    "most_tasks_a_day": Target(whole(1, 100)),
    "active": Target(flag),
    "notes": Target(text(10_000)),
    "external_key": Target(text(200)),
}
_AS_THEY_ARE = {
    "number": "number",
    "name": "name",
    "phone": "phone",
    "home_address": "home_address",
    "speed_factor": "speed_factor",
    "cost_per_hour": "cost_cents_per_hour",
    "cost_per_km": "cost_cents_per_km",
    "overtime_per_hour": "overtime_cents_per_hour",
    "most_tasks_a_day": "most_tasks_a_day",
    "active": "active",
    "notes": "notes",
    "external_key": "external_key",
}


def _check(mapping: Mapping, entry: Entry) -> None:
    values, column = entry.values, mapping.column_of("home_lat")
    if ("home_lat" in values) != ("home_lon" in values):
        entry.refuse(column, mark("Give both latitude and longitude, or neither."))
    elif "home_lat" in values and (problem := coordinate_problem(values["home_lat"], values["home_lon"])):
        entry.refuse(column, problem.sentence)


def _known(_mapping: Mapping, keys: list[str]) -> dict[str, uuid.UUID]:
    query = select(Engineer.number, Engineer.id).where(Engineer.number.in_(keys))
    return dict(db.session.execute(query).all())


def _resolved(mapping: Mapping, entries: list[Entry]) -> list[dict[str, Any]]:
    skills = skill_ids(mapping, entries)
    territories = dict(db.session.execute(select(Territory.code, Territory.id)).all())
    rows = []
    for entry in entries:
        values = entry.values
        row = {field: values[name] for name, field in _AS_THEY_ARE.items() if name in values}
        if "home_lat" in values:
            point = to_wgs84(values["home_lat"], values["home_lon"], mapping.datum)
            row["home_lat"], row["home_lon"] = point.lat, point.lon
        if "territory" in values:
            row["territory_id"] = territories.get(values["territory"])
            if row["territory_id"] is None:
                message = mark("There is no territory with the code %(code)s.")
                entry.refuse(mapping.column_of("territory"), message, code=values["territory"])
        if "skills" in values and not entry.errors:
            row["skills"] = [{"skill_id": skills[n], "level": k} for n, k in values["skills"].items()]
        if "tools" in values:
            row["tools"] = [{"tool": tool} for tool in values["tools"]]
        rows.append(row)
    db.session.flush()
    return rows


def _take(actor: Actor, engineer: Engineer, row: dict[str, Any], created: bool) -> None:
    engineers.prepare(actor, engineer, row, created)
    records.assign(engineer, row)


def _create(actor: Actor, mapping: Mapping, entries: list[Entry]) -> list[uuid.UUID | None]:
    ids: list[uuid.UUID | None] = []
    for entry, row in zip(entries, _resolved(mapping, entries), strict=True):
        if entry.errors:
            ids.append(None)
            continue
        engineer = Engineer(id=uuid.uuid4())
        _take(actor, engineer, row, True)
        db.session.add(engineer)
        ids.append(engineer.id)
    db.session.flush()
    return ids


def _update(actor: Actor, mapping: Mapping, pairs: list[tuple[Entry, uuid.UUID]]) -> None:
    rows = _resolved(mapping, [entry for entry, _ in pairs]) if pairs else []
    for (entry, id_), row in zip(pairs, rows, strict=True):
        if not entry.errors:
            engineer = db.session.get_one(Engineer, id_)
            _take(actor, engineer, row, False)
            records.touch(engineer)
    db.session.flush()


ENGINEERS = Importer(
    kind="engineers",
    permission="engineers.write",
    targets=TARGETS,
    key_field="number",
    check=_check,
    create=_create,
    update=_update,
    known=_known,
)
