"""Visits: who may do what when, and what it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from core.audit import history
from core.db import db, transaction
from core.errors import Conflict, DomainError, Forbidden, Invalid, Stale
from core.events import subscribe
from dispatch.customers.models import EngineerStance
from dispatch.workorders import orders, visits
from dispatch.workorders.events import OrderStatusChanged, VisitScheduled
from dispatch.workorders.transitions import log_of
from geo.models import Position
from tests.dispatch.workorder_world import HOUR, MORNING, World, somebody


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


def _slot(world: World, engineer: Any = None, **values: Any) -> dict[str, Any]:
    return {
        "engineer_id": (engineer or world.expert).id,
        "start_at": MORNING,
        "end_at": MORNING + HOUR,
        **values,
    }


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
    visit = world.do(visits.schedule, order.visits[0], **_slot(world))
    assert visit.order.version > before[0]
    assert visit.version > before[1]


def test_a_plan_made_from_an_older_order_is_refused(world: World) -> None:
    order = world.order()
    with transaction(world.actor):
        orders.change(world.actor, order.id, order.version, {"title": "Escalator 4"})
    with pytest.raises(Stale):
        world.do(visits.schedule, order.visits[0], **_slot(world), expected_order_version=1)


def test_another_engineer_is_a_reassignment_and_another_time_is_not(world: World) -> None:
    visit = world.dispatched()
    visit = world.do(
        visits.schedule, visit, **_slot(world, start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR)
    )
    visit = world.do(visits.schedule, visit, **_slot(world, world.other))
    assert [event.verb for event in log_of(visit.order)][-2:] == ["reschedule", "reassign"]


def test_the_same_plan_again_renews_the_way_there_and_is_not_logged(world: World) -> None:
    visit = world.dispatched()
    before = visit.order.version, len(log_of(visit.order))
    again = world.do(visits.schedule, visit, **_slot(world), travel_s=600, distance_m=4000)
    assert (again.travel_s, again.distance_m) == (600, 4000)
    assert (again.order.version, len(log_of(again.order))) == before


def test_an_accepted_visit_given_to_somebody_else_waits_for_their_acceptance(world: World) -> None:
    visit = world.do(visits.accept, world.dispatched())
    kept = world.do(
        visits.schedule, visit, **_slot(world, start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR)
    )
    assert kept.status == "accepted"
    assert world.do(visits.schedule, visit, **_slot(world, world.other)).status == "dispatched"


def test_an_engineer_without_the_skill_needs_a_reason_which_is_kept(world: World) -> None:
    visit = world.order().visits[0]
    with pytest.raises(Invalid, match="LIFT"):
        world.do(visits.schedule, visit, **_slot(world, world.novice))
    world.do(visits.schedule, visit, **_slot(world, world.novice, override_reason="Nobody else is near"))
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
        world.do(visits.schedule, visit, **_slot(world))
    assert refused.value.code == "engineer_refused"
    assert world.do(visits.schedule, visit, **_slot(world, override_reason="agreed")).status == "dispatched"


@pytest.mark.parametrize(
    ("kind", "moved"),
    [("engineer", {"engineer": "other"}), ("time", {"later": True}), ("both", {"later": True})],
)
def test_a_lock_keeps_the_optimizer_out_and_lets_the_dispatcher_in(
    world: World, kind: str, moved: dict[str, Any]
) -> None:
    visit = world.do(visits.lock, world.dispatched(), kind=kind)
    slot = _slot(world, world.other if "engineer" in moved else None)
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
    slot = _slot(world, start_at=MORNING + HOUR, end_at=MORNING + 2 * HOUR)
    assert world.do(visits.schedule, visit, **slot).planned_start_at == MORNING + HOUR


def test_a_started_visit_never_moves(world: World) -> None:
    visit = world.do(visits.accept, world.dispatched())
    visit = world.do(visits.depart, visit, reason="no signal")
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, visit, by=somebody("dispatcher"), **_slot(world, world.other))
    assert refused.value.code == "visit_started"


def test_a_plan_for_a_cancelled_order_is_refused(world: World) -> None:
    order = world.order()
    world.do(orders.cancel, order, reason="by mistake")
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, order.visits[0], **_slot(world))
    assert refused.value.code == "order_closed"


def test_a_visit_that_ends_before_it_starts_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        world.do(visits.schedule, world.order().visits[0], **_slot(world, end_at=MORNING))


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


def _carry_out(world: World, visit: Any, *verbs: str) -> Any:
    said = {
        "depart": {"reason": "no signal"},
        "arrive": {"lat": 31.2304, "lon": 121.4737},
        "hold": {"reason": "waits for a key"},
        "complete": {"solution": "Chain replaced"},
    }
    for verb in verbs:
        visit = world.do(getattr(visits, verb), visit, **said.get(verb, {}))
    return visit


def test_the_steps_of_a_visit_lead_the_order_to_completed(world: World) -> None:
    seen = []
    visit = world.dispatched()
    for verb in ("accept", "depart", "arrive", "start", "hold", "resume", "complete"):
        visit = _carry_out(world, visit, verb)
        seen.append(visit.order.status)
    assert seen == [
        "accepted",
        "en_route",
        "arrived",
        "in_progress",
        "on_hold",
        "in_progress",
        "completed",
    ]


def test_a_step_out_of_order_is_refused_and_says_where_it_stands(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        world.do(visits.start, world.dispatched())
    assert refused.value.facts["from_status"] == "dispatched"
    assert refused.value.facts["possible_from"] == ["arrived"]


def test_only_the_assigned_engineer_reports_steps(world: World, client_of: Any) -> None:
    client_of("engineer")
    with pytest.raises(Forbidden) as refused:
        world.do(visits.accept, world.dispatched(), by=somebody("engineer"))
    assert refused.value.code == "not_yours"
    with pytest.raises(Forbidden):
        world.do(visits.accept, world.dispatched(), by=somebody("dispatcher"))


def test_a_check_in_far_from_the_site_is_flagged_not_refused(world: World) -> None:
    visit = _carry_out(world, world.dispatched(), "accept", "depart")
    visit = world.do(visits.arrive, visit, lat=31.24, lon=121.4737, accuracy_m=12.0)
    assert visit.status == "arrived"
    position = db.session.query(Position).filter_by(visit_id=visit.id, kind="check_in").one()
    assert position.outside_geofence
    assert 1000 < (position.distance_from_site_m or 0) < 1200
    facts = log_of(visit.order)[-1].facts
    assert facts is not None
    assert facts["outside_geofence"] is True


def test_an_arrival_needs_a_position_or_a_reason(world: World) -> None:
    visit = _carry_out(world, world.dispatched(), "accept", "depart")
    with pytest.raises(Invalid):
        world.do(visits.arrive, visit)
    assert world.do(visits.arrive, visit, reason="Basement").status == "arrived"


def test_a_completion_needs_its_solution(world: World) -> None:
    visit = _carry_out(world, world.dispatched(), "accept", "depart", "arrive", "start")
    with pytest.raises(Invalid):
        world.do(visits.complete, visit, solution=" ")


def test_an_incomplete_visit_is_followed_by_a_new_one(world: World) -> None:
    visit = _carry_out(world, world.dispatched(), "accept", "depart", "arrive")
    following = world.do(visits.end_incomplete, visit, reason="customer_absent")
    assert (following.follows_id, following.status, following.sequence) == (visit.id, "created", 2)
    assert following.order.status == "triaged"
    assert [v.status for v in following.order.visits] == ["incomplete", "created"]


def test_an_order_waits_on_hold_for_a_missing_part_until_resumed(world: World) -> None:
    visit = _carry_out(world, world.dispatched(), "accept")
    following = world.do(visits.end_incomplete, visit, reason="needs_part")
    assert following.order.status == "on_hold"
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, following, **_slot(world))
    assert refused.value.code == "order_on_hold"
    assert world.do(orders.resume, following.order).status == "triaged"
    assert world.do(visits.schedule, following, **_slot(world)).status == "dispatched"


@pytest.mark.parametrize("verb", ["decline", "end_incomplete"])
def test_an_order_still_waits_for_its_part_when_another_visit_falls_through(world: World, verb: str) -> None:
    first = _carry_out(world, world.dispatched(), "accept")
    second = world.do(orders.add_visit, first.order)
    second = world.do(visits.schedule, second, **_slot(world, world.other))
    second = _carry_out(world, second, "accept")
    world.do(visits.end_incomplete, first, reason="needs_part")
    world.do(getattr(visits, verb), second, reason="customer_absent")
    assert second.order.status == "on_hold"


def test_an_order_is_completed_only_when_every_required_visit_is(world: World) -> None:
    first = world.dispatched()
    second = world.do(orders.add_visit, first.order)
    first = _carry_out(world, first, "accept", "depart", "arrive", "start", "complete")
    assert first.order.status == "triaged"
    second = world.do(visits.schedule, second, **_slot(world, world.other))
    second = _carry_out(world, second, "accept", "depart", "arrive", "start", "complete")
    assert second.order.status == "completed"


def test_schedules_and_changes_of_status_are_told(world: World) -> None:
    heard: list[Any] = []
    subscribe(VisitScheduled, heard.append)
    subscribe(OrderStatusChanged, heard.append)
    visit = world.dispatched()
    assert [type(event).__name__ for event in heard if event.order_id == visit.order_id] == [
        "OrderStatusChanged",
        "VisitScheduled",
    ]


def test_a_refused_verb_leaves_nothing_behind(world: World) -> None:
    visit = world.dispatched()
    count = len(history(visit.order_id))
    with pytest.raises(DomainError):
        world.do(visits.complete, visit, solution="done")
    db.session.expire_all()
    assert (db.session.get(type(visit), visit.id).status, len(history(visit.order_id))) == (  # type: ignore[union-attr]
        "dispatched",
        count,
    )
