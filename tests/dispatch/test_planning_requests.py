"""Runs asked for: what is refused, and why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.auth.actors import Actor, system
from core.db import db
from core.errors import Forbidden, Invalid, NotFound
from dispatch.planning import runs
from dispatch.planning.runs import NothingToPlan
from tests.dispatch.planning_desk import (
    ask,
)
from tests.towns import HOUR, MORNING, Town


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": MORNING - timedelta(days=1), "ends_at": MORNING - HOUR}, "past"),
    ({"starts_at": MORNING - timedelta(days=1), "ends_at": MORNING + HOUR}, "past"),
    ({"starts_at": MORNING + HOUR, "ends_at": MORNING}, "after the start"),
    ({"starts_at": MORNING, "ends_at": MORNING + timedelta(days=15)}, "14 days"),
    ({"starts_at": MORNING + timedelta(days=5_000), "ends_at": MORNING + timedelta(days=5_001)}, "year"),
    ({"territory_ids": [uuid.uuid4()]}, "do not exist"),
    ({"order_ids": [uuid.uuid4()]}, "do not exist"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_a_run_that_makes_no_sense_is_refused_in_a_sentence(
    town: Town, asked: dict[str, Any], said: str
) -> None:
    town.add_engineer()
    town.add_order()
    with pytest.raises(Invalid, match=said):
        ask(town, **asked)
    assert db.session.scalar(select(runs.OptimizationRun.id)) is None


def test_a_run_for_no_engineers_or_no_orders_is_refused_in_a_sentence(town: Town) -> None:
    town.add_order()
    with pytest.raises(NothingToPlan, match="No engineer"):
        ask(town)
    town.add_engineer()
    territory = town.add_territory()
    with pytest.raises(NothingToPlan, match="no open order"):
        ask(town, territory_ids=[territory.id])
    assert ask(town, order_ids=[town.orders[0].id])


def test_more_open_orders_than_one_run_can_plan_are_refused_with_the_way_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_ORDERS", 2)
    town.add_engineer()
    town.add_orders(2)
    assert ask(town)
    town.add_order()
    with pytest.raises(Invalid, match="More than 2 orders are open: plan one territory after") as refused:
        ask(town)
    assert refused.value.code == "too_many_orders"
    assert ask(town, order_ids=[order.id for order in town.orders[1:]])


def test_the_past_is_what_the_clock_says(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    with clock.freeze(MORNING - timedelta(days=400)):
        assert ask(town)
    with clock.freeze(MORNING + timedelta(days=1)), pytest.raises(Invalid, match="past"):
        ask(town)


def test_only_who_may_asks_for_runs(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    nobody = Actor(None, "nobody", frozenset(), frozenset())
    with pytest.raises(Forbidden):
        ask(town, nobody)
    with pytest.raises(NotFound):
        runs.run_of(system(), uuid.uuid4())
