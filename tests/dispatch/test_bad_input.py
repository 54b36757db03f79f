"""Records of every kind, sent in ways nobody means: refused with a sentence, nothing half done."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from tests.conftest import Client
from tests.core.test_bad_input import is_problem
from tests.towns import MORNING

ROWS = {
    "customers": ("engineer_stances",),
    "sites": ("access_hours",),
    "categories": ("skills", "custom_fields"),
    "engineers": ("skills", "tools"),
    "shifts": ("breaks",),
    "work-orders": ("skills", "parts", "tools", "windows"),
}
"""Lists of rows by resource."""


@pytest.fixture
def company(admin: Client) -> dict[str, Any]:
    """One record of each kind, by resource."""
    made: dict[str, Any] = {}

    def make(resource: str, **body: Any) -> str:
        answer = admin.post(f"/{resource}", body)
        assert answer.status_code == 201, answer.text
        made[resource] = answer
        return str(answer.json["id"])

    customer_id = make("customers", number="C-1", name="A")
    site_id = make("sites", customer_id=customer_id, name="S", lat=31.23, lon=121.47)
    make("contracts", customer_id=customer_id, number="K", starts_on="2026-01-01", ends_on="2026-12-31")
    engineer_id = make("engineers", number="E-1", name="E")
    span = {"starts_at": "2026-11-23T08:00:00+08:00", "ends_at": "2026-11-23T17:00:00+08:00"}
    make("shifts", engineer_id=engineer_id, **span)
    category_id = make("categories", code="lift", name_en="Lift", name_zh="电梯")
    make("work-orders", title="T", customer_id=customer_id, site_id=site_id, category_id=category_id)
    return made


@pytest.mark.parametrize(("resource", "name"), [(of, name) for of, names in ROWS.items() for name in names])
def test_a_change_gives_whole_rows_or_is_refused(
    admin: Client, company: dict[str, Any], resource: str, name: str
) -> None:
    record = company[resource]
    path = f"/{resource}/{record.json['id']}"
    answer = admin.patch(path, {name: [{}]}, etag=record.headers["ETag"])
    assert is_problem(answer, 422)
    assert name in answer.json["errors"]
    assert admin.get(path).json == record.json


def test_a_change_of_one_end_of_a_contract_is_compared_with_the_other(
    admin: Client, company: dict[str, Any]
) -> None:
    record = company["contracts"]
    path, etag = f"/contracts/{record.json['id']}", record.headers["ETag"]
    for change in ({"starts_on": "2027-01-01"}, {"ends_on": "2025-12-31"}, {"ends_on": "9999-12-31"}):
        answer = admin.patch(path, change, etag=etag)
        assert is_problem(answer, 422)
        assert "ends_on" in answer.json["errors"]


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_plan_at_the_calendars_ends_is_refused(admin: Client, instant: str) -> None:
    other = "2026-11-23T00:00:00Z"
    for starts, ends in ((instant, other), (other, instant)):
        assert is_problem(admin.post("/optimization-runs", {"starts_at": starts, "ends_at": ends}), 422)
        assert is_problem(admin.get("/plan", query_string={"from": starts, "until": ends}), 422)


def test_a_run_of_ten_thousand_orders_nobody_knows_is_refused(admin: Client, company: dict[str, Any]) -> None:
    ids = [f"00000000-0000-0000-0000-{number:012d}" for number in range(10_001)]
    for chosen in (ids[:10_000], ids):
        with clock.freeze(MORNING):
            answer = admin.post("/optimization-runs", {"day": "2026-11-23", "order_ids": chosen})
        assert is_problem(answer, 422)
        assert "order_ids" in answer.json["errors"]
