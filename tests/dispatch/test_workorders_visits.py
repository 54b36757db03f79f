"""Visits: who may do what when, and what it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from core.db import transaction
from core.errors import Conflict, Invalid, Stale
from dispatch.customers.models import EngineerStance
from dispatch.workorders import orders, visits
from dispatch.workorders.transitions import log_of
from tests.dispatch.workorder_world import HOUR, MORNING, World, somebody


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


def test_a_scheduled_visit_is_dispatched_and_so_is_its_order(world: World) -> None:
    visit = world.dispatched()
    assert (visit.status, visit.order.status, visit.engineer_id) == (
        "dispatched",
        "dispatched",
        world.expert.id,
    )
    assert [event.verb for event in log_of(visit.order)] == ["create", "dispatch"]


def test_scheduling_makes_the_version_of_visit_and_order_grow(world: World) -> None:
    order = world.order()
    before = order.version, order.visits[0].version
    visit = world.do(visits.schedule, order.visits[0], **world.slot())
    assert visit.order.version > before[0]
    assert visit.version > before[1]


def test_a_plan_made_from_an_older_order_is_refused(world: World) -> None:
    order = world.order()
    with transaction(world.actor):
        orders.change(world.actor, order.id, order.version, {"title": "Escalator 4"})
    with pytest.raises(Stale):
        world.do(visits.schedule, order.visits[0], **world.slot(), expected_order_version=1)


def test_another_engineer_is_a_reassignment_and_another_time_is_not(world: World) -> None:
    visit = world.dispatched()
    visit = world.do(visits.schedule, visit, **world.slot(start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR))
    visit = world.do(visits.schedule, visit, **world.slot(world.other))
    assert [event.verb for event in log_of(visit.order)][-2:] == ["reschedule", "reassign"]


def test_the_same_plan_again_renews_the_way_there_and_is_not_logged(world: World) -> None:
    visit = world.dispatched()
    before = visit.order.version, len(log_of(visit.order))
    again = world.do(visits.schedule, visit, **world.slot(), travel_s=600, distance_m=4000)
    assert (again.travel_s, again.distance_m) == (600, 4000)
    assert (again.order.version, len(log_of(again.order))) == before


def test_an_accepted_visit_given_to_somebody_else_waits_for_their_acceptance(world: World) -> None:
    visit = world.do(visits.accept, world.dispatched())
    kept = world.do(visits.schedule, visit, **world.slot(start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR))
    assert kept.status == "accepted"
    assert world.do(visits.schedule, visit, **world.slot(world.other)).status == "dispatched"


def test_an_engineer_without_the_skill_needs_a_reason_which_is_kept(world: World) -> None:
    visit = world.order().visits[0]
    with pytest.raises(Invalid, match="LIFT"):
        world.do(visits.schedule, visit, **world.slot(world.novice))
    world.do(visits.schedule, visit, **world.slot(world.novice, override_reason="Nobody else is near"))
    event = log_of(visit.order)[-1]
    assert event.reason == "Nobody else is near"
    assert event.facts is not None
    assert event.facts["missing_skills"] == ["LIFT"]


def test_an_engineer_the_customer_refused_needs_a_reason(world: World) -> None:
    with transaction(world.actor) as session:
        session.add(
            EngineerStance(customer_id=world.customer.id, engineer_id=world.expert.id, stance="refused")
        )
    visit = world.order().visits[0]
    with pytest.raises(Invalid) as refused:
        world.do(visits.schedule, visit, **world.slot())
    assert refused.value.code == "engineer_refused"
    assert world.do(visits.schedule, visit, **world.slot(override_reason="agreed")).status == "dispatched"


@pytest.mark.parametrize(
    ("kind", "moved"),
    [("engineer", {"engineer": "other"}), ("time", {"later": True}), ("both", {"later": True})],
)
def test_a_lock_keeps_the_optimizer_out_and_lets_the_dispatcher_in(
    world: World, kind: str, moved: dict[str, Any]
) -> None:
    visit = world.do(visits.lock, world.dispatched(), kind=kind)
    slot = world.slot(world.other if "engineer" in moved else None)
    if "later" in moved:
        slot.update(start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR)
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, visit, **slot)
    assert refused.value.code == "visit_locked"
    with pytest.raises(Conflict):
        world.do(visits.unschedule, visit)
    assert world.do(visits.schedule, visit, by=somebody("dispatcher"), **slot).lock == kind


def test_an_engineer_lock_lets_the_optimizer_move_the_time(world: World) -> None:
    visit = world.do(visits.lock, world.dispatched(), kind="engineer")
    slot = world.slot(start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR)
    assert world.do(visits.schedule, visit, **slot).planned_start_at == MORNING + HOUR


def test_a_started_visit_never_moves(world: World) -> None:
    visit = world.do(visits.accept, world.dispatched())
    visit = world.do(visits.depart, visit, reason="no signal")
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, visit, by=somebody("dispatcher"), **world.slot(world.other))
    assert refused.value.code == "visit_started"


def test_a_plan_for_a_cancelled_order_is_refused(world: World) -> None:
    order = world.order()
    world.do(orders.cancel, order, reason="by mistake")
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, order.visits[0], **world.slot())
    assert refused.value.code == "order_closed"


def test_a_visit_that_ends_before_it_starts_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        world.do(visits.schedule, world.order().visits[0], **world.slot(end_at=MORNING))


def test_an_unscheduled_visit_has_no_engineer_and_its_order_is_triaged(world: World) -> None:
    visit = world.do(visits.unschedule, world.dispatched())
    assert (visit.status, visit.engineer_id, visit.planned_start_at) == ("created", None, None)
    assert visit.order.status == "triaged"


def test_a_declined_visit_goes_back_with_the_reason(world: World) -> None:
    visit = world.do(visits.decline, world.dispatched(), reason="Too far")
    assert (visit.status, visit.engineer_id, visit.order.status) == ("created", None, "triaged")
    assert log_of(visit.order)[-1].reason == "Too far"


def test_a_decline_without_a_reason_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(visits.decline, world.dispatched(), reason="  ")
    assert "reason" in refused.value.fields
