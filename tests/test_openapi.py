"""The whole API against its own description: no crash, no undocumented answer."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
import schemathesis.openapi
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from core.db import db

SEED = 20261122
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@schemathesis.serializer("application/offset+octet-stream")
def _piece_of_a_file(_context: Any, value: Any) -> bytes:
    return bytes(value.data) if hasattr(value, "data") else str(value).encode()


def failures_of(
    app: Flask,
    token: str,
    examples: int,
    *,
    about: tuple[str, ...] = ("",),
    aim: Callable[[Any], None] = lambda case: None,
) -> list[str]:
    """Send `examples` requests of either kind, good and bad, to every operation; return what broke.

    Parameters
    ----------
    about : tuple of str
        Only operations whose path holds one of these.
    aim : callable
        What is done to each request before it is sent.
    """
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    headers = {"Authorization": f"Bearer {token}"}
    broken = []
    for found in schema.get_all_operations():
        operation = found.ok()
        is_about = any(word in operation.path for word in about)
        if not is_about or operation.label == "DELETE /api/v1/tokens/{record_id}":
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(SEED)
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: Any) -> None:
                aim(case)
                contextvars.Context().run(case.call_and_validate, headers=headers, checks=CHECKS)

            try:
                send()
            except FailureGroup as group:
                broken += [f"{operation.label}: {' '.join(str(each).split())}" for each in group.exceptions]
            except Unsatisfiable:
                # Of a request that says nothing, nothing can be wrong.
                assert mode is GenerationMode.NEGATIVE
            except schemathesis.errors.SchemathesisError as error:
                if "negative" not in str(error).lower():
                    broken.append(f"{operation.label}: {error}")
    db.session.rollback()
    return list(dict.fromkeys(broken))


def test_signing_in_too_often_is_refused_as_described(app: Flask) -> None:
    anybody = app.test_client()
    wrong = {"email": "nobody@example.org", "password": "not the right one"}
    for _ in range(17):  # eight a minute, and the minute may end meanwhile
        answer = anybody.post("/api/v1/session", json=wrong)
        if answer.status_code != 401:
            break
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0
    described = anybody.get("/api/openapi.json").get_json()["paths"]["/api/v1/session"]["post"]["responses"]
    assert "429" in described


def test_no_request_gets_a_5xx_or_an_undocumented_answer(app: Flask, admin: Any) -> None:
    broken = failures_of(app, admin.secret, examples=4)
    assert not broken, "\n\n".join(broken[:10])


@pytest.mark.full
def test_no_request_gets_a_5xx_or_an_undocumented_answer_at_length(app: Flask, admin: Any) -> None:
    broken = failures_of(app, admin.secret, examples=100)
    assert not broken, "\n\n".join(broken[:20])
