"""The door of uploads: tus 1.0 with creation, creation-with-upload, checksum, expiration and termination."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from datetime import UTC
from typing import Any

from flask import Response, request, url_for
from flask.views import MethodView
from werkzeug.http import http_date

from core import api
from core.errors import DomainError, mark
from mobile_api import uploads
from mobile_api.api import PREFIX, phone
from mobile_api.models import Upload

VERSION = "1.0.0"
_EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
_ALGORITHMS = ("sha1", "sha256")
_BYTES = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,15}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def _header(name: str, about: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    told = {"type": "string"} | schema
    return {"in": "header", "name": name, "required": required, "description": about, "schema": told}


_TUS = _header("Tus-Resumable", "the version of tus", enum=[VERSION])
_AT = _header("Upload-Offset", "the byte the body begins at", pattern="^[0-9]{1,15}$")
_SUM = _header("Upload-Checksum", "sha1 or sha256 of the body, in Base64", required=False)
_LENGTH = _header("Upload-Length", "how many bytes the file has", pattern="^[0-9]{1,15}$")
_TOLD = _header("Upload-Metadata", "attachment_id, work_order_id, sha256; filename, filetype")
_BODY = {"content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}}
_PROBLEMS: dict[str, dict[str, Any]] = {
    "409": {},
    "410": {},
    "412": {},
    "413": {},
    "415": {},
    "423": {},
    "460": {},
}

blp = api.blueprint("uploads", __name__, "Phones: photos and signatures (tus 1.0)", f"{PREFIX}/uploads")


class NotTus(DomainError):
    """A request that tus does not know so."""

    code = "tus"


class OtherVersion(DomainError):
    """Another version of tus than ours."""

    status = 412
    code = "tus_version"


class OtherBody(DomainError):
    """A body that is not bytes of a file."""

    status = 415
    code = "content_type"


@blp.before_request
def _check_version() -> None:
    request.max_content_length = uploads.MOST_BYTES
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersion(mark("Speak tus %(version)s: send Tus-Resumable."), version=VERSION)


@blp.after_request
def _finished(response: Response) -> Response:
    """Tell with every answer, of errors too, which tus this is."""
    response.headers["Tus-Resumable"] = response.headers["Tus-Version"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


def _number(header: str) -> int:
    said = request.headers.get(header, "")
    if not _NUMBER.fullmatch(said):
        raise NotTus(mark("Send %(header)s, a whole number."), header=header)
    return int(said)


def _announced() -> uploads.Announced:
    told = request.headers.get("Upload-Metadata", "")
    said: dict[str, str] = {}
    try:
        for pair in filter(None, (each.strip() for each in told.split(","))):
            name, _, value = pair.partition(" ")
            said[name] = base64.b64decode(value, validate=True).decode()
        return uploads.Announced(
            uuid.UUID(said["attachment_id"]),
            uuid.UUID(said["work_order_id"]),
            _sha256(said["sha256"]),
            uploads.plain_name(said.get("filename", "")),
            told[:2_000],
        )
    except (KeyError, ValueError, binascii.Error):
        raise NotTus(
            mark("Upload-Metadata needs attachment_id, work_order_id and sha256, each in Base64.")
        ) from None


def _sha256(said: str) -> str:
    if not _SHA256.fullmatch(said):
        raise ValueError(said)
    return said.lower()


def _checksum() -> tuple[str, bytes] | None:
    said = request.headers.get("Upload-Checksum")
    if said is None:
        return None
    algorithm, _, digest = said.partition(" ")
    try:
        if algorithm not in _ALGORITHMS:
            raise ValueError(algorithm)
        return algorithm, base64.b64decode(digest, validate=True)
    except ValueError:
        raise NotTus(mark("Upload-Checksum is sha1 or sha256 and the digest in Base64.")) from None


def _answer(upload: Upload, status: int, **headers: str) -> Response:
    response = Response(status=status, headers=headers)
    response.headers["Upload-Offset"] = str(upload.received)
    if upload.state == "open":
        response.headers["Upload-Expires"] = http_date(upload.expires_at.astimezone(UTC))
    return response


def _append(upload_id: uuid.UUID, offset: int) -> Upload:
    if request.mimetype != _BYTES:
        raise OtherBody(mark("Send the bytes as application/offset+octet-stream."))
    return uploads.append(api.actor(), phone(), upload_id, offset, request.stream, _checksum())


@blp.route("", methods=["OPTIONS"])
@blp.doc(
    operationId="ask_upload_server",
    summary="What this server can do",
    security=[],
    responses={"204": {"description": "Told in the headers"}},
)
def options() -> Response:
    """Tell what this server can do."""
    told = {
        "Tus-Extension": _EXTENSIONS,
        "Tus-Max-Size": str(uploads.MOST_BYTES),
        "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
    }
    return Response(status=204, headers=told)


@blp.route("", methods=["POST"])
@blp.doc(
    operationId="begin_upload",
    summary="Announce a file, and send its first bytes if wanted",
    parameters=[_TUS, _LENGTH, _TOLD],
    requestBody=_BODY | {"required": False},
    responses=_PROBLEMS | {"201": {"description": "Location says where its bytes go"}},
)
def create() -> Response:
    """Begin an upload, or find the one begun before."""
    upload = uploads.create(api.actor(), phone(), _number("Upload-Length"), _announced())
    if upload.length == 0:
        upload = uploads.head(api.actor(), phone(), upload.id)
    if request.content_length and upload.received == 0:
        upload = _append(upload.id, 0)
    return _answer(upload, 201, Location=url_for(".at", upload_id=upload.id))


def _head(upload_id: uuid.UUID) -> Response:
    upload = uploads.head(api.actor(), phone(), upload_id)
    told = {"Upload-Length": str(upload.length)} | ({"Upload-Metadata": upload.told} if upload.told else {})
    return _answer(upload, 200, **told)


def _patch(upload_id: uuid.UUID) -> Response:
    return _answer(_append(upload_id, _number("Upload-Offset")), 204)


def _delete(upload_id: uuid.UUID) -> Response:
    uploads.end(api.actor(), phone(), upload_id)
    return Response(status=204)


@blp.route("/<uuid:upload_id>", endpoint="at")
class At(MethodView):
    """An upload."""

    @blp.doc(
        operationId="head_upload",
        summary="How far an upload is",
        parameters=[_TUS],
        responses=_PROBLEMS | {"200": {"description": "Upload-Offset says it"}},
    )
    def head(self, upload_id: uuid.UUID) -> Response:
        """Tell how many bytes are here."""
        return _head(upload_id)

    @blp.doc(
        operationId="append_to_upload",
        summary="Send more bytes of a file",
        parameters=[_TUS, _AT, _SUM],
        requestBody=_BODY,
        responses=_PROBLEMS | {"204": {"description": "Upload-Offset says how many are here now"}},
    )
    def patch(self, upload_id: uuid.UUID) -> Response:
        """Take more bytes."""
        return _patch(upload_id)

    @blp.doc(
        operationId="end_upload",
        summary="Give an upload up",
        parameters=[_TUS],
        responses=_PROBLEMS | {"204": {"description": "It is gone"}},
    )
    def delete(self, upload_id: uuid.UUID) -> Response:
        """Forget what was sent."""
        return _delete(upload_id)

    @blp.doc(
        operationId="override_upload",
        summary="The same, by the method named in X-HTTP-Method-Override",
        parameters=[
            _TUS,
            _header("X-HTTP-Method-Override", "what is meant", enum=["PATCH", "HEAD", "DELETE"]),
            {**_AT, "required": False},
            _SUM,
        ],
        requestBody=_BODY | {"required": False},
        responses=_PROBLEMS
        | {"200": {"description": "As for HEAD"}, "204": {"description": "As for PATCH or DELETE"}},
    )
    def post(self, upload_id: uuid.UUID) -> Response:
        """Do what a phone could not ask for by its own method."""
        doors = {"HEAD": _head, "PATCH": _patch, "DELETE": _delete}
        door = doors.get(request.headers.get("X-HTTP-Method-Override", "").upper())
        if door is None:
            raise NotTus(mark("Send PATCH, HEAD or DELETE, or name it in X-HTTP-Method-Override."))
        return door(upload_id)
