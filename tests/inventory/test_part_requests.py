"""Part requests from asking to the van."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from core import events
from core.auth.actors import Actor, person
from core.db import db, transaction
from core.errors import DomainError, Forbidden, Invalid, NotFound
from dispatch.workforce.models import Engineer
from inventory import part_requests
from inventory.events import PartsIssued, PartsRequested
from inventory.models import Part, PartRequest
from inventory.rules import NotEnoughStock, RequestClosed
from tests.inventory.conftest import Stock, add, add_location


def somebody(*roles: str) -> Actor:
    return person(uuid.uuid4(), roles[0], frozenset(roles))


@pytest.fixture
def clerk(app: Any) -> Actor:
    return somebody("warehouse")


@pytest.fixture
def engineer(stock: Stock) -> Actor:
    return person(stock.user, "林静", frozenset({"engineer"}))


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    said: list[Any] = []
    for kind in (PartsRequested, PartsIssued):
        events.subscribe(kind, said.append)
    yield said
    for kind in (PartsRequested, PartsIssued):
        events._subscribers[kind].remove(said.append)


def ask(stock: Stock, who: Actor, quantity: int = 2, **values: Any) -> uuid.UUID:
    with transaction(who):
        values = {"engineer_id": stock.engineer, **values}
        return part_requests.request(who, part_id=stock.part, quantity=quantity, **values).id


def do(verb: Any, who: Actor, request_id: uuid.UUID, **values: Any) -> PartRequest:
    with transaction(who):
        return verb(who, request_id, **values)


def test_an_engineer_asks_for_themself_only(stock: Stock, engineer: Actor) -> None:
    with transaction(stock.actor):
        colleague = add(Engineer(number="E-2", name="周岚"))
    for who in (engineer, somebody("engineer")):
        with pytest.raises(Invalid, match="for yourself") as refused:
            ask(stock, who, engineer_id=colleague)
        assert set(refused.value.fields) == {"engineer_id"}
    unsaid = ask(stock, engineer, engineer_id=None)
    assert db.session.get_one(PartRequest, unsaid).engineer_id == stock.engineer


@pytest.mark.parametrize("roles", [("dispatcher",), ("agent",), ("engineer", "dispatcher")])
def test_who_plans_asks_for_anybody_or_nobody(stock: Stock, roles: tuple[str, ...]) -> None:
    who = somebody(*roles)
    for engineer_id in (stock.engineer, None):
        asked = ask(stock, who, engineer_id=engineer_id)
        assert db.session.get_one(PartRequest, asked).engineer_id == engineer_id


def test_what_is_issued_goes_from_the_shelf_into_the_engineers_van(
    stock: Stock, engineer: Actor, clerk: Actor, heard: list[Any]
) -> None:
    stock.receive(5)
    asked = ask(stock, engineer)
    do(part_requests.approve, clerk, asked)
    done = do(part_requests.issue, clerk, asked, from_location_id=stock.shelf)
    assert (done.status, done.approved_by_id, done.issued_from_id) == ("issued", clerk.user_id, stock.shelf)
    assert (stock.on_hand(stock.shelf), stock.on_hand(stock.van)) == (3, 2)
    assert [type(event) for event in heard] == [PartsRequested, PartsIssued]
    assert (heard[1].request_id, heard[1].to_location_id) == (asked, stock.van)


def test_a_request_says_how_many_cannot_be_promised(
    stock: Stock, engineer: Actor, clerk: Actor, heard: list[Any]
) -> None:
    stock.receive(3)
    stock.receive(9, stock.van)
    do(part_requests.approve, clerk, ask(stock, engineer, quantity=2))
    ask(stock, engineer, quantity=4)
    assert [event.shortage for event in heard] == [0, 3]


def test_who_asked_does_not_approve_even_with_every_right(stock: Stock) -> None:
    both = somebody("admin")
    asked = ask(stock, both)
    with pytest.raises(Forbidden, match="own request"):
        do(part_requests.approve, both, asked)
    assert db.session.get_one(PartRequest, asked).status == "requested"


def test_the_database_refuses_an_own_approval_too(stock: Stock, engineer: Actor) -> None:
    asked = ask(stock, engineer)
    with pytest.raises(IntegrityError), transaction(engineer):
        db.session.get_one(PartRequest, asked).approved_by_id = engineer.user_id


@pytest.mark.parametrize("verb", ["approve", "refuse", "issue"])
def test_a_dispatcher_decides_nothing(stock: Stock, engineer: Actor, verb: str) -> None:
    asked = ask(stock, engineer)
    needs = {"refuse": {"answer": "no"}, "issue": {"from_location_id": stock.shelf}}.get(verb, {})
    with pytest.raises(Forbidden, match="warehouse"):
        do(getattr(part_requests, verb), somebody("dispatcher"), asked, **needs)


def test_a_warehouse_clerk_does_not_ask(stock: Stock, clerk: Actor) -> None:
    with pytest.raises(Forbidden):
        ask(stock, clerk)


def test_a_refusal_tells_why(stock: Stock, engineer: Actor, clerk: Actor) -> None:
    refused = do(part_requests.refuse, clerk, ask(stock, engineer), answer="Repair it instead.")
    assert (refused.status, refused.answer) == ("refused", "Repair it instead.")


def test_a_request_is_cancelled_by_who_asked_until_it_is_issued(
    stock: Stock, engineer: Actor, clerk: Actor
) -> None:
    stock.receive(2)
    first, second = ask(stock, engineer), ask(stock, engineer)
    assert do(part_requests.cancel, engineer, first).status == "cancelled"
    do(part_requests.approve, clerk, second)
    with pytest.raises(Forbidden):
        do(part_requests.cancel, clerk, second)
    do(part_requests.issue, clerk, second, from_location_id=stock.shelf)
    with pytest.raises(RequestClosed):
        do(part_requests.cancel, engineer, second)


def test_a_colleagues_request_is_not_there_for_an_engineer(stock: Stock, engineer: Actor) -> None:
    with pytest.raises(NotFound):
        do(part_requests.cancel, somebody("engineer"), ask(stock, engineer))


def test_an_empty_shelf_issues_nothing_and_the_request_stays_approved(
    stock: Stock, engineer: Actor, clerk: Actor
) -> None:
    asked = ask(stock, engineer)
    do(part_requests.approve, clerk, asked)
    with pytest.raises(NotEnoughStock):
        do(part_requests.issue, clerk, asked, from_location_id=stock.shelf)
    assert db.session.get_one(PartRequest, asked).status == "approved"


def test_two_clerks_issue_one_request_once(app: Any, stock: Stock, engineer: Actor, clerk: Actor) -> None:
    stock.receive(9)
    asked = ask(stock, engineer)
    do(part_requests.approve, clerk, asked)
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def issue() -> None:
        with app.app_context():
            together.wait()
            try:
                do(part_requests.issue, clerk, asked, from_location_id=stock.shelf)
                outcomes.append("issued")
            except (RequestClosed, StaleDataError):
                outcomes.append("refused")

    threads = [threading.Thread(target=issue) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["issued", "refused"]
    assert stock.on_hand(stock.van) == 2


def test_the_van_is_named_where_it_is_not_plain(stock: Stock, engineer: Actor, clerk: Actor) -> None:
    stock.receive(9)
    with transaction(stock.actor):
        other = add_location("van", "VAN-2", holder_id=stock.engineer)
    for who, engineer_id in ((engineer, stock.engineer), (somebody("dispatcher"), None)):
        asked = ask(stock, who, engineer_id=engineer_id)
        do(part_requests.approve, clerk, asked)
        with pytest.raises(part_requests.WhichVan):
            do(part_requests.issue, clerk, asked, from_location_id=stock.shelf)
        do(part_requests.issue, clerk, asked, from_location_id=stock.shelf, to_location_id=other)
    assert stock.on_hand(other) == 4


def test_issuing_goes_from_a_shelf_into_a_van_only(stock: Stock, engineer: Actor, clerk: Actor) -> None:
    asked = ask(stock, engineer)
    do(part_requests.approve, clerk, asked)
    with pytest.raises(Invalid, match="from a shelf"):
        do(part_requests.issue, clerk, asked, from_location_id=stock.supplier)
    with pytest.raises(Invalid, match="into a van"):
        do(
            part_requests.issue,
            clerk,
            asked,
            from_location_id=stock.shelf,
            to_location_id=stock.supplier,
        )


def test_a_part_out_of_use_and_unknown_things_are_not_asked_for(stock: Stock, engineer: Actor) -> None:
    with pytest.raises(DomainError) as unknown:
        ask(stock, engineer, order_id=uuid.uuid4())
    assert set(unknown.value.fields) == {"order_id"}
    with transaction(stock.actor):
        db.session.get_one(Part, stock.part).active = False
    with pytest.raises(Invalid, match="not in use"):
        ask(stock, engineer)
