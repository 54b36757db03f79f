"""Slot quotes: who could come when beside the published plan, by JSON and by page, and booked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core import clock
from core.auth.actors import system
from core.db import db, transaction
from core.errors import Conflict
from dispatch.customers.models import EngineerStance
from dispatch.planning import desk, slots
from dispatch.workforce.models import Leave
from dispatch.workorders import visits
from dispatch.workorders.models import Visit, WorkOrder
from optimizer import warmth
from tests.dispatch.planning_desk import planned_at
from tests.towns import CENTRE, HOUR, MORNING, Town, visit_of

PATH = "/planning/slots"


@pytest.fixture
def town(app: Flask) -> Town:
    """Two engineers, nothing planned; the search is ready."""
    warmth.warm()
    clock.start_at(MORNING)
    town = Town()
    town.add_engineer()
    town.add_engineer()
    return town


@pytest.fixture
def dispatcher(client_of: Any) -> Any:
    """A dispatcher's API client."""
    return client_of("dispatcher")


def slot(hour: int, hours: int = 2) -> dict[str, str]:
    """Return a slot that begins so many hours after seven."""
    from_at = MORNING + hour * HOUR
    return {"starts_at": from_at.isoformat(), "ends_at": (from_at + hours * HOUR).isoformat()}


def ask(client: Any, order: WorkOrder, *asked: dict[str, str], **more: Any) -> Any:
    body: dict[str, Any] = {"order_id": str(order.id), **more}
    answer = client.post(PATH, {**body, "slots": list(asked)} if asked else body)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_engineer_who_is_near_then_is_offered_with_the_next_best(town: Town, dispatcher: Any) -> None:
    first, second = town.engineers
    far = {"lat": CENTRE[0] + 0.2, "lon": CENTRE[1]}
    town.add_order(visit=planned_at(first, MORNING + 3 * HOUR), **far)
    order = town.add_order(**far)
    found = ask(dispatcher, order, slot(4), slot(12), slot(1))
    best = found["offers"][0]
    assert best["engineer_id"] == str(first.id)
    assert best["travel_s"] == 0
    assert best["start_at"] == (MORNING + 4 * HOUR).isoformat()
    assert best["runner_up"]["engineer_id"] == str(second.id)
    assert best["runner_up"]["cost_cents"] > best["cost_cents"]
    assert best["sentence"] == "engineer 1 is on the way there anyway. The next best is engineer 2."
    (refused,) = found["refused"]
    assert refused["reasons"] == [
        {"rule": "off_duty", "count": 2, "of": 2, "sentence": "Does not work then: 2 of 2 engineers."}
    ]
    assert visit_of(order).planned_start_at is None


def test_what_is_planned_stays_where_it_is(town: Town, dispatcher: Any) -> None:
    """Both are busy from ten to eleven: who is asked for that hour is nobody, for the next both."""
    for engineer in town.engineers:
        town.add_order(visit=planned_at(engineer, MORNING + 3 * HOUR))
    found = ask(dispatcher, town.add_order(), slot(3, 1), slot(5))
    assert [one["reasons"][0]["rule"] for one in found["refused"]] == ["no_room"]
    assert len(found["offers"]) == 1


def test_a_shift_a_visit_reaches_out_of_is_offered_until_then(town: Town, dispatcher: Any) -> None:
    """The first stays from three until six, an hour too long."""
    late = {"planned_end_at": MORNING + 11 * HOUR}
    town.add_order(visit=planned_at(town.engineers[0], MORNING + 8 * HOUR, **late))
    (offer,) = ask(dispatcher, town.add_order(), slot(2))["offers"]
    assert offer["runner_up"] is not None
    (offer,) = ask(dispatcher, town.add_order(), slot(8, 1))["offers"]
    assert (offer["engineer_id"], offer["runner_up"]) == (str(town.engineers[1].id), None)


def test_an_order_that_has_its_place_is_quoted_without_it(town: Town, dispatcher: Any) -> None:
    engineer = town.engineers[0]
    order = town.add_order(visit=planned_at(engineer, MORNING + 3 * HOUR, lock="both"))
    town.add_order(visit=planned_at(town.engineers[1], MORNING + 3 * HOUR))
    found = ask(dispatcher, order, slot(3, 1))
    assert [one["engineer_id"] for one in found["offers"]] == [str(engineer.id)]


def test_skills_refusals_and_opening_hours_are_told(town: Town, dispatcher: Any) -> None:
    skilled = town.add_order(skills={town.add_skill().id: 2})
    assert ask(dispatcher, skilled, slot(3))["refused"][0]["reasons"][0]["rule"] == "skill"
    customer = town.add_customer()
    for engineer in town.engineers:
        town.add(EngineerStance(customer_id=customer.id, engineer_id=engineer.id, stance="refused"))
    unwanted = town.add_order(customer=customer)
    assert ask(dispatcher, unwanted, slot(3))["refused"][0]["reasons"][0]["rule"] == "refused"


