"""Parts used and put back are signed changes: they apply whatever we knew, and the warehouse counts."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest
from sqlalchemy import delete, select

from core import clock, feed
from core.db import db, transaction
from dispatch.inbox import items
from dispatch.inbox.models import InboxItem
from dispatch.workorders import visits
from dispatch.workorders.models import Visit
from inventory import field_use, ledger
from inventory.models import StockLocation, StockMovement
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.test_held import decide, waiting
from tests.mobile_api.test_pull import add_parts
from tests.mobile_api.test_push import Sender, said


@pytest.fixture
def van(world: World) -> StockLocation:
    """The expert's van; a shelf, and what stands for customers."""
    with transaction(world.actor) as session:
        found = StockLocation(code="V-1", name="Van 1", kind="van", holder_id=world.expert.id)
        session.add_all([found, StockLocation(code="CUSTOMER", name="Customers", kind="customer")])
        session.add(StockLocation(code="S", name="Supplier", kind="supplier"))
    return found


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield Sender(phone_of(world.expert), visit)


def in_van(van: StockLocation, part_id: uuid.UUID) -> int:
    db.session.rollback()
    return ledger.on_hand([part_id], [van.id]).get((part_id, van.id), 0)


def fill(world: World, van: StockLocation, part_id: uuid.UUID, quantity: int) -> None:
    with transaction(world.actor) as session:
        supplier = session.scalars(select(StockLocation).where(StockLocation.code == "S")).one()
        ledger.move(
            world.actor,
            part_id=part_id,
            from_location_id=supplier.id,
            to_location_id=van.id,
            quantity=quantity,
        )


def test_what_is_used_leaves_the_van_and_what_is_put_back_returns(
    world: World, sender: Sender, van: StockLocation, visit: Visit
) -> None:
    (part,) = add_parts(1)
    fill(world, van, part, 5)
    used = sender.op("part_used", payload={"part_id": str(part), "quantity": 3})
    back = sender.op("part_returned", payload={"part_id": str(part), "quantity": 1, "reason": "not needed"})
    assert said(sender.send(used, back)) == [("applied", "")] * 2
    assert said(sender.send(used, back)) == [("applied", "")] * 2
    assert in_van(van, part) == 3, "each once"
    moved = db.session.scalars(select(StockMovement).where(StockMovement.order_id == visit.order_id)).all()
    assert {one.actor_name for one in moved} == {"Engineer E-1"}
    assert sender.phone.pull("van_stock")[str(part)]["quantity"] == 3
    assert not db.session.scalars(select(InboxItem)).all()


def test_more_may_be_used_than_was_known_and_the_warehouse_counts(
    world: World, sender: Sender, van: StockLocation, client_of: Any
) -> None:
    (part,) = add_parts(1)
    sender.send(sender.op("part_used", payload={"part_id": str(part), "quantity": 2}))
    sender.send(sender.op("part_used", payload={"part_id": str(part), "quantity": 1}))
    assert in_van(van, part) == -3
    warehouse = client_of("warehouse")
    (item,) = warehouse.get("/api/v1/inbox?status=open").json["items"]
    assert item["facts"]["on_hand"] == -3
    assert "Van 1" in item["title"]
    assert client_of("dispatcher").get("/api/v1/inbox?status=open").json["items"] == []
    done = warehouse.post(f"/api/v1/inbox/{item['id']}/accept", json={})
    assert done.json["status"] == "accepted"


def test_it_counts_though_the_visit_was_taken_away(
    world: World, sender: Sender, van: StockLocation, visit: Visit
) -> None:
    (part,) = add_parts(1)
    fill(world, van, part, 5)
    used = sender.op("part_used", payload={"part_id": str(part), "quantity": 2})
    world.do(visits.schedule, visit, **world.slot(world.other))
    assert said(sender.send(used)) == [("applied", "off_assignment")]
    assert in_van(van, part) == 3


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_the_van_holds_the_same(
    world: World, sender: Sender, van: StockLocation, seed: int
) -> None:
    (part,) = add_parts(1)
    chance, ops, sum_of_all = random.Random(seed), [], 0
    for _ in range(12):
        kind, quantity = chance.choice(("part_used", "part_returned")), chance.randint(1, 5)
        sum_of_all += quantity if kind == "part_returned" else -quantity
        ops.append(sender.op(kind, payload={"part_id": str(part), "quantity": quantity}))
    doubled = ops + chance.sample(ops, 6)
    chance.shuffle(doubled)
    for op in doubled:
        sender.send(op)
    assert in_van(van, part) == sum_of_all


