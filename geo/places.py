"""Places of records: positions taken in any datum, their territory, addresses looked up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from core import clock
from core.db import db
from core.errors import Invalid, mark
from geo.datum import Datum, to_wgs84
from geo.geocoding import GeocodeResult
from geo.models import Geocoding, Territory
from geo.point import Point
from geo.territory_index import TerritoryIndex

_index: tuple[Any, TerritoryIndex, dict[str, Any]] | None = None


def territory_index() -> tuple[TerritoryIndex, dict[str, Any]]:
    """Return the index of active territories, and their ids by code; kept until one changes."""
    global _index
    query = select(Territory.id, Territory.version).where(Territory.active).order_by(Territory.id)
    state = (str(db.engine.url), tuple(map(tuple, db.session.execute(query))))
    if _index is None or _index[0] != state:
        rows = db.session.execute(
            select(Territory.code, Territory.id, Territory.geometry).where(Territory.active)
        ).all()
        index = TerritoryIndex({code: geometry for code, _, geometry in rows})
        _index = (state, index, {code: id_ for code, id_, _ in rows})
    return _index[1], _index[2]


def territory_ids_at(lats: list[float], lons: list[float]) -> list[Any]:
    """Return the id of the territory each position lies in, None for those in none."""
    index, ids = territory_index()
    return [ids.get(code) if code else None for code in index.codes_of(lats, lons)]


def take_position(record: Any, data: dict[str, Any]) -> None:
    """Take ``lat``, ``lon`` and ``datum`` out of `data` as WGS-84, and set the record's territory.

    Raises
    ------
    Invalid
        Only one of the two coordinates is given.
    """
    datum = Datum(data.pop("datum", None) or Datum.WGS84)
    if "lat" not in data and "lon" not in data:
        return
    lat, lon = data.get("lat"), data.get("lon")
    if ("lat" in data) != ("lon" in data) or (lat is None) != (lon is None):
        message = mark("Give both latitude and longitude, or neither.")
        raise Invalid(message, fields={"lat": [message]})
    if lat is None or lon is None:
        record.territory_id = None
        data["position_source"] = ""
        return
    point = to_wgs84(lat, lon, datum)
    data["lat"], data["lon"] = point.lat, point.lon
    if (point.lat, point.lon) != (record.lat, record.lon):
        data["position_source"] = f"given:{datum.value}"
    record.territory_id = territory_ids_at([point.lat], [point.lon])[0]


def known_geocoding(provider: str, address: str) -> Geocoding | None:
    """Return what the provider said of this address before."""
    return db.session.get(Geocoding, (provider, address))


def keep_geocoding(provider: str, address: str, result: GeocodeResult | None) -> Geocoding:
    """Remember what the provider said of an address; None: it knows nothing of it."""
    row = db.session.merge(
        Geocoding(
            provider=provider,
            address=address,
            lat=result.point.lat if result else None,
            lon=result.point.lon if result else None,
            label=result.label[:500] if result else "",
            is_precise=bool(result and result.is_precise),
            asked_at=clock.now(),
        )
    )
    db.session.flush()
    return row


Geocoder = Callable[[str], GeocodeResult | None]


def point_of(record: Any) -> Point | None:
    """Return where a record lies, None where that is not known."""
    return None if record.lat is None or record.lon is None else Point(record.lat, record.lon)
