"""Optimization runs as pages: what a run proposes is read, published and discarded without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core import clock
from dispatch.planning.models import OptimizationRun
from dispatch.workforce.models import Shift
from dispatch.workorders.models import Visit
from tests.dispatch.planning_desk import ask, planned, run_of
from tests.towns import HOUR, MORNING, Town


@pytest.fixture
def town(app: Flask) -> Town:
    """Two engineers, three orders."""
    clock.start_at(MORNING)
    town = Town()
    for _ in range(2):
        town.add_engineer()
    for _ in range(3):
        town.add_order()
    return town


@pytest.fixture
def ready(town: Town) -> OptimizationRun:
    """A run that is ready to publish."""
    return planned(town)


def test_a_run_tells_what_changes_and_is_published_by_its_button(
    ready: OptimizationRun, browser: Any
) -> None:
    visitor = browser("dispatcher")
    page = f"/optimization-runs/{ready.id}"
    assert ready.number in visitor.get("/optimization-runs?status=ready").text
    told = visitor.get(page).text
    assert "Visits planned" in told
    assert told.count("tone-green") >= 3
    assert "/board?day=2026-11-23" in told
    done = visitor.press(page, f"{page}/publish")
    assert done.status_code == 302, done.text
    assert "3 visits planned" in visitor.get(page).text
    assert run_of(ready.id).status == "published"
    assert {visit.status for visit in Visit.query} == {"dispatched"}


def test_a_run_is_discarded_by_its_button(ready: OptimizationRun, browser: Any) -> None:
    page = f"/optimization-runs/{ready.id}"
    assert browser("dispatcher").press(page, f"{page}/discard").status_code == 302
    assert run_of(ready.id).status == "cancelled"


def test_a_run_that_waits_can_be_stopped(town: Town, browser: Any) -> None:
    page = f"/optimization-runs/{ask(town)}"
    visitor = browser("dispatcher")
    assert "Runs before this one" in visitor.get(page).text
    assert visitor.press(page, f"{page}/cancel").status_code == 302
    assert "Cancelled" in visitor.get(page).text


def test_the_board_opens_on_the_next_day_once_everybody_has_gone_home(town: Town, browser: Any) -> None:
    visitor = browser("dispatcher")
    day_after = [instant + timedelta(days=2) for instant in town.day]
    town.add(Shift(engineer_id=town.engineers[0].id, starts_at=day_after[0], ends_at=day_after[1]))
    for instant, shown in (
        (town.day[1] - HOUR, "November 23"),
        (town.day[1], "November 25"),
        (day_after[1], "November 25"),
    ):
        with clock.freeze(instant):
            assert shown in visitor.get("/board").text


def test_a_manager_reads_runs_and_has_no_buttons(ready: OptimizationRun, browser: Any) -> None:
    page = browser("manager").get(f"/optimization-runs/{ready.id}")
    assert page.status_code == 200
    assert "/publish" not in page.text
