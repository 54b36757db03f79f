"""Behind proxies: whose address counts, what our own addresses are, and who stays out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from limits import parse

from core.auth import limits
from core.auth.actors import system
from core.auth.people import user_by_id
from core.config import Settings
from core.db import db, transaction
from tests.browsers import Browser
from tests.conftest import Client
from wsgi import create_app

NGINX = {
    "X-Forwarded-For": "203.0.113.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "paidan.example",
}


@pytest.fixture
def app_behind(app: Flask) -> Iterator[Callable[[int], Flask]]:
    """Return a function: how many proxies are trusted, to an application on the same database."""
    made = []

    def make(count: int) -> Flask:
        settings = app.config["SETTINGS"]
        env = {
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database,
            "SECRET_KEY": settings.secret_key,
            "LOCALE": "en",
            "LOG_LEVEL": "ERROR",
            "TRUSTED_PROXIES": str(count),
        }
        made.append(create_app(Settings.from_env(env)))
        return made[-1]

    yield make
    for each in made:
        with each.app_context():
            db.session.remove()
            db.engine.dispose()


def try_to_sign_in(app: Flask, forwarded_for: str) -> int:
    visitor = Client(app.test_client(), None)
    who = {"email": f"{forwarded_for[-3:]}@example.org", "password": "wrong"}
    return int(visitor.post("/session", who, headers={"X-Forwarded-For": forwarded_for}).status_code)


@pytest.mark.parametrize(
    ("count", "tries"),
    [
        (0, {"203.0.113.1": 401, "203.0.113.2": 429}),
        (1, {"203.0.113.1": 401, "203.0.113.2": 401, "203.0.113.9, 203.0.113.1": 429}),
        (2, {"203.0.113.1, 10.0.0.1": 401, "203.0.113.2, 10.0.0.1": 401, "8.8.8.8, 203.0.113.1, ::1": 429}),
    ],
)
def test_tries_to_sign_in_are_counted_by_the_address_the_last_trusted_proxy_saw(
    app_behind: Callable[[int], Flask], monkeypatch: pytest.MonkeyPatch, count: int, tries: dict[str, int]
) -> None:
    monkeypatch.setattr(limits, "_PER_ADDRESS", parse("1/day"))
    monkeypatch.setattr(limits, "_PER_PERSON", parse("100/day"))
    behind = app_behind(count)
    assert {address: try_to_sign_in(behind, address) for address in tries} == tries


@pytest.mark.parametrize(("count", "start"), [(0, "http://localhost/"), (1, "https://paidan.example/")])
def test_links_are_made_for_the_address_people_reach_us_at(
    app_behind: Callable[[int], Flask], admin: Client, count: int, start: str
) -> None:
    client = Client(app_behind(count).test_client(), admin.secret)
    path = f"/people/{admin.user_id}/password-link"
    assert client.post(path, headers=NGINX).json["url"].startswith(f"{start}set-password/")


def test_forms_are_taken_over_https(app_behind: Callable[[int], Flask]) -> None:
    visitor = Browser(app_behind(1))
    visitor.client.environ_base.update({f"HTTP_{k.upper().replace('-', '_')}": v for k, v in NGINX.items()})
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/sign-in").text)
    assert token
    form = {"email": "a@example.org", "password": "wrong", "csrf_token": token[1]}
    for referrer, status in (("https://paidan.example/sign-in", 422), ("https://evil.example/", 400)):
        visitor.client.environ_base["HTTP_REFERER"] = referrer
        assert visitor.open("/sign-in", "POST", data=form).status_code == status


def make_demo(client: Any) -> None:
    with transaction(system("test")):
        user_by_id(client.user_id).demo = True


def test_a_demo_account_works_on_this_machine(client_of: Callable[..., Client]) -> None:
    client = client_of("agent")
    make_demo(client)
    assert client.get("/customers").status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "paidan.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "203.0.113.1"),
        ("Forwarded", "for=203.0.113.1"),
        ("Via", "1.1 proxy"),
    ],
)
def test_a_demo_account_is_refused_what_came_through_a_proxy(
    client_of: Callable[..., Client], browser: Callable[..., Any], name: str, value: str
) -> None:
    client, visitor = client_of("agent"), browser("agent", language="zh")
    for each in (client, visitor):
        make_demo(each)
    refused = client.get("/customers", headers={name: value})
    assert (refused.status_code, "proxy" in refused.json["detail"]) == (403, True)
    visitor.client.environ_base[f"HTTP_{name.upper().replace('-', '_')}"] = value
    assert visitor.get("/customers").status_code == 403


def test_a_demo_account_is_refused_where_proxies_are_trusted(
    app_behind: Callable[[int], Flask], client_of: Callable[..., Client]
) -> None:
    client = client_of("agent")
    make_demo(client)
    behind = Client(app_behind(2).test_client(), client.secret)
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1, 10.0.0.1"}):
        assert behind.get("/customers", headers=headers).status_code == 403


def test_a_person_is_let_in_through_a_proxy(
    app_behind: Callable[[int], Flask], client_of: Callable[..., Client]
) -> None:
    client = client_of("agent")
    for each in (client, Client(app_behind(1).test_client(), client.secret)):
        assert each.get("/customers", headers=NGINX).status_code == 200
