"""Engineers, shifts and leave as pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from core import clock
from core.db import db
from dispatch.workforce.models import Engineer, Shift
from inventory.models import StockLocation
from tests.towns import MORNING, Town


@pytest.fixture
def engineer(app: Flask) -> Engineer:
    """Somebody with a skill, a shift today and a van."""
    clock.start_at(MORNING)
    town = Town()
    engineer = town.add_engineer({town.add_skill("lift").id: 3}, home_address="12 Secret Lane")
    town.add(StockLocation(code="VAN-1", name="Van", kind="van", holder_id=engineer.id))
    return engineer


def roster(engineer: Engineer, **values: Any) -> dict[str, Any]:
    """Return a good form of a week."""
    return {
        "engineer_ids": [str(engineer.id)],
        "first_day": "2026-11-30",
        "last_day": "2026-12-06",
        "weekdays": ["0", "2"],
        "starts": "08:00",
        "ends": "17:00",
        "most_overtime_s": "60",
        "break_earliest": "11:30",
        "break_latest": "13:00",
        "break_s": "30",
        **values,
    }


def test_an_engineers_page_leads_to_shifts_leave_skills_and_van(engineer: Engineer, browser: Any) -> None:
    page = browser("dispatcher").get(f"/engineers/{engineer.id}").text
    for told in ("Coming shifts", "Coming leave", "VAN-1", "12 Secret Lane"):
        assert told in page
    assert f'href="/shifts?engineer_id={engineer.id}"' in page


def test_a_private_address_is_not_on_the_page_of_an_agent(engineer: Engineer, browser: Any) -> None:
    visitor = browser("agent")
    page = visitor.get(f"/engineers/{engineer.id}")
    assert page.status_code == 200
    assert "12 Secret Lane" not in page.text
    assert "Costs" not in page.text


def test_shifts_are_made_from_a_weekly_pattern_once(engineer: Engineer, browser: Any) -> None:
    visitor = browser("manager")
    made = visitor.send("/shifts/from-pattern", roster(engineer))
    assert made.status_code == 302, made.text
    assert "2 shifts made; 0 left out" in visitor.get(made.location).text
    shift = db.session.query(Shift).order_by(Shift.starts_at.desc()).first()
    assert (shift.most_overtime_s, shift.breaks[0].duration_s) == (3600, 1800)
    visitor.send("/shifts/from-pattern", roster(engineer))
    assert "0 shifts made; 2 left out" in visitor.get("/shifts").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"last_day": "2026-11-29"}, "The last day is not before the first."),
        ({"weekdays": []}, "Choose at least one."),
        ({"break_s": ""}, "Fill in all three fields of the break, or none."),
        ({"starts": "25:00"}, "Give a time of day"),
    ],
)
def test_a_wrong_pattern_is_shown_again_with_what_was_typed(
    engineer: Engineer, browser: Any, wrong: dict[str, Any], said: str
) -> None:
    answer = browser("manager").send("/shifts/from-pattern", roster(engineer, **wrong))
    assert answer.status_code == 422
    assert said in answer.text
    assert re.search(rf'value="{engineer.id}"[^>]*checked', answer.text)


def test_shifts_are_found_by_engineer_and_day(engineer: Engineer, browser: Any) -> None:
    visitor = browser("dispatcher")
    found = visitor.get(f"/shifts?engineer_id={engineer.id}&day=2026-11-23").text
    assert "Entries: 1" in found
    assert "Entries: 0" in visitor.get(f"/shifts?engineer_id={engineer.id}&day=2026-11-24").text
    assert "cannot be filtered by" in visitor.get("/shifts?day=0001-01-01").text


def test_the_history_names_what_changed_in_words(engineer: Engineer, browser: Any) -> None:
    visitor = browser("manager")
    territory = Town().add_territory("north")
    version = db.session.get_one(Engineer, engineer.id).version
    form = {"number": engineer.number, "name": "林晓", "territory_id": str(territory.id), "version": version}
    more = {"speed_factor": "1", "cost_cents_per_hour": "1", "cost_cents_per_km": "1"}
    more |= {"overtime_cents_per_hour": "1", "home_address": "13 Secret Lane"}
    edited = visitor.send(f"/engineers/{engineer.id}/edit", {**form, **more})
    assert edited.status_code == 302, edited.text
    page = visitor.get(edited.location).text
    history = page[page.index("History") :]
    assert "<ins>north</ins>" in history
    assert "13 Secret Lane" in history
    assert "13 Secret Lane" not in browser("agent").get(edited.location).text
