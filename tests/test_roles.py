"""Every route with every role: what is not permitted is refused, and nothing ever breaks."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core.auth.permissions import roles

EXPECTED = Path(__file__).parent / "roles.json"
OPEN = {"GET /health", "GET /ready", "GET /sign-in", "POST /sign-in", "POST /preferences", "POST /sign-out"}
OPEN |= {"POST /api/mobile/v1/devices"}
OPEN |= {"GET /api/openapi.json", "GET /api/docs", "POST /api/v1/session", "DELETE /api/v1/session"}
OPEN |= {
    "GET /static/{package}/{tag}/{filename}",
    "GET /set-password/{secret}",
    "POST /set-password/{secret}",
}


def routes_of(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield (name, method, concrete path) of every route."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            name = method + " " + re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
            path = re.sub(r"<uuid:[^>]+>", str(uuid.uuid4()), rule.rule)
            yield name, method, re.sub(r"<[^>]+>", "x", path)


def outcome(status: int) -> str:
    """Return what an answer says of the permission: only a refusal is a refusal."""
    return {401: "who?", 403: "no"}.get(status, "yes")


def test_every_route_asks_who_is_there(app: Flask, nobody: Any) -> None:
    unguarded = []
    for name, method, path in routes_of(app):
        if name in OPEN or not path.startswith("/api"):
            continue
        answer = nobody.send(method, path, json={} if method != "GET" else None)
        assert answer.status_code < 500, (name, answer.text)
        csrf = answer.status_code == 400 and answer.json["code"] == "csrf"
        if answer.status_code != 401 and not csrf:
            unguarded.append((name, answer.status_code))
    assert not unguarded


def walk(app: Flask, client_of: Callable[..., Any], role: str) -> dict[str, str]:
    client = client_of(role)
    told = {}
    for name, method, path in routes_of(app):
        if name in OPEN or not path.startswith("/api"):
            continue
        answer = client.send(method, path, json={} if method != "GET" else None, headers={"If-Match": '"x"'})
        assert answer.status_code < 500, (name, answer.text)
        told[name] = outcome(answer.status_code)
    return told


@pytest.mark.parametrize("role", sorted(["admin", *json.loads(EXPECTED.read_text())["roles"]]))
def test_each_role_may_do_what_the_table_says_and_no_more(app: Flask, client_of: Any, role: str) -> None:
    expected = json.loads(EXPECTED.read_text())["routes"]
    told = walk(app, client_of, role)
    allowed = {name for name, answer in told.items() if answer == "yes"}
    wanted = {name for name, may in expected.items() if role == "admin" or role in may or "*" in may}
    assert allowed - wanted == set(), "allowed, but not in tests/roles.json"
    assert wanted - allowed == set(), "in tests/roles.json, but refused"


def test_the_table_knows_every_role(app: Flask) -> None:
    assert {*json.loads(EXPECTED.read_text())["roles"], "admin"} == set(roles())
