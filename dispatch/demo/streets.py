"""Qingyu, a city that does not exist: six districts drawn corner by corner, their streets, addresses in them.

Everything is drawn in kilometres east and north of the clock tower, and set down on a plain. Neighbours
share their corners, so there is neither gap nor overlap.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from dispatch.demo.rows import Ref, Row

CITY = "青屿市"
_TOWER_LAT, _TOWER_LON = 32.972, 120.064
_KM_PER_DEGREE = 111.2

_CORNERS = {
    # around the old town
    "a": (-3.2, 2.6),
    "b": (0.4, 3.4),
    "c": (3.4, 2.2),
    "d": (4.0, -1.2),
    "e": (1.6, -3.3),
    "f": (-2.4, -3.0),
    "g": (-4.2, -0.4),
    # along the five borders that run outwards
    "ah": (-3.6, 5.0),
    "ai": (-4.9, 6.7),
    "ch": (4.9, 4.3),
    "ci": (5.0, 6.6),
    "dh": (6.6, -0.6),
    "di": (9.3, -1.1),
    "eh": (2.1, -5.2),
    "ei": (3.8, -6.9),
    "fh": (-4.1, -4.0),
    "fi": (-5.4, -6.1),
    # the city's edge
    "n1": (-5.6, 8.6),
    "n2": (-2.6, 9.9),
    "n3": (0.4, 10.3),
    "n4": (3.7, 9.3),
    "n5": (5.8, 8.8),
    "e1": (8.6, 7.6),
    "e2": (11.2, 5.2),
    "e3": (12.6, 2.3),
    "e4": (12.1, -0.2),
    "s1": (11.4, -3.6),
    "s2": (9.4, -6.6),
    "s3": (6.8, -8.1),
    "s4": (4.7, -8.9),
    "s5": (1.2, -9.8),
    "s6": (-2.6, -9.2),
    "s7": (-6.2, -8.1),
    "s8": (-7.7, -7.0),
    "w1": (-10.2, -4.6),
    "w2": (-11.8, -1.4),
    "w3": (-11.2, 2.2),
    "w4": (-9.6, 5.4),
    "w5": (-7.6, 7.4),
}

_Segment = tuple[float, float, float, float]


@dataclass(frozen=True)
class District:
    """A district: its share of the city's life, its corners, and its streets as lines [km]."""

    code: str
    name: str
    weight: int
    corners: tuple[str, ...]
    streets: dict[str, _Segment]


