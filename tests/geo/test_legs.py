"""Legs remembered between runs."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import event

from core import clock
from core.db import db
from geo.legs import KEPT, RememberedLegs
from geo.point import Point
from geo.travel import Leg, Pair
from tests.towns import MORNING

PLACES = [Point(31.2 + step / 1_000, 121.4) for step in range(40)]
LEGS: dict[Pair, Leg] = {
    (a, b): Leg(60 * i + j, 7) for i, a in enumerate(PLACES) for j, b in enumerate(PLACES) if a != b
}


def keep(legs: dict[Pair, Leg]) -> None:
    cache = RememberedLegs()
    cache.put_many(legs)
    cache.keep()


def test_what_was_kept_is_known_until_it_is_old(app: Flask) -> None:
    with clock.freeze(MORNING):
        keep(LEGS)
        assert RememberedLegs().get_many(list(LEGS)) == LEGS
    with clock.freeze(MORNING + KEPT + timedelta(seconds=1)):
        assert RememberedLegs().get_many(list(LEGS)) == {}


def test_a_newer_answer_takes_the_place_of_the_older(app: Flask) -> None:
    pair = (PLACES[0], PLACES[1])
    keep({pair: Leg(1, 1)})
    keep({pair: Leg(2, 3)})
    assert RememberedLegs().get_many([pair]) == {pair: Leg(2, 3)}


def test_many_legs_are_kept_in_few_statements(app: Flask) -> None:
    said: list[str] = []

    def hear(*args: Any) -> None:
        said.append(args[2])

    event.listen(db.engine, "before_cursor_execute", hear)
    keep(LEGS)
    event.remove(db.engine, "before_cursor_execute", hear)
    assert len(said) < 20


def test_two_runs_keep_the_same_legs_at_once(app: Flask) -> None:
    together, kept = threading.Barrier(2), []

    def go(legs: dict[Pair, Leg]) -> None:
        with app.app_context():
            together.wait()
            keep(legs)
            kept.append(True)

    backwards = dict(reversed(LEGS.items()))
    threads = [threading.Thread(target=go, args=(legs,)) for legs in (LEGS, backwards)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept == [True, True]
    assert RememberedLegs().get_many(list(LEGS)) == LEGS
