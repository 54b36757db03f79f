"""What tests of engineers and their shifts share: rows made through the API."""

from __future__ import annotations

from typing import Any

HOME = {"home_lat": 31.23, "home_lon": 121.47}


def made(answer: Any) -> Any:
    assert answer.status_code == 201, answer.json
    return answer.json


def make_engineer(client: Any, number: str = "E-1", **values: Any) -> Any:
    return made(client.post("/engineers", {"number": number, "name": f"林晓 {number}", **values}))


def make_territory(client: Any) -> Any:
    corners = [[121, 31], [122, 31], [122, 32], [121, 32], [121, 31]]
    outline = {"type": "Polygon", "coordinates": [corners]}
    return made(client.post("/territories", {"code": "N", "name": "North", "geometry": outline}))


def shift_of(engineer: Any, day: int = 2, start: str = "08:00", end: str = "17:00", **values: Any) -> Any:
    return {
        "engineer_id": engineer["id"],
        "starts_at": f"2026-03-{day:02}T{start}:00+08:00",
        "ends_at": f"2026-03-{day:02}T{end}:00+08:00",
        **values,
    }


def lunch(day: int = 2, earliest: str = "11:30", latest: str = "13:00") -> Any:
    return {
        "earliest_at": f"2026-03-{day:02}T{earliest}:00+08:00",
        "latest_at": f"2026-03-{day:02}T{latest}:00+08:00",
        "duration_s": 1800,
    }
