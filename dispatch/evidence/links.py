"""Chains as they stand in the database."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from core.db import db
from dispatch.evidence import rules
from dispatch.evidence.models import EvidenceLink, EvidenceSeal
from dispatch.evidence.rules import Link


def links_of(visit_id: uuid.UUID) -> list[Link]:
    """Return a visit's chain, its first link first."""
    query = select(EvidenceLink.__table__).where(EvidenceLink.visit_id == visit_id)
    return [_link(row) for row in db.session.execute(query.order_by(EvidenceLink.number))]


def _link(row: Any) -> Link:
    return Link(
        str(row.visit_id),
        row.number,
        row.kind,
        row.subject_id,
        rules.told(row.received_at),
        rules.sha256_of(row.facts),
        row.previous,
        row.digest,
        row.facts,
    )


def seals_of(visit_id: uuid.UUID) -> list[rules.Seal]:
    """Return the signatures under a visit's chain, the first first."""
    query = select(EvidenceSeal.__table__).where(EvidenceSeal.visit_id == visit_id)
    return [
        rules.Seal(row.number, row.digest, row.fingerprint, row.signature, rules.told(row.sealed_at))
        for row in db.session.execute(query.order_by(EvidenceSeal.number))
    ]
