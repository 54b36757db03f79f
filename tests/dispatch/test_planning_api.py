"""Planning through the API: ask, watch, weigh, publish; and the published plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from dispatch.planning import runs
from tests.dispatch.planning_desk import work
from tests.towns import HOUR, MORNING, Town, visit_of

DAY = {"day": "2026-11-23", "time_limit_s": 1}


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


@pytest.fixture
def desk(client_of: Any) -> Any:
    """A dispatcher's API client."""
    return client_of("dispatcher")


def test_a_run_is_asked_for_watched_weighed_and_published(town: Town, desk: Any) -> None:
    town.add_engineer(name="张三")
    skill = town.add_skill()
    orders = town.add_orders(2)
    impossible = town.add_order(skills={skill.id: 5})
    asked = desk.post("/optimization-runs", DAY)
    assert asked.status_code == 202
    address = asked.headers["Location"]
    assert desk.get(address).json["progress"]["phase"] == "queued"
    work()
    assert desk.get(address).json["status"] == "ready"
    preview = desk.get(f"{address}/preview").json
    assert preview["counts"] == {"new": 2, "moved": 0, "kept": 0, "left_out": 1, "removed": 0}
    assert preview["can_publish"]
    assert preview["saved"]["unplanned"] == 2
    assert preview["engineers"][0]["engineer"] == "张三"
    assert (preview["engineers"][0]["gained"], len(preview["routes"])) == (2, 1)
    left = next(one for one in preview["changes"] if one["change"] == "left_out")
    assert (left["number"], left["reasons"][0]["rule"]) == (impossible.number, "skill")
    assert left["reasons"][0]["sentence"] == "A skill is missing or its level too low: 1 of 1 engineers."
    published = desk.post(f"{address}/publish", {})
    assert published.status_code == 200
    assert len(published.json["scheduled"]) == 2
    assert published.json["run"]["status"] == "published"
    plan = desk.get("/plan?from=2026-11-23T00:00:00%2B08:00&until=2026-11-24T00:00:00%2B08:00").json
    assert {visit["number"] for visit in plan["engineers"][0]["visits"]} == {one.number for one in orders}
    assert [visit["number"] for visit in plan["unplanned"]] == [impossible.number]
    assert len(plan["engineers"][0]["spans"]) == 1


