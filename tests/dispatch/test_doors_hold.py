"""The doors hold: keys, tokens and links of others, forged requests, scripts in what people write."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from core.db import db
from tests.conftest import Client


def test_a_key_of_one_person_gives_nothing_to_another(client_of: Any) -> None:
    headers = {"Idempotency-Key": "same"}
    first, second = client_of("agent"), client_of("dispatcher")
    one = first.send("POST", "/customers", json={"number": "C-1", "name": "n"}, headers=headers)
    other = second.send("POST", "/customers", json={"number": "C-2", "name": "n"}, headers=headers)
    assert (one.status_code, other.status_code) == (201, 201)
    assert one.json["id"] != other.json["id"]


def test_a_file_sent_with_a_key_used_for_another_file_is_refused(browser: Any) -> None:
    visitor = browser("warehouse")
    token = visitor.get("/api/v1/session").json["csrf_token"]

    def send(text: str) -> Any:
        parts = {"kind": "", "dry_run": "", "file": '; filename="parts.csv"'}
        values = {"kind": "parts", "dry_run": "true", "file": text}
        body = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{values[name]}\r\n'
            for name, more in parts.items()
        )
        db.session.rollback()
        return visitor.client.post(
            "/api/v1/imports",
            data=f"{body}--b--\r\n".encode(),
            headers={"X-CSRFToken": token, "Idempotency-Key": "k"},
            content_type="multipart/form-data; boundary=b",
        )

    first = send("number,name_en\nP-1,Belt\n")
    again = send("number,name_en\nP-2,Rope\n")
    assert again.status_code == 422, (first.status_code, again.text)
    assert "Idempotency-Key" in again.json["detail"]


def test_whoever_left_is_let_in_by_nothing_they_held(admin: Client, client_of: Any, browser: Any) -> None:
    client, visitor = client_of("agent"), browser("dispatcher")
    links = {}
    for user_id in (client.user_id, visitor.user_id):
        links[user_id] = admin.post(f"/people/{user_id}/password-link").json["url"]
        etag = admin.get(f"/people/{user_id}").headers["ETag"]
        assert admin.patch(f"/people/{user_id}", {"active": False}, etag=etag).status_code == 200
        assert admin.post(f"/people/{user_id}/password-link").status_code == 409
    assert client.get("/customers").status_code == 401
    assert visitor.get("/customers").status_code == 302
    for link in links.values():
        assert visitor.get(link).status_code == 404


def test_a_role_taken_away_is_gone_at_the_next_request(admin: Client, browser: Any) -> None:
    visitor = browser("dispatcher")
    assert visitor.get("/customers/new").status_code == 200
    etag = admin.get(f"/people/{visitor.user_id}").headers["ETag"]
    admin.patch(f"/people/{visitor.user_id}", {"roles": ["warehouse"]}, etag=etag)
    assert visitor.get("/customers/new").status_code == 403


@pytest.mark.parametrize("role", ["manager", "dispatcher", "agent", "customer"])
def test_nobody_but_an_administrator_gives_roles(client_of: Any, role: str) -> None:
    client = client_of(role)
    assert (
        client.post("/people", {"email": "x@example.org", "name": "x", "roles": ["admin"]}).status_code == 403
    )
    headers = {"If-Match": f'"{str(client.user_id)[:8]}-1"'}
    answer = client.send("PATCH", f"/people/{client.user_id}", json={"roles": ["admin"]}, headers=headers)
    assert answer.status_code == 403
    assert client.post(f"/people/{client.user_id}/password-link").status_code == 403


def test_a_change_by_cookie_needs_the_pages_token(browser: Any) -> None:
    visitor = browser("dispatcher")
    for path, sent in (
        ("/api/v1/customers", {"json": {"number": "C", "name": "n"}}),
        ("/api/v1/session", {"data": "{}", "content_type": "text/plain"}),
        ("/api/v1/imports", {"data": {"file": (io.BytesIO(b"a"), "a.csv"), "kind": "parts"}}),
        ("/customers/new", {"data": {"number": "C", "name": "n"}}),
        ("/sign-out", {}),
    ):
        db.session.rollback()
        assert visitor.open(path, "POST", **sent).status_code == 400, path


def test_what_people_write_is_text_on_every_page(admin: Client, browser: Any) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    record = admin.post(
        "/customers", {"number": evil[:40], "name": evil, "notes": evil, "email": "javascript:x"}
    )
    site = admin.post("/sites", {"customer_id": record.json["id"], "name": evil, "address": evil}).json
    visitor = browser("dispatcher")
    for path in (
        "/customers",
        f"/customers/{record.json['id']}",
        f"/customers/{record.json['id']}/edit",
        "/customers/options?q=script",
        f"/customers?q={evil}",
        f"/sites/{site['id']}",
        "/sites",
        f"/sign-in?next={evil}",
        "/<script>alert(1)</script>",
    ):
        page = visitor.get(path)
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert 'href="javascript:' not in page.text, path
        assert "script-src 'self' 'nonce-" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("language", "lang"), [("en", "en"), ("zh", "zh-CN")])
def test_an_error_page_speaks_the_readers_language(browser: Any, language: str, lang: str) -> None:
    page = browser("agent", language=language).get("/nothing")
    assert page.status_code == 404
    assert f'<html lang="{lang}"' in page.text
    assert ("There is nothing at this address." in page.text) == (language == "en")


def test_links_are_handed_out_at_the_public_address(admin: Client, app: Any) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, public_url="https://paidan.example.org")
    try:
        answer = admin.send(
            "POST", f"/people/{admin.user_id}/password-link", headers={"Host": "evil.example.org"}
        )
    finally:
        app.config["SETTINGS"] = settings
    assert answer.json["url"].startswith("https://paidan.example.org/set-password/")
