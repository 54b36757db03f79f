"""Verbs done to orders and visits that exist, against the API's own description."""

from __future__ import annotations

import contextvars
from typing import Any

import pytest
import schemathesis
import schemathesis.openapi
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from core.api import etag_of
from core.auth.actors import Actor
from core.db import db
from dispatch.workorders.models import Visit, WorkOrder
from tests.dispatch.workorder_world import World
from tests.test_openapi import CHECKS, SEED


def aim(case: Any, visit: Visit) -> None:
    """Have a request name the visit, or its order, as it stands."""
    db.session.rollback()
    model, id_ = (Visit, visit.id) if "visits" in case.operation.path else (WorkOrder, visit.order_id)
    record = db.session.get(model, id_, populate_existing=True)
    case.path_parameters["record_id"] = str(id_)
    case.headers = {**(case.headers or {}), "If-Match": etag_of(record)}
    db.session.rollback()


def failures_of(app: Flask, token: str, visit: Visit, examples: int) -> list[str]:
    """Send good and bad requests about one order and its visit; return what broke."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    headers = {"Authorization": f"Bearer {token}"}
    broken = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if not any(noun in operation.path for noun in ("work-orders", "visits", "positions")):
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
                if "record_id" in (case.path_parameters or {}):
                    aim(case, visit)
                contextvars.Context().run(case.call_and_validate, headers=headers, checks=CHECKS)

            try:
                send()
            except FailureGroup as group:
                broken += [f"{operation.label}: {' '.join(str(each).split())}" for each in group.exceptions]
            except schemathesis.errors.SchemathesisError as error:
                if "negative" not in str(error).lower():
                    broken.append(f"{operation.label}: {error}")
    return list(dict.fromkeys(broken))


@pytest.mark.full
def test_verbs_answer_as_described(app: Flask, admin: Any, actor: Actor) -> None:
    visit = World(actor).dispatched()
    broken = failures_of(app, admin.secret, visit, examples=20)
    assert not broken, "\n\n".join(broken[:20])
