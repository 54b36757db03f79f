"""Work orders: asked for, completed by their category, decided about."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any

import pytest
from sqlalchemy import func, select

from core import clock
from core.audit import AuditEntry, history
from core.db import db, transaction
from core.errors import Conflict, DomainError, Forbidden, Invalid
from dispatch.customers.models import Contract, Customer, Site
from dispatch.flows.models import Category
from dispatch.workorders import orders, rules, visits
from dispatch.workorders.models import VisitEvent, WorkOrder
from dispatch.workorders.transitions import log_of
from dispatch.workorders.verbs import order_verbs_of
from tests.dispatch.workorder_world import HOUR, MORNING, World, somebody


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


def test_a_new_order_takes_what_is_left_out_from_its_category(world: World) -> None:
    with clock.freeze(MORNING):
        order = world.order()
    assert (order.status, order.priority, order.duration_s) == ("created", "high", 5400)
    assert [(item.skill_id, item.level) for item in order.skills] == [(world.lifts.id, 2)]
    assert order.respond_due_at == MORNING + timedelta(minutes=240)
    assert order.resolve_due_at == MORNING + timedelta(minutes=1440)
    assert [(visit.sequence, visit.status) for visit in order.visits] == [(1, "created")]


def test_what_a_request_says_itself_wins_over_its_category(world: World) -> None:
    order = world.order(priority="low", duration_s=600, skills=[], resolve_due_at=MORNING)
    assert (order.priority, order.duration_s, order.skills, order.resolve_due_at) == ("low", 600, [], MORNING)


def test_a_contract_promises_before_the_category_does(world: World) -> None:
    with transaction(world.actor) as session:
        contract = Contract(
            customer_id=world.customer.id,
            number="K-1",
            starts_on=MORNING.date(),
            ends_on=MORNING.date(),
            response_minutes=60,
        )
        session.add(contract)
    with clock.freeze(MORNING):
        order = world.order(contract_id=contract.id)
    assert order.respond_due_at == MORNING + HOUR
    assert order.resolve_due_at == MORNING + 24 * HOUR


def test_numbers_count_by_the_year_of_the_companys_time_zone(world: World) -> None:
    with clock.freeze(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)):
        last = world.order()
    with clock.freeze(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)):
        first = world.order()
    assert (last.number, first.number) == ("WO-2026-00001", "WO-2027-00001")


def test_all_that_is_wrong_is_said_at_once_by_field(world: World) -> None:
    with transaction(world.actor) as session:
        other = Customer(number="C-2", name="other")
        session.add(other)
        session.flush()
        site = Site(customer_id=other.id, name="elsewhere")
        session.add(site)
    with pytest.raises(Invalid) as refused:
        world.order(site_id=site.id, contact_phone="", custom={"colour": "red"}, external_key="1")
    assert set(refused.value.fields) == {"site_id", "contact_phone", "custom", "external_key"}


def test_a_retired_category_is_refused(world: World) -> None:
    with transaction(world.actor):
        db.session.merge(world.category).active = False
    with pytest.raises(Invalid) as refused:
        world.order()
    assert set(refused.value.fields) == {"category_id"}


def test_an_order_of_a_category_retired_since_can_still_be_changed(world: World) -> None:
    order = world.order()
    with transaction(world.actor) as session:
        session.merge(world.category).active = False
        parent = Category(code="old", name_en="Old", name_zh="旧", active=False)
        session.add(parent)
        session.flush()
        session.add(Category(code="sub", name_en="Sub", name_zh="子", parent_id=parent.id))
    with transaction(world.actor):
        changed = orders.change(world.actor, order.id, order.version, {"title": "x"})
    assert changed.title == "x"
    under_retired = db.session.scalars(select(Category).where(Category.code == "sub")).unique().one()
    for verb in (
        lambda actor, record: orders.triage(actor, record, category_id=under_retired.id),
        lambda actor, record: orders.change(
            actor, record.id, record.version, {"category_id": under_retired.id}
        ),
    ):
        with pytest.raises(Invalid) as refused:
            world.do(verb, order)
        assert set(refused.value.fields) == {"category_id"}


def test_a_skill_nobody_has_is_accepted_with_a_warning(world: World) -> None:
    order = world.order(skills=[{"skill_id": world.power.id, "level": 1}])
    assert [facts for _, facts in order.warnings] == [{"skill": "POWER"}]  # type: ignore[attr-defined]


def test_many_orders_at_once_are_as_single_ones_and_bad_rows_say_why(world: World) -> None:
    window = {"starts_at": MORNING, "ends_at": MORNING + HOUR}
    rows: list[dict[str, Any]] = [
        world.asked(external_source="nyc", external_key="1", windows=[window]),
        world.asked(title=""),
        world.asked(external_source="nyc", external_key="1"),
        world.asked(windows=[{"starts_at": MORNING, "ends_at": MORNING}]),
        world.asked(skills=[{"skill_id": world.site.id, "level": 1}]),
        world.asked(),
    ]
    with transaction(world.actor):
        results = orders.insert_many(world.actor, rows)
    assert [sorted(result.get("errors", {})) for result in results] == [
        [],
        ["title"],
        ["external_key"],
        ["windows"],
        ["skills"],
        [],
    ]
    made = db.session.get(WorkOrder, results[0]["id"])
    single = world.order()
    assert made is not None
    assert (made.number, single.number) == ("WO-2026-00001", "WO-2026-00003")
    for name in ("status", "decision", "priority", "duration_s", "channel", "urgency", "version"):
        assert getattr(made, name) == getattr(single, name)
    assert len(made.windows) == len(made.skills) == len(made.visits) == 1
    assert [event.verb for event in log_of(made)] == ["create"]
    assert {entry.table for entry in history(made.id)} == {
        "work_order",
        "visit",
        "work_order_skill",
        "work_order_window",
    }
    with transaction(world.actor):
        again = orders.insert_many(world.actor, rows[:1])
    assert "external_key" in again[0]["errors"]


def test_bulk_rows_leave_the_audit_entries_single_ones_leave(world: World) -> None:
    with transaction(world.actor):
        made = orders.insert_many(world.actor, [world.asked()])[0]["id"]
    single = world.order().id

    def told(root_id: Any) -> list[Any]:
        return sorted((e.table, e.action, sorted(e.after or ())) for e in history(root_id))

    assert told(made) == told(single)


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
    visit = world.dispatched()
    for verb, said in (("accept", {}), ("depart", {"reason": "r"}), ("arrive", {"reason": "r"})):
        visit = world.do(getattr(visits, verb), visit, **said)  # type: ignore[arg-type]
    order = world.do(visits.hold, visit, reason="waits for a key").order
    with pytest.raises(Conflict):
        world.do(orders.merge, order, into=db.session.merge(world.order()))
    assert "merge" not in order_verbs_of(world.actor, order)


def test_a_finished_order_is_not_changed(world: World) -> None:
    order = world.do(orders.cancel, world.order(), reason="mistake")
    with transaction(world.actor), pytest.raises(Conflict):
        orders.change(world.actor, order.id, order.version, {"title": "x"})


def _completed(world: World) -> WorkOrder:
    visit = world.dispatched()
    for verb, said in (
        ("accept", {}),
        ("depart", {"reason": "r"}),
        ("arrive", {"reason": "r"}),
        ("start", {}),
        ("complete", {"solution": "done"}),
    ):
        visit = world.do(getattr(visits, verb), visit, **said)  # type: ignore[arg-type]
    return visit.order


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
