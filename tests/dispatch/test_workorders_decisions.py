"""What is decided about orders: merged, reviewed, confirmed, closed, opened again."""

from __future__ import annotations

import random
from inspect import signature
from typing import Any

import pytest
from sqlalchemy import func, select

from core.audit import AuditEntry
from core.db import db, transaction
from core.errors import Conflict, DomainError, Forbidden, Invalid
from dispatch.workorders import orders, rules, visits
from dispatch.workorders.models import VisitEvent, WorkOrder
from dispatch.workorders.transitions import log_of
from dispatch.workorders.verbs import order_verbs_of
from tests.dispatch.workorder_world import HOUR, MORNING, World, somebody


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


def test_a_merged_order_names_the_other_and_both_logs_say_so(world: World) -> None:
    first, second = world.order(), world.dispatched()
    merged = world.do(orders.merge, second.order, into=db.session.merge(first), by=somebody("agent"))
    assert (merged.status, merged.merged_into_id) == ("merged", first.id)
    assert [visit.status for visit in merged.visits] == ["cancelled"]
    kept = db.session.get(WorkOrder, first.id)
    assert kept is not None
    assert (kept.status, [event.verb for event in log_of(kept)]) == ("created", ["create", "take_in"])


def test_an_order_is_not_merged_into_itself_or_a_finished_one(world: World) -> None:
    order, finished = world.order(), world.order()
    world.do(orders.cancel, finished, reason="mistake")
    for into, kind in ((order, Invalid), (finished, Conflict)):
        with pytest.raises(kind):
            world.do(orders.merge, order, into=db.session.merge(into))


def test_an_order_is_not_merged_while_somebody_is_there(world: World, admin: Any) -> None:
    order = world.carry_out(world.dispatched(), "accept", "depart", "arrive", "hold").order
    with pytest.raises(Conflict):
        world.do(orders.merge, order, into=db.session.merge(world.order()))
    assert "merge" not in order_verbs_of(world.actor, order)


def test_a_finished_order_is_not_changed(world: World) -> None:
    order = world.do(orders.cancel, world.order(), reason="mistake")
    with transaction(world.actor), pytest.raises(Conflict):
        orders.change(world.actor, order.id, order.version, {"title": "x"})


def _completed(world: World) -> WorkOrder:
    visit = world.carry_out(world.dispatched(), "accept", "depart", "arrive", "start", "complete")
    order: WorkOrder = visit.order
    return order


def test_an_order_goes_from_review_over_confirmation_to_follow_up(world: World) -> None:
    order = world.do(orders.approve, _completed(world), by=somebody("reviewer"), checked=["solution"])
    assert order.status == "awaiting_confirmation"
    order = world.do(orders.confirm, order, by=somebody("customer"))
    order = world.do(orders.close, order, by=somebody("agent"))
    assert order.status == "closed"
    order = world.do(orders.follow_up, order, by=somebody("agent"), score=5)
    assert (order.status, order.satisfaction) == ("followed_up", 5)


def test_an_order_the_customer_has_not_confirmed_is_closed_only_with_a_reason(world: World) -> None:
    order = world.do(orders.approve, _completed(world))
    with pytest.raises(Invalid) as refused:
        world.do(orders.close, order)
    assert refused.value.code == "not_confirmed"
    assert world.do(orders.close, order, reason="Confirmed on the phone").status == "closed"


def test_nobody_reviews_their_own_work(world: World, client_of: Any) -> None:
    order = _completed(world)
    me = client_of("reviewer", "engineer")
    with transaction(world.actor):
        engineer = db.session.merge(world.expert)
        engineer.user_id = me.user_id
    answer = me.post(
        f"/work-orders/{order.id}/approve",
        {},
        headers={"If-Match": me.get(f"/work-orders/{order.id}").headers["ETag"]},
    )
    assert (answer.status_code, answer.json["code"]) == (403, "own_work")


