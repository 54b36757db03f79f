"""Service reports: what was done at a visit, and the chain of evidence that it can be checked by."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core import clock, records
from core.auth.actors import Actor
from core.db import db
from core.errors import mark
from dispatch.evidence import keys, report_rules, rules, subjects
from dispatch.evidence.attachments import READ
from dispatch.evidence.links import links_of, seals_of
from dispatch.evidence.seals import ChainBroken
from dispatch.workorders.models import Visit
from dispatch.workorders.resources import VISITS
from inventory.models import Part, StockLocation, StockMovement

BEGUN = ("en_route", "arrived", "in_progress", "on_hold", *rules.CLOSED)
"""Statuses of visits that have something to report."""


def report_of(actor: Actor, visit_id: uuid.UUID) -> dict[str, Any]:
    """Return the report of a visit the actor may see, as JSON has it.

    What is under a name in ``attested`` follows from the chain. The rest is as the tables say now.

    Raises
    ------
    Forbidden
    NotFound
        There is no such visit, or not for them.
    ChainBroken
        Somebody changed a link so that it cannot be read.
    """
    actor.require(READ)
    visit: Visit = records.record_of(VISITS, actor, visit_id)
    try:
        links = links_of(visit.id)
        attested = report_rules.sections(links)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ChainBroken(
            mark("What is attested of this visit was made unreadable: run flask evidence verify.")
        ) from None
    last = links[-1].number if links else 0
    seals = [one for one in seals_of(visit.id) if one.number <= last]
    used, known = {one.fingerprint for one in seals}, keys.known_keys()
    return {
        "format": report_rules.FORMAT,
        "visit_id": str(visit.id),
        "made_at": rules.told(clock.now()),
        **subjects.work_of(visit),
        "parts": _parts_of(visit),
        **attested,
        "attested": sorted(attested),
        "chain": report_rules.chain_as_json(links),
        "seals": [vars(one) for one in seals],
        "public_keys": [
            {"fingerprint": one, "pem": keys.pem_of(key)} for one, key in known.items() if one in used
        ],
    }


def _parts_of(visit: Visit) -> list[dict[str, Any]]:
    """Return the parts that went to the customer for a visit's order, and those that came back."""
    query = (
        select(
            Part.number,
            Part.name_en,
            Part.name_zh,
            Part.unit,
            StockMovement.quantity,
            StockMovement.at,
            StockMovement.actor_name,
            StockLocation.kind,
        )
        .join(Part, Part.id == StockMovement.part_id)
        .join(StockLocation, StockLocation.id == StockMovement.to_location_id)
        .where(StockMovement.order_id == visit.order_id)
        .order_by(StockMovement.at, StockMovement.id)
    )
    sources = select(StockLocation.id).where(StockLocation.kind == "customer")
    is_customers = (StockLocation.kind == "customer") | StockMovement.from_location_id.in_(sources)
    return [
        {
            "number": row.number,
            "name": {"en": row.name_en, "zh": row.name_zh},
            "unit": row.unit,
            "quantity": row.quantity if row.kind == "customer" else -row.quantity,
            "at": rules.told(row.at),
            "by": row.actor_name,
        }
        for row in db.session.execute(query.where(is_customers))
    ]
