"""Operations from a phone, each stored before it is judged: the push side of RxDB's HTTP replication."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import func, select

from core import clock, feed
from core.audit import plain, write_entries
from core.auth.actors import Actor
from core.db import db, transaction, tried_again
from core.fields import Instant
from core.messages import translated
from mobile_api import operations, rules
from mobile_api.devices import check_may_read, check_may_send, seen
from mobile_api.models import Device, Operation
from mobile_api.operation_documents import operation_body
from mobile_api.scopes import EVERYBODY, scope_of

_LEAST, _MOST = -(2**53), 2**53
_BY_SERVER = (
    "outcome",
    "outcome_code",
    "detail",
    "received_at",
    "event_time",
    "time_quality",
    "_deleted",
)


class OperationSchema(Schema):
    """What every operation says."""

    kind = fields.String(required=True, validate=validate.Length(1, 40))
    device_seq = fields.Integer(required=True, strict=True, validate=validate.Range(1, _MOST))
    work_order_id = fields.UUID(allow_none=True, load_default=None)
    assignment_id = fields.UUID(allow_none=True, load_default=None)
    payload = fields.Dict(load_default=dict)
    device_time = Instant(required=True)
    mono_ms = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, _MOST)
    )
    boot_id = fields.String(load_default="", validate=validate.Length(max=60))
    clock_offset_ms = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(_LEAST, _MOST)
    )


def push(actor: Actor, device: Device, sent: list[dict[str, Any]], offset_ms: int | None) -> list[Any]:
    """Store and judge operations one after the other, and return them with their outcomes.

    Parameters
    ----------
    sent : list of dict
        As the phone has them.
    offset_ms : int, optional
        How far our clock is ahead of the phone's, as it knows now [ms].
    """
    check_may_send(device)
    with transaction(actor):
        seen(device)
    return [_pushed(actor, device, one, offset_ms) for one in sent]


def _pushed(actor: Actor, device: Device, sent: dict[str, Any], offset_ms: int | None) -> dict[str, Any]:
    try:
        operation_id = uuid.UUID(str(sent.get("id")))
    except ValueError:
        return _refused(actor, device, sent, "invalid_id")

    def once(*, is_last: bool) -> dict[str, Any] | None:
        known = db.session.get(Operation, operation_id)
        if known is None:
            known = _stored(device, operation_id, sent, offset_ms)
            if known.outcome == "pending":
                operations.judge(actor, device, known, is_last=is_last)
            db.session.flush()
        elif (known.engineer_id, known.digest) != (device.engineer_id, _digest(sent)):
            return None
        return {**operation_body(known), "_deleted": False}

    return tried_again(actor, once) or _refused(actor, device, sent, "id_reuse")


def _refused(actor: Actor, device: Device, sent: dict[str, Any], code: str) -> dict[str, Any]:
    """Keep in the audit log what cannot be an operation of its own, and return it as refused."""
    said = {**sent, "device_id": str(device.id)}
    entry = {"action": "refuse", "table": "operation", "row_id": str(sent.get("id"))[:200], "after": said}
    with transaction(actor) as session:
        write_entries(session, [{**entry, "root_id": str(device.engineer_id)}])
    return {**sent, "outcome": "rejected", "outcome_code": code, "_deleted": False}


def _digest(sent: dict[str, Any]) -> str:
    said = {name: value for name, value in sent.items() if name not in _BY_SERVER}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _stored(
    device: Device, operation_id: uuid.UUID, sent: dict[str, Any], offset_ms: int | None
) -> Operation:
    """Return the operation as it was said, stored and not judged yet; one that is wrong in itself is so."""
    said, wrong = _said(sent)
    now = clock.now()
    operation = Operation(
        id=operation_id,
        device_id=device.id,
        engineer_id=device.engineer_id,
        pushed_offset_ms=offset_ms,
        received_at=now,
        digest=_digest(sent),
        place=device.place_of(said["device_seq"]),
        outcome="rejected" if wrong else "pending",
        outcome_code="invalid" if wrong else "",
        detail={"errors": wrong, "said": sent} if wrong else None,
        event_time=now,
        time_quality="uncertain",
        **said,
    )
    if said["device_time"] is not None:
        offset = said["clock_offset_ms"]
        operation.event_time, certain = rules.event_time(
            said["device_time"],
            None if offset is None else _ms(offset),
            None if offset_ms is None else _ms(offset_ms),
            now,
            _said_at(device, said["device_seq"], before=True),
            _said_at(device, said["device_seq"], before=False),
        )
        operation.time_quality = "certain" if certain else "uncertain"
    db.session.add(operation)
    db.session.flush()
    return operation


def _ms(offset: int) -> timedelta:
    # Far beyond any calendar it makes no difference how far.
    return timedelta(milliseconds=max(-(10**14), min(10**14, offset)))


def _said(sent: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """Return what an operation says, and what is wrong with it; where it is, only what can be kept."""
    schema = OperationSchema(unknown=EXCLUDE)
    try:
        return schema.load(sent), None
    except ValidationError as error:
        valid = dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
        empty = {"kind": str(sent.get("kind"))[:40], "device_seq": 0, "payload": {}, "device_time": None}
        empty |= {"work_order_id": None, "assignment_id": None, "mono_ms": None, "boot_id": ""}
        kept = {name: valid.get(name, value) for name, value in (empty | {"clock_offset_ms": None}).items()}
        return kept, translated(error.normalized_messages())


def _said_at(device: Device, seq: int, *, before: bool) -> datetime | None:
    """Return when the phone said something last before, or first after, a number of its count."""
    side = Operation.device_seq < seq if before else Operation.device_seq > seq
    of_it = (Operation.device_id == device.id, Operation.device_time.is_not(None), side)
    pick = func.max(Operation.event_time) if before else func.min(Operation.event_time)
    found: datetime | None = db.session.scalar(select(pick).where(*of_it))
    return found


def answer_as_ours(device: Device, name: str, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return our documents in place of those a phone would change in a collection that is ours."""
    check_may_read(device)
    ids = []
    for one in sent:
        try:
            ids.append(uuid.UUID(str(one.get("id"))))
        except ValueError:
            continue
    ours = {one.doc_id: one for one in feed.named(name, (scope_of(device.engineer_id), EVERYBODY), ids)}
    return [
        plain(
            {
                **(ours[one].body if one in ours else {}),
                "id": one,
                "_deleted": one not in ours or ours[one].deleted,
            }
        )
        for one in ids
    ]
