"""What is no file of ours, or no tus, is refused with what to do, and may be sent anew."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask

from core import files
from dispatch.workorders.models import Visit
from mobile_api import uploads
from tests.mobile_api.conftest import PHONES, Phone
from tests.mobile_api.pictures import bomb, photo
from tests.mobile_api.test_uploads import BYTES, TUS, Carrier, metadata

pytestmark = pytest.mark.usefixtures("own_files")


REFUSED = {
    "a hash that lies": (photo(), {"sha256": "0" * 64}, 460, "hash_differs"),
    "400 million pixels": (bomb(), {}, 422, "too_many_pixels"),
    "a page named photo.jpg": (b"<!doctype html><script>alert(1)</script>", {}, 415, "file_type"),
    "nothing": (b"", {}, 415, "file_type"),
    "a picture in another form": (photo(kind="GIF"), {}, 415, "file_type"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_picture_is_refused_and_may_be_sent_anew(phone: Phone, visit: Visit, name: str) -> None:
    data, said, status, code = REFUSED[name]
    carrier = Carrier(phone, visit, data, **said)
    answer = carrier.create(data)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["detail"]
    assert (carrier.state(), carrier.kept()) == ("refused", None)
    assert not list(files.staging("uploads").iterdir())
    better = Carrier(phone, visit, photo())
    better.attachment_id, better.metadata = carrier.attachment_id, better.metadata
    better.metadata = metadata(
        attachment_id=str(carrier.attachment_id),
        work_order_id=str(visit.order_id),
        sha256=hashlib.sha256(better.data).hexdigest(),
    )
    assert better.create(better.data).status_code == 201
    assert better.state() == "stored"


def test_a_bomb_is_small(phone: Phone) -> None:
    assert len(bomb()) < 80_000


def test_a_refused_upload_is_over(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, b"%PNG no picture")
    carrier.create()
    assert carrier.patch(0, carrier.data).status_code == 415
    over = carrier.patch(0, carrier.data)
    assert (over.status_code, over.json["facts"]["reason"]) == (410, "file_type")
    assert carrier.head().status_code == 410


@pytest.mark.parametrize(
    ("filename", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("a\x00\nb.jpg", "ab.jpg"),
        ("..", ""),
        ("门.jpg", "门.jpg"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_filename_is_only_a_name(phone: Phone, visit: Visit, filename: str, kept: str) -> None:
    carrier = Carrier(phone, visit, photo(), filename=filename)
    assert carrier.create(carrier.data).status_code == 201
    found = carrier.kept()
    assert found is not None
    assert found.filename == kept


def test_more_bytes_than_announced_are_refused_and_the_upload_goes_on(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    assert carrier.patch(0, carrier.data + b"more").status_code == 413
    assert carrier.head().headers["Upload-Offset"] == "0"
    assert carrier.patch(0, carrier.data).status_code == 204


def test_a_file_that_is_too_large_is_refused_at_once(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    answer = carrier.create(**{"Upload-Length": str(uploads.MOST_BYTES + 1)})
    assert (answer.status_code, answer.json["code"]) == (413, "too_much")
    assert carrier.state() == "none"


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": "many"},
        {"Upload-Length": ""},
        {"Upload-Length": "-1"},
        {"Upload-Metadata": ""},
        {"Upload-Metadata": "attachment_id !!!"},
        {"Upload-Metadata": metadata(attachment_id="7", work_order_id="8", sha256="9")},
        {"Upload-Metadata": "sha256 /w=="},
    ],
)
def test_rubbish_is_told_what_to_send(phone: Phone, visit: Visit, headers: dict[str, str]) -> None:
    answer = Carrier(phone, visit, photo()).create(**headers)
    assert (answer.status_code, answer.json["code"]) == (400, "tus")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_another_tus_or_another_body_is_refused(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    assert carrier.patch(0, b"", **{"Tus-Resumable": "0.2.2"}).status_code == 412
    assert carrier.patch(0, carrier.data, **{"Content-Type": "text/html"}).status_code == 415
    assert carrier.patch(0, carrier.data, **{"Upload-Offset": "x"}).status_code == 400
    assert phone.send("POST", carrier.path, headers=TUS).status_code == 400
    told = TUS | {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0", "Content-Type": BYTES}
    assert phone.send("POST", carrier.path, headers=told, data=carrier.data).status_code == 204


def test_what_the_server_can_do_is_told_to_anybody(app: Flask) -> None:
    answer = app.test_client().options(f"{PHONES}/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(50 * 1024 * 1024)
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }
