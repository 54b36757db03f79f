"""A server killed in the middle of pushes and uploads loses nothing that it acknowledged."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import logging
import random
import threading
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock
from core.auth.actors import system
from core.db import db
from dispatch.evidence import attachments
from dispatch.evidence.models import Note
from dispatch.workorders.models import Visit
from mobile_api.models import Operation
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.live import Server
from tests.mobile_api.conftest import PHONES, Phone
from tests.mobile_api.pictures import photo

_log = logging.getLogger(__name__)
SEED = 20261127


class Caller:
    """Speaks to the server as a phone does, on a connection of its own; None where it did not answer."""

    def __init__(self, server: Server, phone: Phone) -> None:
        self._server, self._token = server, phone.token

    def ask(self, method: str, path: str, body: bytes, **headers: str) -> Any:
        told = {"Authorization": f"Bearer {self._token}", **headers}
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        try:
            connection.request(method, f"{PHONES}{path}", body, told)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
            return None
        finally:
            connection.close()


class Pusher(threading.Thread):
    """Pushes notes until it is told to stop, each batch until it is acknowledged."""

    def __init__(self, caller: Caller, visit: Visit, stop: threading.Event) -> None:
        super().__init__()
        self._caller, self._stop_asked = caller, stop
        self._order_id, self._assignment_id = str(visit.order_id), str(visit.assignment_id)
        self.acknowledged: dict[str, str] = {}
        self.wrong: list[Any] = []
        self._seq = 0

    def _batch(self) -> list[dict[str, Any]]:
        self._seq += 3
        return [
            {
                "id": str(uuid.uuid4()),
                "kind": "note",
                "work_order_id": self._order_id,
                "assignment_id": self._assignment_id,
                "payload": {"text": f"note {self._seq - number}"},
                "device_seq": self._seq - number,
                "device_time": (MORNING + timedelta(seconds=self._seq)).isoformat(),
                "clock_offset_ms": 0,
            }
            for number in (2, 1, 0)
        ]

    def run(self) -> None:
        """Push."""
        while not self._stop_asked.is_set():
            batch = self._batch()
            body = json.dumps([{"newDocumentState": one} for one in batch]).encode()
            answer = None
            while answer is None:
                headers = {"Content-Type": "application/json", "X-Clock-Offset-Ms": "0"}
                answer = self._caller.ask("POST", "/sync/ops", body, **headers)
            status, _, data = answer
            if status != 200:
                self.wrong.append((status, data[:200]))
                return
            self.acknowledged.update({one["id"]: one["outcome"] for one in json.loads(data)})


class Sender(threading.Thread):
    """Sends photos in pieces until it is told to stop; nothing acknowledged may ever be asked for again."""

    def __init__(self, caller: Caller, visit: Visit, stop: threading.Event) -> None:
        super().__init__()
        self._caller, self._stop_asked, self._order_id = caller, stop, str(visit.order_id)
        self.whole: dict[uuid.UUID, bytes] = {}
        self.wrong: list[Any] = []

    def run(self) -> None:
        """Send."""
        number = 0
        while not self._stop_asked.is_set() and not self.wrong:
            number += 1
            data = photo(seed=number) + random.Random(number).randbytes(60_000)
            self._send(uuid.uuid4(), data)

    def _ask(self, method: str, path: str, data: bytes = b"", **headers: str) -> Any:
        answer = None
        while answer is None or answer[0] in (423, 503):
            answer = self._caller.ask(method, path, data, **{"Tus-Resumable": "1.0.0", **headers})
        return answer

    def _send(self, attachment_id: uuid.UUID, data: bytes) -> None:
        said = {
            "attachment_id": str(attachment_id),
            "work_order_id": self._order_id,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        told = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        begun = self._ask("POST", "/uploads", **{"Upload-Length": str(len(data)), "Upload-Metadata": told})
        if begun[0] != 201:
            self.wrong.append(begun)
            return
        path, known = begun[1]["Location"].removeprefix(PHONES), int(begun[1]["Upload-Offset"])
        while known < len(data):
            piece = data[known : known + 8_000]
            headers = {"Upload-Offset": str(known), "Content-Type": "application/offset+octet-stream"}
            answer = self._caller.ask("PATCH", path, piece, **{"Tus-Resumable": "1.0.0", **headers})
            if answer is None or answer[0] in (409, 423, 503):
                answer = self._ask("HEAD", path)
            if answer[0] not in (200, 204) or int(answer[1]["Upload-Offset"]) < known:
                self.wrong.append((known, answer))
                return
            known = int(answer[1]["Upload-Offset"])
        self.whole[attachment_id] = data


def _kill_often(app: Flask, phone: Phone, visit: Visit, kills: int) -> None:
    chance, stop = random.Random(SEED), threading.Event()
    server = Server(app, MORNING + HOUR)
    server.start()
    caller = Caller(server, phone)
    pusher, sender = Pusher(caller, visit, stop), Sender(caller, visit, stop)
    db.session.rollback()
    pusher.start()
    sender.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.2))
            server.stop(kill=True)
            server.start()
        time.sleep(1)
        stop.set()
        pusher.join(60)
        sender.join(60)
    finally:
        stop.set()
        server.stop()
    assert not pusher.wrong
    assert not sender.wrong
    db.session.rollback()
    stored = {
        str(one.id): one.outcome for one in db.session.scalars(select(Operation)) if one.outcome != "pending"
    }
    assert pusher.acknowledged.items() <= stored.items(), "an acknowledged operation is lost"
    notes = {str(one) for one in db.session.scalars(select(Note.id))}
    applied = {name for name, outcome in stored.items() if outcome == "applied"}
    assert notes == applied, "each has its one effect, and nothing else has one"
    for attachment_id, data in sender.whole.items():
        _, stream, _ = attachments.opened(system("test"), attachment_id, "original")
        with stream:
            assert stream.read() == data
    assert pusher.acknowledged
    assert sender.whole
    _log.info(
        "%s kills (seed %s): %s operations and %s photos acknowledged, none lost",
        kills,
        SEED,
        len(pusher.acknowledged),
        len(sender.whole),
    )


@pytest.fixture
def phone(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield phone_of(world.expert)


def test_a_killed_server_loses_nothing_it_acknowledged(
    app: Flask, own_files: None, phone: Phone, visit: Visit
) -> None:
    _kill_often(app, phone, visit, kills=3)


@pytest.mark.full
def test_a_server_killed_fifty_times_loses_nothing_it_acknowledged(
    app: Flask, own_files: None, phone: Phone, visit: Visit
) -> None:
    _kill_often(app, phone, visit, kills=50)
