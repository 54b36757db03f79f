"""What a phone says that cannot be applied waits for a dispatcher, who lets it count or discards it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core import clock
from core.db import db, transaction
from core.errors import DomainError
from dispatch.evidence.models import Note
from dispatch.inbox import items
from dispatch.inbox.models import InboxItem
from dispatch.workorders import orders, visits
from dispatch.workorders.models import Visit
from mobile_api import operations
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.test_push import DAY_AT_WORK, Sender, now_is, said
from tests.together import at_once


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield Sender(phone_of(world.expert), visit)


def waiting() -> list[InboxItem]:
    db.session.rollback()
    query = select(InboxItem).where(InboxItem.status == "open").order_by(InboxItem.created_at)
    return list(db.session.scalars(query))


def decide(world: World, verb: Any, item: InboxItem, reason: str = "") -> None:
    with transaction(world.actor):
        verb(world.actor, item, reason=reason)
    db.session.rollback()


def decided_by_id(world: World, verb: Any, item_id: Any) -> str:
    try:
        with transaction(world.actor) as session:
            return str(verb(world.actor, session.get_one(InboxItem, item_id), reason="so be it").status)
    except DomainError as error:
        return type(error).__name__


def outcomes(sender: Sender) -> dict[str, tuple[str, str]]:
    held = sender.phone.pull("ops").values()
    return {one["kind"]: (one["outcome"], one["outcome_code"]) for one in held}


def test_work_done_by_who_the_visit_was_taken_from_counts_if_the_dispatcher_says_so(
    world: World, sender: Sender, visit: Visit
) -> None:
    day = [sender.op(kind) for kind in DAY_AT_WORK]
    world.do(visits.schedule, visit, **world.slot(world.other))
    assert said(sender.send(*day)) == [("held", "off_assignment")] * 5
    assert now_is(visit).engineer_id == world.other.id
    last = next(item for item in waiting() if item.facts["kind"] == "complete")
    assert last.order_id == visit.order_id
    assert last.engineer_id == world.expert.id
    assert "Engineer E-1" in last.title
    decide(world, items.accept, last)
    done = now_is(visit)
    assert (done.status, done.engineer_id) == ("completed", world.expert.id)
    assert [event.verb for event in done.events][-5:] == list(DAY_AT_WORK)
    assert {event.actor_name for event in done.events[-5:]} == {"Engineer E-1"}
    assert set(outcomes(sender).values()) == {("applied", "")}
    assert waiting() == [], "all of it was decided together"
    assert sender.phone.pull("work_orders")[str(visit.id)]["status"] == "completed"


def test_what_the_phone_says_afterwards_is_applied_as_if_the_visit_had_never_left(
    world: World, sender: Sender, visit: Visit
) -> None:
    accept, depart = sender.op("accept"), sender.op("depart")
    world.do(visits.schedule, visit, **world.slot(world.other))
    sender.send(accept)
    decide(world, items.accept, waiting()[0])
    assert said(sender.send(depart)) == [("applied", "")]
    assert now_is(visit).status == "en_route"


def test_discarded_work_is_told_to_its_phone_and_changes_nothing(
    world: World, sender: Sender, visit: Visit
) -> None:
    accept = sender.op("accept")
    world.do(visits.schedule, visit, **world.slot(world.other))
    sender.send(accept)
    decide(world, items.discard, waiting()[0], "E-2 is there")
    assert outcomes(sender) == {"accept": ("rejected", "discarded")}
    (told,) = sender.phone.pull("ops").values()
    assert told["detail"] == {"detail": "E-2 is there"}
    assert now_is(visit).engineer_id == world.other.id
    assert sender.send(accept)[0]["outcome"] == "rejected", "pushed again it is what was decided"


def test_nothing_is_taken_from_who_has_begun(world: World, sender: Sender, visit: Visit) -> None:
    accept = sender.op("accept")
    world.do(visits.schedule, visit, **world.slot(world.other))
    world.carry_out(now_is(visit), "accept", "depart")
    sender.send(accept)
    (item,) = waiting()
    with pytest.raises(DomainError, match="Somebody else has begun"):
        decide(world, items.accept, item)
    assert [one.id for one in waiting()] == [item.id], "it still waits"
    assert now_is(visit).engineer_id == world.other.id


def test_work_at_a_cancelled_order_is_kept_as_a_note(world: World, sender: Sender, visit: Visit) -> None:
    complete = sender.op("complete")
    world.do(orders.cancel, now_is(visit).order, reason="sold the lift")
    assert said(sender.send(complete))[0][0] == "held"
    (item,) = waiting()
    decide(world, items.accept, item, "to be paid")
    (note,) = db.session.scalars(select(Note))
    assert "Chain replaced" in note.text
    assert "to be paid" in note.text
    assert note.visit_id == visit.id
    assert now_is(visit).status == "cancelled"
    assert outcomes(sender)["complete"][0] == "applied"


def test_what_was_decided_stays_when_earlier_word_arrives(world: World, sender: Sender, visit: Visit) -> None:
    accept, complete = sender.op("accept"), sender.op("complete")
    world.do(orders.cancel, now_is(visit).order, reason="sold the lift")
    sender.send(complete)
    decide(world, items.accept, waiting()[0])
    sender.send(accept)
    assert outcomes(sender)["complete"] == ("applied", "visit_over")
    assert [item.facts["kind"] for item in waiting()] == ["accept"]


def test_a_replaced_phones_work_counts_if_the_dispatcher_says_so(
    world: World, sender: Sender, visit: Visit, phone_of: Any
) -> None:
    phone_of(world.expert)
    assert said(sender.send(sender.op("accept"))) == [("held", "second_device")]
    decide(world, items.accept, waiting()[0])
    assert now_is(visit).status == "accepted"
    assert waiting() == []


def test_a_replaced_phones_work_at_a_visit_given_away_since_counts_too(
    world: World, sender: Sender, visit: Visit, phone_of: Any
) -> None:
    phone_of(world.expert)
    assert said(sender.send(sender.op("accept"))) == [("held", "second_device")]
    world.do(visits.schedule, now_is(visit), **world.slot(world.other))
    decide(world, items.accept, waiting()[0])
    assert (now_is(visit).status, now_is(visit).engineer_id) == ("accepted", world.expert.id)
    assert waiting() == []


def test_a_replaced_phones_work_at_a_visit_cancelled_since_is_kept_as_a_note(
    world: World, sender: Sender, visit: Visit, phone_of: Any
) -> None:
    phone_of(world.expert)
    sender.send(sender.op("complete"))
    world.do(orders.cancel, now_is(visit).order, reason="sold the lift")
    decide(world, items.accept, waiting()[0])
    assert "Chain replaced" in db.session.scalars(select(Note)).one().text
    assert waiting() == []


def test_two_decisions_about_one_visit_at_once_end_in_one(world: World, sender: Sender, visit: Visit) -> None:
    day = [sender.op(kind) for kind in DAY_AT_WORK]
    world.do(visits.schedule, visit, **world.slot(world.other))
    sender.send(*day)
    at_hand = [item.id for item in waiting()]
    found = at_once(*(partial(decided_by_id, world, items.accept, item_id) for item_id in at_hand))
    assert sorted(found) == ["Decided"] * 4 + ["accepted"], "what was decided together is decided once"
    assert now_is(visit).status == "completed"
    assert waiting() == []


@pytest.mark.parametrize("_", range(3))
def test_a_decision_and_what_its_phone_says_at_the_same_moment_do_not_cross(
    world: World, sender: Sender, visit: Visit, _: int
) -> None:
    complete, accept, start = sender.op("complete"), sender.op("accept"), sender.op("start")
    world.do(orders.cancel, now_is(visit).order, reason="sold the lift")
    sender.send(complete)
    (item,) = waiting()
    app = sender.phone.client.application

    def push_more() -> str:
        rows = [{"newDocumentState": op} for op in (accept, start)]
        headers = {"Authorization": f"Bearer {sender.phone.token}"}
        answer = app.test_client().post("/api/mobile/v1/sync/ops", json=rows, headers=headers)
        return str(answer.status_code)

    found = at_once(partial(decided_by_id, world, items.discard, item.id), push_more)
    assert found == ["discarded", "200"]
    assert outcomes(sender)["complete"] == ("rejected", "discarded")


def test_what_failed_by_a_fault_of_ours_can_be_tried_again(
    world: World, sender: Sender, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setitem(operations._STEPS, "accept", fail)
        assert said(sender.send(sender.op("accept"))) == [("held", "error")]
    decide(world, items.accept, waiting()[0])
    assert now_is(visit).status == "accepted"


def test_a_decision_is_made_once(world: World, sender: Sender, visit: Visit) -> None:
    accept = sender.op("accept")
    world.do(visits.schedule, visit, **world.slot(world.other))
    sender.send(accept)
    (item,) = waiting()
    decide(world, items.discard, item, "no")
    with pytest.raises(items.Decided):
        decide(world, items.accept, item)


def test_the_dispatcher_decides_on_a_page_and_by_the_api(
    world: World, sender: Sender, visit: Visit, client_of: Any, browser: Any
) -> None:
    accept, depart = sender.op("accept"), sender.op("depart")
    world.do(visits.schedule, visit, **world.slot(world.other))
    sender.send(accept, depart)
    first, second = waiting()
    dispatcher, engineer = client_of("dispatcher"), client_of("engineer")
    listed = dispatcher.get("/api/v1/inbox?status=open").json
    assert {item["id"] for item in listed["items"]} == {str(first.id), str(second.id)}
    assert engineer.get("/api/v1/inbox").status_code == 403
    page = browser("dispatcher", "agent").get(f"/inbox/{first.id}")
    assert page.status_code == 200
    assert "Let it count" in page.text
    assert "given to somebody else" in page.text
    answer = dispatcher.post(f"/api/v1/inbox/{first.id}/discard", json={"reason": "E-2 goes"})
    assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "discarded"
    again = dispatcher.post(f"/api/v1/inbox/{first.id}/accept", json={})
    assert (again.status_code, again.json["code"]) == (409, "decided")
    assert dispatcher.post(f"/api/v1/inbox/{second.id}/discard", json={}).status_code == 422
