"""What a run sees of the crew, and what binds it already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from core.db import db
from dispatch.planning.fixed import BEYOND_SHIFT
from dispatch.workforce.models import Leave, Shift, ShiftBreak
from geo.models import Position
from optimizer.solve import solve
from optimizer.tasks import Lock
from tests.dispatch.planning_desk import look, planned_at
from tests.towns import HOUR, MORNING, Town


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


def test_what_others_planned_for_an_engineer_stays_and_takes_its_time(town: Town) -> None:
    engineer = town.add_engineer()
    other = town.add_order(visit=planned_at(engineer, town.day[0] + HOUR))
    mine = town.add_order()
    seen = look(town, order_ids=[str(mine.id)])
    fixed = [task for task in seen.problem.tasks if task.id not in seen.visits]
    assert [(task.lock, task.service_s) for task in fixed] == [(Lock(str(engineer.id), 3_600), 3_600)]
    assert other.id not in {visit.order_id for visit in seen.visits.values()}


def test_what_others_planned_beyond_the_shift_is_planned_around_and_told(town: Town) -> None:
    engineer = town.add_engineer(name="张三")
    late = town.add_order(visit=planned_at(engineer, town.day[1] - HOUR / 2, lock="both"))
    mine = town.add_order()
    seen = look(town, order_ids=[str(mine.id)])
    result = solve(seen.problem, seconds=60, iterations=50)
    ((stop, other),) = [route.stops for route in result.plan.routes]
    assert {stop.id, other.id} == {str(one.visits[0].id) for one in (late, mine)}
    assert (other.start_s, result.score.unplanned_tasks) == (9 * 3_600 - 1_800, 0)
    told = [one for one in seen.warnings if one["code"] == "fixed_visit"]
    assert [(one["message"], one["facts"]) for one in told] == [(BEYOND_SHIFT, {"name": "张三"})]


def test_what_others_planned_after_the_shift_is_none_of_its_business(town: Town) -> None:
    engineer = town.add_engineer()
    town.add_order(visit=planned_at(engineer, town.day[1] + HOUR, lock="both"))
    mine = town.add_order()
    assert len(look(town, order_ids=[str(mine.id)]).problem.tasks) == 1


def test_a_planned_visit_without_position_binds_its_engineer_at_home(town: Town) -> None:
    engineer = town.add_engineer()
    town.add_order(visit=planned_at(engineer, town.day[0] + HOUR), site={"lat": None, "lon": None})
    seen = look(town)
    assert [task.lock for task in seen.problem.tasks] == [Lock(str(engineer.id), 3_600)]


def test_a_shift_under_way_starts_now_where_the_engineer_was_last_seen(town: Town) -> None:
    engineer = town.add_engineer()
    seen_at = town.day[0] + HOUR
    where = {"lat": 31.3, "lon": 121.5, "recorded_at": seen_at, "received_at": seen_at}
    town.add(Position(engineer_id=engineer.id, kind="fix", **where))
    town.add_order()
    with clock.freeze(town.day[0] + 2 * HOUR):
        seen = look(town)
    shift = seen.problem.engineers[0].shifts[0]
    assert (seen.origin, shift.start_s, shift.end_s) == (town.day[0] + 2 * HOUR, 0, 7 * 3_600)
    assert (seen.points[shift.start_place].lat, seen.points[shift.start_place].lon) == (31.3, 121.5)


def test_an_engineer_at_work_starts_from_there_when_it_ends(town: Town) -> None:
    engineer = town.add_engineer(most_tasks_a_day=2)
    town.add_order(lat=31.4, lon=121.4, visit=planned_at(engineer, town.day[0], status="in_progress"))
    town.add_order()
    with clock.freeze(town.day[0] + HOUR / 2):
        seen = look(town)
    shift = seen.problem.engineers[0].shifts[0]
    assert (shift.start_s, seen.points[shift.start_place].lat, shift.max_tasks) == (1_800, 31.4, 1)


def test_leave_cuts_the_shift_and_breaks_stay_in_it(town: Town) -> None:
    engineer = town.add_engineer()
    shift = db.session.query(Shift).one()
    noon = town.day[0] + 4 * HOUR
    town.add(ShiftBreak(shift_id=shift.id, earliest_at=noon, latest_at=noon + HOUR, duration_s=1_800))
    town.add(Leave(engineer_id=engineer.id, starts_at=town.day[0], ends_at=town.day[0] + 2 * HOUR))
    made = look(town).problem.engineers[0].shifts
    assert [(one.start_s, one.end_s) for one in made] == [(7_200, 9 * 3_600)]
    assert made[0].breaks[0].earliest_start_s == 4 * 3_600


def test_an_engineer_on_leave_all_day_is_not_in_the_crew(town: Town) -> None:
    engineer = town.add_engineer()
    town.add(Leave(engineer_id=engineer.id, starts_at=town.day[0], ends_at=town.day[1]))
    assert look(town).problem.engineers == ()


def test_an_engineer_nobody_can_place_is_told_and_not_planned(town: Town) -> None:
    town.add_engineer(home_lat=None, home_lon=None, name="张三")
    seen = look(town)
    assert seen.problem.engineers == ()
    assert [(one["code"], one["facts"]) for one in seen.warnings] == [("without_start", {"name": "张三"})]


def test_a_shifts_own_start_goes_before_home(town: Town) -> None:
    town.add_engineer()
    shift = db.session.query(Shift).one()
    shift.start_lat, shift.start_lon = 31.5, 121.5
    db.session.commit()
    made = look(town)
    start = made.problem.engineers[0].shifts[0].start_place
    assert made.points[start].lat == 31.5
