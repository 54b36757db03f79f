"""Fixes on the way: kept within shifts alone, and out of their operations when phones have these no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock, feed, jobs
from core.db import db, transaction
from core.worker import Worker
from dispatch.workorders.models import Visit
from geo.models import Position
from mobile_api import old_fixes
from mobile_api.models import Operation
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.test_push import SITE, Sender, said


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + 6 * HOUR):
        yield Sender(phone_of(world.expert), visit)


def fixes(*minutes: int) -> dict[str, Any]:
    return {"fixes": [{**SITE, "accuracy_m": 5, "age_ms": 60_000 * age} for age in minutes]}


def kept() -> list[Any]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Position.recorded_at).where(Position.kind == "fix")))


def test_fixes_outside_shifts_are_applied_and_not_kept(world: World, sender: Sender) -> None:
    world.rostered(world.expert, MORNING - 2 * HOUR, 1)
    op = sender.op("position", payload=fixes(0, 40, 300))
    assert said(sender.send(op)) == [("applied", "")]
    assert kept() == [MORNING + timedelta(minutes=1 - 40)], "half an hour after the shift is the end"
    assert said(sender.send(op)) == [("applied", "")]
    assert len(kept()) == 1


def test_without_a_shift_no_fix_is_kept_and_a_check_in_is(world: World, sender: Sender) -> None:
    ops = [sender.op("position", payload=fixes(0)), sender.op("check_in")]
    assert said(sender.send(*ops)) == [("applied", "")] * 2
    assert db.session.scalars(select(Position.kind)).all() == ["check_in"]


def test_an_operation_forgets_its_fixes_when_its_phone_has_it_no_more(
    app: Flask, world: World, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rostered(world.expert)
    monkeypatch.setattr(old_fixes, "_AT_ONCE", 1)
    ops = [sender.op("position", payload=fixes(0)) for _ in range(2)]
    ops.append(sender.op("check_in"))
    assert said(sender.send(*ops)) == [("applied", "")] * 3

    def payloads() -> list[Any]:
        db.session.rollback()
        return list(db.session.scalars(select(Operation.payload).order_by(Operation.device_seq)))

    before = payloads()
    for days, left in ((13, before), (16, [{"fixes": []}, {"fixes": []}, SITE])):
        with clock.freeze(MORNING + timedelta(days=days)):
            assert "phones.forget_fixes" in [name for name, _, _ in jobs.periodic()]
            for _ in range(2):
                with transaction():
                    old_fixes.enqueue()
            Worker(app).run(until_idle=True)
            assert payloads() == left
            assert old_fixes.forget() == 0
            with transaction():
                feed.mark_all()
            assert feed.differences() == []
            again = sender.send(ops[0])
            assert said(again) == [("applied", "")], "what was said is still known by its digest"
    assert len(kept()) == 2
