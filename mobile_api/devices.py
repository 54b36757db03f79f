"""Phones: invited by a code, enrolled once, taken away again; and whose phone sends a request."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from core import clock
from core.auth.actors import Actor
from core.auth.models import User
from core.auth.passwords import digest, new_secret
from core.db import db
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated, mark
from dispatch.workforce.models import Engineer
from mobile_api.models import Device, Enrolment

READ, WRITE = "devices.read", "devices.write"
PREFIX = "pdd_"
CODE_LIFE = timedelta(minutes=15)
DRAIN = timedelta(hours=72)
"""How long what a phone has kept is still taken after another took its place, or it was taken away."""
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 10


class CodeOver(DomainError):
    """An enrolment code that is unknown, used by another phone, or too old."""

    status = 403
    code = "code_over"


def invite(actor: Actor, engineer_id: uuid.UUID) -> tuple[Enrolment, str]:
    """Return a code, shown this once, that makes one phone this engineer's within 15 minutes.

    Raises
    ------
    Invalid
        The engineer does not work any more, or has no account to act by.
    """
    engineer = db.session.get(Engineer, engineer_id)
    if engineer is None:
        raise NotFound(mark("There is no such engineer."))
    if not may_invite(actor, engineer):
        actor.require(WRITE)
    user = db.session.get(User, engineer.user_id) if engineer.user_id else None
    if not engineer.active or user is None or not user.active:
        raise Invalid(
            mark("%(name)s needs an account that can sign in before a phone can be enrolled."),
            name=engineer.name,
        )
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
    invitation = Enrolment(engineer_id=engineer.id, digest=digest(code), expires_at=clock.now() + CODE_LIFE)
    db.session.add(invitation)
    db.session.flush()
    return invitation, code


def may_invite(actor: Actor, engineer: Engineer) -> bool:
    """Tell whether somebody may enrol a phone for an engineer: for oneself, or as who hands phones out."""
    is_self = actor.user_id is not None and engineer.user_id == actor.user_id
    return actor.may(WRITE) or is_self


def enrol(code: str, device_uuid: uuid.UUID, name: str = "") -> tuple[Device, str]:
    """Make a phone the engineer's whose code it has, and return it with its token, shown this once.

    The engineer's phone before drains from now on. The same phone may ask again within the code's life: the
    first answer may have been lost, and its token is void then.

    Raises
    ------
    CodeOver
        Nobody knows the code, another phone used it, or it is too old.
    """
    found = select(Enrolment).where(Enrolment.digest == digest(code.strip().upper())).with_for_update()
    invitation = db.session.scalar(found)
    if invitation is None or invitation.expires_at <= clock.now():
        raise CodeOver(mark("This code is not valid any more: ask for a new one."))
    secret, kept = new_secret(PREFIX)
    device = db.session.get(Device, invitation.device_id) if invitation.device_id else None
    if device is not None and device.device_uuid != device_uuid:
        raise CodeOver(mark("Another phone has used this code: ask for a new one."))
    if device is not None:
        device.token_digest = kept
        return device, secret
    engineer = select(Engineer.id).where(Engineer.id == invitation.engineer_id)
    db.session.execute(engineer.with_for_update(key_share=True))
    others = db.session.scalars(select(Device).where(Device.engineer_id == invitation.engineer_id)).all()
    for other in others:
        if other.status == "active":
            _drain(other)
    device = Device(
        id=uuid.uuid4(),
        device_uuid=device_uuid,
        engineer_id=invitation.engineer_id,
        name=name.strip()[:200],
        token_digest=kept,
        status="active",
        turn=len(others),
        enrolled_at=clock.now(),
    )
    db.session.add(device)
    db.session.flush()
    invitation.device_id = device.id
    return device, secret


def _drain(device: Device) -> None:
    device.status, device.drained_at = "draining", clock.now() + DRAIN


def revoke(actor: Actor, device_id: uuid.UUID, *, drain: bool = True) -> Device:
    """Take a phone away: it is told to forget all it has; if it may `drain`, what it sends is still kept."""
    device = db.session.get(Device, device_id)
    if device is None:
        raise NotFound(mark("There is no such phone."))
    if device.engineer.user_id is None or device.engineer.user_id != actor.user_id:
        actor.require(WRITE)
    if device.status == "revoked":
        raise Conflict(mark("This phone has been taken away already."))
    if drain:
        _drain(device)
    else:
        device.status, device.drained_at = "revoked", None
    db.session.flush()
    return device


def device_of(secret: str) -> Device:
    """Return the phone whose token this is, a revoked one too.

    Raises
    ------
    Unauthenticated
        No phone has it.
    """
    query = select(Device).where(Device.token_digest == digest(secret))
    # An engineer comes with all their abilities otherwise, on every request of every phone.
    device = db.session.scalar(query.options(joinedload(Device.engineer).lazyload("*")))
    if device is None:
        raise Unauthenticated(mark("This phone is not known here: enrol it by a new code."))
    return device


def seen(device: Device) -> None:
    """Remember in the caller's transaction that a phone has sent something, about once a minute at most."""
    now = clock.now()
    if device.seen_at is None or now - device.seen_at > timedelta(minutes=1):
        db.session.execute(update(Device).where(Device.id == device.id).values(seen_at=now))


def check_may_read(device: Device) -> None:
    """Raise unless a phone may have documents.

    Raises
    ------
    Forbidden
        It was taken away, or another one took its place: it is to forget what it has.
    """
    if device.status != "active":
        raise _wipe()


def check_may_send(device: Device) -> None:
    """Raise unless what a phone sends is taken.

    Raises
    ------
    Forbidden
        It was taken away, and had time enough to send what it kept.
    """
    if device.status == "revoked" or (device.drained_at is not None and device.drained_at <= clock.now()):
        raise _wipe()


def _wipe() -> Forbidden:
    return Forbidden(
        mark("This phone has been taken away: what it holds is to be removed."), code="wipe", wipe=True
    )
