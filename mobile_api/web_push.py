"""Web push: a phone whose app is closed is told that there is something new, and nothing more.

The messages are signed (VAPID) by a key of this server and encrypted for the one browser that asked for them
(RFC 8291); they go through the browser maker's own service, and only to hosts that `PUSH_HOSTS` names.
"""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush
from requests import RequestException
from sqlalchemy import delete, select

from core import clock, files, jobs
from core.auth.actors import system
from core.db import db
from core.errors import Invalid, mark
from dispatch.workorders.events import VisitScheduled, VisitStatusChanged
from dispatch.workorders.models import Assignment, Visit
from mobile_api.devices import check_may_read
from mobile_api.models import Device, PushSubscription

log = structlog.get_logger("push")
NUDGE = "phones.nudge"
_TOGETHER = timedelta(seconds=10)
"""What happens within this time is one message."""
_TTL_S, _PATIENCE_S = 3_600, 10
_GONE = (404, 410)
_WORD = '{"hint": "sync"}'
_LOOPBACK = ("127.0.0.1", "localhost")


def subscribe(device: Device, endpoint: str, p256dh: str, auth: str) -> None:
    """Have a phone told by its browser's service, in the place of what it said before.

    Raises
    ------
    Forbidden
        The phone was taken away.
    Invalid
        The address is none of a service in `PUSH_HOSTS`.
    """
    check_may_read(device)
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    hosts = current_app.config["SETTINGS"].push_hosts.split()
    if not is_safe or not any(fnmatch(host, each) for each in hosts):
        message = mark("This push service is not among PUSH_HOSTS.")
        raise Invalid(message, code="push_host", fields={"endpoint": [message]})
    unsubscribe(device)
    db.session.add(PushSubscription(device_id=device.id, endpoint=endpoint, p256dh=p256dh, auth=auth))
    db.session.flush()


def unsubscribe(device: Device) -> None:
    """Tell a phone nothing any more."""
    db.session.execute(delete(PushSubscription).where(PushSubscription.device_id == device.id))


def public_key() -> str:
    """Return what browsers know this server's messages by (a point of P-256, Base64url)."""
    point = _key().public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def note_cancelled(event: VisitStatusChanged) -> None:
    """Have the phone told of the engineer whose visit was cancelled."""
    if event.to_status == "cancelled":
        visit = db.session.get_one(Visit, event.visit_id)
        assignment = db.session.get(Assignment, visit.assignment_id) if visit.assignment_id else None
        _tell_soon({visit.engineer_id, assignment.engineer_id if assignment else None})


def note(event: VisitScheduled) -> None:
    """Have the phones told of the engineers who got or lost a visit."""
    _tell_soon({event.engineer_id, event.was_engineer_id})


def _tell_soon(engineer_ids: set[uuid.UUID | None]) -> None:
    """Have engineers' phones told a little later, of all that happens until then together."""
    now = clock.now()
    since = timedelta(seconds=now.timestamp() % _TOGETHER.total_seconds())
    ends_at = now - since + _TOGETHER
    for engineer_id in engineer_ids - {None}:
        assert engineer_id is not None
        if db.session.scalar(_of_engineer(engineer_id).limit(1)) is not None:
            key = f"{NUDGE}:{engineer_id}:{ends_at:%Y-%m-%dT%H:%M:%S}"
            jobs.enqueue(NUDGE, {"engineer_id": str(engineer_id)}, key=key, run_at=ends_at)


def _of_engineer(engineer_id: uuid.UUID) -> Any:
    return (
        select(PushSubscription)
        .join(Device, PushSubscription.device_id == Device.id)
        .where(Device.engineer_id == engineer_id, Device.status == "active")
    )


@jobs.handles(NUDGE)
def _nudge(run: jobs.JobRun) -> None:
    """Tell an engineer's phone; one that is not there any more is forgotten.

    A service that does not answer is not asked again: an app that is opened looks by itself.
    """
    found = db.session.scalars(_of_engineer(uuid.UUID(run.payload["engineer_id"]))).all()
    asked = {
        one.id: {"endpoint": one.endpoint, "keys": {"p256dh": one.p256dh, "auth": one.auth}} for one in found
    }
    db.session.rollback()
    gone = [one for one, subscription in asked.items() if not _told(subscription)]
    with run.finishing(system("push")) as session:
        session.execute(delete(PushSubscription).where(PushSubscription.id.in_(gone)))


def _told(subscription: dict[str, Any]) -> bool:
    """Send the word; False: the browser does not want it any more."""
    settings = current_app.config["SETTINGS"]
    host = urlsplit(subscription["endpoint"])
    claims = {
        "sub": settings.public_url or "mailto:paidan@localhost",
        "aud": f"{host.scheme}://{host.netloc}",
    }
    try:
        webpush(
            subscription,
            _WORD,
            vapid_private_key=_key(),
            vapid_claims=claims,
            ttl=_TTL_S,
            timeout=_PATIENCE_S,
        )
    except WebPushException as error:
        status = error.response.status_code if error.response is not None else None
        log.info("push refused", host=host.hostname, status=status)
        return status not in _GONE
    except (RequestException, ValueError) as error:
        log.info("push not sent", host=host.hostname, reason=type(error).__name__)
    return True


def _key() -> Vapid02:
    """Return the key of this server, made the first time and kept beside the database."""
    path: Path = current_app.config["SETTINGS"].data_dir / "keys" / "push.pem"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Vapid02()
        made.generate_keys()
        files.write_new(path, made.private_pem(), 0o600)
    return Vapid02.from_file(str(path))
