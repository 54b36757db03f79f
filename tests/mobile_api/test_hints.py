"""A phone that waits is told that there is something new for it, and nobody else is."""

from __future__ import annotations

import contextvars
import re
import threading
import time
from typing import Any

import pytest
from flask import Flask

from core import hints
from core.db import db
from dispatch.workorders import visits
from tests.dispatch.workorder_world import World
from tests.mobile_api.conftest import PHONES, Phone


class Ear:
    """Listens to a stream on a connection of its own."""

    def __init__(self, app: Flask, phone: Phone, last: str = "") -> None:
        self._app, self._phone, self._last = app, phone, last
        self.heard: list[tuple[float, str]] = []
        self.status, self.began = 0, time.monotonic()
        self._thread = threading.Thread(target=contextvars.Context().run, args=(self._listen,))

    def _listen(self) -> None:
        headers = {"Authorization": f"Bearer {self._phone.token}"}
        if self._last:
            headers["Last-Event-ID"] = self._last
        answer = self._app.test_client().get(f"{PHONES}/sync/hints", headers=headers)
        self.status = answer.status_code
        for part in answer.response:
            text = part.decode() if isinstance(part, bytes) else str(part)
            self.heard.append((time.monotonic() - self.began, text))
        answer.close()

    def __enter__(self) -> Ear:
        db.session.rollback()
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: Any) -> None:
        self._thread.join()

    @property
    def hints(self) -> list[str]:
        return [text for _, text in self.heard if "data: RESYNC" in text]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "LENGTH_S", 3.0)
    monkeypatch.setattr(hints, "_LOOK_S", 0.1)


@pytest.fixture
def pair(world: World, phone_of: Any) -> tuple[Phone, Phone]:
    return phone_of(world.expert), phone_of(world.other)


def test_who_has_something_new_is_told_and_nobody_else(
    app: Flask, world: World, pair: tuple[Phone, Phone]
) -> None:
    with Ear(app, pair[0]) as mine, Ear(app, pair[1]) as theirs:
        world.dispatched(world.expert)
    assert (mine.status, theirs.status) == (200, 200)
    assert (len(mine.hints), len(theirs.hints)) == (2, 1), "the first is for who comes without an id"
    assert all(re.fullmatch(r"id: \d+\nevent: hint\ndata: RESYNC\n\n", hint) for hint in mine.hints)
    assert mine.heard[0][1] == "retry: 2000\n\n"


def test_who_comes_again_is_told_only_what_came_in_between(
    app: Flask, world: World, pair: tuple[Phone, Phone]
) -> None:
    visit = world.dispatched(world.expert)
    with Ear(app, pair[0]) as first:
        pass
    last = re.findall(r"id: (\d+)", first.hints[-1])[0]
    with Ear(app, pair[0], last) as second:
        pass
    assert second.hints == []
    world.do(visits.unschedule, visit, reason="ill")
    with Ear(app, pair[0], last) as third:
        pass
    assert len(third.hints) == 1


def test_a_process_carries_so_many_and_says_so(
    app: Flask, pair: tuple[Phone, Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "paidan-hints", hints.Watch(app, most=1))
    with Ear(app, pair[0]):
        refused = pair[1].send("GET", "/sync/hints")
        assert (refused.status_code, refused.json["code"]) == (503, "unavailable")
        assert "Retry-After" in refused.headers
    with Ear(app, pair[1]) as later:
        pass
    assert later.status == 200, "the place is free again"


def test_nobody_is_asked_while_nobody_waits(app: Flask, pair: tuple[Phone, Phone]) -> None:
    with Ear(app, pair[0]):
        assert [one.name for one in threading.enumerate()].count("hints") == 1
    time.sleep(0.5)
    assert "hints" not in [one.name for one in threading.enumerate()]
