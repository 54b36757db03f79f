"""Work orders: asked for, completed by their category."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.audit import history
from core.db import db, transaction
from core.errors import Invalid
from dispatch.customers.models import Contract, Customer, Site
from dispatch.flows.models import Category
from dispatch.workorders import orders
from dispatch.workorders.models import WorkOrder
from dispatch.workorders.transitions import log_of
from tests.dispatch.workorder_world import HOUR, MORNING, World


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
