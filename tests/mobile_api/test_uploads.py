"""Bytes of photos and signatures: nothing acknowledged is lost, nothing is believed that was not checked."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
import structlog
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from core import clock, files, jobs
from core.auth.actors import system
from core.db import db, transaction
from dispatch.evidence import attachments
from dispatch.evidence.models import Attachment, Note
from dispatch.workorders import visits
from dispatch.workorders.models import Visit
from mobile_api import uploads
from mobile_api.models import Upload
from tests.dispatch.workorder_world import MORNING, World
from tests.mobile_api.conftest import PHONES, Phone
from tests.mobile_api.pictures import photo, signature
from tests.mobile_api.test_push import Sender

BYTES = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


def metadata(**said: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())


class Carrier:
    """A phone that sends one file for a visit."""

    def __init__(self, phone: Phone, visit: Visit, data: bytes, **said: str) -> None:
        self.phone, self.data, self.attachment_id = phone, data, uuid.uuid4()
        told = {
            "attachment_id": str(self.attachment_id),
            "work_order_id": str(visit.order_id),
            "sha256": hashlib.sha256(data).hexdigest(),
            "filename": "photo.jpg",
            "filetype": "image/jpeg",
        }
        self.metadata, self.path = metadata(**(told | said)), ""

    def create(self, data: bytes | None = None, **headers: str) -> Any:
        told = TUS | {"Upload-Length": str(len(self.data)), "Upload-Metadata": self.metadata} | headers
        if data is not None:
            told["Content-Type"] = BYTES
        answer = self.phone.send("POST", "/uploads", headers=told, data=data or b"")
        if answer.status_code == 201:
            self.path = answer.headers["Location"].removeprefix(PHONES)
        return answer

    def head(self) -> Any:
        return self.phone.send("HEAD", self.path, headers=TUS)

    def patch(self, offset: int, data: bytes, **headers: str) -> Any:
        told = TUS | {"Upload-Offset": str(offset), "Content-Type": BYTES} | headers
        return self.phone.send("PATCH", self.path, headers=told, data=data)

    def kept(self) -> Attachment | None:
        db.session.rollback()
        return db.session.get(Attachment, self.attachment_id)

    def state(self) -> str:
        db.session.rollback()
        query = select(Upload.state).where(Upload.attachment_id == self.attachment_id)
        return db.session.scalar(query) or "none"


pytestmark = pytest.mark.usefixtures("own_files")


def render() -> None:
    """Have the waiting jobs done."""
    while (run := jobs.claim(timedelta(seconds=30))) is not None:
        assert jobs.carry_out(run, structlog.get_logger()) == "done"
    db.session.rollback()


def opened(attachment_id: uuid.UUID, form: str) -> bytes:
    _, stream, _ = attachments.opened(system("test"), attachment_id, form)
    with stream:
        return stream.read()


def test_a_photo_arrives_in_pieces_and_its_original_is_untouched(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    half = len(carrier.data) // 2
    created = carrier.create()
    assert (created.status_code, created.headers["Upload-Offset"]) == (201, "0")
    assert "Upload-Expires" in created.headers
    first = carrier.patch(0, carrier.data[:half])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    assert first.headers["Tus-Resumable"] == "1.0.0"
    assert carrier.kept() is None
    asked = carrier.head()
    assert (asked.status_code, asked.headers["Upload-Offset"]) == (200, str(half))
    assert asked.headers["Upload-Length"] == str(len(carrier.data))
    assert asked.headers["Upload-Metadata"] == carrier.metadata
    assert asked.headers["Cache-Control"] == "no-store"
    assert carrier.patch(half, carrier.data[half:]).status_code == 204
    kept = carrier.kept()
    assert kept is not None
    assert (kept.state, kept.kind, kept.media_type) == ("stored", "photo", "image/jpeg")
    assert (kept.width, kept.height, kept.size) == (640, 480, len(carrier.data))
    assert opened(kept.id, "original") == carrier.data
    assert carrier.head().headers["Upload-Offset"] == str(len(carrier.data)), "its phone may ask again"
    assert not list(files.staging("uploads").iterdir())


def test_what_is_shown_is_upright_and_tells_nothing_of_the_camera(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo(3_000, 2_000))
    carrier.create(carrier.data)
    assert opened(carrier.attachment_id, "display") == carrier.data, "until it is made"
    render()
    for form, longest in (("display", 1_600), ("thumbnail", 320)):
        shown = opened(carrier.attachment_id, form)
        with Image.open(io.BytesIO(shown)) as image:
            assert (image.height, image.width) == (longest, round(longest * 2 / 3))
            assert not image.getexif()
        assert b"a secret maker" not in shown
    assert b"a secret maker" in opened(carrier.attachment_id, "original")


def test_a_photo_with_a_second_picture_in_it_is_taken(phone: Phone, visit: Visit) -> None:
    """As many phones write them: a JPEG that Pillow calls MPO."""
    written = io.BytesIO()
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    first.save(written, "MPO", save_all=True, append_images=[second])
    carrier = Carrier(phone, visit, written.getvalue())
    assert carrier.create(carrier.data).status_code == 201
    kept = carrier.kept()
    assert kept is not None
    assert (kept.media_type, kept.width) == ("image/jpeg", 64)
    render()
    assert opened(kept.id, "thumbnail").startswith(b"\xff\xd8")


def test_a_signature_on_nothing_is_shown_on_white(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, signature(), filename="signature.png")
    carrier.create(carrier.data)
    render()
    with Image.open(io.BytesIO(opened(carrier.attachment_id, "display"))) as image:
        corner, line = image.getpixel((0, 0)), image.getpixel((150, 50))
    assert isinstance(corner, tuple)
    assert isinstance(line, tuple)
    assert min(corner) > 250
    assert max(line) < 100


def test_an_operation_may_speak_of_a_photo_before_or_after_its_bytes(phone: Phone, visit: Visit) -> None:
    sender = Sender(phone, visit)
    early, late = Carrier(phone, visit, photo(seed=1)), Carrier(phone, visit, photo(seed=2))
    said = {"payload": {"attachment_id": str(early.attachment_id), "caption": "The meter"}}
    (told,) = sender.send(sender.op("photo", **said))
    assert (told["outcome"], told["outcome_code"]) == ("applied", "")
    waiting = early.kept()
    assert waiting is not None
    assert (waiting.state, waiting.caption) == ("awaiting_bytes", "The meter")
    assert early.create(early.data).status_code == 201
    late.create(late.data)
    payload = {"attachment_id": str(late.attachment_id), "signer": "Li Lei"}
    (told,) = sender.send(sender.op("signature", payload=payload))
    assert told["outcome"] == "applied"
    for carrier, kind in ((early, "photo"), (late, "signature")):
        kept = carrier.kept()
        assert kept is not None
        assert (kept.state, kept.kind, kept.visit_id) == ("stored", kind, visit.id)
    assert attachments.has_photo(visit.id)
    counts = attachments.signature_of(visit.id)
    assert counts is not None
    assert (counts.id, counts.signer) == (late.attachment_id, "Li Lei")


def test_the_last_signature_counts_and_the_first_stays(phone: Phone, visit: Visit) -> None:
    sender, ids = Sender(phone, visit), [uuid.uuid4(), uuid.uuid4()]
    for attachment_id in ids:
        sender.send(sender.op("signature", payload={"attachment_id": str(attachment_id), "signer": "Li"}))
    counts = attachments.signature_of(visit.id)
    assert counts is not None
    assert counts.id == ids[1]
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 2


def test_an_attachment_is_spoken_of_once(phone: Phone, visit: Visit) -> None:
    sender, payload = Sender(phone, visit), {"attachment_id": str(uuid.uuid4())}
    (first,) = sender.send(sender.op("photo", payload=payload))
    (second,) = sender.send(sender.op("photo", payload=payload | {"caption": "another"}))
    assert (first["outcome"], second["outcome"]) == ("applied", "rejected")
    assert second["outcome_code"] == "attachment_taken"


def test_photos_and_notes_of_a_visit_taken_away_are_kept(phone: Phone, visit: Visit, world: World) -> None:
    sender, carrier = Sender(phone, visit), Carrier(phone, visit, photo())
    note = sender.op("note", payload={"text": " The cellar is wet. "})
    world.do(visits.schedule, visit, **world.slot(world.other))
    told = sender.send(sender.op("photo", payload={"attachment_id": str(carrier.attachment_id)}), note)
    assert {(one["outcome"], one["outcome_code"]) for one in told} == {("applied", "off_assignment")}
    assert carrier.create(carrier.data).status_code == 201
    kept, (written,) = carrier.kept(), db.session.scalars(select(Note)).all()
    assert kept is not None
    assert kept.off_assignment
    assert kept.state == "stored"
    assert (written.text, written.off_assignment, written.visit_id) == ("The cellar is wet.", True, visit.id)


def test_a_lost_answer_leaves_one_upload(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    first, again = carrier.create(), carrier.create()
    assert again.status_code == 201
    assert again.headers["Location"] == first.headers["Location"]
    half = len(carrier.data) // 2
    carrier.patch(0, carrier.data[:half])
    # The answer to that was lost: the phone sends it once more, is told, asks, and goes on.
    lost = carrier.patch(0, carrier.data[:half])
    assert (lost.status_code, lost.json["facts"]["offset"]) == (409, half)
    assert carrier.create().headers["Upload-Offset"] == str(half)
    assert carrier.patch(half, carrier.data[half:]).status_code == 204
    assert carrier.create().headers["Upload-Offset"] == str(len(carrier.data))
    assert opened(carrier.attachment_id, "original") == carrier.data
    assert db.session.scalar(select(func.count()).select_from(Upload)) == 1


def test_a_checksum_is_held_against_each_piece(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    first, rest = carrier.data[:1_000], carrier.data[1_000:]

    def sum_of(name: str, data: bytes) -> dict[str, str]:
        digest = base64.b64encode(hashlib.new(name, data).digest()).decode()
        return {"Upload-Checksum": f"{name} {digest}"}

    assert carrier.patch(0, first, **sum_of("sha1", first)).status_code == 204
    wrong = carrier.patch(1_000, rest, **sum_of("sha256", first))
    assert (wrong.status_code, wrong.json["code"]) == (460, "hash_differs")
    assert carrier.head().headers["Upload-Offset"] == "1000", "nothing of it was kept"
    assert carrier.patch(1_000, rest, **{"Upload-Checksum": "md5 AAAA"}).status_code == 400
    assert carrier.patch(1_000, rest, **sum_of("sha256", rest)).status_code == 204
    assert opened(carrier.attachment_id, "original") == carrier.data


def test_nobody_touches_the_uploads_of_another(
    phone: Phone, visit: Visit, phone_of: Any, world: World
) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    other: Phone = phone_of(world.other)
    for method in ("HEAD", "PATCH", "DELETE"):
        told = TUS | {"Upload-Offset": "0", "Content-Type": BYTES}
        assert other.send(method, carrier.path, headers=told, data=carrier.data).status_code == 404
    theirs = Carrier(other, visit, carrier.data)
    theirs.metadata = carrier.metadata
    assert theirs.create().json["code"] == "attachment_taken"
    theirs = Carrier(other, visit, photo(seed=5))
    assert theirs.create().status_code == 404, "the order was never theirs"
    assert carrier.patch(0, carrier.data).status_code == 204


def test_without_a_token_nothing_is_taken(app: Flask, phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    for method in ("POST", "HEAD", "PATCH", "DELETE"):
        path = PHONES + ("/uploads" if method == "POST" else carrier.path)
        assert app.test_client().open(path, method=method, headers=TUS).status_code in (400, 401)


def test_a_phone_that_was_replaced_still_delivers_what_it_has(
    phone: Phone, visit: Visit, phone_of: Any, world: World
) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    phone_of(world.expert)
    assert carrier.patch(0, carrier.data).status_code == 204
    with clock.freeze(MORNING + timedelta(hours=73)):
        late = Carrier(phone, visit, photo(seed=3))
        assert late.create().json["facts"] == {"wipe": True}


def test_an_upload_that_is_given_up_leaves_nothing(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    carrier.patch(0, carrier.data[:100])
    assert phone.send("DELETE", carrier.path, headers=TUS).status_code == 204
    assert carrier.head().status_code == 404
    assert not list(files.staging("uploads").iterdir())
    carrier.create(carrier.data)
    assert phone.send("DELETE", carrier.path, headers=TUS).status_code == 422, "what is whole stays"


def test_an_upload_that_waits_too_long_goes(phone: Phone, visit: Visit) -> None:
    waits, whole = Carrier(phone, visit, photo()), Carrier(phone, visit, photo(seed=4))
    waits.create()
    waits.patch(0, waits.data[:100])
    whole.create(whole.data)
    with clock.freeze(MORNING + timedelta(days=8)):
        assert waits.head().status_code == 410
        uploads.forget_old(system("test"))
        assert (waits.state(), whole.state()) == ("none", "stored")
        assert not list(files.staging("uploads").iterdir())
        assert waits.create(waits.data).status_code == 201


def test_an_upload_that_goes_on_as_it_is_to_be_forgotten_keeps_its_bytes(
    phone: Phone, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = Carrier(phone, visit, photo())
    carrier.create()
    carrier.patch(0, carrier.data[:100])
    locked = uploads._locked

    def as_it_goes_on(upload_id: uuid.UUID) -> Any:
        with transaction(system("test")) as session:
            session.get_one(Upload, upload_id).expires_at = clock.now() + uploads.LIFE
        return locked(upload_id)

    with clock.freeze(MORNING + timedelta(days=8)):
        with monkeypatch.context() as patched:
            patched.setattr(uploads, "_locked", as_it_goes_on)
            uploads.forget_old(system("test"))
        assert carrier.patch(100, carrier.data[100:]).status_code == 204
    assert opened(carrier.attachment_id, "original") == carrier.data


def test_two_equal_photos_are_two_attachments(phone: Phone, visit: Visit) -> None:
    first, second = Carrier(phone, visit, photo()), Carrier(phone, visit, photo())
    assert first.create(first.data).status_code == second.create(second.data).status_code == 201
    hashes = db.session.scalars(select(Attachment.sha256)).all()
    assert len(hashes) == 2
    assert len(set(hashes)) == 1


def test_a_damaged_picture_is_kept_as_it_is(phone: Phone, visit: Visit) -> None:
    carrier = Carrier(phone, visit, photo(2_000, 2_000)[:20_000])
    assert carrier.create(carrier.data).status_code == 201
    run = jobs.claim(timedelta(seconds=30))
    assert run is not None
    assert jobs.carry_out(run, structlog.get_logger()) == "failed"
    assert opened(carrier.attachment_id, "original") == carrier.data
    assert opened(carrier.attachment_id, "thumbnail") == carrier.data
