"""Re-planning by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core import clock, jobs
from core.config import SettingsError
from core.db import db, transaction
from dispatch.planning import replan
from dispatch.planning.models import OptimizationRun
from tests.dispatch.planning_desk import ask, work
from tests.towns import HOUR, MORNING, Town, visit_of


@pytest.fixture
def town(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    town = Town()
    settings = replace(
        app.config["SETTINGS"],
        replan_minutes=30,
        replan_seconds=1,
        replan_publish=True,
        replan_weights='{"change_engineer_cents": 9000}',
    )
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with clock.freeze(MORNING):
        yield town


def tick() -> None:
    with transaction():
        replan.enqueue_replan()


def all_runs() -> list[OptimizationRun]:
    db.session.rollback()
    return list(db.session.scalars(select(OptimizationRun).order_by(OptimizationRun.created_at)))


def test_several_workers_make_one_run_of_an_interval(town: Town) -> None:
    town.add_engineer()
    town.add_orders(2)
    tick()
    tick()
    work()
    with clock.freeze(MORNING + timedelta(minutes=29)):
        tick()
    assert db.session.scalar(select(func.count()).select_from(jobs.Job)) == 2
    (run,) = all_runs()
    assert (run.origin, run.status) == ("periodic", "published")
    assert run.weights == {"change_engineer_cents": 9000}
    assert visit_of(town.orders[0]).engineer_id is not None


def test_nothing_is_planned_where_there_is_nothing_to_plan(town: Town) -> None:
    tick()
    work()
    town.add_engineer()
    with clock.freeze(MORNING + HOUR):
        tick()
        work()
    assert all_runs() == []
    assert set(db.session.scalars(select(jobs.Job.status))) == {"done"}


def test_a_periodic_run_that_still_waits_is_not_joined_by_another(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    tick()
    claimed = jobs.claim(timedelta(seconds=30))
    assert claimed is not None
    replan.request_replan(claimed)
    replan.request_replan(claimed)
    assert len(all_runs()) == 1
    assert ask(town)


def test_the_horizon_is_the_rest_of_today_or_the_next_day_somebody_works(town: Town) -> None:
    assert replan.open_horizon(MORNING) is None
    town.add_engineer()
    midnight = MORNING + 17 * HOUR
    assert replan.open_horizon(MORNING) == (town.day[0], midnight)
    assert replan.open_horizon(town.day[0] + HOUR) == (town.day[0] + HOUR, midnight)
    assert replan.open_horizon(town.day[1]) is None
    assert replan.open_horizon(MORNING - timedelta(days=3)) == (town.day[0], midnight)


def test_weights_that_cannot_be_read_stop_the_start_in_a_sentence(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], replan_weights="{"))
    with pytest.raises(SettingsError, match="REPLAN_WEIGHTS"):
        replan.init_app(app)
