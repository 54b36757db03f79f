"""Several people at one plan in the same moment: no visit twice, and every answer a sentence."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from core import clock
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.errors import Conflict
from dispatch.planning import slots
from dispatch.workorders import orders, visits
from dispatch.workorders.models import Visit, WorkOrder
from optimizer import warmth
from tests.dispatch.planning_desk import assignments, planned, run_of, verbs_of
from tests.together import at_once
from tests.towns import HOUR, MORNING, Town


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


@pytest.fixture
def desk(client_of: Any) -> Any:
    return client_of("dispatcher")


def sender(desk: Any, path: str, body: dict[str, Any], etag: str = "") -> Callable[[], Any]:
    """Return a function that sends a POST and returns the answer."""
    headers = {"Authorization": f"Bearer {desk.secret}", "If-Match": etag}
    return lambda: desk.flask.post(f"/api/v1{path}", json=body, headers=headers)


def publisher(desk: Any, run: Any, **part: Any) -> Callable[[], Any]:
    return sender(desk, f"/optimization-runs/{run.id}/publish", part)


def overlaps() -> int:
    """Return how often an engineer is to be at two visits at a time."""
    query = select(Visit.engineer_id, Visit.planned_start_at, Visit.planned_end_at)
    rows = db.session.execute(query.where(Visit.engineer_id.is_not(None)).order_by(*query.selected_columns))
    return sum(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(rows))


def test_two_runs_over_the_same_orders_published_at_once_place_each_once(town: Town, desk: Any) -> None:
    for _ in range(3):
        town.add_engineer()
    town.add_orders(18)
    runs = [planned(town), planned(town)]
    answers = at_once(*(publisher(desk, run) for run in runs))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(len(answer.json["scheduled"]) for answer in answers) == [0, 18]
    assert [verbs_of(order) for order in town.orders] == [["dispatch"]] * 18
    assert overlaps() == 0


def test_two_runs_over_other_orders_published_at_once_send_nobody_to_two_places(
    town: Town, desk: Any
) -> None:
    town.add_engineer()
    orders = [order.id for order in town.add_orders(6)]
    runs = [planned(town, order_ids=orders[:3]), planned(town, order_ids=orders[3:])]
    answers = at_once(*(publisher(desk, run) for run in runs))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert overlaps() == 0
    assert sum(len(answer.json["scheduled"]) for answer in answers) >= 3


def test_one_run_published_twice_at_once_is_published_once(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_orders(6)
    run = planned(town)
    answers = at_once(publisher(desk, run), publisher(desk, run))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(len(answer.json["scheduled"]) for answer in answers) == [0, 6]
    assert run_of(run.id).status == "published"


def test_a_run_published_and_discarded_at_once_is_one_of_both(town: Town, desk: Any) -> None:
    town.add_engineer()
    town.add_orders(6)
    run = planned(town)
    discard = sender(desk, f"/optimization-runs/{run.id}/discard", {})
    answers = at_once(publisher(desk, run), discard)
    status = run_of(run.id).status
    outcomes = {row.outcome for row in assignments(run).values()}
    assert (status, outcomes) in [("published", {"published"}), ("cancelled", {"declined"})]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json["code"] for answer in answers if answer.status_code == 409} == {"run_not_ready"}


def until_somebody_waits() -> None:
    """Return when a transaction waits for another's lock; SQLite lets nobody come so far."""
    if db.engine.dialect.name != "postgresql":
        return
    here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(3_000):
        with db.engine.connect() as connection:
            if connection.exec_driver_sql(f"{here} AND wait_event_type = 'Lock'").scalar():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waited")


def test_an_order_cancelled_amid_a_publication_is_planned_or_cancelled_never_both(
    town: Town, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.add_engineer()
    order = town.add_orders(3)[1]
    run = planned(town)
    tag = desk.get(f"/work-orders/{order.id}").headers["ETag"]
    cancel = sender(desk, f"/work-orders/{order.id}/cancel", {"reason": "it works again"}, tag)
    amid = threading.Event()
    real = visits.schedule

    def schedule(*args: Any, **values: Any) -> Any:
        if not amid.is_set():
            amid.set()
            until_somebody_waits()
        return real(*args, **values)

    def cancel_amid() -> Any:
        amid.wait(60)
        return cancel()

    monkeypatch.setattr(visits, "schedule", schedule)
    published, cancelled = at_once(publisher(desk, run), cancel_amid)
    assert (published.status_code, len(published.json["scheduled"])) == (200, 3)
    assert cancelled.status_code in (409, 412)
    assert verbs_of(order) == ["dispatch"]


def cancel_it(actor: Actor, order: WorkOrder) -> None:
    orders.cancel(actor, order, reason="it works again")


def edit_it(actor: Actor, order: WorkOrder) -> None:
    order.title = "urgent: water everywhere"


@pytest.mark.parametrize("change", [cancel_it, edit_it])
def test_an_order_being_changed_when_a_publication_begins_is_left_out(
    town: Town, desk: Any, actor: Actor, change: Callable[[Actor, WorkOrder], None]
) -> None:
    town.add_engineer()
    order = town.add_orders(3)[1]
    run = planned(town)
    order_id, publish, changed = order.id, publisher(desk, run), threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def change_it() -> None:
        with app.app_context(), transaction(actor):
            change(actor, db.session.get_one(WorkOrder, order_id))
            db.session.flush()
            changed.set()
            until_somebody_waits()

    def publish_then() -> Any:
        changed.wait(60)
        return publish()

    _, published = at_once(change_it, publish_then)
    assert published.status_code == 200
    assert [one["code"] for one in published.json["left_out"]] == ["changed"]
    assert "dispatch" not in verbs_of(order)


def test_of_two_who_book_the_same_time_at_once_one_gets_it(
    town: Town, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmth.warm()
    engineer_id = town.add_engineer().id
    asked, quoted = [order.id for order in town.add_orders(2)], threading.Barrier(2)
    answer = slots._answer
    slot = (MORNING + 3 * HOUR, MORNING + 3 * HOUR + HOUR / 2)

    def answer_together(*given: Any) -> Any:
        found = answer(*given)
        quoted.wait(60)
        return found

    def booker(order_id: uuid.UUID) -> Callable[[], str]:
        def book() -> str:
            with app.app_context():
                try:
                    return slots.book(system("test"), order_id, slot=slot, engineer_id=engineer_id).status
                except Conflict as error:
                    return error.code

        return book

    monkeypatch.setattr(slots, "_answer", answer_together)
    assert sorted(at_once(*map(booker, asked))) == ["dispatched", "slot_taken"]
    assert overlaps() == 0
