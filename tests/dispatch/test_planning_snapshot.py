"""What a run sees of the work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from core import clock
from core.db import db
from dispatch.customers.models import AccessHours, EngineerStance
from dispatch.planning import snapshot
from dispatch.workforce.models import EngineerTool
from dispatch.workorders.models import OrderPart, OrderTool, OrderWindow
from geo.roads import RoadsUnavailable
from inventory.models import Part
from optimizer.tasks import Lock
from tests.dispatch.planning_desk import look, planned_at, task_of
from tests.towns import HOUR, MORNING, Town


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


def test_an_order_without_position_is_left_out_and_says_so(town: Town) -> None:
    town.add_engineer()
    order = town.add_order(site={"lat": None, "lon": None})
    seen = look(town)
    assert seen.problem.tasks == ()
    assert list(seen.left_out.values()) == ["needs_location"]
    assert [visit.order_id for visit in seen.visits.values()] == [order.id]


def test_orders_that_ended_and_visits_that_started_are_not_to_be_planned(town: Town) -> None:
    engineer = town.add_engineer()
    town.add_order(status="cancelled", decision="cancelled")
    town.add_order(visit=planned_at(engineer, MORNING, status="in_progress"))
    assert look(town).visits == {}


def test_skills_parts_tools_and_stances_reach_the_optimizer(town: Town) -> None:
    skill = town.add_skill()
    part = town.add(Part(number="P-1", name_en="valve", name_zh="阀"))
    engineer = town.add_engineer({skill.id: 3}, speed_factor=2.0, most_tasks_a_day=4)
    town.add(EngineerTool(engineer_id=engineer.id, tool="ladder"))
    customer = town.add_customer(grade="vip")
    town.add(EngineerStance(customer_id=customer.id, engineer_id=engineer.id, stance="preferred"))
    order = town.add_order(customer=customer, skills={skill.id: 2}, resolve_due_at=town.day[0] + HOUR)
    town.add(
        OrderPart(order_id=order.id, part_id=part.id, quantity=2), OrderTool(order_id=order.id, tool="ladder")
    )
    seen = look(town)
    task, sent = task_of(seen, order), seen.problem.engineers[0]
    assert (task.skills, task.parts) == (((str(skill.id), 2),), ((str(part.id), 2),))
    assert (task.tools, task.preferred, task.due_s) == (("ladder",), (str(engineer.id),), 3_600)
    assert (sent.skills, sent.tools, sent.travel_percent) == (((str(skill.id), 3),), ("ladder",), 50)
    assert sent.shifts[0].max_tasks == 4


def test_a_refused_engineer_reaches_the_optimizer(town: Town) -> None:
    engineer, customer = town.add_engineer(), town.add_customer()
    town.add(EngineerStance(customer_id=customer.id, engineer_id=engineer.id, stance="refused"))
    order = town.add_order(customer=customer)
    assert task_of(look(town), order).refused == (str(engineer.id),)


def test_only_the_territories_asked_for_are_seen(town: Town) -> None:
    east, west = town.add_territory("east"), town.add_territory("west")
    town.add_engineer(territory_id=west.id)
    here, everywhere = town.add_engineer(territory_id=east.id), town.add_engineer()
    order = town.add_order(site={"territory_id": east.id})
    town.add_order(site={"territory_id": west.id})
    seen = look(town, territory_ids=[str(east.id)])
    assert {one.id for one in seen.problem.engineers} == {str(here.id), str(everywhere.id)}
    assert [visit.order_id for visit in seen.visits.values()] == [order.id]
    assert task_of(seen, order).territory == str(east.id)


def test_only_the_orders_asked_for_are_seen(town: Town) -> None:
    town.add_engineer()
    orders = town.add_orders(3)
    seen = look(town, order_ids=[str(orders[1].id)])
    assert [visit.order_id for visit in seen.visits.values()] == [orders[1].id]


def test_windows_and_access_hours_are_cut_to_each_other(town: Town) -> None:
    town.add_engineer()
    order = town.add_order(site={"time_zone": "Asia/Shanghai"})
    town.add(
        AccessHours(site_id=order.site_id, weekday=0, opens=time(9), closes=time(12)),
        OrderWindow(order_id=order.id, starts_at=town.day[0], ends_at=town.day[1]),
    )
    assert task_of(look(town), order).windows == ((3_600, 3 * 3_600),)


def test_an_order_whose_windows_lie_elsewhere_is_left_out_and_says_so(town: Town) -> None:
    town.add_engineer()
    order = town.add_order()
    day = timedelta(days=3)
    town.add(OrderWindow(order_id=order.id, starts_at=town.day[0] + day, ends_at=town.day[1] + day))
    assert list(look(town).left_out.values()) == ["no_window"]


def test_an_order_on_hold_is_left_out_and_says_so(town: Town) -> None:
    town.add_engineer()
    town.add_order(decision="on_hold")
    assert list(look(town).left_out.values()) == ["on_hold"]


def test_visits_planned_on_another_day_are_left_alone_and_missed_ones_are_not(town: Town) -> None:
    engineer = town.add_engineer()
    town.add_order(visit=planned_at(engineer, town.day[0] + timedelta(days=1)))
    missed = town.add_order(visit=planned_at(engineer, town.day[0] - timedelta(days=1)))
    seen = look(town)
    assert [visit.order_id for visit in seen.visits.values()] == [missed.id]
    assert task_of(seen, missed).previous is None


@pytest.mark.parametrize(
    ("kind", "engineer", "start_s"), [("engineer", True, None), ("time", False, 7_200), ("both", True, 7_200)]
)
def test_a_lock_holds_what_it_says(town: Town, kind: str, engineer: bool, start_s: int | None) -> None:
    row = town.add_engineer()
    order = town.add_order(visit=planned_at(row, town.day[0] + 2 * HOUR, lock=kind))
    task = task_of(look(town), order)
    assert task.lock == Lock(str(row.id) if engineer else None, start_s)
    assert task.previous is not None


@pytest.mark.parametrize(("minutes", "frozen"), [(0, True), (14, True), (15, False)])
def test_what_is_about_to_begin_stays_where_it_is(town: Town, minutes: int, frozen: bool) -> None:
    row = town.add_engineer()
    order = town.add_order(visit=planned_at(row, town.day[0] + HOUR + timedelta(minutes=minutes)))
    with clock.freeze(town.day[0] + HOUR):
        lock = task_of(look(town), order).lock
    assert lock == (Lock(str(row.id), 60 * minutes) if frozen else None)


def test_what_is_about_to_begin_moves_if_its_engineer_does_not_come(town: Town) -> None:
    town.add_engineer()
    gone = town.add_engineer(active=False)
    order = town.add_order(visit=planned_at(gone, town.day[0] + HOUR))
    with clock.freeze(town.day[0] + HOUR):
        assert task_of(look(town), order).lock is None


def test_nothing_is_frozen_where_the_setting_is_off(
    app: Any, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], freeze_minutes=0))
    order = town.add_order(visit=planned_at(town.add_engineer(), town.day[0] + HOUR))
    with clock.freeze(town.day[0] + HOUR):
        assert task_of(look(town), order).lock is None


def test_a_locked_visit_whose_engineer_has_left_is_none_of_the_runs_business(town: Town) -> None:
    town.add_engineer()
    gone = town.add_engineer(active=False)
    town.add_order(visit=planned_at(gone, town.day[0] + HOUR, lock="both"))
    assert look(town).visits == {}


def test_a_promise_and_the_published_place_reach_the_optimizer(town: Town) -> None:
    engineer = town.add_engineer()
    start = town.day[0] + HOUR
    order = town.add_order(
        visit=planned_at(engineer, start, promised_from=start, promised_until=start + HOUR)
    )
    task = task_of(look(town), order)
    assert task.promised == (3_600, 7_200)
    assert task.previous is not None
    assert (task.previous.engineer, task.previous.start_s) == (str(engineer.id), 3_600)


def test_roads_that_are_down_cost_a_warning_and_nothing_more(
    town: Town, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def __init__(self, *_: Any) -> None: ...

        def table(self, *_: Any) -> Any:
            raise RoadsUnavailable("The road router is down.")

    class WithRoads:
        def __init__(self, settings: Any) -> None:
            self.settings = settings

        def __getattr__(self, name: str) -> Any:
            return "http://127.0.0.1:1" if name == "osrm_url" else getattr(self.settings, name)

    monkeypatch.setattr(snapshot, "RoadRouter", Down)
    monkeypatch.setitem(app.config, "SETTINGS", WithRoads(app.config["SETTINGS"]))
    town.add_engineer()
    town.add_orders(2)
    seen = look(town)
    assert (seen.travel_source, [one["code"] for one in seen.warnings]) == ("model", ["roads_unavailable"])


def test_the_number_of_queries_does_not_grow_with_the_town(town: Town) -> None:
    said: list[str] = []

    def hear(*args: Any) -> None:
        said.append(args[2])

    def queries() -> int:
        said.clear()
        look(town)
        return len(said)

    event.listen(db.engine, "before_cursor_execute", hear)
    for _ in range(2):
        town.add_engineer()
    town.add_orders(2)
    few = queries()
    for _ in range(5):
        town.add_engineer()
    town.add_orders(30)
    more = queries()
    event.remove(db.engine, "before_cursor_execute", hear)
    assert more <= few + 1


def test_what_is_due_or_promised_in_decades_does_not_stop_the_others_from_being_planned(town: Town) -> None:
    engineer = town.add_engineer()
    start, far = town.day[0] + HOUR, town.day[0] + timedelta(days=40 * 365)
    town.add_order(resolve_due_at=far)
    town.add_order(visit=planned_at(engineer, start, promised_from=start, promised_until=far))
    town.add_order(visit=planned_at(engineer, start - timedelta(days=26 * 365), lock="engineer"))
    assert len(look(town).problem.tasks) == 3
