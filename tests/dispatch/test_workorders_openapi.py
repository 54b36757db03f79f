"""Verbs done to orders and visits that exist, against the API's own description."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from core.api import etag_of
from core.auth.actors import Actor
from core.db import db
from dispatch.workorders.models import Visit, WorkOrder
from tests.dispatch.workorder_world import World
from tests.test_openapi import failures_of


def aim(case: Any, visit: Visit) -> None:
    """Have a request name the visit, or its order, as it stands."""
    if "record_id" not in (case.path_parameters or {}):
        return
    db.session.rollback()
    model, id_ = (Visit, visit.id) if "visits" in case.operation.path else (WorkOrder, visit.order_id)
    record = db.session.get(model, id_, populate_existing=True)
    case.path_parameters["record_id"] = str(id_)
    case.headers = {**(case.headers or {}), "If-Match": etag_of(record)}
    db.session.rollback()


@pytest.mark.full
def test_verbs_answer_as_described(app: Flask, admin: Any, actor: Actor) -> None:
    visit = World(actor).dispatched()
    broken = failures_of(
        app,
        admin.secret,
        examples=20,
        about=("work-orders", "visits", "positions"),
        aim=lambda case: aim(case, visit),
    )
    assert not broken, "\n\n".join(broken[:20])