def test_rejected_work_goes_back_to_its_engineer(world: World) -> None:
    order = world.do(orders.reject, _completed(world), by=somebody("reviewer"), reason="No photo")
    assert (order.status, order.visits[0].status) == ("in_progress", "in_progress")
    assert order.visits[0].engineer_id == world.expert.id


@pytest.mark.parametrize("verb", ["dispute", "reopen"])
def test_a_customer_who_is_not_content_gets_a_visit_that_follows_the_last(world: World, verb: str) -> None:
    order = world.do(orders.approve, _completed(world))
    if verb == "reopen":
        order = world.do(orders.close, order, reason="on the phone")
    order = world.do(getattr(orders, verb), order, by=somebody("customer"), reason="It stands again")
    assert order.status == "triaged"
    assert order.visits[1].follows_id == order.visits[0].id


def test_triage_sets_class_and_priority(world: World) -> None:
    order = world.do(orders.triage, world.order(), by=somebody("agent"), priority="urgent", impact="site")
    assert (order.status, order.priority, order.impact) == ("triaged", "urgent", "site")
    with pytest.raises(Forbidden):
        world.do(orders.triage, order, by=somebody("engineer"))


def test_no_walk_over_the_verbs_leaves_the_table(world: World) -> None:
    chance = random.Random(7)
    order = world.order()
    target = world.order()
    reason = {"reason": "because"}
    said: dict[str, Any] = {
        "depart": reason,
        "arrive": reason,
        "complete": {"solution": "done"},
        "end_incomplete": {"reason": "needs_part"},
        "follow_up": {"score": 3},
    }
    rarely = {"cancel": 0.97, "merge": 0.97, "decline": 0.9, "unschedule": 0.9, "end_incomplete": 0.9}
    rarely |= {
        "add_visit": 0.9,
        "reassign": 0.9,
        "reschedule": 0.9,
        "lock": 0.9,
        "unlock": 0.9,
        "triage": 0.9,
    }
    tried: set[str] = set()
    for _ in range(400):
        order = db.session.merge(order)
        options: list[tuple[Any, Any, str]] = [
            (orders, order, verb)
            for verb, row in rules.ORDER_TRANSITIONS.items()
            if order.status in row.before
        ]
        for visit in order.visits:
            options += [
                (visits, visit, verb)
                for verb, row in rules.VISIT_TRANSITIONS.items()
                if visit.status in row.before
            ]
        module, record, verb = chance.choice(options)
        if verb in ("take_in", "send_back") or chance.random() < rarely.get(verb, 0):
            continue
        if verb in ("dispatch", "reassign", "reschedule"):
            verb = "schedule"
        engineer = chance.choice([world.expert, world.other])
        said["merge"] = {"into": db.session.merge(target)}
        said["schedule"] = {"engineer_id": engineer.id, "start_at": MORNING, "end_at": MORNING + HOUR}
        takes_reason = "reason" in signature(getattr(module, verb)).parameters
        values = said.get(verb, reason if takes_reason else {})
        try:
            world.do(getattr(module, verb), record, **values)
            tried.add(verb)
        except DomainError:
            db.session.expire_all()
        if order.status in ("cancelled", "merged"):
            order = world.order()
    assert {"schedule", "accept", "complete", "approve", "close", "cancel"} <= tried
    for row_, visit_status in db.session.execute(select(VisitEvent, VisitEvent.to_status)):
        transition = rules.VISIT_TRANSITIONS[row_.verb]
        assert row_.from_status in transition.before
        assert visit_status == (transition.to or row_.from_status)
    for made in db.session.scalars(select(WorkOrder)).unique():
        assert made.status == rules.order_status(
            made.decision, [(visit.status, visit.required) for visit in made.visits]
        )
        for visit in made.visits:
            folded = "created"
            for event in visit.events:
                assert event.from_status == folded
                folded = event.to_status
            assert visit.status == folded
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) > 0
