"""Photos, signatures and notes of a visit as the office sees them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from core import clock
from dispatch.workorders.models import Visit
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.conftest import Phone
from tests.mobile_api.pictures import photo, signature
from tests.mobile_api.test_push import Sender
from tests.mobile_api.test_uploads import Carrier, render

pytestmark = pytest.mark.usefixtures("own_files")


@pytest.fixture
def told(world: World, phone_of: Any) -> Any:
    """A visit with a photo that came, one still on the phone, a signature and a note."""
    visit = world.dispatched()
    with clock.freeze(MORNING + HOUR):
        phone: Phone = phone_of(world.expert)
        sender = Sender(phone, visit)
        came = Carrier(phone, visit, photo())
        signed = Carrier(phone, visit, signature(), filename="s.png", filetype="image/png")
        came.create(came.data)
        signed.create(signed.data)
        sender.send(
            sender.op("photo", payload={"attachment_id": str(came.attachment_id), "caption": "The meter"}),
            sender.op("photo", payload={"attachment_id": str(uuid.uuid4())}),
            sender.op("signature", payload={"attachment_id": str(signed.attachment_id), "signer": "Li Lei"}),
            sender.op("note", payload={"text": "The cellar is wet."}),
        )
        render()
        yield visit, came


def test_an_orders_page_shows_them(told: tuple[Visit, Carrier], browser: Any) -> None:
    visit, came = told
    person = browser("dispatcher")
    page = person.get(f"/work-orders/{visit.order_id}").text
    for text in ("The meter", "Still on the phone", "Signature of Li Lei", "The cellar is wet."):
        assert text in page
    url = f"/attachments/{came.attachment_id}/thumbnail"
    assert f'src="{url}"' in page
    shown = person.get(url)
    assert shown.data.startswith(b"\xff\xd8")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert person.get(f"/attachments/{came.attachment_id}/original").data == came.data
    assert person.get(f"/attachments/{came.attachment_id}/other").status_code == 404


def test_programs_get_them_and_customers_do_not(told: tuple[Visit, Carrier], client_of: Any) -> None:
    visit, came = told
    agent = client_of("agent")
    found = agent.get(f"/api/v1/work-orders/{visit.order_id}/evidence").json
    assert [one["kind"] for one in found["attachments"]] == ["photo", "photo", "signature"]
    assert {one["state"] for one in found["attachments"]} == {"stored", "awaiting_bytes"}
    assert [note["text"] for note in found["notes"]] == ["The cellar is wet."]
    content = agent.get(f"/api/v1/attachments/{came.attachment_id}/content?form=original")
    assert content.data == came.data
    waits = next(one["id"] for one in found["attachments"] if one["state"] == "awaiting_bytes")
    assert agent.get(f"/api/v1/attachments/{waits}/content").status_code == 404
    assert agent.get(f"/api/v1/attachments/{came.attachment_id}/content?form=x").status_code == 422
    assert client_of("customer").get(f"/api/v1/work-orders/{visit.order_id}/evidence").status_code == 403


def test_an_engineer_sees_those_of_ones_own_orders_only(
    told: tuple[Visit, Carrier], client_of: Any, phone_of: Any
) -> None:
    _, came = told
    stranger = client_of("engineer")
    assert stranger.get(f"/api/v1/attachments/{came.attachment_id}/content").status_code == 404
