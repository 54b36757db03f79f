"""The ledger: nothing is lost, nothing comes from an empty shelf, nothing is rewritten."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from core.auth.actors import person
from core.db import db, transaction
from core.errors import Forbidden, Invalid
from inventory import ledger
from inventory.models import Part, StockLocation, StockMovement
from inventory.rules import NotEnoughStock
from tests.inventory.conftest import Stock, add, add_location

OUTSIDE = ("supplier", "customer", "difference")
KINDS = (*OUTSIDE, "warehouse", "shelf", "van", "scrap")
moves = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(KINDS), st.sampled_from(KINDS), st.integers(1, 6)),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_balances_are_the_sum_of_movements_and_only_outside_goes_below_zero(
    stock: Stock, sequence: list[tuple[int, str, str, int]]
) -> None:
    expected: Counter[Any] = Counter()
    with transaction(stock.actor):
        run = uuid.uuid4().hex
        parts = [add(Part(number=f"{run}-{n}", name_en="p", name_zh="件")) for n in range(2)]
        place = {kind: add_location(kind, f"{run}-{kind}", holder_id=stock.engineer) for kind in KINDS}
        for which, source, target, quantity in sequence:
            possible = source != target and (source in OUTSIDE or expected[which, source] >= quantity)
            try:
                ledger.move(
                    stock.actor,
                    part_id=parts[which],
                    from_location_id=place[source],
                    to_location_id=place[target],
                    quantity=quantity,
                )
                assert possible
                expected[which, source] -= quantity
                expected[which, target] += quantity
            except (NotEnoughStock, Invalid):
                assert not possible
        found = ledger.on_hand(parts, place.values())
    assert found == {(parts[n], place[kind]): total for (n, kind), total in expected.items() if total}
    assert all(total >= 0 for (_, where), total in found.items() if where not in {place[k] for k in OUTSIDE})


def test_of_four_who_take_the_last_piece_at_once_one_gets_it(app: Any, stock: Stock) -> None:
    stock.receive(1)
    outcomes: list[str] = []
    together = threading.Barrier(4)

    def take() -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction(stock.actor):
                    stock.move(stock.shelf, stock.van, 1)
                outcomes.append("taken")
            except NotEnoughStock:
                outcomes.append("refused")

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 3 + ["taken"]
    assert (stock.on_hand(stock.shelf), stock.on_hand(stock.van)) == (0, 1)


def test_a_van_is_not_emptied_below_zero(stock: Stock) -> None:
    with pytest.raises(NotEnoughStock, match="Only 0"), transaction(stock.actor):
        stock.move(stock.van, stock.shelf, 1)


@pytest.mark.parametrize("change", [update(StockMovement).values(quantity=9), delete(StockMovement)])
def test_the_database_refuses_to_change_or_remove_a_movement(stock: Stock, change: Any) -> None:
    stock.receive(2)
    with pytest.raises(DBAPIError, match="append-only"), transaction(stock.actor):
        db.session.execute(change)
    assert stock.on_hand(stock.shelf) == 2


def test_only_the_warehouse_moves_stock(stock: Stock) -> None:
    engineer = person(uuid.uuid4(), "e", frozenset({"engineer"}))
    with pytest.raises(Forbidden), transaction(engineer):
        ledger.move(
            engineer,
            part_id=stock.part,
            from_location_id=stock.supplier,
            to_location_id=stock.shelf,
            quantity=1,
        )


def test_parts_are_not_put_where_nothing_is_kept_any_more(stock: Stock) -> None:
    with transaction(stock.actor):
        db.session.get_one(StockLocation, stock.shelf).active = False
    with pytest.raises(Invalid, match="not in use"):
        stock.receive(1)


def test_a_refused_movement_leaves_no_trace(stock: Stock) -> None:
    with pytest.raises(NotEnoughStock), transaction(stock.actor):
        stock.move(stock.shelf, stock.van, 1)
    assert db.session.scalar(select(func.count()).select_from(StockMovement)) == 0


def test_van_stock_is_told_by_engineer_and_is_empty_for_who_has_none(stock: Stock) -> None:
    stock.receive(3, stock.van)
    stock.receive(5)
    nobody = uuid.uuid4()
    assert ledger.van_stock_of([stock.engineer, nobody]) == {stock.engineer: {stock.part: 3}, nobody: {}}
    assert ledger.van_stock_of([]) == {}
