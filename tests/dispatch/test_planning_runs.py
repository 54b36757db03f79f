"""Runs carried out: what they plan, keep and leave out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.db import db, transaction
from dispatch.workforce.models import Leave, Shift
from dispatch.workorders.models import WorkOrder
from tests.dispatch.planning_desk import (
    ask,
    assignments,
    place,
    planned,
    publish,
    rules_of,
    run_of,
    verbs_of,
    work,
)
from tests.towns import HOUR, MORNING, Town, visit_of


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


def test_a_run_plans_the_open_orders_and_says_what_that_is_worth(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    run = planned(town)
    assert run.status == "ready"
    assert run.before is not None
    assert run.after is not None
    assert (run.before["planned"], run.after["planned"]) == (0, 3)
    assert {row.change for row in run.assignments} == {"new"}
    assert len((run.routes or [])[0]["stops"]) == 3
    assert place(town.orders[0]) == (None, None)


def test_an_order_nobody_has_the_skill_for_is_left_out_with_the_reason(town: Town) -> None:
    town.add_engineer()
    skill = town.add_skill()
    order = town.add_order(skills={skill.id: 1})
    run = planned(town)
    assert assignments(run)[order.id].change == "left_out"
    assert rules_of(run, order) == {"skill"}


def test_an_order_long_overdue_is_done_late_rather_than_left_out(town: Town) -> None:
    town.add_engineer()
    long_ago = town.day[0] - timedelta(days=300)
    order = town.add_order(priority="urgent", requested_at=long_ago, resolve_due_at=long_ago)
    assert assignments(planned(town))[order.id].change == "new"


def test_an_order_without_position_ends_among_those_left_out(town: Town) -> None:
    town.add_engineer()
    order = town.add_order(site={"lat": None, "lon": None})
    run = planned(town)
    assert (run.status, rules_of(run, order)) == ("ready", {"needs_location"})


def test_a_run_whose_engineers_all_fell_away_ends_ready_with_reasons(town: Town) -> None:
    engineer = town.add_engineer()
    order = town.add_order()
    run_id = ask(town)
    engineer.active = False
    db.session.merge(engineer)
    db.session.commit()
    work()
    run = run_of(run_id)
    assert (run.status, rules_of(run, order)) == ("ready", {"no_engineers"})


def test_published_places_are_kept_where_nothing_speaks_against_them(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    publish(planned(town))
    again = planned(town)
    assert {row.change for row in again.assignments} == {"kept"}
    assert again.before == again.after
    assert again.status == "ready"


def test_the_plan_before_is_scored_like_the_plan_after(town: Town) -> None:
    engineer = town.add_engineer(home_lat=31.2)
    start = town.day[0] + HOUR
    for index in range(2):
        begin = start + index * HOUR / 2
        town.add_order(
            visit={
                "engineer_id": engineer.id,
                "planned_start_at": begin,
                "planned_end_at": begin + HOUR,
                "status": "dispatched",
            }
        )
    run = planned(town)
    assert run.before is not None
    assert (run.before["planned"], run.before["engineers_used"]) == (2, 1)
    assert run.before["waiting_s"] == 0
    assert run.before["travel_s"] > 0


def test_a_locked_visit_never_moves_and_a_started_one_is_not_even_looked_at(town: Town) -> None:
    engineer = town.add_engineer()
    at = {"engineer_id": engineer.id, "status": "dispatched"}
    late, now = town.day[0] + 6 * HOUR, town.day[0]
    locked = town.add_order(
        visit={**at, "planned_start_at": late, "planned_end_at": late + HOUR, "lock": "both"}
    )
    started = town.add_order(
        visit={**at, "planned_start_at": now, "planned_end_at": now + HOUR, "status": "arrived"}
    )
    town.add_orders(3)
    with clock.freeze(town.day[0] + HOUR / 2):
        run = planned(town)
        rows = assignments(run)
        publish(run)
    assert rows[locked.id].change == "kept"
    assert started.id not in rows
    assert place(locked) == (engineer.id, late)
    assert place(started) == (engineer.id, now)


def test_locked_visits_at_the_same_time_keep_theirs_and_that_is_told(town: Town) -> None:
    engineer = town.add_engineer()
    start = town.day[0] + HOUR
    orders = [
        town.add_order(
            visit={
                "engineer_id": engineer.id,
                "status": "dispatched",
                "lock": "both",
                "planned_start_at": start + index * HOUR / 2,
                "planned_end_at": start + index * HOUR / 2 + HOUR,
            }
        )
        for index in range(2)
    ]
    run = planned(town)
    rows = assignments(run)
    assert {rows[order.id].change for order in orders} == {"kept"}
    assert not any(rows[order.id].reasons for order in orders)
    assert "fixed_visit" in {one["code"] for one in run.warnings}
    assert [place(order)[0] for order in orders] == [engineer.id] * 2


def test_what_cannot_stay_is_removed_on_publishing(town: Town) -> None:
    engineer = town.add_engineer()
    skill = town.add_skill()
    start = town.day[0] + HOUR
    order = town.add_order(
        skills={skill.id: 1},
        visit={
            "engineer_id": engineer.id,
            "status": "dispatched",
            "planned_start_at": start,
            "planned_end_at": start + HOUR,
        },
    )
    run = planned(town)
    assert assignments(run)[order.id].change == "removed"
    done = publish(run)
    assert done.removed == [visit_of(order).id]
    assert place(order) == (None, None)
    assert verbs_of(order) == ["unschedule"]


def test_auto_publish_publishes_in_the_same_transaction(town: Town) -> None:
    town.add_engineer()
    town.add_orders(2)
    run = planned(town, auto_publish=True)
    assert (run.status, run.published_by_name) == ("published", "optimizer")
    assert verbs_of(town.orders[0]) == ["dispatch"]


def test_a_route_may_end_wherever_the_last_visit_is(town: Town) -> None:
    engineer = town.add_engineer(home_lat=None, home_lon=None)
    with transaction():
        shift = db.session.scalars(select(Shift).where(Shift.engineer_id == engineer.id)).one()
        shift.start_lat, shift.start_lon = 31.23, 121.47
    town.add_orders(2)
    publish(planned(town))
    run = planned(town)
    route = (run.routes or [])[0]
    assert route["end"] is None
    assert route["back_at"] == route["stops"][-1]["end_at"]
    assert run.before == run.after


def test_a_run_whose_orders_all_ended_meanwhile_is_ready_and_empty(town: Town) -> None:
    town.add_engineer()
    order = town.add_order()
    run_id = ask(town)
    with transaction():
        row = db.session.get_one(WorkOrder, order.id)
        row.status = row.decision = "cancelled"
    work()
    assert (run_of(run_id).status, assignments(run_of(run_id))) == ("ready", {})


def test_work_of_two_days_goes_where_shifts_and_leave_let_it_and_before_it_is_due(town: Town) -> None:
    engineer, day = town.add_engineer(), timedelta(days=1)
    start_at, end_at = town.day
    town.add(Shift(engineer_id=engineer.id, starts_at=start_at + day, ends_at=end_at + day))
    town.add(Leave(engineer_id=engineer.id, starts_at=start_at + day, ends_at=start_at + day + 4 * HOUR))
    town.add_orders(9)
    due = town.add_orders(3, resolve_due_at=end_at, priority="urgent")
    run = planned(town, ends_at=end_at + day)
    spans = {row.order_id: (row.planned_start_at, row.planned_end_at) for row in run.assignments}
    assert len(spans) == 12
    for begins_at, ends_at in spans.values():
        today = start_at <= begins_at and ends_at <= end_at
        assert today or (start_at + day + 4 * HOUR <= begins_at and ends_at <= end_at + day)
    assert all(spans[order.id][1] <= end_at for order in due)
    assert {begins_at.date() for begins_at, _ in spans.values()} == {start_at.date(), (start_at + day).date()}
