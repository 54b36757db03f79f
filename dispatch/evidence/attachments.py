"""Attachments: spoken of and received, in whichever order; shown to whoever may see their order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select

from core import clock, files, jobs
from core.auth.actors import Actor, system
from core.db import db
from core.errors import Conflict, NotFound, mark
from dispatch.evidence import pictures
from dispatch.evidence.models import Attachment
from dispatch.evidence.pictures import Sniffed
from dispatch.workorders import orders
from dispatch.workorders.models import Visit, WorkOrder

READ, WRITE = "attachments.read", "attachments.write"
RENDER = "attachments.render"


class Taken(Conflict):
    """Another attachment has this id."""

    code = "attachment_taken"


def name(
    actor: Actor,
    attachment_id: uuid.UUID,
    *,
    visit: Visit,
    engineer_id: uuid.UUID | None,
    kind: str,
    at: datetime,
    caption: str = "",
    signer: str = "",
    off_assignment: bool = False,
) -> Attachment:
    """Say of what visit an attachment is, and what it shows; its bytes come, or have come, by themselves.

    Raises
    ------
    Taken
        The id is that of one of another order or engineer, or of one that was spoken of before.
    """
    actor.require(WRITE)
    found = _for_change(attachment_id)
    if found is None:
        found = Attachment(id=attachment_id, order_id=visit.order_id, engineer_id=engineer_id)
        db.session.add(found)
    elif found.named_at is not None or _of(found) != (visit.order_id, engineer_id):
        raise _taken()
    found.visit_id, found.kind, found.caption, found.signer = visit.id, kind, caption.strip(), signer.strip()
    found.off_assignment, found.taken_at, found.named_at = off_assignment, at, clock.now()
    db.session.flush()
    return found


def receive(
    actor: Actor,
    attachment_id: uuid.UUID,
    *,
    order_id: uuid.UUID,
    engineer_id: uuid.UUID | None,
    sha256: str,
    size: int,
    sniffed: Sniffed,
    filename: str,
) -> Attachment:
    """Note that the bytes of an attachment are kept; what shows them is made by a job.

    Raises
    ------
    Taken
        The id is that of one of another order, or other bytes came before.
    """
    actor.require(WRITE)
    found = _for_change(attachment_id)
    if found is None:
        kind = "photo" if sniffed.width else "document"
        found = Attachment(
            id=attachment_id, order_id=order_id, engineer_id=engineer_id, kind=kind, taken_at=clock.now()
        )
        db.session.add(found)
    elif _of(found) != (order_id, engineer_id) or found.sha256 not in (None, sha256):
        raise _taken()
    elif found.sha256 == sha256:
        return found
    found.state, found.sha256, found.size, found.stored_at = "stored", sha256, size, clock.now()
    found.media_type, found.width, found.height = sniffed.media_type, sniffed.width, sniffed.height
    found.filename = filename
    db.session.flush()
    if sniffed.width:
        jobs.enqueue(RENDER, {"attachment_id": str(found.id)}, key=f"{RENDER}:{found.id}")
    return found


def _for_change(attachment_id: uuid.UUID) -> Attachment | None:
    query = select(Attachment).where(Attachment.id == attachment_id).with_for_update(key_share=True)
    return db.session.scalar(query.execution_options(populate_existing=True))


def _of(found: Attachment) -> tuple[uuid.UUID, uuid.UUID | None]:
    return found.order_id, found.engineer_id


def _taken() -> Taken:
    return Taken(mark("This id is another attachment's: give the new one an id of its own."))


def of_order(actor: Actor, order: WorkOrder) -> Sequence[Attachment]:
    """Return an order's attachments, in the order in which they were made."""
    actor.require(READ)
    query = select(Attachment).where(Attachment.order_id == order.id)
    return db.session.scalars(query.order_by(Attachment.taken_at, Attachment.id)).all()


def signature_of(visit_id: uuid.UUID) -> Attachment | None:
    """Return the signature that counts: the last one given."""
    query = select(Attachment).where(Attachment.visit_id == visit_id, Attachment.kind == "signature")
    return db.session.scalar(query.order_by(Attachment.taken_at.desc(), Attachment.named_at.desc()).limit(1))


def has_photo(visit_id: uuid.UUID) -> bool:
    """Tell whether a photo of a visit was spoken of; its bytes may still be on the way."""
    query = select(Attachment.id).where(Attachment.visit_id == visit_id, Attachment.kind == "photo")
    return db.session.scalar(query.limit(1)) is not None


def opened(actor: Actor, attachment_id: uuid.UUID, form: str) -> tuple[Attachment, BinaryIO, str]:
    """Return an attachment of an order the actor may see, its bytes, and their media type.

    Parameters
    ----------
    form : {'original', 'display', 'thumbnail'}
        Until what is shown instead of the original is made, the original of a picture stands for it.

    Raises
    ------
    NotFound
        There is none, its bytes have not come yet, or it has no such form.
    """
    actor.require(READ)
    found = db.session.get(Attachment, attachment_id)
    if found is None:
        raise NotFound(mark("There is no such attachment."))
    orders.order_of(actor, found.order_id)
    made = {"display": found.display_sha256, "thumbnail": found.thumbnail_sha256}.get(form)
    sha256 = made or (found.sha256 if form == "original" or found.width else None)
    if sha256 is None:
        raise NotFound(mark("This attachment has not come yet, or has no such form."))
    try:
        return found, files.open_kept(sha256), "image/jpeg" if made else found.media_type
    except FileNotFoundError:
        raise NotFound(mark("The file of this attachment is missing: restore it from the backup.")) from None


@jobs.handles(RENDER)
def _render(run: jobs.JobRun) -> None:
    """Make what is shown of a picture instead of the original."""
    found = db.session.get_one(Attachment, uuid.UUID(run.payload["attachment_id"]))
    sha256 = found.sha256
    assert sha256 is not None
    db.session.rollback()
    with files.as_path(sha256) as path:
        made = pictures.renditions(path)
    display, thumbnail = map(files.keep_bytes, made)
    with run.finishing(system("attachments")):
        kept = db.session.get_one(Attachment, found.id, populate_existing=True)
        kept.display_sha256, kept.thumbnail_sha256 = display, thumbnail
