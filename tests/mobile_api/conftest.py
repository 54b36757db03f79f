"""A small company whose engineers have phones."""

from __future__ import annotations

import contextvars
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from core import clock
from core.auth import people
from core.auth.actors import Actor, system
from core.db import db, transaction
from dispatch.workforce.models import Engineer
from dispatch.workorders.models import Visit
from mobile_api import devices
from tests.dispatch.workorder_world import HOUR, MORNING, World

PHONES = "/api/mobile/v1"


class Phone:
    """A phone as the server sees it: it has a token and remembers how far it has read."""

    def __init__(self, app: Flask, token: str, engineer: Engineer) -> None:
        self.client, self.token, self.engineer = app.test_client(), token, engineer
        self.checkpoints: dict[str, Any] = {}
        self.held: dict[str, dict[str, Any]] = {}

    def send(self, method: str, path: str, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        db.session.rollback()
        return contextvars.Context().run(
            self.client.open, f"{PHONES}{path}", method=method, headers=headers, **kwargs
        )

    def page(self, name: str, limit: int = 100, checkpoint: Any = None, **kwargs: Any) -> Any:
        asked = {"limit": limit, "checkpoint": json.dumps(checkpoint)}
        return self.send("GET", f"/sync/{name}", query_string=asked, **kwargs)

    def pull(self, name: str, limit: int = 100) -> dict[str, Any]:
        """Read on until there is nothing more, and return what the phone holds then, by id."""
        held = self.held.setdefault(name, {})
        while True:
            answer = self.page(name, limit, self.checkpoints.get(name))
            assert answer.status_code == 200, answer.text
            for document in answer.json["documents"]:
                if document.pop("_deleted"):
                    held.pop(document["id"], None)
                else:
                    held[document["id"]] = document
            self.checkpoints[name] = answer.json["checkpoint"]
            if len(answer.json["documents"]) < limit:
                return held


@pytest.fixture
def world(app: Flask, actor: Actor) -> Iterator[World]:
    """A company on a Monday morning; its expert and the other engineer have accounts."""
    with clock.freeze(MORNING):
        world = World(actor)
        for engineer in (world.expert, world.other):
            with transaction(actor) as session:
                user = people.add(
                    actor, email=f"{engineer.number}@example.org", name=engineer.name, roles=["engineer"]
                )
                session.merge(engineer).user_id = user.id
        yield world


@pytest.fixture
def visit(world: World) -> Visit:
    """A visit the expert is to make this morning."""
    return world.dispatched()


@pytest.fixture
def phone(phone_of: Callable[[Engineer], Phone], world: World) -> Iterator[Phone]:
    """The expert's phone, an hour into the morning."""
    with clock.freeze(MORNING + HOUR):
        yield phone_of(world.expert)


@pytest.fixture
def phone_of(app: Flask) -> Callable[[Engineer], Phone]:
    """Return a function: an engineer to a phone of theirs, enrolled."""

    def make(engineer: Engineer) -> Phone:
        with transaction(system("test")):
            _, code = devices.invite(system("test"), engineer.id)
            _, token = devices.enrol(code, uuid.uuid4(), "a phone")
        return Phone(app, token, engineer)

    return make