DISTRICTS = (
    District(
        "HUXIN",
        "湖心区",
        28,
        ("a", "b", "c", "d", "e", "f", "g"),
        {
            "青屿大道": (-3.3, -0.2, 3.4, 0.3),
            "望湖路": (-2.6, 1.6, 2.7, 1.9),
            "钟楼街": (0.1, -2.6, 0.2, 2.7),
            "柳堤街": (-2.2, -2.4, -1.7, 2.2),
            "书院路": (-1.9, -1.5, 2.7, -1.7),
            "银杏巷": (1.6, -2.2, 2.4, 1.6),
        },
    ),
    District(
        "BEIQIAO",
        "北桥区",
        18,
        ("a", "ah", "ai", "n1", "n2", "n3", "n4", "n5", "ci", "ch", "c", "b"),
        {
            "北桥大街": (0.2, 4.0, 0.1, 9.6),
            "纺织路": (-3.0, 5.6, 4.3, 5.8),
            "机车路": (-4.2, 7.8, 4.4, 7.6),
            "红枫路": (2.6, 3.4, 3.0, 8.6),
            "水闸街": (-2.5, 3.8, -2.4, 9.2),
        },
    ),
    District(
        "DONGTANG",
        "东塘区",
        17,
        ("c", "ch", "ci", "n5", "e1", "e2", "e3", "e4", "di", "dh", "d"),
        {
            "东塘大道": (4.4, 0.9, 11.8, 1.8),
            "科创路": (6.2, 5.8, 9.6, 5.2),
            "鹭洲路": (7.2, 0.2, 7.6, 7.2),
            "港务路": (10.4, 0.2, 10.0, 5.4),
            "莲塘街": (5.4, 3.4, 11.2, 3.6),
        },
    ),
    District(
        "YUNXI",
        "云溪区",
        13,
        ("d", "dh", "di", "e4", "s1", "s2", "s3", "s4", "ei", "eh", "e"),
        {
            "云溪大道": (3.2, -2.6, 9.0, -6.0),
            "软件路": (5.2, -1.8, 10.6, -2.8),
            "丹桂路": (5.6, -1.6, 5.4, -7.4),
            "湿地路": (8.4, -1.8, 8.2, -6.6),
            "学府路": (3.6, -5.2, 9.6, -4.6),
        },
    ),
    District(
        "NANPU",
        "南浦区",
        13,
        ("e", "eh", "ei", "s4", "s5", "s6", "s7", "s8", "fi", "fh", "f"),
        {
            "南浦路": (-0.4, -3.6, -0.2, -9.2),
            "渔市街": (-3.4, -4.6, 1.6, -4.4),
            "粮库路": (-4.6, -6.6, 3.0, -6.8),
            "造船厂路": (-6.2, -7.6, 3.2, -8.4),
            "晚渡街": (-3.0, -4.2, -3.4, -8.4),
        },
    ),
    District(
        "XIDU",
        "西渡区",
        11,
        ("a", "g", "f", "fh", "fi", "s8", "w1", "w2", "w3", "w4", "w5", "n1", "ai", "ah"),
        {
            "西渡大道": (-4.6, -0.2, -11.0, 0.4),
            "物流路": (-10.2, -3.2, -9.4, 4.6),
            "砖窑路": (-5.2, -4.4, -9.6, -3.8),
            "杏林路": (-4.4, 3.4, -10.2, 3.0),
            "苗圃路": (-6.6, -5.6, -6.4, 6.8),
        },
    ),
)
DISTRICT_OF = {district.code: district for district in DISTRICTS}


@dataclass(frozen=True)
class Place:
    """An address with its position (WGS-84) and its district's code."""

    address: str
    lat: float
    lon: float
    district: str

    @property
    def territory(self) -> Ref:
        """The district as a territory."""
        return Ref("territories", self.district)


def territories() -> list[Row]:
    """Return the districts as territories."""
    return [
        {
            "code": district.code,
            "name": district.name,
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [list(_lon_lat(*_CORNERS[name])) for name in (*district.corners, district.corners[0])]
                ],
            },
        }
        for district in DISTRICTS
    ]


def place(rng: random.Random, district: District | None = None) -> Place:
    """Return a random address, in busier districts more often; house numbers grow along a street."""
    where = district or rng.choices(DISTRICTS, [each.weight for each in DISTRICTS])[0]
    street = rng.choice(list(where.streets))
    x1, y1, x2, y2 = where.streets[street]
    along = rng.random()
    length_km = math.hypot(x2 - x1, y2 - y1)
    number = 1 + int(along * length_km * 1000 / 12)
    # Even numbers stand left of the way up, odd ones right, set back by 15 to 90 metres.
    aside_km = rng.uniform(0.015, 0.09) * (1 if number % 2 == 0 else -1)
    x = x1 + along * (x2 - x1) - aside_km * (y2 - y1) / length_km
    y = y1 + along * (y2 - y1) + aside_km * (x2 - x1) / length_km
    lon, lat = _lon_lat(x, y)
    return Place(f"{CITY}{where.name}{street}{number}号", lat, lon, where.code)


def _lon_lat(x_km: float, y_km: float) -> tuple[float, float]:
    lat = _TOWER_LAT + y_km / _KM_PER_DEGREE
    lon = _TOWER_LON + x_km / (_KM_PER_DEGREE * math.cos(math.radians(_TOWER_LAT)))
    return round(lon, 6), round(lat, 6)
