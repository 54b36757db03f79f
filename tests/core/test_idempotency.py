"""`Idempotency-Key` where the answer or the request holds a secret: none of it is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.auth.actors import system
from core.auth.models import ApiToken, PasswordLink
from core.auth.passwords import hash_password
from core.auth.people import user_by_id
from core.db import db, transaction
from core.idempotency import IdempotencyKey
from tests.conftest import Client

KEY = {"Idempotency-Key": "once"}


def kept() -> list[IdempotencyKey]:
    db.session.rollback()
    return list(db.session.scalars(select(IdempotencyKey)))


def test_a_tokens_secret_is_shown_once_and_not_kept(admin: Client) -> None:
    body = {"name": "importer"}
    first = admin.post("/tokens", body, headers=KEY)
    assert first.status_code == 201
    [row] = kept()
    assert row.state == "answered"
    assert first.json["secret"].encode() not in (row.body or b"")
    again = admin.post("/tokens", body, headers=KEY)
    assert (again.status_code, again.json["code"]) == (409, "shown_once")
    assert "shown only once" in again.json["detail"]
    assert [token.name for token in db.session.scalars(select(ApiToken))].count("importer") == 1
    assert admin.post("/tokens", {"name": "other"}, headers=KEY).status_code == 422


def test_a_password_link_is_shown_once_and_not_kept(admin: Client, client_of: Any) -> None:
    path = f"/people/{client_of('agent').user_id}/password-link"
    first = admin.post(path, headers=KEY)
    assert first.status_code == 201
    secret = first.json["url"].rpartition("/")[2]
    assert secret.encode() not in (kept()[0].body or b"")
    [link] = db.session.scalars(select(PasswordLink))
    again = admin.post(path, headers=KEY)
    assert (again.status_code, again.json["code"]) == (409, "shown_once")
    db.session.rollback()
    assert [each.id for each in db.session.scalars(select(PasswordLink))] == [link.id]


def test_signing_in_leaves_nothing_of_the_password(client_of: Any) -> None:
    client = client_of("agent", email="agent@example.org")
    with transaction(system("test")):
        user_by_id(client.user_id).password_hash = hash_password("right-password")
    who = {"email": "agent@example.org", "password": "right-password"}
    assert client.post("/session", who, headers=KEY).status_code == 200
    assert kept() == []
