"""Uploads that break off: what was acknowledged is kept, and nobody writes beside another."""

from __future__ import annotations

import contextvars
import io
import os
import socket
import threading
import uuid
from typing import Any

import pytest
from flask import Flask

from core import files
from core.db import db
from dispatch.evidence import attachments
from dispatch.workorders.models import Visit
from mobile_api import uploads
from mobile_api.models import Operation
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.live import serving
from tests.mobile_api.conftest import PHONES, Phone
from tests.mobile_api.pictures import photo
from tests.mobile_api.test_push import Sender, said
from tests.mobile_api.test_uploads import BYTES, TUS, Carrier, opened
from tests.together import at_once

pytestmark = pytest.mark.usefixtures("own_files")


class Cut(io.BytesIO):
    """A body whose line breaks after so many bytes."""

    def __init__(self, data: bytes, after: int) -> None:
        super().__init__(data)
        self._after = after

    def readinto(self, into: Any) -> int:
        """Give bytes as long as there are any."""
        left = self._after - self.tell()
        if left <= 0:
            raise OSError("the line broke")
        return super().readinto(memoryview(into)[: min(left, 1_000)])


def test_what_came_before_the_line_broke_is_kept(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    headers = TUS | {"Upload-Offset": "0", "Content-Type": BYTES}
    cut = Cut(carrier.data, after=5_000)
    answer = phone.send("PATCH", carrier.path, headers=headers, input_stream=cut)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "5000")
    assert carrier.patch(5_000, carrier.data[5_000:]).status_code == 204
    assert opened(carrier.attachment_id, "original") == carrier.data


def test_bytes_that_were_not_acknowledged_are_no_part_of_the_file(phone: Phone, visit: Visit) -> None:
    """As after a crash while bytes were written: the file is longer than the row says."""
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    carrier.patch(0, carrier.data[:1_000])
    (path,) = files.staging("uploads").iterdir()
    with path.open("ab") as stream:
        stream.write(b"half a chunk")
    assert carrier.head().headers["Upload-Offset"] == "1000"
    assert carrier.patch(1_000, carrier.data[1_000:]).status_code == 204
    assert opened(carrier.attachment_id, "original") == carrier.data


@pytest.mark.parametrize("where", ["before it is kept", "after it is kept"])
def test_a_crash_at_the_end_loses_nothing(
    phone: Phone, visit: Visit, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("the process died")

    owner, name = (files, "keep") if where == "before it is kept" else (attachments, "receive")
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, crash)
        assert carrier.patch(0, carrier.data).status_code == 500
    assert carrier.state() == "open"
    asked = carrier.head()
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, str(len(carrier.data)))
    assert carrier.state() == "stored"
    assert opened(carrier.attachment_id, "original") == carrier.data


def test_who_writes_is_alone(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    upload_id = uuid.UUID(carrier.path.rpartition("/")[2])
    with uploads._locked(upload_id):
        assert carrier.patch(0, carrier.data).status_code == 423
        assert carrier.head().status_code == 423
        assert phone.send("DELETE", carrier.path, headers=TUS).status_code == 423
    assert carrier.patch(0, carrier.data).status_code == 204


def test_a_file_shorter_than_acknowledged_goes_on_where_it_ends(phone: Phone, visit: Visit) -> None:
    """As after a disk that was restored from before: zeros would stand where the photo was."""
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    carrier.patch(0, carrier.data[:3_000])
    (path,) = files.staging("uploads").iterdir()
    os.truncate(path, 1_000)
    answer = carrier.patch(3_000, carrier.data[3_000:])
    assert (answer.status_code, answer.json["facts"]) == (409, {"offset": 1_000})
    assert carrier.head().headers["Upload-Offset"] == "1000"
    assert carrier.patch(1_000, carrier.data[1_000:]).status_code == 204
    assert opened(carrier.attachment_id, "original") == carrier.data


def test_bytes_and_word_of_them_at_the_same_moment_are_one_attachment(
    world: World, phone: Phone, visit: Visit
) -> None:
    for _ in range(5):
        carrier, sender = Carrier(phone, visit, photo()), Sender(phone, visit)
        carrier.create()
        sender.seq = db.session.query(Operation).count()
        op = sender.op("photo", payload={"attachment_id": str(carrier.attachment_id), "caption": "lift"})
        found = at_once(
            lambda carrier=carrier: carrier.patch(0, carrier.data).status_code,
            lambda sender=sender, op=op: said(sender.send(op)),
        )
        assert found == [204, [("applied", "")]]
        kept = carrier.kept()
        assert kept is not None
        assert (kept.state, kept.caption) == ("stored", "lift")


def test_a_phone_that_vanishes_in_the_middle_does_not_keep_its_upload(
    app: Flask, phone: Phone, visit: Visit
) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    db.session.rollback()
    head = f"PATCH {PHONES}{carrier.path} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {phone.token}\r\n"
    head += f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: {BYTES}\r\n"
    head += f"Content-Length: {len(carrier.data)}\r\n\r\n"
    cut_at = len(carrier.data) // 2
    with (
        serving(app, MORNING + HOUR, PAIDAN_PATIENCE_S="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as line,
    ):
        line.sendall(head.encode() + carrier.data[:cut_at])
        assert line.recv(100).startswith(b"HTTP/1.1 204"), "what came is acknowledged, if it still hears it"
    received = int(carrier.head().headers["Upload-Offset"])
    assert cut_at - (1 << 15) <= received <= cut_at
    assert carrier.patch(received, carrier.data[received:]).status_code == 204


def test_four_identical_pieces_at_once_are_taken_once(app: Flask, phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo(2_000, 1_500))
    carrier.create()
    ready, found = threading.Barrier(4), []

    def send() -> None:
        told = TUS | {"Upload-Offset": "0", "Content-Type": BYTES, "Authorization": f"Bearer {phone.token}"}
        ready.wait()
        answer = app.test_client().patch(f"{PHONES}{carrier.path}", headers=told, data=carrier.data)
        found.append(answer.status_code)

    db.session.rollback()
    threads = [threading.Thread(target=contextvars.Context().run, args=(send,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found)[0] == 204
    assert set(sorted(found)[1:]) <= {409, 423}
    assert carrier.state() == "stored"
    assert opened(carrier.attachment_id, "original") == carrier.data
