"""What is somebody else's stays theirs: by address, filter, reference, page and bulk."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.db import db
from dispatch.customers.models import CustomerUser
from tests.conftest import Client

SECRET = "the other company"


@pytest.fixture
def companies(admin: Client) -> dict[str, dict[str, Any]]:
    """Records of two companies, A and B, by company and resource."""
    category = admin.post("/categories", {"code": "lift", "name_en": "Lift", "name_zh": "电梯"}).json
    made: dict[str, dict[str, Any]] = {}
    for key, name in (("A", "ours"), ("B", SECRET)):

        def make(resource: str, **body: Any) -> Any:
            answer = admin.post(f"/{resource}", body)
            assert answer.status_code == 201, answer.text
            made.setdefault(key, {})[resource] = answer.json  # noqa: B023
            return answer.json["id"]

        owner = make("customers", number=key, name=name, notes=name, external_key=f"x-{key}")
        site = make("sites", customer_id=owner, name=name, external_key=f"s-{key}")
        make("assets", site_id=site, name=name)
        span = {"starts_on": "2026-01-01", "ends_on": "2027-01-01"}
        make("contracts", customer_id=owner, number=f"K-{key}", name=name, **span)
        where = {"customer_id": owner, "site_id": site, "category_id": category["id"]}
        make("work-orders", title=name, external_source="s", external_key=f"o-{key}", **where)
        made[key]["visits"] = made[key]["work-orders"]["visits"][0]
    return made


@pytest.fixture
def customer(companies: Any, client_of: Any) -> Client:
    """An API client of company A."""
    client: Client = client_of("customer")
    db.session.add(CustomerUser(customer_id=_id(companies["A"]["customers"]), user_id=client.user_id))
    db.session.commit()
    return client


def _id(record: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(record["id"])


def test_a_customer_finds_nothing_of_another_company(customer: Client, companies: Any) -> None:
    theirs = companies["B"]
    for resource, record in theirs.items():
        assert customer.get(f"/{resource}/{record['id']}").status_code == 404
        listed = customer.get(f"/{resource}")
        assert listed.json["total"] == 1
        assert SECRET not in listed.text
    for path in (
        f"/customers?external_key=x-B&q={SECRET}",
        f"/sites?customer_id={theirs['customers']['id']}",
        f"/assets?site_id={theirs['sites']['id']}",
        f"/contracts?customer_id={theirs['customers']['id']}",
        f"/work-orders?customer_id={theirs['customers']['id']}",
        "/work-orders?external_key=o-B",
        f"/work-orders?site_id={theirs['sites']['id']}",
        f"/visits?order_id={theirs['work-orders']['id']}",
    ):
        assert customer.get(path).json["total"] == 0, path
    for path in ("events", "history"):
        assert customer.get(f"/work-orders/{theirs['work-orders']['id']}/{path}").status_code in (403, 404)


def test_a_customer_follows_the_steps_without_the_remarks_of_our_people(
    customer: Client, companies: Any, admin: Client
) -> None:
    path = f"/work-orders/{companies['A']['work-orders']['id']}"
    etag = admin.get(path).headers["ETag"]
    done = admin.send("POST", f"{path}/cancel", json={"reason": SECRET}, headers={"If-Match": etag})
    assert done.status_code == 200, done.json
    assert SECRET in admin.get(f"{path}/events").text
    told = customer.get(f"{path}/events")
    assert "cancel" in [event["verb"] for event in told.json["items"]]
    assert SECRET not in told.text


def test_a_customer_changes_and_names_nothing_of_another_company(customer: Client, companies: Any) -> None:
    ours, theirs = companies["A"], companies["B"]
    good = {name: ours["work-orders"][name] for name in ("customer_id", "site_id", "category_id", "title")}
    for name, resource in (
        ("customer_id", "customers"),
        ("site_id", "sites"),
        ("asset_id", "assets"),
        ("contract_id", "contracts"),
    ):
        body = {**good, name: theirs[resource]["id"]}
        assert customer.post("/work-orders", body).status_code == 422, name
        results = customer.post("/work-orders/bulk", {"items": [body]}).json["results"]
        assert "id" not in results[0]
    order = theirs["work-orders"]
    for verb in ("confirm", "dispute", "reopen"):
        answer = customer.post(f"/work-orders/{order['id']}/{verb}", {"reason": "mine"})
        assert answer.status_code == 404, verb


def test_pages_show_a_customer_nothing_of_another_company_nor_of_our_people(
    browser: Any, companies: Any
) -> None:
    visitor = browser("customer")
    owner = _id(companies["A"]["customers"])
    db.session.add(CustomerUser(customer_id=owner, user_id=visitor.user_id))
    db.session.commit()
    for resource, record in companies["B"].items():
        if resource != "visits":
            assert visitor.get(f"/{resource}/{record['id']}").status_code == 404
            assert SECRET not in visitor.get(f"/{resource}").text
            assert SECRET not in visitor.get(f"/{resource}/options?q=o").text
    for resource in ("customers", "sites", "assets", "contracts"):
        page = visitor.get(f"/{resource}/{companies['A'][resource]['id']}")
        assert page.status_code == 200
        assert "admin" not in page.text, resource


def test_a_customer_is_told_nothing_our_people_note_about_them(
    browser: Any, companies: Any, admin: Client
) -> None:
    path = f"/customers/{companies['A']['customers']['id']}"
    noted = admin.patch(path, {"notes": "Pays late"}, admin.get(path).headers["ETag"])
    assert noted.json["notes"] == "Pays late"
    visitor = browser("customer")
    db.session.add(CustomerUser(customer_id=_id(companies["A"]["customers"]), user_id=visitor.user_id))
    db.session.commit()
    for address in (path, f"/api/v1{path}", "/api/v1/customers"):
        text = visitor.get(address).text
        assert '"ours"' in text or "ours</" in text
        assert "Pays late" not in text, address
    assert "Pays late" in browser("engineer").get(path).text


def test_a_customer_neither_dates_an_order_nor_takes_another_systems_key_nor_learns_of_our_skills(
    customer: Client, companies: Any, admin: Client
) -> None:
    skill = admin.post("/skills", {"code": "GAS", "name_en": "Gas", "name_zh": "燃气"}).json["id"]
    kind = {"code": "gas", "name_en": "Gas", "name_zh": "燃气", "skills": [{"skill_id": skill, "level": 3}]}
    ours = companies["A"]["work-orders"]
    body = {name: ours[name] for name in ("customer_id", "site_id", "title")}
    body["category_id"] = admin.post("/categories", kind).json["id"]
    for said in ({"requested_at": "2001-01-01T00:00Z"}, {"external_source": "nyc311", "external_key": "1"}):
        answer = customer.post("/work-orders", {**body, **said})
        assert answer.status_code == 422, answer.json
        assert set(answer.json["errors"]) == set(said)
    made = customer.post("/work-orders", body)
    assert (made.status_code, made.json["warnings"]) == (201, [])
    assert "GAS" in str(admin.post("/work-orders", body).json["warnings"])


@pytest.mark.parametrize("other_role", ["agent", "warehouse", "reviewer"])
def test_an_engineer_with_another_role_sees_no_colleagues_positions(
    client_of: Any, admin: Client, other_role: str
) -> None:
    colleague = client_of("engineer", email="colleague@example.org")
    body = {"number": "E-1", "name": "One", "user_id": str(colleague.user_id)}
    engineer = admin.post("/engineers", body).json["id"]
    span = {"starts_at": clock.now().isoformat(), "ends_at": (clock.now() + timedelta(hours=8)).isoformat()}
    assert admin.post("/shifts", {"engineer_id": engineer, **span}).status_code == 201
    fix = colleague.post(f"/engineers/{engineer}/positions", {"lat": 31.2, "lon": 121.4})
    assert fix.status_code == 201, fix.json
    assert client_of("engineer", other_role).get("/positions").json["total"] == 0
    assert client_of("dispatcher").get("/positions").json["total"] == 1


@pytest.fixture
def stock(admin: Client, companies: Any) -> dict[str, str]:
    """Ids of a part, and of a movement made for the order of company B."""
    part = admin.post("/parts", {"number": "P-1", "name_en": "Belt", "name_zh": "皮带"}).json["id"]
    places = [
        admin.post("/stock-locations", {"code": code, "name": code, "kind": kind}).json["id"]
        for code, kind in (("S", "supplier"), ("W", "warehouse"))
    ]
    body = {
        "part_id": part,
        "from_location_id": places[0],
        "to_location_id": places[1],
        "quantity": 5,
        "order_id": companies["B"]["work-orders"]["id"],
    }
    return {"part": part, "movement": admin.post("/stock-movements", body).json["id"]}


def test_a_page_names_no_order_its_reader_may_not_see(browser: Any, stock: Any) -> None:
    path = f"/stock-movements/{stock['movement']}"
    page = browser("engineer").get(path)
    assert page.status_code == 200
    assert SECRET not in page.text
    assert SECRET in browser("warehouse").get(path).text


def test_an_engineer_asks_for_parts_only_for_orders_of_theirs(
    client_of: Any, stock: Any, companies: Any
) -> None:
    order = companies["B"]["work-orders"]
    body = {"part_id": stock["part"], "quantity": 1, "order_id": order["id"]}
    answer = client_of("engineer").post("/part-requests", body)
    assert answer.status_code == 422
    assert "order_id" in answer.json["errors"]
    assert client_of("dispatcher").post("/part-requests", body).status_code == 201


def test_engineers_see_no_private_facts_and_no_requests_of_one_another(
    admin: Client, browser: Any, client_of: Any, stock: Any
) -> None:
    private = {"home_address": "Hidden Lane 7", "notes": "Hidden remark", "cost_cents_per_hour": 77123}
    engineer = admin.post("/engineers", {"number": "E-1", "name": "One", **private})
    changed = admin.patch(
        f"/engineers/{engineer.json['id']}", {"notes": "Hidden still"}, etag=engineer.headers["ETag"]
    )
    assert changed.status_code == 200
    asked = admin.post("/part-requests", {"part_id": stock["part"], "quantity": 1, "reason": "Hidden why"})
    visitor, client = browser("engineer"), client_of("engineer", email="other@example.org")
    for path in (f"/engineers/{engineer.json['id']}", "/engineers", "/part-requests"):
        for text in (visitor.get(path).text, client.get(path).text):
            assert "Hidden" not in text, path
            assert "77123" not in text
            assert "771.23" not in text
    assert client.get(f"/part-requests/{asked.json['id']}").status_code == 404
    assert visitor.get(f"/part-requests/{asked.json['id']}").status_code == 404
