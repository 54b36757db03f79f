"""Uploads: bytes taken as they come, kept up to where the line broke, and checked when they are whole.

The bytes stand in a file beside the database, the row says how many of them are on the disk for certain. Who
writes holds the file's lock, which ends with the process that holds it; no transaction is open meanwhile.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

from sqlalchemy import delete, select, update
from werkzeug.exceptions import ClientDisconnected

from core import clock, files
from core.auth.actors import Actor
from core.db import db, transaction, tried_again
from core.errors import Conflict, DomainError, Invalid, NotFound, mark
from dispatch.evidence import attachments, pictures
from dispatch.workorders.models import Assignment, Visit
from mobile_api.devices import check_may_send, seen
from mobile_api.models import Device, Upload

MOST_BYTES = 50 * 1024 * 1024
LIFE = timedelta(days=7)
_CHUNK = 1 << 15
_LONGEST_NAME = 200


class TooLarge(DomainError):
    """More bytes than one attachment may have, or than were announced."""

    status = 413
    code = "too_much"


class Busy(DomainError):
    """Another request is writing to this upload."""

    status = 423
    code = "locked"


class OffsetDiffers(Conflict):
    """The bytes sent do not go on where those received end."""

    code = "offset"


class HashDiffers(DomainError):
    """The bytes are not those that were announced (status as tus has it)."""

    status = 460
    code = "hash_differs"


class Over(DomainError):
    """The upload was refused, or waited too long."""

    status = 410
    code = "upload_over"


@dataclass(frozen=True)
class Announced:
    """What a phone says of a file before it sends it; `told` is that in its own words."""

    attachment_id: uuid.UUID
    work_order_id: uuid.UUID
    sha256: str
    filename: str
    told: str


def plain_name(said: str) -> str:
    """Return the last part of a file's name, without what means something to a file system."""
    last = re.split(r"[/\\]", said)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip(". ")[:_LONGEST_NAME]


def create(actor: Actor, device: Device, length: int, announced: Announced) -> Upload:
    """Return the upload of an attachment: a new one, or the one whose answer was lost before.

    Raises
    ------
    TooLarge
    NotFound
        The order was never this engineer's.
    Taken
        Another file was announced under this id.
    """
    check_may_send(device)
    if length > MOST_BYTES:
        raise TooLarge(mark("A file may have %(most)s MiB at most."), most=MOST_BYTES >> 20)

    def begin(**_: Any) -> Upload:
        seen(device)
        return _begun(device, length, announced)

    return tried_again(actor, begin)


