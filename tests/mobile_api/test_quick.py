"""The quick answer to a phone that asks what is new is the ordinary one, whatever stands on either side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core import clock, feed
from core.auth.models import User
from core.db import db, transaction
from dispatch.workorders.models import Visit
from mobile_api import devices, quick
from tests.dispatch.workorder_world import MORNING, World
from tests.mobile_api.conftest import Phone


@pytest.fixture
def phone(world: World, phone_of: Any, visit: Visit) -> Phone:
    phone: Phone = phone_of(world.expert)
    phone.pull("work_orders")
    return phone


def nothing(world: World, phone: Phone) -> None:
    """Leave all as it is."""


def new_visit(world: World, phone: Phone) -> None:
    world.dispatched()


def others_visit(world: World, phone: Phone) -> None:
    world.dispatched(world.other)


def new_epoch(world: World, phone: Phone) -> None:
    with transaction(world.actor):
        feed.begin_epoch()


def put_back(world: World, phone: Phone) -> None:
    phone.checkpoints["work_orders"]["seq"] += 1_000


def purged(world: World, phone: Phone) -> None:
    with transaction(world.actor) as session:
        scope, seq = f"engineer:{world.expert.id}", phone.checkpoints["work_orders"]["seq"] + 1
        session.add(feed.FeedHorizon(collection="work_orders", scope=scope, seq=seq))


def taken_away(world: World, phone: Phone) -> None:
    device_id = devices.device_of(phone.token).id
    with transaction(world.actor):
        devices.revoke(world.actor, device_id, drain=False)


def locked_out(world: World, phone: Phone) -> None:
    with transaction(world.actor) as session:
        session.get_one(User, session.merge(world.expert).user_id).active = False


def stranger(world: World, phone: Phone) -> None:
    phone.token = "pdd_" + "x" * 40


CASES: list[Callable[[World, Phone], None]] = [
    nothing,
    new_visit,
    others_visit,
    new_epoch,
    put_back,
    purged,
    taken_away,
    locked_out,
    stranger,
]


def asked(phone: Phone, **more: Any) -> tuple[int, Any]:
    answer = phone.page("work_orders", more.pop("limit", 100), phone.checkpoints["work_orders"], **more)
    return answer.status_code, answer.json


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_quick_answer_is_the_ordinary_one(
    app: Flask, world: World, phone: Phone, case: Callable[[World, Phone], None]
) -> None:
    assert asked(phone) == (200, {"documents": [], "checkpoint": phone.checkpoints["work_orders"]})
    with clock.freeze(MORNING + timedelta(minutes=1)):
        case(world, phone)
        db.session.rollback()
        found = asked(phone)
        hooks = app.before_request_funcs[None]
        hooks.remove(quick.answer)
        try:
            assert asked(phone) == found
        finally:
            hooks.insert(0, quick.answer)


@pytest.mark.parametrize("limit", [0, 501, -1, "x"])
def test_a_limit_that_is_none_is_refused(phone: Phone, limit: Any) -> None:
    assert asked(phone, limit=limit)[0] == 422


@pytest.mark.parametrize("epoch", ["\0", "x", "", "é" * 32, None, 5])
def test_an_epoch_that_is_none_is_no_fault_of_ours(phone: Phone, epoch: Any) -> None:
    phone.checkpoints["work_orders"]["epoch"] = epoch
    assert asked(phone)[0] in (410, 422)


def test_too_old_an_app_is_told_so(phone: Phone) -> None:
    assert asked(phone, headers={"X-Schema-Version": "0"})[0] == 426


def test_it_is_quick_where_nothing_is_new_and_only_there(
    app: Flask, world: World, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    known = devices.device_of
    monkeypatch.setattr(devices, "device_of", lambda secret: looked.append(secret) or known(secret))
    asked(phone)
    assert looked == []
    world.dispatched()
    assert len(asked(phone)[1]["documents"]) == 1
    assert looked == [phone.token]
