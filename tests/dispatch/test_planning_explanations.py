"""Why a run puts a visit where it does, or leaves it out: the JSON door and the page."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from core import clock
from core.db import db, transaction
from dispatch.planning.models import KeptProblem, OptimizationRun
from tests.dispatch.planning_desk import assignments, planned, publish
from tests.towns import MORNING, Town, visit_of


@pytest.fixture
def town(app: Flask) -> Town:
    """Two engineers, two orders anybody can do."""
    clock.start_at(MORNING)
    town = Town()
    for _ in range(2):
        town.add_engineer()
    town.add_orders(2)
    return town


def address(run: OptimizationRun, order: Any, prefix: str = "/optimization-runs") -> str:
    return f"{prefix}/{run.id}/visits/{visit_of(order).id}"


def test_a_planned_visit_tells_its_cost_and_who_else_could_go(town: Town, client_of: Any) -> None:
    run = planned(town)
    order = town.orders[0]
    told = client_of("manager").get(address(run, order)).json
    row = assignments(run)[order.id]
    assert told["engineer_id"] == str(row.engineer_id)
    assert told["cents"] == sum(term["cents"] for term in told["terms"])
    assert told["cents"] < told["unplanned_cents"]
    (other,) = told["others"]
    assert other["engineer_id"] in {str(one.id) for one in town.engineers} - {told["engineer_id"]}
    assert other["cents"] == sum(term["cents"] for term in other["terms"]) >= 0
    assert other["start_at"] >= row.planned_start_at.isoformat()[:10]
    assert (told["reasons"], told["relaxations"]) == ([], [])


def test_a_visit_left_out_tells_every_engineer_and_what_would_help(town: Town, client_of: Any) -> None:
    skill = town.add_skill()
    order = town.add_order(skills={skill.id: 1})
    run = planned(town)
    client = client_of("dispatcher")
    told = client.get(address(run, order)).json
    (reason,) = told["reasons"]
    assert (reason["rule"], reason["count"], reason["of"]) == ("skill", 2, 2)
    crew = {str(one.id): one.name for one in town.engineers}
    assert {one["id"]: one["name"] for one in reason["engineers"]} == crew
    (help_,) = told["relaxations"]
    assert (help_["rule"], help_["amount"], help_["about"]) == ("skill", 1, skill.name_en)
    assert crew[help_["engineer_id"]] == help_["engineer"]
    assert help_["engineer"] in help_["sentence"]
    preview = client.get(f"/optimization-runs/{run.id}/preview").json
    shown = {one["visit_id"]: one["relaxations"] for one in preview["changes"]}
    assert shown[told["visit_id"]] == [help_]
    plan = client.get("/plan?from=2026-11-23T00:00:00%2B08:00&until=2026-11-24T00:00:00%2B08:00").json
    (left,) = [one for one in plan["unplanned"] if one["order_id"] == told["order_id"]]
    assert left["relaxations"] == [help_]


def test_sentences_are_chinese_for_chinese_readers(town: Town, browser: Any) -> None:
    order = town.add_order(skills={town.add_skill().id: 1})
    run = planned(town)
    visitor = browser("dispatcher", language="zh")
    page = visitor.get(address(run, order)).text
    assert "怎样才能排上" in page
    assert "等级差 1 级" in page


def test_the_pages_name_engineers_with_links(town: Town, browser: Any) -> None:
    order = town.add_order(skills={town.add_skill().id: 1})
    run = planned(town)
    visitor = browser("dispatcher")
    preview = visitor.get(f"/optimization-runs/{run.id}").text
    assert "Would help: " in preview
    for one in (order, town.orders[0]):
        assert address(run, one) in preview
        page = visitor.get(address(run, one)).text
        for engineer in town.engineers:
            assert f'<a href="/engineers/{engineer.id}">{engineer.name}</a>' in page
    assert "What would help" in visitor.get(address(run, order)).text
    assert "Who else could go" in visitor.get(address(run, town.orders[0])).text


def test_a_published_run_still_says_why(town: Town, client_of: Any) -> None:
    run = planned(town)
    publish(run)
    assert client_of("dispatcher").get(address(run, town.orders[0])).json["engineer_id"]


def test_what_was_left_out_before_solving_has_its_reason(town: Town, client_of: Any) -> None:
    order = town.add_order(site={"lat": None, "lon": None})
    run = planned(town)
    told = client_of("dispatcher").get(address(run, order)).json
    assert [(one["rule"], one["engineers"]) for one in told["reasons"]] == [("needs_location", [])]
    assert told["unplanned_cents"] is None


def test_unknown_visits_runs_and_problems_no_longer_kept_are_not_found(
    town: Town, client_of: Any, browser: Any
) -> None:
    run = planned(town)
    client, visitor = client_of("dispatcher"), browser("manager")
    known, other = visit_of(town.orders[0]).id, uuid.uuid4()
    with transaction():
        db.session.execute(delete(KeptProblem))
    for path, said in (
        (f"/optimization-runs/{run.id}/visits/{other}", "nothing of such a visit"),
        (f"/optimization-runs/{other}/visits/{known}", "no such run"),
        (f"/optimization-runs/{run.id}/visits/{known}", "Nothing is kept"),
        (f"/optimization-runs/{run.id}/visits/none", ""),
    ):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"
        assert said in answer.json["detail"]
        assert visitor.get(path).status_code == 404


def test_agents_are_not_told(town: Town, client_of: Any) -> None:
    run = planned(town)
    assert client_of("agent").get(address(run, town.orders[0])).status_code == 403