def _begun(device: Device, length: int, announced: Announced) -> Upload:
    before = db.session.scalar(select(Upload).where(Upload.attachment_id == announced.attachment_id))
    if before is not None and before.state == "refused" and before.engineer_id == device.engineer_id:
        db.session.delete(before)
        db.session.flush()
        before = None
    if before is not None:
        same = (before.engineer_id, before.order_id, before.length, before.sha256)
        if same != (device.engineer_id, announced.work_order_id, length, announced.sha256):
            raise _taken()
        before.expires_at = clock.now() + LIFE
        return before
    was_theirs = (
        select(Assignment.id)
        .join(Visit, Assignment.visit_id == Visit.id)
        .where(Visit.order_id == announced.work_order_id, Assignment.engineer_id == device.engineer_id)
    )
    if db.session.scalar(was_theirs.limit(1)) is None:
        raise NotFound(mark("There is no such work order."))
    upload = Upload(
        id=uuid.uuid4(),
        attachment_id=announced.attachment_id,
        engineer_id=device.engineer_id,
        order_id=announced.work_order_id,
        length=length,
        received=0,
        sha256=announced.sha256,
        filename=announced.filename,
        told=announced.told,
        expires_at=clock.now() + LIFE,
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def _taken() -> attachments.Taken:
    return attachments.Taken(mark("Another file was announced under this id: give the new one its own."))


def upload_of(device: Device, upload_id: uuid.UUID) -> Upload:
    """Return an upload of the phone's engineer, as it stands now.

    Raises
    ------
    NotFound
        There is none, or it is somebody else's.
    Over
        It was refused, or waited too long.
    """
    check_may_send(device)
    mine = (Upload.id == upload_id, Upload.engineer_id == device.engineer_id)
    upload = db.session.scalar(select(Upload).where(*mine).execution_options(populate_existing=True))
    if upload is None:
        raise NotFound(mark("There is no such upload: begin anew."))
    if upload.state == "refused" or (upload.state == "open" and upload.expires_at <= clock.now()):
        raise Over(mark("This upload is over: begin anew."), reason=upload.code or "expired")
    return upload


@contextmanager
def _locked(upload_id: uuid.UUID) -> Iterator[BinaryIO]:
    """Give the file of an upload, which nobody else writes to meanwhile.

    Raises
    ------
    Busy
        Somebody does.
    """
    with (files.staging("uploads") / str(upload_id)).open("ab+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(mark("Another request is writing to this upload; ask again.")) from None
        yield stream


def head(actor: Actor, device: Device, upload_id: uuid.UUID) -> Upload:
    """Return how far an upload is; one whose last answer was lost in a crash is finished now."""
    upload = upload_of(device, upload_id)
    if upload.state == "stored":
        return upload
    with _locked(upload_id) as stream:
        return _finished_if_whole(actor, _as_on_disk(actor, device, upload_id, stream), stream)


def append(
    actor: Actor,
    device: Device,
    upload_id: uuid.UUID,
    offset: int,
    body: IO[bytes],
    checksum: tuple[str, bytes] | None = None,
) -> Upload:
    """Take bytes as far as they come and return the upload; whole, it is checked and kept.

    Parameters
    ----------
    offset : int
        Where the bytes begin: where those received end.
    checksum : (algorithm, digest), optional
        Of these bytes; if it differs none of them is kept.

    Raises
    ------
    OffsetDiffers, Busy, TooLarge, HashDiffers
    NotTaken, TooManyPixels
        The whole file is not what we keep; it is gone then.
    """
    _check_goes_on(upload_of(device, upload_id), offset)
    with _locked(upload_id) as stream:
        upload = _as_on_disk(actor, device, upload_id, stream)
        _check_goes_on(upload, offset)
        length = upload.length
        db.session.rollback()
        received = _written(stream, offset, length, body, checksum)
        with transaction(actor):
            seen(device)
            db.session.execute(
                update(Upload)
                .where(Upload.id == upload_id)
                .values(received=received, expires_at=clock.now() + LIFE)
            )
        return _finished_if_whole(actor, upload_of(device, upload_id), stream)


def _as_on_disk(actor: Actor, device: Device, upload_id: uuid.UUID, stream: BinaryIO) -> Upload:
    """Return an upload; if less is here than was acknowledged, as after a restore, it says so from now on."""
    upload, size = upload_of(device, upload_id), os.fstat(stream.fileno()).st_size
    if upload.state != "open" or size >= upload.received:
        return upload
    with transaction(actor):
        db.session.execute(update(Upload).where(Upload.id == upload_id).values(received=size))
    return upload_of(device, upload_id)


def _check_goes_on(upload: Upload, offset: int) -> None:
    """Raise OffsetDiffers unless an upload goes on from a byte."""
    if offset != upload.received:
        raise OffsetDiffers(mark("Go on from byte %(offset)s."), offset=upload.received)


def _written(
    stream: BinaryIO, begin: int, length: int, body: IO[bytes], checksum: tuple[str, bytes] | None
) -> int:
    """Write bytes behind those received, have them on the disk, and return how many there are then."""
    stream.truncate(begin)
    received, digest = begin, hashlib.new(checksum[0]) if checksum else None
    broken = False
    while not broken:
        try:
            chunk = body.read(min(_CHUNK, length - received + 1))
        except (ClientDisconnected, OSError):
            chunk, broken = b"", True
        if not chunk:
            break
        if received + len(chunk) > length:
            stream.truncate(begin)
            raise TooLarge(mark("More bytes came than were announced; none of these was kept."))
        stream.write(chunk)
        received += len(chunk)
        if digest:
            digest.update(chunk)
    if checksum and digest and digest.digest() != checksum[1]:
        stream.truncate(begin)
        raise HashDiffers(mark("These bytes are not those their checksum is of: send them again."))
    stream.flush()
    os.fsync(stream.fileno())
    files.sync_folder(files.staging("uploads"))
    return received


def _finished_if_whole(actor: Actor, upload: Upload, stream: BinaryIO) -> Upload:
    if upload.state != "open" or upload.received < upload.length:
        return upload
    path, upload_id, sha256 = Path(stream.name), upload.id, upload.sha256
    db.session.rollback()
    try:
        if files.sha256_of(path) != sha256:
            raise HashDiffers(mark("The file is not the one that was announced: begin anew."))
        sniffed = pictures.sniff(path)
    except DomainError as error:
        _refuse(actor, upload_id, error.code, path)
        raise
    files.keep(path)

    def receive(**_: Any) -> Upload:
        kept = db.session.get_one(Upload, upload_id, populate_existing=True)
        kept.state = "stored"
        attachments.receive(
            actor,
            kept.attachment_id,
            order_id=kept.order_id,
            engineer_id=kept.engineer_id,
            sha256=sha256,
            size=kept.length,
            sniffed=sniffed,
            filename=kept.filename,
        )
        return kept

    try:
        kept = tried_again(actor, receive)
    except attachments.Taken as error:
        _refuse(actor, upload_id, error.code, path)
        raise
    path.unlink()
    return kept


def _refuse(actor: Actor, upload_id: uuid.UUID, code: str, path: Path) -> None:
    with transaction(actor):
        db.session.execute(update(Upload).where(Upload.id == upload_id).values(state="refused", code=code))
    path.unlink(missing_ok=True)


def end(actor: Actor, device: Device, upload_id: uuid.UUID) -> None:
    """Give an upload up; what is whole stays.

    Raises
    ------
    Invalid
        It is whole.
    """
    upload_of(device, upload_id)
    with _locked(upload_id) as stream:
        upload = upload_of(device, upload_id)
        if upload.state == "stored":
            raise Invalid(mark("This file is whole and is kept."))
        with transaction(actor):
            db.session.execute(delete(Upload).where(Upload.id == upload_id))
        Path(stream.name).unlink(missing_ok=True)


def forget_old(actor: Any) -> None:
    """Remove what was begun and never ended, its bytes with it, and rows of what is long stored."""
    old = (Upload.expires_at <= clock.now(), Upload.state != "stored")
    for upload_id in db.session.scalars(select(Upload.id).where(*old)).all():
        db.session.rollback()
        try:
            with _locked(upload_id) as stream:
                with transaction(actor):
                    gone = delete(Upload).where(Upload.id == upload_id, *old).returning(Upload.id)
                    is_gone = db.session.scalar(gone) is not None
                # Its phone may have gone on with it since it was found.
                if is_gone:
                    Path(stream.name).unlink(missing_ok=True)
        except Busy:
            continue
    # Whoever asked for an upload at the moment it ended may have left an empty file.
    for path in files.staging("uploads").iterdir():
        if time.time() - path.stat().st_mtime > LIFE.total_seconds() and not _is_open(path.name):
            path.unlink(missing_ok=True)


def _is_open(name: str) -> bool:
    is_it = (Upload.id == uuid.UUID(name), Upload.state == "open")
    return db.session.scalar(select(Upload.id).where(*is_it)) is not None
