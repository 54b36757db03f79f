"""Errors as answers: RFC 9457 problem documents for programs, a page for people; never a stack trace."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from core.db import db
from core.errors import DomainError, mark
from core.json_text import UNSTORABLE
from core.messages import translated

log = structlog.get_logger("web")
TYPE = "application/problem+json"
_TITLES = {
    400: mark("This request cannot be read"),
    401: mark("Please sign in"),
    403: mark("Not allowed"),
    404: mark("Not found"),
    405: mark("This address does not take that method"),
    406: mark("This form of answer is not available"),
    409: mark("This conflicts with how things stand"),
    410: mark("Gone"),
    412: mark("Somebody changed this in the meantime"),
    413: mark("Too large"),
    415: mark("This content type is not understood"),
    422: mark("Some of this cannot be accepted"),
    428: mark("The version you changed is missing"),
    429: mark("Too many attempts"),
    500: mark("Something went wrong on our side"),
    503: mark("Not available at the moment"),
}
_DETAILS = {
    404: mark("There is nothing at this address."),
    405: mark("See the API page for what this address understands."),
    413: mark("The request is larger than this server accepts; send less at once."),
    415: mark("Send JSON with the header Content-Type: application/json."),
    429: mark("Wait a minute, then try again."),
    500: mark("It has been logged. Try again; if it stays, tell your administrator the time it happened."),
    503: mark("The database did not answer in time. Try again in a moment."),
}


class ProblemSchema(Schema):
    """An error, as RFC 9457 has it."""

    type = fields.String(metadata={"description": "about:blank, or urn:paidan:problem:CODE"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    code = fields.String(metadata={"description": "machine-readable name of what went wrong"})
    errors = fields.Dict(metadata={"description": "sentences by input field"})
    facts = fields.Dict()


def problem(
    status: int,
    detail: str = "",
    *,
    code: str = "",
    errors: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> Response:
    """Return the problem document as a response."""
    body: dict[str, Any] = {
        "type": f"urn:paidan:problem:{code}" if code else "about:blank",
        "title": gettext(_TITLES.get(status, mark("Error"))),
        "status": status,
    }
    for name, value in (("detail", detail), ("code", code), ("errors", errors), ("facts", facts)):
        if value:
            body[name] = value
    response = jsonify(body)
    response.status_code = status
    response.content_type = TYPE
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def wants_json() -> bool:
    """Tell whether this request is answered with a problem document instead of a page."""
    return request.path.startswith("/api/") or request.path in ("/health", "/ready")


def answer(status: int, detail: str, headers: Any = None, **rest: Any) -> Response:
    """Return the error in the form this request takes: a document or a page."""
    if wants_json():
        response = problem(status, detail, **rest)
    else:
        title = gettext(_TITLES.get(status, mark("Error")))
        page = render_template("error.html", status=status, title=title, detail=detail)
        response = Response(page, status=status)
    for name, value in headers or ():
        if name.lower() not in ("content-type", "content-length", "location"):
            response.headers[name] = value
    return response


def sentence(error: DomainError) -> str:
    """Return the error's sentence in the reader's language."""
    text = gettext(error.message)
    return text % error.facts if error.facts else text


def answer_domain_error(error: DomainError) -> Response:
    """Return the answer which says why a request cannot be carried out."""
    db.session.rollback()
    facts = {
        key: value if isinstance(value, int | float | list) else str(value)
        for key, value in error.facts.items()
    }
    headers = [("WWW-Authenticate", "Bearer")] if error.status == 401 and wants_json() else ()
    return answer(
        error.status, sentence(error), headers, code=error.code, errors=translated(error.fields), facts=facts
    )


def _validation_error(error: ValidationError) -> Response:
    return answer(
        422, gettext("See the fields."), code="invalid", errors=translated(error.normalized_messages())
    )


def _http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    detail = gettext(_DETAILS[status]) if status in _DETAILS else ""
    data = getattr(error, "data", None) or {}
    if status in (400, 422) and not detail:
        detail = gettext("See the fields.") if data.get("messages") else (error.description or "")
    messages = data.get("messages")
    if isinstance(messages, dict) and set(messages) <= {
        "json",
        "query",
        "path",
        "headers",
        "form",
        "files",
        "json_or_form",
    }:
        messages = {name: said for part in messages.values() for name, said in _by_name(part)}
    headers = [(k, v) for k, v in error.get_headers() if k in ("Allow", "Retry-After", "WWW-Authenticate")]
    return answer(status, detail, headers, errors=translated(messages) if messages else None)


def _by_name(part: Any) -> Any:
    return part.items() if isinstance(part, dict) else [("_schema", part)]


def _csrf_error(error: CSRFError) -> Response:
    return answer(400, gettext("This page is too old; load it again and repeat."), code="csrf")


def _integrity_error(error: IntegrityError) -> Response:
    db.session.rollback()
    log.warning("constraint refused a change", error=str(error.orig))
    return answer(409, sentence_of_refusal(error), code="conflict")


def sentence_of_refusal(error: IntegrityError) -> str:
    """Return in the reader's language why the database refused a change."""
    said = str(error.orig).lower()
    if "foreign" in said:
        return gettext("It is still used elsewhere, or refers to something that does not exist.")
    if "unique" in said:
        return gettext("Something with this key exists already.")
    return gettext("The database refused this because a rule of the data would break.")


def _stale_error(_error: StaleDataError) -> Response:
    """Answer 412 to who named a version, though both changes had found it current; else 409."""
    db.session.rollback()
    status = 412 if "If-Match" in request.headers else 409
    return answer(
        status, gettext("Somebody changed this at the same moment; load it again and repeat."), code="stale"
    )


def _operational_error(error: OperationalError) -> Response:
    db.session.rollback()
    log.error("database did not answer", error=str(error.orig))
    return answer(503, gettext(_DETAILS[503]), code="unavailable")


def _unstorable_error(error: DataError | UnicodeEncodeError) -> Response:
    db.session.rollback()
    log.warning("value cannot be stored", error=str(error))
    return answer(422, gettext(UNSTORABLE), code="unstorable")


def _any_error(error: Exception) -> Response:
    db.session.rollback()
    log.exception("unexpected error", path=request.path, request_id=g.get("request_id"))
    return answer(500, gettext(_DETAILS[500]))


def init_app(app: Flask) -> None:
    """Have every error answered."""
    app.register_error_handler(DomainError, answer_domain_error)
    app.register_error_handler(ValidationError, _validation_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(IntegrityError, _integrity_error)
    app.register_error_handler(StaleDataError, _stale_error)
    app.register_error_handler(OperationalError, _operational_error)
    app.register_error_handler(DataError, _unstorable_error)
    app.register_error_handler(UnicodeEncodeError, _unstorable_error)
    app.register_error_handler(Exception, _any_error)
