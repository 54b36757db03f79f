"""Publishing: the plan becomes the plan once, except where the world moved on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock, events
from core.auth.actors import Actor
from core.db import db, transaction
from core.errors import Conflict
from dispatch.planning import runs
from dispatch.planning.events import RunPublished
from dispatch.workforce.models import Engineer, Leave
from dispatch.workorders.models import OrderSkill, Visit, WorkOrder
from tests.dispatch.planning_desk import ask, assignments, place, planned, publish, run_of, verbs_of
from tests.towns import HOUR, MORNING, Town, visit_of


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


def codes(done: Any) -> list[str]:
    return [one["code"] for one in done.left_out]


def test_publishing_twice_does_nothing_more(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    run = planned(town)
    heard: list[RunPublished] = []
    events.subscribe(RunPublished, heard.append)
    first, second = publish(run), publish(run)
    events._subscribers[RunPublished].remove(heard.append)
    assert (len(first.scheduled), second.scheduled) == (3, [])
    assert [len(event.visit_ids) for event in heard] == [3]
    assert verbs_of(town.orders[0]) == ["dispatch"]
    assert run_of(run.id).status == "published"


def test_a_run_that_changes_nothing_does_not_wait_to_be_published(town: Town) -> None:
    town.add_engineer()
    town.add_orders(2)
    publish(planned(town))
    assert planned(town, auto_publish=True).status == "published"


def test_a_part_is_published_by_visit_or_by_engineer_and_the_rest_later(town: Town) -> None:
    first = town.add_engineer(most_tasks_a_day=2)
    town.add_engineer(most_tasks_a_day=2)
    orders = town.add_orders(4)
    run = planned(town)
    one = visit_of(orders[0]).id
    assert publish(run, visit_ids={one}).scheduled == [one]
    assert run_of(run.id).status == "ready"
    publish(run, engineer_ids={first.id})
    assert {row.engineer_id for row in assignments(run).values() if row.outcome == "open"} <= {
        engineer.id for engineer in town.engineers
    } - {first.id}
    publish(run)
    assert run_of(run.id).status == "published"
    assert all(place(order)[0] for order in orders)


def test_two_visits_of_one_order_are_published_one_after_the_other(town: Town) -> None:
    town.add_engineer()
    order = town.add_order()
    town.add(Visit(order_id=order.id, sequence=2))
    run = planned(town)
    ids = [row.visit_id for row in run.assignments]
    assert publish(run, visit_ids={ids[0]}).left_out == []
    assert publish(run, visit_ids={ids[1]}).left_out == []
    assert run_of(run.id).status == "published"


def test_an_order_that_changed_meanwhile_is_left_out_and_told(town: Town, actor: Actor) -> None:
    town.add_engineer()
    orders = town.add_orders(2)
    run = planned(town)
    with transaction(actor):
        db.session.get_one(WorkOrder, orders[0].id).title = "urgent: water everywhere"
    done = publish(run)
    assert codes(done) == ["changed"]
    assert (done.left_out[0]["order_id"], place(orders[0])) == (orders[0].id, (None, None))
    assert assignments(run)[orders[0].id].outcome == "stale"
    assert run_of(run.id).status == "published"


def test_the_second_of_two_runs_over_the_same_orders_is_refused_for_them(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    first, second = planned(town), planned(town)
    publish(first)
    before = [place(order) for order in town.orders]
    done = publish(second)
    assert codes(done) == ["changed"] * 3
    assert [place(order) for order in town.orders] == before
    assert run_of(second.id).status == "ready"
    assert [verbs_of(order) for order in town.orders] == [["dispatch"]] * 3


def test_an_engineer_who_has_other_work_by_now_is_not_sent_twice(town: Town) -> None:
    town.add_engineer()
    east, west = town.add_orders(2)
    first = planned(town, order_ids=[east.id])
    second = planned(town, order_ids=[west.id])
    publish(first)
    done = publish(second)
    assert codes(done) == ["occupied"]
    assert place(west) == (None, None)


def test_a_part_that_would_overlap_what_stays_waits_for_the_rest(town: Town, actor: Actor) -> None:
    engineer = town.add_engineer()
    start = town.day[0] + HOUR
    far = {"lat": 31.23, "lon": 121.47}
    standing = town.add_order(
        **far,
        visit={
            "engineer_id": engineer.id,
            "status": "dispatched",
            "planned_start_at": start,
            "planned_end_at": start + HOUR,
        },
    )
    new = town.add_order(**far)
    run = planned(town)
    rows = assignments(run)
    with transaction(actor):
        row = db.session.merge(rows[new.id])
        row.planned_start_at, row.planned_end_at = start, start + HOUR
        row = db.session.merge(rows[standing.id])
        row.change, row.planned_start_at = "moved", start + 2 * HOUR
        row.planned_end_at = start + 3 * HOUR
    done = publish(run, visit_ids={rows[new.id].visit_id})
    assert codes(done) == ["in_the_way"]
    assert publish(run).left_out == []
    assert place(new) == (engineer.id, start)


def test_a_visit_whose_time_has_passed_is_left_out_and_told(town: Town) -> None:
    town.add_engineer()
    order = town.add_order()
    run = planned(town)
    with clock.freeze(MORNING + timedelta(days=2)):
        assert codes(publish(run)) == ["too_late"]
    assert place(order) == (None, None)


def test_an_engineer_who_lost_the_skill_meanwhile_is_not_sent(town: Town, actor: Actor) -> None:
    skill = town.add_skill()
    engineer = town.add_engineer({skill.id: 2})
    order = town.add_order(skills={skill.id: 2})
    run = planned(town)
    with transaction(actor):
        db.session.get_one(Engineer, engineer.id).skills.clear()
    done = publish(run)
    assert codes(done) == ["skills_missing"]
    assert done.left_out[0]["facts"]["engineer"] == engineer.name
    assert db.session.scalar(select(OrderSkill.level)) == 2
    assert place(order) == (None, None)


def test_a_run_without_a_plan_is_not_published(town: Town, actor: Actor) -> None:
    town.add_engineer()
    town.add_order()
    run_id = ask(town)
    with transaction(actor), pytest.raises(Conflict):
        runs.publish_run(actor, db.session.get_one(runs.OptimizationRun, run_id))


def test_a_visit_that_stays_is_told_its_new_way_once_its_neighbour_came_or_went(
    town: Town, actor: Actor
) -> None:
    engineer = town.add_engineer()
    late = town.day[0] + 6 * HOUR
    held = {
        "engineer_id": engineer.id,
        "status": "dispatched",
        "lock": "both",
        "travel_s": 1,
        "distance_m": 1,
    }
    kept = town.add_order(visit={**held, "planned_start_at": late, "planned_end_at": late + HOUR})
    other = town.add_order(
        visit={**held, "planned_start_at": late + HOUR * 1.5, "planned_end_at": late + HOUR * 2}
    )
    new = town.add_order(lat=31.3, lon=121.5)
    run = planned(town, order_ids=[kept.id, new.id])
    ways = {stop["visit_id"]: stop for route in run.routes or [] for stop in route["stops"]}
    publish(run)
    for order in (kept, other):
        visit = visit_of(order)
        way = ways[str(visit.id)]
        assert (visit.travel_s, visit.distance_m) == (way["travel_s"], way["distance_m"]) != (1, 1)
    assert verbs_of(kept) == []


def test_a_visit_that_stays_keeps_its_way_while_only_a_part_of_the_day_is_published(town: Town) -> None:
    engineer = town.add_engineer()
    late = town.day[0] + 6 * HOUR
    held = {
        "engineer_id": engineer.id,
        "status": "dispatched",
        "lock": "both",
        "travel_s": 1,
        "distance_m": 1,
    }
    kept = town.add_order(visit={**held, "planned_start_at": late, "planned_end_at": late + HOUR})
    new = town.add_orders(2)
    run = planned(town)
    publish(run, visit_ids={visit_of(new[0]).id})
    assert visit_of(kept).travel_s == 1
    publish(run)
    assert visit_of(kept).travel_s == assignments(run)[kept.id].travel_s


def test_an_engineer_who_has_leave_by_now_is_not_sent(town: Town) -> None:
    engineer = town.add_engineer()
    order = town.add_order()
    run = planned(town)
    town.add(Leave(engineer_id=engineer.id, starts_at=town.day[0], ends_at=town.day[1]))
    assert codes(publish(run)) == ["off_duty"]
    assert place(order) == (None, None)


def test_a_planned_visit_whose_order_takes_longer_by_now_gets_its_longer_time(
    town: Town, actor: Actor
) -> None:
    town.add_engineer()
    first, second = town.add_orders(2)
    publish(planned(town))
    with transaction(actor):
        db.session.get_one(WorkOrder, first.id).duration_s = 4 * 3_600
    assert publish(planned(town)).left_out == []
    ends = [(visit.planned_start_at, visit.planned_end_at) for visit in map(visit_of, (first, second))]
    assert [end - start for start, end in ends if start and end] == [4 * HOUR, HOUR]


def test_a_locked_visit_keeps_the_long_time_a_dispatcher_gave_it(town: Town) -> None:
    engineer = town.add_engineer()
    start = town.day[0] + HOUR
    long = {"planned_start_at": start, "planned_end_at": start + 5 * HOUR, "lock": "both"}
    locked = town.add_order(visit={"engineer_id": engineer.id, "status": "dispatched", **long})
    orders = town.add_orders(2)
    run = planned(town)
    done = publish(run)
    assert (len(done.scheduled), done.left_out) == (2, [])
    assert assignments(run)[locked.id].change == "kept"
    assert visit_of(locked).planned_end_at == start + 5 * HOUR
    assert all(place(order)[0] for order in orders)
