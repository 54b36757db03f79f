"""Parts, locations, movements and part requests through the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core.db import db, transaction
from dispatch.workforce.models import Engineer
from tests.inventory.conftest import Stock


def movement(stock: Stock, **values: Any) -> dict[str, Any]:
    ids = {
        "part_id": stock.part,
        "from_location_id": stock.supplier,
        "to_location_id": stock.shelf,
        "quantity": 4,
    }
    return {name: str(v) if isinstance(v, uuid.UUID) else v for name, v in {**ids, **values}.items()}


def test_a_movement_is_read_back_and_makes_the_balance(stock: Stock, client_of: Any) -> None:
    clerk = client_of("warehouse")
    made = clerk.post("/stock-movements", movement(stock, reason="delivery 7"))
    assert made.status_code == 201, made.json
    assert clerk.get(f"/stock-movements/{made.json['id']}").json == made.json
    assert clerk.get(f"/stock-movements?location_id={stock.shelf}").json["total"] == 1
    assert clerk.get(f"/stock-movements?location_id={stock.van}").json["total"] == 0
    on_shelf = {"part_id": str(stock.part), "location_id": str(stock.shelf), "on_hand": 4}
    both = f"/stock-balances?part_id={stock.part}&location_id={stock.shelf}"
    assert clerk.get(both).json == {"items": [on_shelf]}
    everywhere = clerk.get(f"/stock-balances?part_id={stock.part}").json["items"]
    assert sorted(item["on_hand"] for item in everywhere) == [-4, 4]


def test_more_than_lies_there_is_a_conflict_with_the_figures(stock: Stock, client_of: Any) -> None:
    wrong = movement(stock, from_location_id=stock.shelf, to_location_id=stock.van)
    answer = client_of("warehouse").post("/stock-movements", wrong)
    assert (answer.status_code, answer.json["code"]) == (409, "not_enough_stock")
    assert answer.json["facts"] == {"on_hand": 0, "quantity": 4}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10**12}, "quantity"),
        ({"part_id": uuid.uuid4()}, "part_id"),
        ({"order_id": uuid.uuid4()}, "order_id"),
        ({"reason": "字" * 301}, "reason"),
        ({"part_request_id": uuid.uuid4()}, "part_request_id"),
    ],
)
def test_a_senseless_movement_is_refused_at_its_field(
    stock: Stock, client_of: Any, values: dict[str, Any], field: str
) -> None:
    answer = client_of("warehouse").post("/stock-movements", movement(stock, **values))
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {field}


def test_a_movement_from_a_place_to_itself_is_refused(stock: Stock, client_of: Any) -> None:
    answer = client_of("warehouse").post("/stock-movements", movement(stock, to_location_id=stock.supplier))
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"to_location_id"})


def test_balances_of_nothing_in_particular_are_refused(admin: Any) -> None:
    assert admin.get("/stock-balances").status_code == 422


def test_a_request_goes_its_way_through_the_api(stock: Stock, client_of: Any) -> None:
    stock.receive(3)
    engineer, colleague, clerk = (
        client_of("engineer"),
        client_of("engineer", email="b@example.org"),
        client_of("warehouse"),
    )
    body = {"part_id": str(stock.part), "quantity": 2, "engineer_id": str(stock.engineer)}
    refused = engineer.post("/part-requests", body)
    assert (refused.status_code, set(refused.json["errors"])) == (422, {"engineer_id"})
    with transaction(stock.actor):
        db.session.get_one(Engineer, stock.engineer).user_id = engineer.user_id
    asked = engineer.post("/part-requests", body)
    assert (asked.status_code, asked.json["status"]) == (201, "requested"), asked.json
    path = f"/part-requests/{asked.json['id']}"
    assert colleague.get(path).status_code == 404
    assert colleague.get("/part-requests").json["total"] == 0
    assert engineer.get("/part-requests?status=requested").json["total"] == 1
    assert engineer.post(f"{path}/approve").status_code == 403
    assert clerk.post(f"{path}/issue", {"from_location_id": str(stock.shelf)}).status_code == 409
    approved = clerk.post(f"{path}/approve")
    assert (approved.status_code, approved.json["status"]) == (200, "approved")
    issued = clerk.post(f"{path}/issue", {"from_location_id": str(stock.shelf)})
    assert issued.json["status"] == "issued", issued.json
    assert engineer.get(path).headers["ETag"] == issued.headers["ETag"]
    assert engineer.post(f"{path}/cancel").status_code == 409
    assert clerk.get(f"/stock-movements?part_request_id={asked.json['id']}").json["total"] == 1


def test_a_request_is_refused_with_an_answer_or_cancelled(stock: Stock, client_of: Any) -> None:
    agent, clerk = client_of("agent"), client_of("warehouse")
    body = {"part_id": str(stock.part), "quantity": 1}
    first, second = (agent.post("/part-requests", body).json["id"] for _ in range(2))
    assert clerk.post(f"/part-requests/{first}/refuse", {}).status_code == 422
    assert clerk.post(f"/part-requests/{first}/refuse", {"answer": "none"}).json["answer"] == "none"
    assert agent.post(f"/part-requests/{second}/cancel").json["status"] == "cancelled"


def test_everybody_on_staff_reads_parts_and_only_the_warehouse_writes_them(client_of: Any) -> None:
    part = {"number": "P-1", "name_en": "Seal", "name_zh": "密封圈"}
    assert client_of("warehouse").post("/parts", part).status_code == 201
    for role in ("agent", "dispatcher", "engineer", "reviewer", "manager"):
        client = client_of(role)
        assert client.get("/parts").json["total"] == 1
        assert client.post("/parts", part).status_code == 403
    assert client_of("customer").get("/parts").status_code == 403


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "van"}, "holder_id"),
        ({"kind": "cellar"}, "kind"),
        ({"lat": 31.2}, "lat"),
        ({"lat": 131.2, "lon": 31.2}, "lat"),
        ({"holder_id": str(uuid.uuid4())}, "holder_id"),
    ],
)
def test_a_senseless_location_is_refused_at_its_field(
    client_of: Any, values: dict[str, Any], field: str
) -> None:
    answer = client_of("warehouse").post(
        "/stock-locations", {"code": "X", "name": "x", "kind": "shelf", **values}
    )
    assert (answer.status_code, set(answer.json["errors"])) == (422, {field})


def test_a_location_keeps_its_kind_and_does_not_lie_in_itself(stock: Stock, client_of: Any) -> None:
    clerk = client_of("warehouse")
    path = f"/stock-locations/{stock.shelf}"
    inner = clerk.post(
        "/stock-locations", {"code": "A1-2", "name": "x", "kind": "shelf", "parent_id": str(stock.shelf)}
    )
    etag = clerk.get(path).headers["ETag"]
    assert clerk.patch(path, {"kind": "supplier"}, etag).status_code == 422
    assert clerk.patch(path, {"parent_id": inner.json["id"]}, etag).status_code == 422
    assert clerk.patch(path, {"kind": "shelf", "name": "Shelf A1"}, etag).status_code == 200


def test_a_part_with_movements_is_not_deleted(stock: Stock, client_of: Any) -> None:
    stock.receive(1)
    clerk = client_of("warehouse")
    path = f"/parts/{stock.part}"
    assert clerk.delete(path, clerk.get(path).headers["ETag"]).status_code == 409


def test_sentences_come_in_chinese(stock: Stock, client_of: Any) -> None:
    wrong = movement(stock, from_location_id=stock.shelf, to_location_id=stock.van)
    answer = client_of("warehouse").send(
        "POST", "/stock-movements", json=wrong, headers={"Accept-Language": "zh"}
    )
    assert answer.json["detail"] == "该处此备件现有量为 0，无法取出 4。"
