"""Legs by road, remembered in the database between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select, tuple_

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
        with transaction() as session:
            for pair, leg in self._new.items():
                from_lat, from_lon, to_lat, to_lon = _key(pair)
                session.merge(
                    RememberedLeg(
                        from_lat=from_lat,
                        from_lon=from_lon,
                        to_lat=to_lat,
                        to_lon=to_lon,
                        travel_s=leg.travel_s,
                        distance_m=leg.distance_m,
                        asked_at=clock.now(),
                    )
                )
        self._new.clear()
