"""Legs by road, remembered in the database between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from core import clock
from core.db import db, transaction
from geo.models import RememberedLeg
from geo.point import Point
from geo.travel import Leg, Pair

KEPT = timedelta(days=30)


def _key(pair: Pair) -> tuple[int, int, int, int]:
    (origin, end) = pair
    return (
        round(origin.lat * 1e6),
        round(origin.lon * 1e6),
        round(end.lat * 1e6),
        round(end.lon * 1e6),
    )


class RememberedLegs:
    """A `geo.travel.LegCache` on the table; what is new is held until `keep` writes it."""

    def __init__(self) -> None:
        self._new: dict[Pair, Leg] = {}

    def get_many(self, pairs: Sequence[Pair]) -> Mapping[Pair, Leg]:
        """Return the legs known and younger than `KEPT` among those asked for."""
        by_origin: dict[Point, list[Pair]] = {}
        for pair in pairs:
            by_origin.setdefault(pair[0], []).append(pair)
        found: dict[Pair, Leg] = {}
        young = RememberedLeg.asked_at > clock.now() - KEPT
        origin_columns = tuple_(RememberedLeg.from_lat, RememberedLeg.from_lon)
        origins = list(by_origin)
        for start in range(0, len(origins), 100):
            part = origins[start : start + 100]
            keys = [(round(point.lat * 1e6), round(point.lon * 1e6)) for point in part]
            rows = {
                (leg.from_lat, leg.from_lon, leg.to_lat, leg.to_lon): Leg(leg.travel_s, leg.distance_m)
                for leg in db.session.scalars(select(RememberedLeg).where(origin_columns.in_(keys), young))
            }
            for point in part:
                found.update({pair: rows[_key(pair)] for pair in by_origin[point] if _key(pair) in rows})
        db.session.rollback()
        return found

    def put_many(self, legs: Mapping[Pair, Leg]) -> None:
        """Hold legs for `keep`."""
        self._new.update(legs)

    def keep(self) -> None:
        """Write what is new, in a transaction of its own."""
        if not self._new:
            return
        now = clock.now()
        # In one order, so that two runs that keep the same legs at once do not wait in a circle.
        rows = [
            {
                "from_lat": key[0],
                "from_lon": key[1],
                "to_lat": key[2],
                "to_lon": key[3],
                "travel_s": leg.travel_s,
                "distance_m": leg.distance_m,
                "asked_at": now,
            }
            for key, leg in sorted((_key(pair), leg) for pair, leg in self._new.items())
        ]
        insert = postgresql_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
        new = insert(RememberedLeg)
        changed = {name: new.excluded[name] for name in ("travel_s", "distance_m", "asked_at")}
        upsert = new.on_conflict_do_update(
            index_elements=list(RememberedLeg.__table__.primary_key), set_=changed
        )
        with transaction() as session:
            session.connection().execute(upsert, rows)
        self._new.clear()
