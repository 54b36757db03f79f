"""Visits carried out step by step: by whom, with what, and what it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from core.audit import history
from core.db import db
from core.errors import Conflict, DomainError, Forbidden, Invalid
from core.events import subscribe
from dispatch.workorders import orders, visits
from dispatch.workorders.events import OrderStatusChanged, VisitScheduled
from dispatch.workorders.transitions import log_of
from geo.models import Position
from tests.dispatch.workorder_world import World, somebody


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


def test_the_steps_of_a_visit_lead_the_order_to_completed(world: World) -> None:
    seen = []
    visit = world.dispatched()
    for verb in ("accept", "depart", "arrive", "start", "hold", "resume", "complete"):
        visit = world.carry_out(visit, verb)
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
    visit = world.carry_out(world.dispatched(), "accept", "depart")
    visit = world.do(visits.arrive, visit, lat=31.24, lon=121.4737, accuracy_m=12.0)
    assert visit.status == "arrived"
    position = db.session.query(Position).filter_by(visit_id=visit.id, kind="check_in").one()
    assert position.outside_geofence
    assert 1000 < (position.distance_from_site_m or 0) < 1200
    facts = log_of(visit.order)[-1].facts
    assert facts is not None
    assert facts["outside_geofence"] is True


def test_an_arrival_needs_a_position_or_a_reason(world: World) -> None:
    visit = world.carry_out(world.dispatched(), "accept", "depart")
    with pytest.raises(Invalid):
        world.do(visits.arrive, visit)
    assert world.do(visits.arrive, visit, reason="Basement").status == "arrived"


def test_a_completion_needs_its_solution(world: World) -> None:
    visit = world.carry_out(world.dispatched(), "accept", "depart", "arrive", "start")
    with pytest.raises(Invalid):
        world.do(visits.complete, visit, solution=" ")


def test_an_incomplete_visit_is_followed_by_a_new_one(world: World) -> None:
    visit = world.carry_out(world.dispatched(), "accept", "depart", "arrive")
    following = world.do(visits.end_incomplete, visit, reason="customer_absent")
    assert (following.follows_id, following.status, following.sequence) == (visit.id, "created", 2)
    assert following.order.status == "triaged"
    assert [v.status for v in following.order.visits] == ["incomplete", "created"]


def test_an_order_waits_on_hold_for_a_missing_part_until_resumed(world: World) -> None:
    visit = world.carry_out(world.dispatched(), "accept")
    following = world.do(visits.end_incomplete, visit, reason="needs_part")
    assert following.order.status == "on_hold"
    with pytest.raises(Conflict) as refused:
        world.do(visits.schedule, following, **world.slot())
    assert refused.value.code == "order_on_hold"
    assert world.do(orders.resume, following.order).status == "triaged"
    assert world.do(visits.schedule, following, **world.slot()).status == "dispatched"


@pytest.mark.parametrize("verb", ["decline", "end_incomplete"])
def test_an_order_still_waits_for_its_part_when_another_visit_falls_through(world: World, verb: str) -> None:
    first = world.carry_out(world.dispatched(), "accept")
    second = world.do(orders.add_visit, first.order)
    second = world.do(visits.schedule, second, **world.slot(world.other))
    second = world.carry_out(second, "accept")
    world.do(visits.end_incomplete, first, reason="needs_part")
    world.do(getattr(visits, verb), second, reason="customer_absent")
    assert second.order.status == "on_hold"


def test_an_order_is_completed_only_when_every_required_visit_is(world: World) -> None:
    first = world.dispatched()
    second = world.do(orders.add_visit, first.order)
    first = world.carry_out(first, "accept", "depart", "arrive", "start", "complete")
    assert first.order.status == "triaged"
    second = world.do(visits.schedule, second, **world.slot(world.other))
    second = world.carry_out(second, "accept", "depart", "arrive", "start", "complete")
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