def test_days_are_cut_into_slots_in_which_somebody_works(town: Town, dispatcher: Any) -> None:
    found = ask(dispatcher, town.add_order(), days=2, slot_minutes=180)
    told = {one["starts_at"] for one in [*found["offers"], *found["refused"]]}
    # Eight to five local time touches 06–09, 09–12, 12–15 and 15–18.
    assert told == {(MORNING + hours * HOUR).isoformat() for hours in (-1, 2, 5, 8)}
    assert min(one["start_at"] for one in found["offers"]) > (MORNING + HOUR).isoformat()


def test_a_draft_is_quoted_by_site_or_position(town: Town, dispatcher: Any) -> None:
    order = town.add_order()
    site = {"site_id": str(order.site_id), "duration_s": 3600}
    there = {"lat": order.site.lat, "lon": order.site.lon, "category_id": str(order.category_id)}
    for draft in (site, there):
        answer = dispatcher.post(PATH, {"draft": draft, "slots": [slot(3)]})
        assert answer.status_code == 200, answer.text
        assert len(answer.json["offers"]) == 1
    lacking = {**there, "skills": [{"skill_id": str(town.add_skill().id), "level": 1}]}
    answer = dispatcher.post(PATH, {"draft": lacking, "slots": [slot(3)]})
    assert answer.json["refused"][0]["reasons"][0]["rule"] == "skill"


def test_a_change_of_plan_crew_or_order_changes_the_answer(town: Town, dispatcher: Any) -> None:
    first, second = town.engineers
    order = town.add_order(**dict(zip(("lat", "lon"), CENTRE, strict=True)))
    loaded = []
    desks_loaded = desk._loaded
    town.add(Leave(engineer_id=second.id, starts_at=MORNING, ends_at=MORNING + 24 * HOUR))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "_loaded", lambda *args: loaded.append(1) or desks_loaded(*args))
        ask(dispatcher, order, slot(3, 1))
        assert ask(dispatcher, order, slot(3, 1))["offers"][0]["engineer_id"] == str(first.id)
        assert len(loaded) == 1
        with transaction(system("test")):
            order.duration_s = 20 * 3600
            db.session.add(order)
        assert ask(dispatcher, order, slot(3, 1))["offers"] == []
        assert len(loaded) == 1
        town.add_order(visit=planned_at(first, MORNING + 3 * HOUR))
        with transaction(system("test")):
            db.session.get_one(WorkOrder, order.id).duration_s = 3600
        assert ask(dispatcher, order, slot(3, 1))["offers"] == []
        assert len(loaded) == 2
        with transaction(system("test")):
            db.session.delete(db.session.query(Leave).one())
        assert ask(dispatcher, order, slot(3, 1))["offers"][0]["engineer_id"] == str(second.id)
        clock.start_at(MORNING + 2 * HOUR)
        ask(dispatcher, order, slot(3, 1))
        assert len(loaded) == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "order_id"),
        ({"order_id": "ORDER", "draft": {"lat": 31.0, "lon": 121.0}}, "order_id"),
        ({"draft": {"duration_s": 3600}}, "draft"),
        ({"draft": {"lat": 31.0, "lon": 121.0}}, "duration_s"),
        ({"draft": {"lat": 31.0, "lon": 121.0, "category_id": "0" * 32}}, "category_id"),
        ({"order_id": "ORDER", "slots": []}, "slots"),
        ({"order_id": "ORDER", "slots": [slot(3, 0)]}, "slots"),
        ({"order_id": "ORDER", "slots": [slot(-5)]}, "slots"),
        ({"order_id": "ORDER", "slots": [slot(3), slot(24 * 30)]}, "slots"),
        ({"order_id": "ORDER", "day": "2199-01-01"}, "slots"),
        ({"order_id": "ORDER", "days": 15}, "days"),
        ({"order_id": "ORDER", "slot_minutes": 5}, "slot_minutes"),
    ],
)
def test_a_question_that_makes_no_sense_names_the_field(
    town: Town, dispatcher: Any, body: dict[str, Any], field: str
) -> None:
    order = town.add_order()
    sent = {key: str(order.id) if value == "ORDER" else value for key, value in body.items()}
    answer = dispatcher.post(PATH, sent)
    assert answer.status_code == 422, answer.text
    assert field in answer.json["errors"]


def test_an_order_without_position_visit_or_existence_is_refused(town: Town, dispatcher: Any) -> None:
    nowhere = town.add_order(site={"lat": None, "lon": None})
    assert dispatcher.post(PATH, {"order_id": str(nowhere.id)}).json["code"] == "needs_location"
    done = town.add_order(visit=planned_at(town.engineers[0], MORNING - HOUR, status="completed"))
    assert dispatcher.post(PATH, {"order_id": str(done.id)}).json["code"] == "nothing_to_plan"
    assert dispatcher.post(PATH, {"order_id": "0" * 32}).status_code == 404


