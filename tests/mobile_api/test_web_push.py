"""A phone whose app is closed is told that there is something new, and nobody else can read or send that."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from py_vapid import Vapid02
from sqlalchemy import select

from core import clock
from core.auth.actors import system
from core.db import db, transaction
from core.worker import Worker
from dispatch.workorders import orders, visits
from mobile_api import devices, web_push
from mobile_api.models import PushSubscription
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.conftest import Phone

pytestmark = pytest.mark.usefixtures("own_files")


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Service:
    """A browser maker's push service and the one browser it serves, which reads what comes."""

    def __init__(self) -> None:
        self.status, self.came = 201, list[dict[str, Any]]()
        self._key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                service.came.append({"headers": headers, "body": body})
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def subscription(self) -> dict[str, Any]:
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": f"{self.origin}/me", "keys": {"p256dh": plain(point), "auth": plain(self._auth)}}

    def read(self, message: dict[str, Any]) -> Any:
        found = http_ece.decrypt(
            message["body"], private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return json.loads(found)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def phone(app: Flask, world: World, phone_of: Any, monkeypatch: pytest.MonkeyPatch) -> Phone:
    settings = replace(app.config["SETTINGS"], push_hosts="127.0.0.1 *.push.apple.com")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    phone: Phone = phone_of(world.expert)
    return phone


def told(app: Flask, seconds: int = 30) -> None:
    """Have the worker do what waits by then."""
    db.session.rollback()
    with clock.freeze(MORNING + timedelta(seconds=seconds)):
        Worker(app).run(until_idle=True)


def kept() -> list[PushSubscription]:
    db.session.rollback()
    return list(db.session.scalars(select(PushSubscription)))


def test_a_new_visit_is_told_to_the_browser_that_asked_and_signed_by_us(
    app: Flask, world: World, phone: Phone, service: Service
) -> None:
    key = phone.send("GET", "/push").json["key"]
    assert phone.send("PUT", "/push", json=service.subscription()).status_code == 204
    world.dispatched()
    world.dispatched()
    told(app)
    (message,) = service.came
    assert service.read(message) == {"hint": "sync"}, "two changes at once are one word"
    assert message["headers"]["ttl"] == "3600"
    scheme, _, rest = message["headers"]["authorization"].partition(" ")
    sent = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, sent["k"]) == ("vapid", key)
    assert Vapid02.verify(message["headers"]["authorization"])


def test_who_loses_a_visit_is_told_too(app: Flask, world: World, phone: Phone, service: Service) -> None:
    visit = world.dispatched()
    phone.send("PUT", "/push", json=service.subscription())
    told(app)
    world.do(visits.schedule, visit, **world.slot(world.other))
    told(app, 60)
    assert len(service.came) == 1


def test_a_cancelled_visit_is_told(app: Flask, world: World, phone: Phone, service: Service) -> None:
    visit = world.dispatched()
    phone.send("PUT", "/push", json=service.subscription())
    told(app)
    world.do(orders.cancel, visit.order, reason="sold the lift")
    told(app, 60)
    assert len(service.came) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    app: Flask, world: World, phone: Phone, service: Service, status: int
) -> None:
    phone.send("PUT", "/push", json=service.subscription())
    service.status = status
    world.dispatched()
    told(app)
    assert kept() == []


@pytest.mark.parametrize("status", [429, 500])
def test_a_service_that_does_not_take_it_now_is_told_the_next_time(
    app: Flask, world: World, phone: Phone, service: Service, status: int
) -> None:
    phone.send("PUT", "/push", json=service.subscription())
    service.status = status
    world.dispatched()
    told(app)
    service.status = 201
    with clock.freeze(MORNING + HOUR):
        world.dispatched()
    told(app, 3_700)
    assert len(service.came) == 2
    assert len(kept()) == 1


def test_a_service_that_is_not_there_stops_nothing(
    app: Flask, world: World, phone: Phone, service: Service
) -> None:
    phone.send("PUT", "/push", json=service.subscription())
    service.server.shutdown()
    service.server.server_close()
    world.dispatched()
    told(app)
    assert len(kept()) == 1


def test_a_phone_that_was_replaced_is_told_nothing(
    app: Flask, world: World, phone: Phone, service: Service, phone_of: Any
) -> None:
    phone.send("PUT", "/push", json=service.subscription())
    phone_of(world.expert)
    world.dispatched()
    told(app)
    assert service.came == []
    assert phone.send("PUT", "/push", json=service.subscription()).status_code == 403


def test_another_subscription_takes_the_place_of_the_one_before_and_can_be_given_up(
    phone: Phone, service: Service
) -> None:
    for _ in range(2):
        assert phone.send("PUT", "/push", json=service.subscription()).status_code == 204
    assert len(kept()) == 1
    assert phone.send("DELETE", "/push").status_code == 204
    assert kept() == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://example.org/push",
        "http://web.push.apple.com/x",
        "https://web.push.apple.com.example.org/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_no_other_address_is_ever_asked(phone: Phone, service: Service, endpoint: str) -> None:
    answer = phone.send("PUT", "/push", json={**service.subscription(), "endpoint": endpoint})
    assert answer.status_code == 422
    assert "endpoint" in answer.json["errors"]
    assert kept() == []


def test_rubbish_for_keys_is_refused(phone: Phone, service: Service) -> None:
    for keys in ({}, {"p256dh": "x", "auth": "y"}, {"p256dh": "é" * 90, "auth": "A" * 22}):
        answer = phone.send("PUT", "/push", json={**service.subscription(), "keys": keys})
        assert answer.status_code == 422


def test_keys_that_fit_no_curve_stop_nothing(
    app: Flask, world: World, phone: Phone, service: Service
) -> None:
    said = service.subscription()
    said["keys"]["p256dh"] = "A" * 87
    phone.send("PUT", "/push", json=said)
    world.dispatched()
    told(app)
    assert service.came == []


def test_the_key_is_made_once_and_nobody_else_reads_it(app: Flask, phone: Phone) -> None:
    found = {phone.send("GET", "/push").json["key"] for _ in range(3)}
    assert len(found) == 1
    path = app.config["SETTINGS"].data_dir / "keys" / "push.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if one.name != "push.pem"] == []


def test_a_phone_taken_away_is_forgotten_by_its_token(world: World, phone: Phone, service: Service) -> None:
    phone.send("PUT", "/push", json=service.subscription())
    device = devices.device_of(phone.token)
    with transaction(system("test")) as session:
        session.delete(session.merge(device))
    assert kept() == []
    assert web_push.public_key()
