"""A phone reads what is its engineer's, from where it left off, and misses nothing."""

from __future__ import annotations

import contextlib
import gzip
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import clock, feed
from core.auth.actors import system
from core.db import db, transaction
from core.errors import Conflict
from core.worker import Worker
from dispatch.customers.models import Asset, Customer, Site
from dispatch.workorders import visits
from dispatch.workorders.models import Visit, WorkOrder
from inventory import ledger
from inventory.models import Part, StockLocation
from mobile_api import visit_documents
from mobile_api.scopes import KEPT_DAYS
from mobile_api.wiring import _enqueue_forgetting
from tests.dispatch.workorder_world import MORNING, World
from tests.mobile_api.conftest import Phone


def add_parts(count: int) -> list[uuid.UUID]:
    with transaction(system("test")) as session:
        made = [
            Part(id=uuid.uuid4(), number=f"P-{n:05d}", name_en=f"part {n}", name_zh=f"备件 {n}")
            for n in range(count)
        ]
        session.add_all(made)
    return [part.id for part in made]


def test_an_order_is_on_the_phone_with_all_that_is_needed_for_it(world: World, phone_of: Any) -> None:
    (part,) = add_parts(1)
    with transaction(system("test")) as session:
        asset = Asset(site_id=world.site.id, name="Escalator 3", model="E-300", serial="S-1")
        session.add(asset)
    before = world.dispatched(asset_id=asset.id, title="Noise")
    world.carry_out(before, "accept", "depart", "arrive", "start", "complete")
    visit = world.dispatched(
        asset_id=asset.id, parts=[{"part_id": part, "quantity": 2}], tools=[{"tool": "ladder"}]
    )
    document = phone_of(world.expert).pull("work_orders")[str(visit.id)]
    assert document["title"] == "Escalator 3 stands still"
    assert document["status"] == "dispatched"
    assert document["contact"]["phone"] == "021-5555"
    assert (document["site"]["lat"], document["site"]["name"]) == (31.2304, "North gate")
    assert document["asset"]["serial"] == "S-1"
    assert document["parts"] == [{"part_id": str(part), "quantity": 2}]
    assert document["tools"] == ["ladder"]
    assert [(one["title"], one["solution"]) for one in document["history"]] == [("Noise", "Chain replaced")]
    assert [one["verb"] for one in document["steps"]] == ["dispatch"]
    assert document["planned_start_at"] == MORNING.isoformat()


def test_every_page_but_the_last_is_full_and_none_is_told_twice(world: World, phone_of: Any) -> None:
    ids, phone = {str(one) for one in add_parts(7)}, phone_of(world.expert)
    checkpoint, lengths, seen = None, [], []
    while not lengths or lengths[-1] == 3:
        answer = phone.page("parts", 3, checkpoint).json
        lengths.append(len(answer["documents"]))
        seen += [document["id"] for document in answer["documents"]]
        checkpoint = answer["checkpoint"]
    assert lengths == [3, 3, 1]
    assert len(seen) == 7
    assert set(seen) == ids
    assert phone.page("parts", 3, checkpoint).json == {"documents": [], "checkpoint": checkpoint}


def test_a_visit_given_to_another_goes_and_comes_back(world: World, phone_of: Any) -> None:
    mine, theirs = phone_of(world.expert), phone_of(world.other)
    visit = world.dispatched()
    assert mine.pull("work_orders").keys() == {str(visit.id)}
    world.do(visits.schedule, visit, **world.slot(world.other))
    gone = mine.page("work_orders", 10, mine.checkpoints["work_orders"]).json["documents"]
    assert gone == [{"id": str(visit.id), "reason": "reassigned", "_deleted": True}]
    assert mine.pull("work_orders") == {}
    assert theirs.pull("work_orders").keys() == {str(visit.id)}
    world.do(visits.schedule, visit, **world.slot())
    assert mine.pull("work_orders").keys() == {str(visit.id)}
    assert theirs.pull("work_orders") == {}
    world.do(visits.cancel, visit, reason="not needed")
    gone = mine.page("work_orders", 10, mine.checkpoints["work_orders"]).json["documents"]
    assert gone == [{"id": str(visit.id), "reason": "cancelled", "_deleted": True}]


def test_a_change_of_customer_site_or_order_reaches_the_phone(world: World, phone_of: Any) -> None:
    phone, visit = phone_of(world.expert), world.dispatched()
    phone.pull("work_orders")
    with transaction(system("test")) as session:
        session.get(Customer, world.customer.id).name = "Reed Mall"
        session.get(Site, world.site.id).access_notes = "ring twice"
        session.get(WorkOrder, visit.order_id).title = "Escalator 4"
    document = phone.pull("work_orders")[str(visit.id)]
    assert (document["customer"], document["title"]) == ("Reed Mall", "Escalator 4")
    assert document["site"]["access_notes"] == "ring twice"


def test_van_stock_and_part_requests_are_the_engineers_own(
    world: World, phone_of: Any, client_of: Any
) -> None:
    (part,), who = add_parts(1), system("test")
    mine, theirs = phone_of(world.expert), phone_of(world.other)
    with transaction(who) as session:
        supplier = StockLocation(code="SUP", name="s", kind="supplier")
        van = StockLocation(code="VAN-1", name="v", kind="van", holder_id=world.expert.id)
        session.add_all([supplier, van])
        session.flush()
        ledger.move(who, part_id=part, from_location_id=supplier.id, to_location_id=van.id, quantity=3)
    assert mine.pull("van_stock") == {str(part): {"id": str(part), "quantity": 3}}
    assert theirs.pull("van_stock") == {}
    with transaction(who):
        ledger.move(who, part_id=part, from_location_id=van.id, to_location_id=supplier.id, quantity=3)
    assert mine.pull("van_stock") == {}
    dispatcher = client_of("dispatcher")
    asked = {"part_id": str(part), "quantity": 1, "engineer_id": str(world.expert.id)}
    assert dispatcher.post("/part-requests", asked).status_code == 201
    assert [one["status"] for one in mine.pull("part_requests").values()] == ["requested"]
    assert theirs.pull("part_requests") == {}
    assert feed.differences() == []


