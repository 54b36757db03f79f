"""Import of the parts catalogue, known again by part number. Stock itself only changes by movements."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from dispatch.intake.imports import Entry, Importer
from dispatch.intake.mappings import Mapping
from dispatch.intake.targets import Target, cents, flag, text, whole
from inventory.models import Part

TARGETS = {
    "number": Target(text(60), required=True),
    "name_en": Target(text(200)),
    "name_zh": Target(text(200)),
    "unit": Target(text(20)),
    "barcode": Target(text(60)),
    "cost": Target(cents),
    "reorder_point": Target(whole(0, 1_000_000)),
    "active": Target(flag),
    "external_key": Target(text(200)),
}


def _known(_mapping: Mapping, keys: list[str]) -> dict[str, uuid.UUID]:
    query = select(Part.number, Part.id).where(Part.number.in_(keys))
    return dict(db.session.execute(query).all())


def _row(values: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in values.items() if name != "cost"}
    if "cost" in values:
        row["cost_cents"] = values["cost"]
    return row


def _create(_actor: Actor, _mapping: Mapping, entries: list[Entry]) -> list[uuid.UUID | None]:
    ids: list[uuid.UUID | None] = []
    for entry in entries:
        row = _row(entry.values)
        name = row.get("name_zh") or row.get("name_en") or row["number"]
        part = Part(**{"id": uuid.uuid4(), "name_en": name, "name_zh": name, **row})
        db.session.add(part)
        ids.append(part.id)
    db.session.flush()
    return ids


def _update(_actor: Actor, _mapping: Mapping, pairs: list[tuple[Entry, uuid.UUID]]) -> None:
    query = select(Part).where(Part.id.in_([id_ for _, id_ in pairs]))
    found = {part.id: part for part in db.session.scalars(query)} if pairs else {}
    for entry, id_ in pairs:
        for name, value in _row(entry.values).items():
            setattr(found[id_], name, value)
    db.session.flush()


PARTS = Importer(
    kind="parts",
    permission="parts.write",
    targets=TARGETS,
    key_field="number",
    check=lambda mapping, entry: None,
    create=_create,
    update=_update,
    known=_known,
)
