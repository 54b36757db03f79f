"""Unmodified clients (RxDB, tus-js-client, tuspy) do a day's work over a line that spoils much of it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import clock
from core.auth.actors import system
from core.db import db
from dispatch.evidence import attachments
from dispatch.evidence.models import Attachment, Note
from dispatch.workorders.models import Visit
from geo.models import Position
from inventory.models import PartRequest
from mobile_api.models import Operation, Upload
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.live import ROOT, Server, Spoiler, serving
from tests.mobile_api.conftest import Phone
from tests.mobile_api.pictures import photo, signature
from tests.mobile_api.test_pull import add_parts
from tests.mobile_api.test_push import SITE

COLLECTIONS = json.loads((ROOT / "mobile_api" / "pwa" / "collections.json").read_text())["collections"]
CLIENTS = Path(__file__).parent / "clients"


def node(script: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a client and return its answer."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "rxdb").is_dir():
        pytest.skip("node or its modules are absent (run `npm ci`)")
    ran = subprocess.run(
        ["node", str(CLIENTS / script)],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=180,
        cwd=ROOT,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    answer: dict[str, Any] = json.loads(ran.stdout)
    assert "error" not in answer, answer
    return answer


@pytest.fixture
def server(app: Flask, world: World, own_files: None) -> Iterator[Server]:
    with serving(app, MORNING + HOUR) as running:
        yield running


@pytest.fixture
def visit(world: World) -> Visit:
    world.rostered(world.expert)
    return world.dispatched()


@pytest.fixture
def phone(world: World, phone_of: Any, visit: Visit) -> Iterator[Phone]:
    with clock.freeze(MORNING + HOUR):
        yield phone_of(world.expert)


def day(part_id: uuid.UUID, photo_id: uuid.UUID, signature_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return a day's work from accepting a visit to its signature."""
    said: list[tuple[str, dict[str, Any]]] = [
        ("accept", {}),
        ("depart", SITE),
        ("position", {"fixes": [{**SITE, "age_ms": 1_000 * age} for age in range(3)]}),
        ("arrive", SITE),
        ("check_in", SITE),
        ("start", {}),
        ("note", {"text": "The cellar is wet. 地下室进水。"}),
        ("photo", {"attachment_id": str(photo_id), "caption": "The pump"}),
        ("part_request", {"part_id": str(part_id), "quantity": 2, "reason": "broken"}),
        ("hold", {"reason": "waits for a key"}),
        ("resume", {}),
        ("signature", {"attachment_id": str(signature_id), "signer": "Li Lei"}),
        ("complete", {"solution": "Pump replaced"}),
    ]
    return [
        {
            "kind": kind,
            "payload": payload,
            "device_seq": number,
            "device_time": (MORNING + timedelta(minutes=number)).isoformat(),
            "mono_ms": 60_000 * number,
            "boot_id": "b",
            "clock_offset_ms": 0,
        }
        for number, (kind, payload) in enumerate(said, 1)
    ]


@pytest.mark.parametrize("offline", [False, True], ids=["online", "said without a network"])
def test_rxdb_does_a_whole_day_over_a_bad_line(
    server: Server, phone: Phone, visit: Visit, offline: bool
) -> None:
    (part,) = add_parts(1)
    ids = uuid.uuid4(), uuid.uuid4()
    with Spoiler(server.port, seed=20261127 + offline) as line:
        answer = node(
            "rxdb_phone.mjs",
            {
                "url": line.url,
                "token": phone.token,
                "collections": COLLECTIONS,
                "visit": str(visit.id),
                "ops": day(part, *ids),
                "offline": offline,
                "until": "completed",
                "timeout_s": 120,
            },
        )
        assert answer["errors"] == []
        assert answer["failures"] > 0, "the line was bad enough to be noticed"
        assert all(line.done[fault] for fault in ("answer lost", "request cut")), line.done
    db.session.rollback()
    held = answer["held"]
    assert {op["kind"]: op["outcome"] for op in held["ops"]} == dict.fromkeys(
        (op["kind"] for op in day(part, *ids)), "applied"
    )
    assert db.session.scalar(select(func.count()).select_from(Operation)) == 13
    done = db.session.get_one(Visit, visit.id, populate_existing=True)
    assert done.status == "completed"
    steps = ["dispatch", "accept", "depart", "arrive", "start", "hold", "resume", "complete"]
    assert sorted(event.verb for event in done.events) == sorted(steps), "each once"
    for table, count in ((Note, 1), (PartRequest, 1), (Attachment, 2), (Position, 6)):
        assert db.session.scalar(select(func.count()).select_from(table)) == count, table
    (mine,) = (one for one in held["work_orders"] if one["id"] == str(visit.id))
    assert mine["status"] == "completed"
    assert len(held["part_requests"]) == 1