@pytest.mark.parametrize(
    "checkpoint",
    [{"seq": 1, "epoch": "another"}, {"seq": 1_000_000, "epoch": None}],
)
def test_who_cannot_go_on_is_told_to_begin_anew(
    world: World, phone_of: Any, checkpoint: dict[str, Any]
) -> None:
    add_parts(2)
    _, epoch = feed.head()
    checkpoint = {**checkpoint, "epoch": checkpoint["epoch"] or epoch}
    answer = phone_of(world.expert).page("parts", 10, checkpoint)
    assert (answer.status_code, answer.json["code"]) == (410, "resync_required")


def test_a_new_epoch_and_purged_tombstones_begin_anew(world: World, phone_of: Any) -> None:
    first, second = add_parts(2)
    phone = phone_of(world.expert)
    early = phone.page("parts", 1).json["checkpoint"]
    with transaction(system("test")) as session:
        session.get(Part, first).active = False
    with transaction():
        feed.purge(clock.now() + timedelta(days=1))
    assert phone.page("parts", 10, early).status_code == 410
    assert phone.pull("parts").keys() == {str(second)}
    with transaction():
        feed.begin_epoch()
    assert phone.page("parts", 10, phone.checkpoints["parts"]).status_code == 410


@pytest.mark.parametrize(
    ("name", "asked", "status"),
    [
        ("secrets", {}, 404),
        ("parts", {"limit": "0"}, 422),
        ("parts", {"limit": "501"}, 422),
        ("parts", {"checkpoint": "{"}, 422),
        ("parts", {"checkpoint": "[1]"}, 422),
        ("parts", {"checkpoint": '{"seq": "1", "epoch": "a"}'}, 422),
        ("parts", {"checkpoint": '{"seq": -1, "epoch": "a"}'}, 422),
        ("parts", {"checkpoint": '{"seq": 1e400, "epoch": "a"}'}, 422),
        ("parts", {"unknown": "1"}, 422),
    ],
)
def test_a_wrong_question_is_answered_with_what_to_do(
    world: World, phone_of: Any, name: str, asked: dict[str, str], status: int
) -> None:
    answer = phone_of(world.expert).send("GET", f"/sync/{name}", query_string=asked)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_an_app_that_is_too_old_is_told(world: World, phone_of: Any) -> None:
    phone = phone_of(world.expert)
    assert phone.page("parts", headers={"X-Schema-Version": "1"}).status_code == 200
    assert phone.page("parts", headers={"X-Schema-Version": "9"}).status_code == 200
    answer = phone.page("parts", headers={"X-Schema-Version": "0"})
    assert (answer.status_code, answer.json["code"]) == (426, "app_too_old")


def test_large_answers_come_packed_where_the_phone_unpacks(world: World, phone_of: Any) -> None:
    add_parts(100)
    phone = phone_of(world.expert)
    plain, packed = (phone.page("parts", headers=told) for told in ({}, {"Accept-Encoding": "gzip"}))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3


def test_what_ended_two_weeks_ago_leaves_the_phone(app: Flask, world: World, phone_of: Any) -> None:
    phone, visit = phone_of(world.expert), world.dispatched()
    world.carry_out(visit, "accept", "depart", "arrive", "start", "complete")
    assert phone.pull("work_orders").keys() == {str(visit.id)}
    with clock.freeze(MORNING + timedelta(days=KEPT_DAYS + 1)):
        with transaction():
            _enqueue_forgetting()
        Worker(app).run(until_idle=True)
        assert phone.pull("work_orders") == {}
        assert feed.differences() == []


_VERBS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["dispatch", "other", "accept", "depart", "arrive", "cancel", "take_off"]),
    ),
    max_size=12,
)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(walk=_VERBS)
def test_whatever_happens_phones_hold_what_the_feed_is_made_of(
    world: World, phone_of: Any, walk: list[tuple[int, str]]
) -> None:
    phones: list[Phone] = [phone_of(world.expert), phone_of(world.other)]
    made = [world.order().visits[0] for _ in range(3)]
    doings: dict[str, Any] = {
        "dispatch": lambda visit: world.do(visits.schedule, visit, **world.slot()),
        "other": lambda visit: world.do(visits.schedule, visit, **world.slot(world.other)),
        "accept": lambda visit: world.do(visits.accept, visit),
        "depart": lambda visit: world.do(visits.depart, visit, reason="no signal"),
        "arrive": lambda visit: world.do(visits.arrive, visit, reason="no signal"),
        "cancel": lambda visit: world.do(visits.cancel, visit, reason="x"),
        "take_off": lambda visit: world.do(visits.unschedule, visit),
    }
    for place, verb in walk:
        with contextlib.suppress(Conflict):
            doings[verb](db.session.get_one(Visit, made[place].id))
        for phone in phones[: place % 2 + 1]:
            phone.pull("work_orders", limit=2)
    for phone in phones:
        held = phone.pull("work_orders", limit=1)
        query = db.session.query(Visit).filter_by(engineer_id=phone.engineer.id)
        expected = {str(visit.id) for visit in query if visit.status in visit_documents.ON_PHONE}
        assert held.keys() == expected
    assert feed.differences() == []
