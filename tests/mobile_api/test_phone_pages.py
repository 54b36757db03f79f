"""Pages about phones: who makes a code, what it shows, and taking a phone away."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable

import pytest

from core.db import db, transaction
from mobile_api import devices
from mobile_api.models import Device
from tests.browsers import Person
from tests.dispatch.workorder_world import World

Opens = Callable[..., Person]


@pytest.fixture
def dispatcher(world: World, browser: Opens) -> Person:
    return browser("dispatcher")


def code_on(page: str) -> str:
    found = re.search(r'<dd class="code">([0-9A-Z]{10})</dd>', page)
    assert found, page
    return found[1]


def test_a_code_on_the_engineers_page_enrols_one_phone(dispatcher: Person, world: World) -> None:
    page = f"/engineers/{world.expert.id}"
    answer = dispatcher.press(page, f"/devices/of-engineer/{world.expert.id}")
    assert answer.status_code == 200
    code = code_on(answer.text)
    assert f"/m/#code={code}" in html.unescape(answer.text)
    assert 'src="data:image/svg+xml' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    with transaction():
        device, _ = devices.enrol(code, uuid.uuid4(), "Pixel")
    listed = dispatcher.get("/devices").text
    assert "Pixel" in listed
    taken = dispatcher.send(f"/devices/{device.id}/revoke", {"version": device.version})
    assert taken.status_code == 302, taken.text
    db.session.expire_all()
    assert db.session.get_one(Device, device.id).status == "revoked"


def test_an_engineer_makes_a_code_for_no_other(world: World, browser: Opens) -> None:
    engineer = browser("engineer")
    assert "/devices/of-engineer/" not in engineer.get(f"/engineers/{world.expert.id}").text
    page = engineer.get(f"/engineers/{world.expert.id}").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = engineer.open(f"/devices/of-engineer/{world.expert.id}", "POST", data={"csrf_token": token[1]})
    assert answer.status_code == 403


def test_an_engineer_without_an_account_gets_a_sentence(dispatcher: Person, world: World) -> None:
    with transaction(world.actor) as session:
        session.merge(world.expert).user_id = None
    answer = dispatcher.press(f"/engineers/{world.expert.id}", f"/devices/of-engineer/{world.expert.id}")
    assert answer.status_code == 422
    assert "needs an account" in answer.text
