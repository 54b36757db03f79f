"""Several clients at the same instant, each with a thread and a database connection of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask

from core.db import db
from tests.conftest import Client

MANY = 6


def at_once(app: Flask, asked: Sequence[tuple[Client, str, str, dict[str, Any]]]) -> list[Any]:
    """Send (client, method, path, options) all at the same instant; return the answers in that order."""
    db.session.rollback()
    ready = threading.Barrier(len(asked))
    answers: dict[int, Any] = {}

    def send(place: int, client: Client, method: str, path: str, options: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {client.secret}", **options.pop("headers", {})}
        flask = app.test_client()
        ready.wait()
        answers[place] = flask.open(f"/api/v1{path}", method=method, headers=headers, **options)

    threads = [threading.Thread(target=send, args=(n, *each)) for n, each in enumerate(asked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[place] for place in range(len(asked))]


def statuses(answers: list[Any]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def told(answers: list[Any]) -> list[Any]:
    return [(answer.status_code, answer.json) for answer in answers]


@pytest.fixture
def stock(admin: Client) -> dict[str, str]:
    """Ids of a part, a supplier, a shelf and a van; nothing lies anywhere yet."""

    def made(path: str, **values: Any) -> str:
        answer = admin.post(path, values)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    engineer = made("/engineers", number="E-1", name="林静")
    return {
        "part": made("/parts", number="FLT-1", name_en="Air filter", name_zh="空气滤芯"),
        "supplier": made("/stock-locations", code="SUP", name="s", kind="supplier"),
        "shelf": made("/stock-locations", code="A1", name="a", kind="shelf"),
        "van": made("/stock-locations", code="VAN-1", name="v", kind="van", holder_id=engineer),
        "engineer": engineer,
    }


def delivery(stock: dict[str, str], quantity: int) -> dict[str, Any]:
    return {
        "part_id": stock["part"],
        "from_location_id": stock["supplier"],
        "to_location_id": stock["shelf"],
        "quantity": quantity,
    }


def on_hand(client: Client, stock: dict[str, str], location: str) -> int:
    answer = client.get(f"/stock-balances?part_id={stock['part']}&location_id={stock[location]}")
    return sum(item["on_hand"] for item in answer.json["items"])


def approved_request(client_of: Callable[..., Client], stock: dict[str, str], name: str = "asker") -> str:
    body = {"part_id": stock["part"], "quantity": 2, "engineer_id": stock["engineer"]}
    asked = client_of("dispatcher", email=f"{name}@example.org").post("/part-requests", body)
    path = f"/part-requests/{asked.json['id']}"
    clerk = client_of("warehouse", email=f"approves-{name}@example.org")
    assert clerk.post(f"{path}/approve").status_code == 200
    return path


@pytest.mark.parametrize("round_", range(3))
def test_one_key_and_body_sent_by_many_has_its_effect_once(
    app: Flask, admin: Client, stock: dict[str, str], round_: int
) -> None:
    body, key = delivery(stock, 3), {"Idempotency-Key": f"k{round_}"}
    post = (admin, "POST", "/stock-movements")
    answers = at_once(app, [(*post, {"json": body, "headers": dict(key)}) for _ in range(MANY)])
    assert set(statuses(answers)) <= {201, 409}, told(answers)
    done = [answer for answer in answers if answer.status_code == 201]
    assert [answer.headers.get("Idempotency-Replayed") for answer in done].count(None) == 1
    assert len({answer.json["id"] for answer in done}) == 1
    assert on_hand(admin, stock, "shelf") == 3
    later = admin.post("/stock-movements", body, headers=key)
    assert (later.status_code, later.json) == (201, done[0].json)
    assert on_hand(admin, stock, "shelf") == 3


def test_one_key_with_many_bodies_has_the_effect_of_one_of_them(
    app: Flask, admin: Client, stock: dict[str, str]
) -> None:
    post = (admin, "POST", "/stock-movements")
    key = {"Idempotency-Key": "k"}
    answers = at_once(
        app, [(*post, {"json": delivery(stock, 10**n), "headers": dict(key)}) for n in range(MANY)]
    )
    assert statuses(answers)[201] == 1, told(answers)
    assert set(statuses(answers)) <= {201, 409, 422}, told(answers)
    [done] = [answer.json for answer in answers if answer.status_code == 201]
    assert on_hand(admin, stock, "shelf") == done["quantity"]


def test_one_key_makes_one_token(app: Flask, admin: Client) -> None:
    post = (admin, "POST", "/tokens", {"json": {"name": "importer"}, "headers": {"Idempotency-Key": "k"}})
    answers = at_once(app, [(*post[:3], dict(post[3])) for _ in range(MANY)])
    assert statuses(answers) == {201: 1, 409: MANY - 1}, told(answers)
    assert [token["name"] for token in admin.get("/tokens").json].count("importer") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/customers", {"number": "C-1", "name": "n"}),
        ("/engineers", {"number": "E-1", "name": "n"}),
        ("/parts", {"number": "P-1", "name_en": "n", "name_zh": "n"}),
        ("/people", {"email": "new@example.org", "name": "n", "roles": ["agent"]}),
    ],
)
def test_of_many_changes_from_one_version_one_is_made(
    app: Flask, admin: Client, path: str, body: dict[str, Any]
) -> None:
    made = admin.post(path, body)
    one = f"{path}/{made.json['id']}"
    field = "name" if "name" in body else "name_en"
    etag = {"If-Match": made.headers["ETag"]}
    answers = at_once(
        app, [(admin, "PATCH", one, {"json": {field: f"n{n}"}, "headers": dict(etag)}) for n in range(MANY)]
    )
    assert statuses(answers) == {200: 1, 412: MANY - 1}, told(answers)
    [done] = [answer.json for answer in answers if answer.status_code == 200]
    assert admin.get(one).json == done
    assert {answer.json["code"] for answer in answers if answer.status_code == 412} == {"stale"}


def test_of_many_people_with_one_address_one_is_added(app: Flask, admin: Client) -> None:
    def asked(n: int) -> dict[str, Any]:
        return {"json": {"email": "New@example.org", "name": f"n{n}", "roles": ["agent", "dispatcher"]}}

    answers = at_once(app, [(admin, "POST", "/people", asked(n)) for n in range(MANY)])
    assert statuses(answers) == {201: 1, 409: MANY - 1}, told(answers)
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json["errors"] == {"email": ["Somebody with this e-mail address exists already."]}
    assert admin.get("/people?q=new@example.org").json["total"] == 1


def test_a_person_does_not_take_anothers_address(admin: Client, client_of: Callable[..., Client]) -> None:
    path = f"/people/{client_of('agent', email='a@example.org').user_id}"
    taken = admin.patch(path, {"email": "Admin@example.org"}, admin.get(path).headers["ETag"])
    assert taken.status_code == 409
    assert taken.json["errors"] == {"email": ["Somebody with this e-mail address exists already."]}


@pytest.mark.parametrize("keys", [("one", "one"), ("one", "other"), (None, None)])
def test_a_request_issued_twice_books_stock_once(
    app: Flask,
    admin: Client,
    client_of: Callable[..., Client],
    stock: dict[str, str],
    keys: tuple[str | None, str | None],
) -> None:
    assert admin.post("/stock-movements", delivery(stock, 9)).status_code == 201
    path = approved_request(client_of, stock)
    clerk = client_of("warehouse")
    body = {"json": {"from_location_id": stock["shelf"]}}
    headers = [{"Idempotency-Key": key} if key else {} for key in keys]
    answers = at_once(app, [(clerk, "POST", f"{path}/issue", {**body, "headers": each}) for each in headers])
    assert set(statuses(answers)) <= {200, 409}, told(answers)
    done = [answer for answer in answers if answer.status_code == 200]
    assert [answer.headers.get("Idempotency-Replayed") for answer in done].count(None) == 1, told(answers)
    assert (on_hand(admin, stock, "shelf"), on_hand(admin, stock, "van")) == (7, 2)


def test_the_last_pieces_are_issued_once(
    app: Flask, admin: Client, client_of: Callable[..., Client], stock: dict[str, str]
) -> None:
    assert admin.post("/stock-movements", delivery(stock, 3)).status_code == 201
    paths = [approved_request(client_of, stock, name) for name in ("one", "other")]
    clerk = client_of("warehouse")
    body = {"json": {"from_location_id": stock["shelf"]}}
    answers = at_once(app, [(clerk, "POST", f"{path}/issue", dict(body)) for path in paths])
    assert statuses(answers) == {200: 1, 409: 1}, told(answers)
    assert (on_hand(admin, stock, "shelf"), on_hand(admin, stock, "van")) == (1, 2)
