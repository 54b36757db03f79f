"""A phone is enrolled once, by a code that does not last, and can be taken away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from core import clock
from core.auth.actors import system
from core.db import db, transaction
from mobile_api import devices
from mobile_api.models import Device
from tests.conftest import Client
from tests.dispatch.workorder_world import MORNING, World
from tests.mobile_api.conftest import PHONES, Phone


@pytest.fixture
def dispatcher(client_of: Callable[..., Client]) -> Client:
    return client_of("dispatcher")


def code_for(dispatcher: Client, world: World) -> str:
    answer = dispatcher.post(f"/engineers/{world.expert.id}/enrolments")
    assert answer.status_code == 201, answer.json
    return str(answer.json["code"])


def enrol(app: Flask, code: str, device_uuid: uuid.UUID, **more: Any) -> Any:
    db.session.rollback()
    sent = {"code": code, "device_uuid": str(device_uuid), **more}
    return Client(app.test_client(), None).post(f"{PHONES}/devices", sent)


def test_a_code_makes_one_phone_the_engineers(app: Flask, world: World, dispatcher: Client) -> None:
    code, mine = code_for(dispatcher, world), uuid.uuid4()
    answer = enrol(app, code.lower(), mine, name="Wang's phone")
    assert answer.status_code == 201, answer.json
    assert (answer.json["engineer_id"], answer.json["engineer"]) == (str(world.expert.id), "Engineer E-1")
    phone = Phone(app, answer.json["token"], world.expert)
    assert phone.page("parts").status_code == 200
    assert phone.page("parts").headers["X-Server-Time"] == MORNING.isoformat(timespec="milliseconds")
    (listed,) = dispatcher.get("/devices").json["items"]
    assert (listed["name"], listed["status"]) == ("Wang's phone", "active")
    assert not {"token", "token_digest", "device_uuid"} & listed.keys()
    other = enrol(app, code, uuid.uuid4())
    assert (other.status_code, other.json["code"]) == (403, "code_over")


def test_a_phone_whose_answer_was_lost_asks_again_and_its_first_token_is_void(
    app: Flask, world: World, dispatcher: Client
) -> None:
    code, mine = code_for(dispatcher, world), uuid.uuid4()
    lost, again = (enrol(app, code, mine).json["token"] for _ in range(2))
    assert Phone(app, lost, world.expert).page("parts").status_code == 401
    assert Phone(app, again, world.expert).page("parts").status_code == 200
    assert db.session.query(Device).count() == 1


@pytest.mark.parametrize("used", [False, True])
def test_a_code_is_over_after_fifteen_minutes(
    app: Flask, world: World, dispatcher: Client, used: bool
) -> None:
    code, mine = code_for(dispatcher, world), uuid.uuid4()
    if used:
        enrol(app, code, mine)
    with clock.freeze(MORNING + timedelta(minutes=15)):
        answer = enrol(app, code, mine)
    assert (answer.status_code, answer.json["code"]) == (403, "code_over")


def test_codes_cannot_be_guessed_by_trying(app: Flask, world: World) -> None:
    answers = [enrol(app, f"GUESS{number}", uuid.uuid4()).status_code for number in range(45)]
    assert answers[-1] == 429
    assert set(answers) == {403, 429}


def test_a_new_phone_takes_the_place_of_the_one_before(world: World, phone_of: Any) -> None:
    before, after = phone_of(world.expert), phone_of(world.expert)
    answer = before.page("work_orders")
    assert (answer.status_code, answer.json["code"], answer.json["facts"]) == (403, "wipe", {"wipe": True})
    assert after.page("work_orders").status_code == 200


def test_a_phone_is_taken_away_by_a_dispatcher_or_by_its_engineer(
    app: Flask, world: World, phone_of: Any, dispatcher: Client, client_of: Any
) -> None:
    phone = phone_of(world.expert)
    (device,) = db.session.query(Device).all()
    stranger = client_of("engineer")
    assert stranger.get("/devices").json["items"] == []
    assert stranger.post(f"/devices/{device.id}/revoke", {}).status_code == 403
    assert dispatcher.post(f"/devices/{device.id}/revoke", {"drain": False}).json["status"] == "revoked"
    assert phone.page("parts").json["facts"] == {"wipe": True}
    assert dispatcher.post(f"/devices/{device.id}/revoke", {}).status_code == 409


def test_only_who_may_hand_phones_out_invites_others(world: World, client_of: Any) -> None:
    assert client_of("engineer").post(f"/engineers/{world.expert.id}/enrolments").status_code == 403
    assert client_of("agent").post(f"/engineers/{world.expert.id}/enrolments").status_code == 403
    with transaction(system("test")):
        assert devices.invite(system("test"), world.expert.id)


def test_an_engineer_without_an_account_gets_no_phone(world: World, dispatcher: Client) -> None:
    answer = dispatcher.post(f"/engineers/{world.novice.id}/enrolments")
    assert answer.status_code == 422
    assert "needs an account" in answer.json["detail"]
    assert dispatcher.post(f"/engineers/{uuid.uuid4()}/enrolments").status_code == 404


def test_a_phones_token_opens_nothing_but_the_phones_door(
    app: Flask, world: World, phone_of: Any, dispatcher: Client
) -> None:
    phone = phone_of(world.expert)
    assert Client(app.test_client(), phone.token).get("/work-orders").status_code == 401
    assert dispatcher.get(f"{PHONES}/sync/parts").status_code == 401
    assert Client(app.test_client(), None).get(f"{PHONES}/sync/parts").status_code == 401
    assert Client(app.test_client(), "pdd_rubbish").get(f"{PHONES}/sync/parts").status_code == 401