def test_until_the_search_is_ready_the_answer_is_to_come_again(
    town: Town, dispatcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr(warmth, "is_warm", lambda: False)
    monkeypatch.setattr(warmth, "warm_in_background", lambda: begun.append(1))
    answer = dispatcher.post(PATH, {"order_id": str(town.add_order().id)})
    assert (answer.status_code, answer.json["code"], begun) == (503, "warming_up", [1])
    assert answer.headers["Retry-After"] == "5"
    assert answer.content_type == "application/problem+json"


def test_booking_gives_the_visit_its_engineer_and_the_customer_a_promise(town: Town, browser: Any) -> None:
    order = town.add_order()
    visitor = browser("dispatcher")
    assert "Offer times" in visitor.get(f"/work-orders/{order.id}").text
    page = f"/work-orders/{order.id}/times"
    shown = visitor.get(f"{page}?days=1&slot_minutes=120").text
    assert "engineer 1" in shown
    assert "Does not work then" not in shown
    done = visitor.press(page, page)
    assert done.status_code == 302, done.text
    visit = visit_of(order)
    assert visit.status == "dispatched"
    assert visit.promised_from <= visit.planned_start_at <= visit.promised_until
    assert visit.planned_end_at - visit.planned_start_at == HOUR
    assert "Booked: " in visitor.get(done.location).text
    log = visit.events[-1]
    assert log.verb == "dispatch"
    assert {"promised_from", "promised_until"} <= log.facts.keys()


def test_the_page_is_chinese_for_chinese_readers_and_has_no_buttons_for_agents(
    town: Town, browser: Any
) -> None:
    page = f"/work-orders/{town.add_order().id}/times"
    chinese = browser("dispatcher", language="zh").get(page).text
    assert "预约" in chinese
    assert not re.search(r"on the road|Book\b", chinese)
    agent = browser("agent")
    assert "engineer 1" in agent.get(page).text
    assert '<form method="post" action="' + page not in agent.get(page).text
    assert browser("engineer").get(page).status_code == 403


def test_days_that_cannot_be_asked_about_are_told_above_the_form(town: Town, browser: Any) -> None:
    page = f"/work-orders/{town.add_order().id}/times"
    answer = browser("dispatcher").get(f"{page}?days=1000&day=soon")
    assert answer.status_code == 422
    assert "First day: Not a valid date." in answer.text
    assert "Days: Must be greater than or equal to 1 and less than or equal to " in answer.text
    assert 'name="slot_minutes"' in answer.text
    assert "天数：" in browser("dispatcher", language="zh").get(f"{page}?days=0").text


def test_a_time_that_has_gone_meanwhile_is_not_booked(town: Town, browser: Any) -> None:
    order = town.add_order()
    when = (MORNING + 3 * HOUR, MORNING + 3 * HOUR + timedelta(minutes=30))
    for engineer in town.engineers:
        town.add_order(visit=planned_at(engineer, when[0]))
    for engineer in town.engineers:
        with pytest.raises(Conflict, match="The plan has changed"):
            slots.book(system("test"), order.id, slot=when, engineer_id=engineer.id)
    visitor = browser("dispatcher")
    form = {
        "starts_at": when[0].isoformat(),
        "ends_at": when[1].isoformat(),
        "engineer_id": str(town.engineers[0].id),
    }
    page = f"/work-orders/{order.id}/times"
    answer = visitor.send(page, form)
    assert answer.status_code == 302
    assert "The plan has changed" in visitor.get(page).text
    assert visit_of(order).status == "created"


def test_a_promise_is_kept_when_moved_and_must_hold_the_start(town: Town, dispatcher: Any) -> None:
    visit = visit_of(town.add_order())
    start = MORNING + 3 * HOUR
    body = {"engineer_id": str(town.engineers[0].id), "start_at": start.isoformat()}
    promise = {"promised_from": start.isoformat(), "promised_until": (start + HOUR).isoformat()}

    def schedule(**more: str) -> Any:
        etag = dispatcher.get(f"/visits/{visit.id}").headers["ETag"]
        return dispatcher.post(f"/visits/{visit.id}/schedule", {**body, **more}, headers={"If-Match": etag})

    assert schedule(promised_from=start.isoformat()).status_code == 422
    late = schedule(**{**promise, "promised_from": (start + HOUR).isoformat()})
    assert "promised_until" in late.json["errors"]
    assert schedule(**promise).status_code == 200
    assert schedule(start_at=(start + HOUR).isoformat()).json["promised_from"] == promise["promised_from"]
    with transaction(system("test")):
        again = db.session.get_one(Visit, visit.id)
        same = {"engineer_id": again.engineer_id, "start_at": again.planned_start_at}
        visits.schedule(
            system("test"), again, **same, end_at=again.planned_end_at, promised=(start, start + 3 * HOUR)
        )
    assert visit_of(again.order).promised_until == start + 3 * HOUR
