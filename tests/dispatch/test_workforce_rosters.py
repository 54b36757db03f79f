"""Shifts made from a weekly pattern through the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.dispatch.workforce_world import made, make_engineer, shift_of


def roster(*engineer_ids: str, **values: Any) -> Any:
    pattern = [
        {
            "weekday": weekday,
            "starts": "08:00",
            "ends": "17:00",
            "breaks": [{"earliest": "11:30", "latest": "13:00", "duration_s": 1800}],
        }
        for weekday in range(5)
    ]
    return {
        "engineer_ids": engineer_ids,
        "first_day": "2026-03-02",
        "last_day": "2026-03-15",
        "pattern": pattern,
        **values,
    }


def test_a_roster_made_twice_adds_nothing(admin: Any) -> None:
    ids = [make_engineer(admin, number)["id"] for number in ("E-1", "E-2")]
    made(admin.post("/shifts", shift_of({"id": ids[0]}, 3, "06:00", "09:00")))
    first = admin.post("/shifts/from-pattern", roster(*ids, most_overtime_s=3600))
    assert first.json == {"created": 19, "skipped": 1}
    again = admin.post("/shifts/from-pattern", roster(*ids))
    assert again.json == {"created": 0, "skipped": 20}
    shifts = admin.get(f"/shifts?engineer_id={ids[1]}").json["items"]
    assert len(shifts) == 10
    assert shifts[0]["starts_at"] == "2026-03-02T00:00:00+00:00"
    assert shifts[0]["breaks"][0]["latest_at"] == "2026-03-02T05:00:00+00:00"
    assert shifts[0]["most_overtime_s"] == 3600


def test_a_roster_in_another_time_zone_follows_its_clocks(admin: Any) -> None:
    engineer = make_engineer(admin)
    answer = admin.post("/shifts/from-pattern", roster(engineer["id"], time_zone="America/New_York"))
    assert answer.json == {"created": 10, "skipped": 0}
    starts = [item["starts_at"][11:16] for item in admin.get("/shifts").json["items"]]
    assert starts == ["13:00"] * 5 + ["12:00"] * 5


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"engineer_ids": []}, "engineer_ids"),
        ({"engineer_ids": [str(uuid.uuid4())]}, "no such"),
        ({"last_day": "2026-03-01"}, "not before the first"),
        ({"time_zone": "Mars/Olympus"}, "Asia/Shanghai"),
        ({"pattern": []}, "pattern"),
        ({"pattern": [{"weekday": 0, "starts": "08:00+02:00", "ends": "17:00"}]}, "without a time zone"),
        ({"pattern": [{"weekday": 0, "starts": "08:00", "ends": "08:00"}]}, "another time of day"),
        ({"last_day": "2150-01-01"}, "choose fewer"),
        ({"last_day": "9999-12-31"}, "1900 and 2200"),
    ],
)
def test_a_roster_that_cannot_be_is_refused_with_a_sentence(admin: Any, values: Any, said: str) -> None:
    engineer = make_engineer(admin)
    answer = admin.post("/shifts/from-pattern", {**roster(engineer["id"]), **values})
    assert answer.status_code == 422
    assert said in str(answer.json)
    assert admin.get("/shifts").json["total"] == 0


def test_a_roster_of_days_on_which_nobody_works_is_empty(admin: Any) -> None:
    body = roster(make_engineer(admin)["id"], first_day="2026-03-07", last_day="2026-03-08")
    assert admin.post("/shifts/from-pattern", body).json == {"created": 0, "skipped": 0}


def test_an_engineer_makes_no_roster(client_of: Any) -> None:
    body = roster(str(uuid.uuid4()))
    assert client_of("engineer").post("/shifts/from-pattern", body).status_code == 403
