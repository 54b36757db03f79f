"""The JSON door of phones, and that of who hands them out."""

from __future__ import annotations

import gzip
import re
import uuid
from typing import Any

from flask import Response, g, jsonify, request

from core import api, clock, hints
from core.auth.limits import limit_codes
from core.auth.models import User
from core.db import db, transaction
from core.errors import NotFound, Unauthenticated, mark
from mobile_api import bodies, devices, pull, push
from mobile_api.documents import COLLECTIONS
from mobile_api.models import Device
from mobile_api.resources import DEVICES
from mobile_api.schemas import (
    DeviceSchema,
    EnrolledSchema,
    EnrolmentSchema,
    EnrolSchema,
    PullArgs,
    PulledSchema,
    RevocationSchema,
)
from mobile_api.scopes import EVERYBODY, scope_of

PREFIX = "/api/mobile/v1"
_WORTH_GZIP = 1_000

blp = api.blueprint("phones", __name__, "Phones: enrolment and synchronisation", PREFIX)
desk = api.blueprint("devices", __name__, "Engineers' phones")
api.add_resource(desk, DEVICES, verbs=())


def user_of(secret: str) -> User:
    """Return the account of the engineer whose phone's token this is.

    Raises
    ------
    Unauthenticated
        It is no phone's, it is used elsewhere than by a phone, or the account is not active.
    """
    device = devices.device_of(secret)
    user = db.session.get(User, device.engineer.user_id) if device.engineer.user_id else None
    if user is None or not user.active or not request.path.startswith(f"{PREFIX}/"):
        raise Unauthenticated(mark("This token is a phone's, for the addresses of phones alone."))
    g.device = device
    return user


def phone() -> Device:
    """Return the phone that sent this request.

    Raises
    ------
    Unauthenticated
        It was not a phone.
    """
    device: Device | None = g.get("device")
    if device is None:
        raise Unauthenticated(mark("Only an enrolled phone may do this: send its token."))
    return device


@blp.after_request
def _finished(response: Response) -> Response:
    """Tell the server's clock, and send large answers packed."""
    response.headers["X-Server-Time"] = clock.now().isoformat(timespec="milliseconds")
    response.headers["Cache-Control"] = "no-store"
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if packed and not response.is_streamed and (response.content_length or 0) > _WORTH_GZIP:
        response.set_data(gzip.compress(response.get_data(), compresslevel=5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    return response


@desk.route("/engineers/<uuid:record_id>/enrolments", methods=["POST"])
@api.needs(devices.READ)
@desk.response(201, EnrolmentSchema)
@desk.doc(operationId="invite_phone", summary="Make a code by which one phone becomes this engineer's")
def invite(record_id: uuid.UUID) -> Any:
    """Make a code, for one's own phone or as who may hand phones out."""
    who = api.actor()
    with transaction(who):
        invitation, code = devices.invite(who, record_id)
    return {"code": code, "expires_at": invitation.expires_at}


@desk.route("/devices/<uuid:record_id>/revoke", methods=["POST"])
@api.needs(devices.READ)
@desk.arguments(RevocationSchema)
@desk.response(200, DeviceSchema)
@desk.doc(operationId="revoke_phone", summary="Take a phone away")
def revoke(data: dict[str, Any], record_id: uuid.UUID) -> Any:
    """Take a phone away."""
    who = api.actor()
    with transaction(who):
        return devices.revoke(who, record_id, **data)


@blp.route("/devices", methods=["POST"])
@blp.arguments(EnrolSchema)
@blp.response(201, EnrolledSchema)
@blp.doc(
    operationId="enrol_phone", summary="Become the phone of the engineer whose code this is", security=[]
)
def enrol(data: dict[str, Any]) -> Any:
    """Enrol a phone; the same phone may repeat it while the code lives."""
    limit_codes()
    with transaction():
        device, token = devices.enrol(**data)
    return {
        "id": device.id,
        "token": token,
        "engineer_id": device.engineer_id,
        "engineer": device.engineer,
    }


@blp.route("/sync/hints")
@blp.doc(
    operationId="wait_for_hints",
    summary="Server-sent events: that there is something new to pull, never what",
    responses={"200": {"description": "event: hint, data: RESYNC", "content": {"text/event-stream": {}}}},
)
def wait_for_hints() -> Response:
    """Tell a phone when there is something new for it."""
    device = phone()
    devices.check_may_read(device)
    return hints.stream((scope_of(device.engineer_id), EVERYBODY))


@blp.route("/sync/<string:collection>", methods=["POST"])
@blp.doc(
    operationId="push_operations",
    summary="What this phone says was done; every row is answered, none stops the others",
    requestBody={"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}},
    responses={"200": {"description": "The same documents with their outcomes"}},
)
def push_operations(collection: str) -> Any:
    """Store and judge operations; in a collection of ours answer with what is so."""
    device = phone()
    devices.check_may_send(device)
    if collection not in COLLECTIONS:
        raise NotFound(mark("There is no such collection."))
    sent = bodies.rows_of(request)
    if collection != "ops":
        return jsonify(push.answer_as_ours(device, collection, sent))
    offset = request.headers.get("X-Clock-Offset-Ms", "")
    known = int(offset) if re.fullmatch(r"-?[0-9]{1,15}", offset) else None
    return jsonify(push.push(api.actor(), device, sent, known))


@blp.route("/sync/<string:collection>")
@blp.arguments(PullArgs, location="query")
@blp.response(200, PulledSchema)
@blp.doc(operationId="pull_documents", summary="What has changed for this phone since a checkpoint")
def pull_documents(query: dict[str, Any], collection: str) -> Any:
    """Answer a page of documents."""
    version = request.headers.get("X-Schema-Version", "")
    known = int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else None
    return pull.page(phone(), collection, query["checkpoint"], query["limit"], known)
