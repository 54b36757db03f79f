"""Territories of positions, with rows in the database."""

from __future__ import annotations

from datetime import UTC, datetime

from core import clock
from core.auth.actors import Actor
from core.db import db, transaction
from geo import places
from geo.models import Territory

SQUARE = {"type": "Polygon", "coordinates": [[[120, 32], [121, 32], [121, 33], [120, 33], [120, 32]]]}


def test_a_territory_made_anew_is_found_by_its_new_id_even_at_the_same_instant(actor: Actor) -> None:
    found = []
    with clock.freeze(datetime(2026, 11, 23, tzinfo=UTC)):
        for _ in range(2):
            with transaction(actor) as session:
                territory = Territory(code="T", name="T", geometry=SQUARE)
                session.add(territory)
                session.flush()
                found.append((places.territory_ids_at([32.5], [120.5]), [territory.id]))
            with transaction(actor) as session:
                session.delete(db.session.get_one(Territory, territory.id))
    assert all(seen == expected for seen, expected in found)
