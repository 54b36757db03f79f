"""Work orders, visits and positions through the API: who sees what, versions, filters, bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import clock
from core.db import db, transaction
from core.i18n import _translations
from dispatch.customers.models import Customer, CustomerUser, Site
from dispatch.workorders import rules, visits
from tests.dispatch.workorder_world import HOUR, MORNING, World


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


@pytest.fixture
def engineer(world: World, client_of: Callable[..., Any]) -> Any:
    """The expert's API client."""
    client = client_of("engineer")
    with transaction(world.actor):
        db.session.merge(world.expert).user_id = client.user_id
    return client


def _verb(client: Any, path: str, verb: str, body: Any = None, *, etag: str | None = None) -> Any:
    if etag is None:
        etag = client.get(path).headers.get("ETag", "")
    headers = {"If-Match": etag} if etag else {}
    return client.post(f"{path}/{verb}", body or {}, headers=headers)


def test_an_order_is_created_shown_and_changed(world: World, client_of: Any) -> None:
    agent = client_of("agent")
    made = agent.post("/work-orders", world.sent(title="  扶梯停了 🚨 "))
    assert made.status_code == 201, made.json
    assert made.json["title"] == "扶梯停了 🚨"
    assert (made.json["stage"], made.json["colour"], made.json["warnings"]) == ("create", "grey", [])
    assert made.json["visits"][0]["status"] == "created"
    path = f"/work-orders/{made.json['id']}"
    changed = agent.patch(path, {"description": "🚨" * 5000}, made.headers["ETag"])
    assert changed.status_code == 200, changed.json
    assert agent.get(path).json["description"] == "🚨" * 5000
    assert agent.patch(path, {"title": "late"}, made.headers["ETag"]).status_code == 412


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"duration_s": 0}, "duration_s"),
        ({"duration_s": 864_000}, "duration_s"),
        ({"title": "x" * 301}, "title"),
        ({"title": "   "}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"windows": [{"starts_at": "2026-11-23T10:00Z", "ends_at": "2026-11-23T09:00Z"}]}, "windows"),
        ({"windows": [{"starts_at": "1811-11-23T10:00Z", "ends_at": "1811-11-23T11:00Z"}]}, "windows"),
        ({"windows": [{"starts_at": "2026-11-23T10:00", "ends_at": "2026-11-23T11:00"}]}, "windows"),
        ({"requested_at": "1999-12-31T00:00Z"}, "requested_at"),
        ({"priority": "highest"}, "priority"),
        ({"category_id": "00000000-0000-0000-0000-000000000001"}, "category_id"),
        ({"site_id": "00000000-0000-0000-0000-000000000001"}, "site_id"),
        ({"customer_id": "me"}, "customer_id"),
        ({"skills": [{"skill_id": "00000000-0000-0000-0000-000000000001", "level": 1}]}, "skills"),
        ({"tools": [{"tool": "ladder"}, {"tool": "ladder"}]}, "tools"),
        ({"status": "closed"}, "status"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_requests_are_refused_naming_the_field(
    world: World, admin: Any, said: dict[str, Any], field: str
) -> None:
    answer = admin.post("/work-orders", world.sent(**said))
    assert answer.status_code == 422, answer.json
    assert field in answer.json["errors"]


@pytest.mark.parametrize("text", ["half \ud83d", "nul \x00"])
def test_characters_no_database_stores_are_not_our_fault(world: World, admin: Any, text: str) -> None:
    answers = [
        admin.post("/work-orders", world.sent(title=text)),
        admin.post("/work-orders/bulk", {"items": [world.sent(title=text)]}),
        admin.get("/work-orders", query_string={"external_key": "nul \x00"}),
        _verb(admin, f"/visits/{world.order().visits[0].id}", "cancel", {"reason": text}),
    ]
    assert all(answer.status_code < 500 for answer in answers)


def test_a_duration_out_of_range_names_the_limits(world: World, admin: Any) -> None:
    answer = admin.post("/work-orders", world.sent(duration_s=0))
    assert "60 seconds to 24 hours" in str(answer.json["errors"])
    with_chinese = admin.post("/work-orders", world.sent(duration_s=0), headers={"Accept-Language": "zh"})
    assert "24 小时" in str(with_chinese.json["errors"])


def test_a_skill_nobody_has_is_accepted_and_the_answer_warns(world: World, admin: Any) -> None:
    answer = admin.post("/work-orders", world.sent(skills=[{"skill_id": str(world.power.id), "level": 1}]))
    assert answer.status_code == 201
    assert "POWER" in answer.json["warnings"][0]


def test_bulk_creation_says_why_of_the_bad_rows(world: World, admin: Any) -> None:
    rows = [world.sent(), world.sent(duration_s=0), world.sent(contact_phone="")]
    results = admin.post("/work-orders/bulk", {"items": rows}).json["results"]
    assert ["id" in row for row in results] == [True, False, False]
    assert ("duration_s" in results[1]["errors"], "contact_phone" in results[2]["errors"]) == (True, True)


def test_verbs_of_staff_need_the_version_they_were_decided_on(world: World, client_of: Any) -> None:
    dispatcher = client_of("dispatcher")
    visit = world.order().visits[0]
    path = f"/visits/{visit.id}"
    body = {"engineer_id": str(world.expert.id), "start_at": MORNING.isoformat()}
    old = dispatcher.get(path).headers["ETag"]
    assert dispatcher.post(f"{path}/schedule", body).status_code == 428
    answer = _verb(dispatcher, path, "schedule", body)
    assert answer.status_code == 200, answer.json
    assert answer.json["planned_end_at"] == "2026-11-23T02:30:00+00:00"
    assert _verb(dispatcher, path, "unschedule", etag=old).status_code == 412
    assert _verb(dispatcher, path, "lock", {"kind": "time"}).json["lock"] == "time"
    assert _verb(dispatcher, path, "unlock").json["lock"] == "none"


def test_the_engineer_reports_every_step_without_a_version(world: World, engineer: Any) -> None:
    visit = world.dispatched()
    path = f"/visits/{visit.id}"
    bodies = {
        "depart": {"lat": 31.2, "lon": 121.4},
        "arrive": {"lat": 31.2304, "lon": 121.4737, "datum": "gcj02"},
        "hold": {"reason": "key"},
        "complete": {"solution": "Chain replaced"},
    }
    for verb in ("accept", "depart", "arrive", "start", "hold", "resume", "complete"):
        answer = engineer.post(f"{path}/{verb}", bodies.get(verb, {}))
        assert answer.status_code == 200, answer.json
    events = engineer.get(f"/work-orders/{visit.order_id}/events").json["items"]
    assert [event["verb"] for event in events] == [
        "create",
        "dispatch",
        "accept",
        "depart",
        "arrive",
        "start",
        "hold",
        "resume",
        "complete",
    ]
    # What GCJ-02 calls the site's coordinates lies half a kilometre away in WGS-84.
    assert events[4]["facts"]["outside_geofence"] is True


def test_ending_incomplete_answers_with_the_visit_that_follows(world: World, engineer: Any) -> None:
    visit = world.do(visits.accept, world.dispatched())
    body = {"reason": "no_access", "note": "Gate locked"}
    answer = engineer.post(f"/visits/{visit.id}/end-incomplete", body)
    assert (answer.status_code, answer.json["follows_id"]) == (200, str(visit.id))


def test_an_engineer_sees_and_moves_only_their_own_work(world: World, engineer: Any) -> None:
    own, other = world.dispatched(), world.dispatched(world.other)
    seen = engineer.get("/work-orders").json["items"]
    assert [order["id"] for order in seen] == [str(own.order_id)]
    assert engineer.get(f"/work-orders/{other.order_id}").status_code == 404
    assert engineer.post(f"/visits/{other.id}/accept", {}).status_code == 404
    assert _verb(engineer, f"/visits/{own.id}", "unschedule").status_code == 403


def test_a_customer_sees_and_creates_only_their_own_orders(world: World, client_of: Any) -> None:
    customer = client_of("customer")
    with transaction(world.actor) as session:
        session.add(CustomerUser(customer_id=world.customer.id, user_id=customer.user_id))
        other = Customer(number="C-2", name="other")
        session.add(other)
        session.flush()
        site = Site(customer_id=other.id, name="s")
        session.add(site)
    strange = world.order(customer_id=other.id, site_id=site.id)
    made = customer.post("/work-orders", world.sent())
    assert made.status_code == 201, made.json
    assert made.json["channel"] == "web"
    assert [order["id"] for order in customer.get("/work-orders").json["items"]] == [made.json["id"]]
    assert customer.get(f"/work-orders/{strange.id}").status_code == 404
    theirs = customer.post("/work-orders", world.sent(customer_id=other.id, site_id=site.id))
    assert "customer_id" in theirs.json["errors"]
    assert "priority" in customer.post("/work-orders", world.sent(priority="urgent")).json["errors"]
    path = f"/work-orders/{made.json['id']}"
    assert customer.patch(path, {"title": "x"}, made.headers["ETag"]).status_code == 403
    assert customer.get(f"{path}/history").status_code == 403


def test_history_tells_who_changed_what(world: World, admin: Any) -> None:
    visit = world.dispatched()
    items = admin.get(f"/work-orders/{visit.order_id}/history").json["items"]
    assert {"work_order", "visit"} <= {item["table"] for item in items}
    assert any(item["after"].get("status") == "dispatched" for item in items if item["table"] == "visit")


def test_orders_are_merged_cancelled_and_followed_by_visits_through_the_api(world: World, admin: Any) -> None:
    first, second = world.order(), world.order()
    merged = _verb(admin, f"/work-orders/{second.id}", "merge", {"into_id": str(first.id)})
    assert (merged.status_code, merged.json["merged_into_id"]) == (200, str(first.id))
    added = _verb(admin, f"/work-orders/{first.id}", "add-visit", {"required": False})
    assert (added.status_code, added.json["sequence"]) == (200, 2)
    refused = _verb(admin, f"/work-orders/{first.id}", "cancel", {"reason": ""})
    assert (refused.status_code, "reason" in refused.json["errors"]) == (422, True)
    cancelled = _verb(admin, f"/work-orders/{first.id}", "cancel", {"reason": "mistake"})
    assert (cancelled.json["status"], cancelled.json["stage"]) == ("cancelled", "none")
    late = _verb(admin, f"/work-orders/{first.id}", "approve")
    assert (late.status_code, late.json["code"]) == (409, "wrong_status")


def test_a_lacking_skill_is_answered_with_its_name(world: World, admin: Any) -> None:
    visit = world.order().visits[0]
    body = {"engineer_id": str(world.novice.id), "start_at": MORNING.isoformat()}
    answer = _verb(admin, f"/visits/{visit.id}", "schedule", body)
    assert (answer.status_code, answer.json["code"]) == (422, "skills_missing")
    assert "LIFT" in answer.json["detail"]


def test_engineers_report_their_own_position_and_dispatchers_see_it(
    world: World, engineer: Any, client_of: Any
) -> None:
    path = f"/engineers/{world.expert.id}/positions"
    world.rostered(world.expert, clock.now() - HOUR)
    assert engineer.post(path, {"lat": 31.2, "lon": 121.4, "accuracy_m": 8}).status_code == 201
    assert engineer.post(path, {"lat": 0, "lon": 0}).status_code == 422
    assert engineer.post(path, {}).status_code == 422
    ahead = {"lat": 31.2, "lon": 121.4, "recorded_at": "2090-01-01T00:00Z"}
    assert "recorded_at" in engineer.post(path, ahead).json["errors"]
    assert engineer.post(f"/engineers/{world.other.id}/positions", {"lat": 31, "lon": 121}).status_code == 403
    missing = "/engineers/00000000-0000-0000-0000-000000000001/positions"
    assert engineer.post(missing, {"lat": 31, "lon": 121}).status_code == 404
    dispatcher = client_of("dispatcher")
    listed = dispatcher.get("/positions", query_string={"engineer_id": str(world.expert.id)}).json
    assert (listed["total"], listed["items"][0]["kind"]) == (1, "fix")
    assert dispatcher.post(path, {"lat": 31.2, "lon": 121.4}).status_code == 403
    assert client_of("agent").get("/positions").status_code == 403


def test_nobody_signed_in_gets_nothing(nobody: Any) -> None:
    assert nobody.get("/work-orders").status_code == 401
    assert nobody.get("/positions").status_code == 401


def test_the_chinese_names_of_statuses_and_stages_are_the_catalogues(app: Any) -> None:
    chinese = _translations("zh")
    for style in rules.STATUSES.values():
        assert chinese.gettext(style.en) == style.zh
    for en, zh in rules.STAGES.values():
        assert chinese.gettext(en) == zh