def test_reasons_are_told_in_chinese_to_who_reads_chinese(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_order(site={"lat": None, "lon": None})
    address = desk.post("/optimization-runs", DAY).headers["Location"]
    work()
    preview = desk.get(f"{address}/preview", headers={"Accept-Language": "zh"}).json
    assert preview["changes"][0]["reasons"][0]["sentence"].startswith("服务地点没有位置")


def test_what_a_publication_leaves_out_is_told(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_orders(2)
    first, second = (desk.post("/optimization-runs", DAY).headers["Location"] for _ in range(2))
    work()
    desk.post(f"{first}/publish", {})
    told = desk.post(f"{second}/publish", {}).json
    assert [one["sentence"] for one in told["left_out"]] == [
        "Changed since the run looked at it: plan again to place it."
    ] * 2
    assert desk.get(f"{second}/preview").json["outcomes"]["stale"] == 2


def test_assignments_come_in_pages_and_by_change(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_orders(3)
    town.add_order(site={"lat": None, "lon": None})
    address = desk.post("/optimization-runs", DAY).headers["Location"]
    work()
    page = desk.get(f"{address}/assignments?page=2&page_size=3").json
    assert (page["total"], [one["change"] for one in page["items"]]) == (4, ["left_out"])
    assert desk.get(f"{address}/assignments?change=new").json["total"] == 3


def test_a_broken_promise_shows_in_the_preview(town: Town, desk: Any) -> None:
    town.add_engineer()
    until = town.day[0] - HOUR
    town.add_order(visit={"promised_from": until - HOUR, "promised_until": until})
    address = desk.post("/optimization-runs", DAY).headers["Location"]
    work()
    assert desk.get(f"{address}/preview").json["changes"][0]["breaks_promise"] is True


def test_runs_are_listed_newest_first_by_status_and_number(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_order()
    numbers = []
    for minute in range(2):
        with clock.freeze(MORNING + minute * HOUR / 60):
            numbers.append(desk.post("/optimization-runs", DAY).json["number"])
    assert [run["number"] for run in desk.get("/optimization-runs").json["items"]] == numbers[::-1]
    assert desk.get("/optimization-runs?status=ready").json["total"] == 0
    assert desk.get(f"/optimization-runs?q={numbers[0]}").json["total"] == 1


def test_a_run_is_cancelled_and_another_discarded(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_order()
    first = desk.post("/optimization-runs", DAY).headers["Location"]
    assert desk.post(f"{first}/cancel").json["status"] == "cancelled"
    assert desk.post(f"{first}/cancel").status_code == 409
    second = desk.post("/optimization-runs", DAY).headers["Location"]
    assert desk.post(f"{second}/discard").status_code == 409
    work()
    assert desk.post(f"{second}/discard").json["status"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "day"),
        ({"day": "2026-11-23", "starts_at": "2026-11-23T00:00:00Z"}, "day"),
        ({"starts_at": "2026-11-23T00:00:00Z"}, "day"),
        ({"day": "2026-11-21"}, "starts_at"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "2026-11-23", "time_limit_s": 601}, "time_limit_s"),
        ({"day": "2026-11-23", "weights": {"unknown": 1}}, "weights"),
        ({"day": "2026-11-23", "territory_ids": ["00000000-0000-4000-8000-000000000000"]}, "territory_ids"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_field(
    town: Town, desk: Any, body: dict[str, Any], field: str
) -> None:
    town.add_engineer()
    town.add_order()
    answer = desk.post("/optimization-runs", body)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_a_run_over_too_many_orders_is_told_in_the_readers_language(
    town: Town, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_ORDERS", 1)
    town.add_engineer()
    town.add_orders(2)
    for language, said in (("en", "More than 1 orders are open"), ("zh", "未完成的工单超过 1 张")):
        answer = desk.post("/optimization-runs", {"day": "2026-11-23"}, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json["code"]) == (422, "too_many_orders")
        assert said in answer.json["detail"]
        assert "territory_ids" in answer.json["errors"]


def test_the_plan_of_a_territory_holds_no_others_and_shows_missed_work(town: Town, desk: Any) -> None:
    east, west = town.add_territory("east"), town.add_territory("west")
    here, there = town.add_engineer(territory_id=east.id), town.add_engineer(territory_id=west.id)
    start = town.day[0] - 24 * HOUR
    missed = town.add_order(
        site={"territory_id": east.id},
        visit={
            "engineer_id": here.id,
            "status": "dispatched",
            "planned_start_at": start,
            "planned_end_at": start + HOUR,
        },
    )
    span = "from=2026-11-23T00:00:00%2B08:00&until=2026-11-24T00:00:00%2B08:00"
    plan = desk.get(f"/plan?{span}&territory_id={east.id}").json
    assert [one["id"] for one in plan["engineers"]] == [str(here.id)]
    assert str(there.id) not in str(plan)
    assert [one["id"] for one in plan["unplanned"]] == [str(visit_of(missed).id)]


def test_a_plan_of_a_span_that_ends_before_it_starts_is_refused(town: Town, desk: Any) -> None:
    answer = desk.get("/plan?from=2026-11-24T00:00:00Z&until=2026-11-23T00:00:00Z")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["until"])


def test_managers_look_and_dispatchers_act(town: Town, client_of: Any) -> None:
    manager, agent = client_of("manager"), client_of("agent")
    assert manager.get("/optimization-runs").status_code == 200
    assert manager.post("/optimization-runs", {}).status_code == 403
    assert agent.get("/optimization-runs").status_code == 403
    assert agent.get("/plan").status_code == 403
