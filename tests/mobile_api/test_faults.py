"""Faults a phone and a server survive together, those that are not shown elsewhere (see docs/phones.md)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock, feed
from core.db import db, transaction
from dispatch.workorders.models import Visit, VisitEvent
from inventory.models import Part
from mobile_api.models import Operation
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.test_pull import add_parts
from tests.mobile_api.test_push import Sender, now_is, said


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + 6 * HOUR):
        yield Sender(phone_of(world.expert), visit)


def test_a_page_that_was_cut_is_read_again_without_a_gap(world: World, sender: Sender) -> None:
    add_parts(30)
    first = sender.phone.page("parts", limit=10).json
    # The next answer never arrived: the checkpoint has not moved, and meanwhile more is written.
    sender.phone.page("parts", limit=10, checkpoint=first["checkpoint"])
    with transaction(world.actor) as session:
        session.add_all([Part(number=f"N-{number}", name_en="new", name_zh="新") for number in range(5)])
    sender.phone.checkpoints["parts"] = first["checkpoint"]
    sender.phone.held["parts"] = {one["id"]: one for one in first["documents"]}
    assert len(sender.phone.pull("parts", limit=10)) == 35


@pytest.mark.parametrize("seed", range(3))
def test_forty_operations_after_hours_offline_lead_to_the_right_state_with_all_their_times(
    sender: Sender, visit: Visit, seed: int
) -> None:
    kinds = ["accept", "depart", "arrive", "start", *["hold", "resume"] * 17, "complete", "check_in"]
    ops = [sender.op(kind) for kind in kinds]
    assert len(ops) == 40
    chance, at = random.Random(seed), 0
    chance.shuffle(ops)
    while at < len(ops):
        size = chance.randint(1, 9)
        sender.send(*ops[at : at + size])
        at += size
    assert now_is(visit).status == "completed"
    stored = db.session.scalars(select(Operation).order_by(Operation.device_seq)).all()
    assert {one.outcome for one in stored} == {"applied"}
    assert [one.event_time for one in stored] == [
        MORNING + timedelta(minutes=one.device_seq) for one in stored
    ]
    logged = Counter(event.verb for event in now_is(visit).events)
    assert (logged["hold"], logged["resume"], logged["complete"]) == (17, 17, 1)


def test_after_a_restored_backup_what_was_acknowledged_is_pushed_again_and_counts(
    world: World, sender: Sender, visit: Visit
) -> None:
    """The database is as it was before the phone said anything; the phone keeps what was acknowledged."""
    accept, depart = sender.op("accept"), sender.op("depart")
    before = sender.phone.page("work_orders").json["checkpoint"]
    with transaction(world.actor):
        feed.begin_epoch()
    stale = sender.phone.page("work_orders", checkpoint=before)
    assert (stale.status_code, stale.json["code"]) == (410, "resync_required")
    assert said(sender.send(accept, depart)) == [("applied", "")] * 2
    assert sender.phone.pull("work_orders")[str(visit.id)]["status"] == "en_route"
    assert said(sender.send(accept, depart)) == [("applied", "")] * 2
    verbs = db.session.scalars(select(VisitEvent.verb).where(VisitEvent.visit_id == visit.id)).all()
    assert sorted(verbs) == ["accept", "depart", "dispatch"]


def test_a_clock_a_day_ahead_that_is_put_right_makes_no_future_and_keeps_the_order(
    sender: Sender, visit: Visit
) -> None:
    """The phone did not know that it was a day ahead; then it is set right in the middle of the work."""
    day = timedelta(days=1)
    ahead = [
        sender.op(
            kind, device_time=(MORNING + day + timedelta(minutes=number)).isoformat(), clock_offset_ms=None
        )
        for number, kind in enumerate(("accept", "depart"))
    ]
    right = [
        sender.op(kind, device_time=(MORNING + timedelta(minutes=30 + number)).isoformat(), clock_offset_ms=0)
        for number, kind in enumerate(("arrive", "start"))
    ]
    answers = sender.send(*ahead, *right)
    assert said(answers) == [("applied", "")] * 4
    times = [datetime.fromisoformat(one["event_time"]) for one in answers]
    assert times == sorted(times)
    assert max(times) <= MORNING + 6 * HOUR, "nothing happens in the future"
    assert [one["time_quality"] for one in answers[:2]] == ["uncertain"] * 2
    kept = db.session.scalars(select(Operation.device_time).order_by(Operation.device_seq)).all()
    assert kept[0] == MORNING + day, "what the phone's clock showed is kept"
    assert now_is(visit).status == "in_progress"
