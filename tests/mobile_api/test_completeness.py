"""What has to be done at every visit and is not there yet: seen as it is now, whatever came late."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.db import db
from dispatch.evidence import completeness
from dispatch.workorders.models import Visit
from mobile_api.pwa.pages import _config
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.pictures import photo, signature
from tests.mobile_api.test_push import SITE, Sender, now_is
from tests.mobile_api.test_uploads import Carrier

pytestmark = pytest.mark.usefixtures("own_files")


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield Sender(phone_of(world.expert), visit)


def missing(visit: Visit) -> list[str]:
    return [action for _, actions in completeness.missing_of(now_is(visit).order) for action in actions]


def test_what_comes_late_is_not_missing_any_more(sender: Sender, visit: Visit, browser: Any) -> None:
    complete = sender.op("complete", payload={"solution": " "})
    sender.send(sender.op("accept"))
    assert missing(visit) == [], "nothing is missing of what is not completed"
    sender.send(complete)
    assert missing(visit) == ["arrival", "photo", "solution", "signature"]
    page = browser("reviewer").get(f"/work-orders/{visit.order_id}").text
    assert "Not there yet" in page
    assert "Arrival or check-in, A photo, What was done, The customer’s signature" in page
    sender.send(sender.op("check_in", payload={**SITE, "accuracy_m": 5}))
    for kind, data, more in (("photo", photo(), {}), ("signature", signature(), {"signer": "Ms Li"})):
        carrier = Carrier(sender.phone, visit, data)
        sender.send(sender.op(kind, payload={"attachment_id": str(carrier.attachment_id), **more}))
    assert missing(visit) == ["solution"]


def test_a_reason_why_nobody_signed_is_as_good_as_a_name(
    sender: Sender, visit: Visit, client_of: Any
) -> None:
    said = {"solution": "Chain replaced", "signature_refused_reason": "nobody there"}
    sender.send(sender.op("arrive", payload=SITE), sender.op("complete", payload=said))
    assert missing(visit) == ["photo"]
    told = client_of("reviewer").get(f"/work-orders/{visit.order_id}/evidence").json
    assert told["missing"] == [{"visit_id": str(visit.id), "actions": ["photo"]}]


def test_the_app_asks_for_the_same(sender: Sender, visit: Visit, app: Any) -> None:
    with app.test_request_context("/m/"):
        config = _config()
    assert config["mandatory"] == list(completeness.MANDATORY)
    assert {f"check.{action}" for action in completeness.MANDATORY} <= config["texts"]["zh"].keys()
    db.session.rollback()