@pytest.mark.parametrize("payload", [{"quantity": 0}, {"quantity": -1}, {"quantity": "2"}, {"part_id": "x"}])
def test_rubbish_changes_nothing(sender: Sender, van: StockLocation, payload: dict[str, Any]) -> None:
    (part,) = add_parts(1)
    whole = {"part_id": str(part), "quantity": 1} | payload
    assert said(sender.send(sender.op("part_used", payload=whole))) == [("rejected", "invalid")]
    assert in_van(van, part) == 0


def test_who_has_no_van_is_told_so_and_it_counts_when_there_is_one(world: World, sender: Sender) -> None:
    (part,) = add_parts(1)
    (told,) = sender.send(sender.op("part_used", payload={"part_id": str(part), "quantity": 1}))
    assert (told["outcome"], told["outcome_code"]) == ("held", "no_location")
    assert "no van" in told["detail"]["detail"]
    (item,) = waiting()
    with pytest.raises(field_use.NoPlace):
        decide(world, items.accept, item)
    with transaction(world.actor) as session:
        van = StockLocation(code="V-1", name="Van 1", kind="van", holder_id=world.expert.id)
        session.add_all([van, StockLocation(code="CUSTOMER", name="Customers", kind="customer")])
    decide(world, items.accept, item)
    assert in_van(van, part) == -1


def test_every_phone_knows_what_lies_in_the_warehouses(
    world: World, sender: Sender, van: StockLocation
) -> None:
    (part,) = add_parts(1)
    with transaction(world.actor) as session:
        depot = StockLocation(code="W", name="North depot", kind="warehouse", lat=31.2, lon=121.4)
        session.add(depot)
        session.flush()
        shelf = StockLocation(code="W-1", name="Shelf", kind="shelf", parent_id=depot.id)
        session.add(shelf)
    fill(world, depot, part, 2)
    fill(world, shelf, part, 3)
    lying = {"id": str(depot.id), "name": "North depot", "lat": 31.2, "lon": 121.4, "quantity": 5}
    assert sender.phone.pull("depot_stock") == {str(part): {"id": str(part), "depots": [lying]}}
    with transaction(world.actor) as session:
        session.merge(depot).name = "Depot"
    assert sender.phone.pull("depot_stock")[str(part)]["depots"] == [lying | {"name": "Depot"}]
    assert feed.differences() == []
    with transaction(world.actor):
        for source, quantity in ((depot, 2), (shelf, 3)):
            ledger.move(
                world.actor,
                part_id=part,
                from_location_id=source.id,
                to_location_id=van.id,
                quantity=quantity,
            )
    assert sender.phone.pull("depot_stock") == {}


def test_warehouses_under_each_other_are_no_endless_way(world: World, sender: Sender) -> None:
    (part,) = add_parts(1)
    with transaction(world.actor) as session:
        session.add(StockLocation(code="S", name="Supplier", kind="supplier"))
        one, other = (StockLocation(code=code, name=code, kind="shelf") for code in ("A", "B"))
        session.add_all([one, other])
        session.flush()
        one.parent_id, other.parent_id = other.id, one.id
    fill(world, one, part, 1)
    (told,) = sender.phone.pull("depot_stock").values()
    assert [depot["quantity"] for depot in told["depots"]] == [1]


def test_a_collection_the_feed_has_nothing_of_is_made_at_the_start(
    world: World, sender: Sender, van: StockLocation
) -> None:
    (part,) = add_parts(1)
    fill(world, van, part, 1)
    with transaction(world.actor) as session:
        session.execute(delete(feed.FeedEntry).where(feed.FeedEntry.collection == "van_stock"))
    assert sender.phone.pull("van_stock") == {}
    with transaction(world.actor):
        feed.mark_new()
    assert sender.phone.pull("van_stock")[str(part)]["quantity"] == 1
