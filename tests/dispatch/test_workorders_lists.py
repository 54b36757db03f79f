"""Lists of orders and visits: filtered, sorted, and no dearer by the row."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from core.db import db, transaction
from dispatch.customers.models import Site
from tests.dispatch.workorder_world import HOUR, MORNING, World


@pytest.fixture
def world(actor: Any) -> World:
    return World(actor)


@pytest.mark.parametrize("path", ["/work-orders", "/visits"])
def test_a_longer_list_costs_no_more_queries(world: World, admin: Any, path: str) -> None:
    sent: list[str] = []

    def count(*args: Any) -> None:
        sent.append(args[2])

    def listed() -> int:
        db.session.remove()
        sent.clear()
        assert admin.get(path).status_code == 200
        return len(sent)

    world.order()
    event.listen(db.engine, "before_cursor_execute", count)
    try:
        short = listed()
        for _ in range(4):
            world.order()
        assert listed() == short
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def test_lists_are_filtered_and_sorted(world: World, admin: Any) -> None:
    with transaction(world.actor) as session:
        nowhere = Site(customer_id=world.customer.id, name="Somewhere")
        session.add(nowhere)
    low = world.order(priority="low", title="Lamp", external_source="nyc", external_key="7")
    lost = world.order(site_id=nowhere.id, priority="urgent")
    planned = world.dispatched()

    def found(**args: Any) -> set[str]:
        answer = admin.get("/work-orders", query_string=args)
        assert answer.status_code == 200, answer.json
        return {order["id"] for order in answer.json["items"]}

    assert found(q="lamp") == {str(low.id)}
    assert len(found(q="青禾")) == 3
    assert found(status="dispatched,closed") == {str(planned.order_id)}
    assert found(needs_location="true") == found(located="false") == {str(lost.id)}
    assert found(engineer_id=str(world.expert.id)) == {str(planned.order_id)}
    assert found(planned_from=MORNING.isoformat(), planned_until=(MORNING + HOUR).isoformat()) == {
        str(planned.order_id)
    }
    assert found(planned_from=(MORNING + HOUR).isoformat()) == set()
    assert found(external_source="nyc", external_key="7") == {str(low.id)}
    assert found(due_before="2001-01-01T00:00Z") == set()
    assert found(open="true", priority="low,urgent", channel="phone") == {str(low.id), str(lost.id)}
    assert found(territory_id=str(world.site.id)) == set()
    by_priority = admin.get("/work-orders", query_string={"sort": "-priority"}).json["items"]
    assert [order["priority"] for order in by_priority] == ["urgent", "high", "low"]
    of_day = {"from": MORNING.isoformat(), "until": (MORNING + HOUR).isoformat(), "status": "dispatched"}
    assert [v["id"] for v in admin.get("/visits", query_string=of_day).json["items"]] == [str(planned.id)]