def _upload_asked(phone: Phone, visit: Visit, path: Path, data: bytes) -> tuple[uuid.UUID, dict[str, str]]:
    path.write_bytes(data)
    attachment_id = uuid.uuid4()
    return attachment_id, {
        "attachment_id": str(attachment_id),
        "work_order_id": str(visit.order_id),
        "sha256": hashlib.sha256(data).hexdigest(),
        "filename": "照片.jpg",
        "filetype": "image/jpeg",
    }


def _arrived(attachment_id: uuid.UUID, data: bytes) -> None:
    db.session.rollback()
    found, stream, _ = attachments.opened(system("test"), attachment_id, "original")
    with stream:
        assert stream.read() == data
    assert found.filename == "照片.jpg"
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 1
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 1


def _large_photo() -> bytes:
    """Return a photo of some hundred kilobytes: noise does not pack."""
    return photo(2_400, 1_800) + random.Random(1).randbytes(400_000)


def test_tus_js_client_sends_a_photo_over_a_bad_line(
    server: Server, phone: Phone, visit: Visit, tmp_path: Path
) -> None:
    data = _large_photo()
    attachment_id, metadata = _upload_asked(phone, visit, tmp_path / "photo", data)
    with Spoiler(server.port, seed=7) as line:
        asked = {"url": line.url, "token": phone.token, "path": str(tmp_path / "photo")}
        answer = node("tus_phone.mjs", {**asked, "metadata": metadata, "chunk": 30_000})
        assert answer["retries"] > 0
    _arrived(attachment_id, data)


def test_tuspy_sends_a_photo_over_a_bad_line(
    server: Server, phone: Phone, visit: Visit, tmp_path: Path
) -> None:
    client = pytest.importorskip("tusclient.client")
    exceptions = pytest.importorskip("tusclient.exceptions")
    data = _large_photo()
    attachment_id, metadata = _upload_asked(phone, visit, tmp_path / "photo", data)
    with Spoiler(server.port, seed=9, share=0.3) as line:
        endpoint = f"{line.url}/api/mobile/v1/uploads"
        sender = client.TusClient(endpoint, headers={"Authorization": f"Bearer {phone.token}"})
        options = {"metadata": metadata, "chunk_size": 30_000, "retries": 40, "retry_delay": 0.05}
        faults = (exceptions.TusCommunicationError, OSError)
        for _ in range(60):  # it gives up at some faults; asked again, it goes on
            with contextlib.suppress(*faults), (tmp_path / "photo").open("rb") as stream:
                sender.uploader(file_stream=stream, **options).upload()
                break
        assert line.done["answer lost"] > 0
    _arrived(attachment_id, data)


def test_a_signature_drawn_on_nothing_arrives(
    server: Server, phone: Phone, visit: Visit, tmp_path: Path
) -> None:
    data = signature()
    attachment_id, metadata = _upload_asked(phone, visit, tmp_path / "signature", data)
    asked = {"url": server.url, "token": phone.token, "path": str(tmp_path / "signature")}
    node("tus_phone.mjs", {**asked, "metadata": metadata, "chunk": 1_000_000})
    _arrived(attachment_id, data)
