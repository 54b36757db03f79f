"""What a phone says was done is stored first, then judged; nothing is lost, and nothing done twice."""

from __future__ import annotations

import contextvars
import gzip
import json
import random
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock, feed
from core.audit import AuditEntry
from core.db import db
from core.errors import Invalid
from dispatch.workforce.models import Engineer
from dispatch.workorders import visits
from dispatch.workorders.models import Visit, VisitEvent
from geo.models import Position
from inventory.models import PartRequest
from mobile_api import bodies, operations
from mobile_api.models import Device, Operation
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.conftest import Phone
from tests.mobile_api.test_pull import add_parts

SITE = {"lat": 31.2304, "lon": 121.4737}
DAY_AT_WORK = ("accept", "depart", "arrive", "start", "complete")
PAYLOADS: dict[str, dict[str, Any]] = {
    "depart": {"reason": "no signal"},
    "arrive": SITE,
    "hold": {"reason": "waits for a key"},
    "decline": {"reason": "ill"},
    "complete": {"solution": "Chain replaced"},
    "incomplete": {"reason": "no_access"},
    "check_in": SITE,
}


class Sender:
    """An engineer's phone that says what was done at a visit, by its own count."""

    def __init__(self, phone: Phone, visit: Visit) -> None:
        self.phone, self.visit, self.seq = phone, visit, 0
        self.assignment_id = str(visit.assignment_id)

    def op(self, kind: str, **more: Any) -> dict[str, Any]:
        """Return the next operation."""
        self.seq += 1
        return {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "work_order_id": str(self.visit.order_id),
            "assignment_id": self.assignment_id,
            "payload": PAYLOADS.get(kind, {}),
            "device_seq": self.seq,
            "device_time": (MORNING + timedelta(minutes=self.seq)).isoformat(),
            "mono_ms": 1_000 * self.seq,
            "boot_id": "b",
            "clock_offset_ms": 0,
            **more,
        }

    def send(self, *ops: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        """Push operations, and return their answers."""
        answer = push(self.phone, *ops, **more)
        assert answer.status_code == 200, answer.text
        told: list[dict[str, Any]] = answer.json
        return told


def push(phone: Phone, *ops: Any, name: str = "ops", **more: Any) -> Any:
    rows = [{"newDocumentState": op} for op in ops]
    more.setdefault("headers", {"X-Clock-Offset-Ms": "0"})
    return phone.send("POST", f"/sync/{name}", json=rows, **more)


def said(answers: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["outcome"], one["outcome_code"]) for one in answers]


def now_is(visit: Visit) -> Visit:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Visit, visit.id)


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield Sender(phone_of(world.expert), visit)


def test_a_day_at_work_is_applied_step_by_step_at_the_phones_times(sender: Sender, visit: Visit) -> None:
    answers = sender.send(*(sender.op(kind) for kind in DAY_AT_WORK))
    assert said(answers) == [("applied", "")] * 5
    assert now_is(visit).status == "completed"
    events = now_is(visit).events
    assert [(one.verb, one.at) for one in events[1:]] == [
        (kind, MORNING + timedelta(minutes=number)) for number, kind in enumerate(DAY_AT_WORK, 1)
    ]
    assert {one.actor_name for one in events[1:]} == {"Engineer E-1"}
    document = sender.phone.pull("work_orders")[str(visit.id)]
    assert document["status"] == "completed"
    assert db.session.query(Device).one().seen_at == MORNING + HOUR
    ops = sender.phone.pull("ops")
    assert {one["outcome"] for one in ops.values()} == {"applied"}
    assert len(ops) == 5
    assert feed.differences() == []


def test_a_step_that_counts_after_all_is_logged_too(sender: Sender, visit: Visit) -> None:
    """Going on comes before the interruption it ends: at first it leads nowhere."""
    *begun, hold, resume, complete = [
        sender.op(kind) for kind in ("accept", "depart", "arrive", "start", "hold", "resume", "complete")
    ]
    assert said(sender.send(*begun, resume)) == [("applied", "")] * 4 + [("superseded", "")]
    assert said(sender.send(hold, complete)) == [("applied", "")] * 2
    assert said(sender.send(resume)) == [("applied", "")]
    logged = [one.verb for one in now_is(visit).events][1:]
    assert sorted(logged) == sorted(["accept", "depart", "arrive", "start", "hold", "resume", "complete"])
    assert now_is(visit).status == "completed"
    assert {one["outcome"] for one in sender.phone.pull("ops").values()} == {"applied"}


def test_the_same_operation_again_has_one_effect_and_the_same_answer(sender: Sender, visit: Visit) -> None:
    op = sender.op("accept")
    first, again = sender.send(op), sender.send({**op, "outcome": "pending"})
    assert first == again
    assert [one.verb for one in now_is(visit).events] == ["dispatch", "accept"]


def test_another_body_under_a_known_id_is_refused_and_remembered(sender: Sender, visit: Visit) -> None:
    op = sender.op("accept")
    sender.send(op)
    assert said(sender.send({**op, "kind": "depart"})) == [("rejected", "id_reuse")]
    assert now_is(visit).status == "accepted"
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "refuse"))
    assert entry.after["kind"] == "depart"


@pytest.mark.parametrize("seed", range(6))
def test_steps_out_of_order_lead_to_the_same_state(sender: Sender, visit: Visit, seed: int) -> None:
    kinds = ("accept", "depart", "arrive", "start", "hold", "resume", "complete")
    ops = [sender.op(kind) for kind in kinds]
    random.Random(seed).shuffle(ops)
    for op in ops:
        sender.send(op)
    assert now_is(visit).status == "completed"
    stored = db.session.scalars(select(Operation).order_by(Operation.device_seq)).all()
    assert [(one.kind, one.outcome) for one in stored] == [(kind, "applied") for kind in kinds]
    assert {one["outcome"] for one in sender.phone.pull("ops").values()} == {"applied"}
    verbs = [one.verb for one in sorted(now_is(visit).events[1:], key=lambda event: event.at)]
    assert [verb for verb in verbs if verb not in ("hold", "resume")] == [
        kind for kind in kinds if kind not in ("hold", "resume")
    ]
    times = [one.event_time for one in stored]
    assert times == sorted(times)


def test_a_bad_one_in_the_middle_is_rejected_alone(sender: Sender, visit: Visit) -> None:
    ops = [
        sender.op("accept"),
        sender.op("arrive", payload={}),
        sender.op("dance"),
        sender.op("hold", payload={"reason": ""}),
        {"id": "rubbish"},
        {},
        sender.op("depart", device_time="yesterday"),
        sender.op("depart", assignment_id=str(uuid.uuid4())),
        sender.op("depart", unknown_field=1),
    ]
    assert said(sender.send(*ops)) == [
        ("applied", ""),
        ("rejected", "invalid"),
        ("rejected", "unknown_kind"),
        ("rejected", "invalid"),
        ("rejected", "invalid_id"),
        ("rejected", "invalid_id"),
        ("rejected", "invalid"),
        ("rejected", "unknown_assignment"),
        ("applied", ""),
    ]
    assert now_is(visit).status == "en_route"


def test_a_count_that_repeats_with_another_operation_is_refused(sender: Sender) -> None:
    sender.send(sender.op("accept"))
    assert said(sender.send(sender.op("depart", device_seq=1))) == [("rejected", "seq_reuse")]


def test_an_operation_of_anothers_visit_is_refused(world: World, phone_of: Any, sender: Sender) -> None:
    other = Sender(phone_of(world.other), sender.visit)
    assert said(other.send(other.op("accept"))) == [("rejected", "not_yours")]


def test_steps_of_a_visit_given_to_another_are_held_and_facts_are_kept(
    world: World, phone_of: Any, sender: Sender, visit: Visit
) -> None:
    world.do(visits.schedule, visit, **world.slot(world.other))
    answers = sender.send(sender.op("accept"), sender.op("check_in"), sender.op("complete"))
    assert said(answers) == [
        ("held", operations.OFF_ASSIGNMENT),
        ("applied", operations.OFF_ASSIGNMENT),
        ("held", operations.OFF_ASSIGNMENT),
    ]
    assert (now_is(visit).status, now_is(visit).engineer_id) == ("dispatched", world.other.id)
    assert db.session.query(Position).one().engineer_id == world.expert.id
    other = Sender(phone_of(world.other), now_is(visit))
    assert said(other.send(other.op("accept"))) == [("applied", "")]


def test_given_away_and_back_the_old_steps_stay_held(world: World, sender: Sender, visit: Visit) -> None:
    world.do(visits.schedule, visit, **world.slot(world.other))
    world.do(visits.schedule, now_is(visit), **world.slot())
    assert said(sender.send(sender.op("accept"))) == [("held", operations.OFF_ASSIGNMENT)]
    sender.assignment_id = sender.phone.pull("work_orders")[str(visit.id)]["assignment_id"]
    assert said(sender.send(sender.op("accept"))) == [("applied", "")]


def test_what_comes_after_a_cancellation_is_held_and_what_was_before_it_applied(
    world: World, sender: Sender, visit: Visit
) -> None:
    accept, depart, arrive = (sender.op(kind) for kind in ("accept", "depart", "arrive"))
    sender.send(depart)
    world.do(visits.cancel, now_is(visit), reason="the customer called")
    assert said(sender.send(arrive)) == [("held", operations.VISIT_OVER)]
    assert said(sender.send(accept)) == [("applied", "")]
    assert now_is(visit).status == "cancelled"


def test_a_completed_visit_sent_back_is_completed_again(world: World, sender: Sender, visit: Visit) -> None:
    sender.send(*(sender.op(kind) for kind in DAY_AT_WORK))
    world.do(visits.send_back, now_is(visit), reason="no photo")
    assert now_is(visit).status == "in_progress"
    assert said(sender.send(sender.op("complete"))) == [("applied", "")]
    assert now_is(visit).status == "completed"


def test_work_completed_without_a_solution_is_completed_and_flagged(sender: Sender, visit: Visit) -> None:
    assert said(sender.send(sender.op("complete", payload={}))) == [("applied", "")]
    assert now_is(visit).events[-1].facts["missing"] == ["solution"]


def test_work_that_could_not_be_done_gets_one_new_visit(sender: Sender, visit: Visit) -> None:
    op = sender.op("incomplete")
    assert said(sender.send(sender.op("arrive"), op, op)) == [("applied", "")] * 3
    assert [one.status for one in now_is(visit).order.visits] == ["incomplete", "created"]


def test_the_same_batch_on_two_connections_at_once_is_applied_once(sender: Sender, visit: Visit) -> None:
    rows = [{"newDocumentState": sender.op(kind)} for kind in DAY_AT_WORK]
    found: list[Any] = [None, None]
    ready = threading.Barrier(2)

    def send(place: int) -> None:
        client, headers = (
            sender.phone.client.application.test_client(),
            {"Authorization": f"Bearer {sender.phone.token}"},
        )
        ready.wait()
        found[place] = client.post("/api/mobile/v1/sync/ops", json=rows, headers=headers)

    db.session.rollback()
    threads = [threading.Thread(target=contextvars.Context().run, args=(send, place)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in found] == [200, 200]
    assert [one["outcome"] for one in found[0].json] == ["applied"] * 5
    assert [one["id"] for one in found[0].json] == [one["id"] for one in found[1].json]
    assert [one["outcome"] for one in found[1].json] == ["applied"] * 5
    assert [one.verb for one in now_is(visit).events] == ["dispatch", *DAY_AT_WORK]


def test_parts_are_asked_for_and_withdrawn(sender: Sender, visit: Visit) -> None:
    (part,) = add_parts(1)
    ask = sender.op("part_request", payload={"part_id": str(part), "quantity": 2})
    assert said(sender.send(ask)) == [("applied", "")]
    asked = db.session.query(PartRequest).one()
    assert (str(asked.id), asked.order_id, asked.quantity) == (ask["id"], visit.order_id, 2)
    assert said(sender.send(sender.op("part_request_cancel", payload={"request_id": ask["id"]}))) == [
        ("applied", "")
    ]
    assert sender.phone.pull("part_requests")[ask["id"]]["status"] == "cancelled"
    gone = sender.op("part_request_cancel", payload={"request_id": str(uuid.uuid4())})
    assert sender.send(gone)[0]["outcome"] == "rejected"


def test_a_fault_of_ours_loses_nothing(sender: Sender, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        db.session.get_one(Visit, visit.id).status = "completed"
        db.session.flush()
        raise ZeroDivisionError

    monkeypatch.setitem(operations._STEPS, "accept", fail)
    assert said(sender.send(sender.op("accept"))) == [("held", "error")]
    assert now_is(visit).status == "dispatched"
    assert db.session.query(Operation).one().kind == "accept"


def test_what_another_phone_still_sends_is_held(
    world: World, phone_of: Any, sender: Sender, visit: Visit
) -> None:
    phone_of(world.expert)
    assert said(sender.send(sender.op("accept"))) == [("held", "second_device")]
    with clock.freeze(MORNING + timedelta(days=4)):
        answer = push(sender.phone, sender.op("depart"))
    assert (answer.status_code, answer.json["facts"]) == (403, {"wipe": True})
    assert now_is(visit).status == "dispatched"


def test_the_phone_that_takes_over_goes_on_where_the_other_one_was(
    world: World, phone_of: Any, sender: Sender, visit: Visit
) -> None:
    """Each phone counts from one; what the second one says comes after all that the first one said."""
    sender.send(*(sender.op(kind) for kind in ("accept", "depart", "arrive", "start")))
    second = Sender(phone_of(world.expert), visit)
    assert said(second.send(second.op("hold"), second.op("resume"))) == [("applied", "")] * 2
    world.do(visits.hold, now_is(visit), reason="the dispatcher's")
    third = Sender(phone_of(world.expert), visit)
    assert said(third.send(third.op("resume"), third.op("complete"))) == [("applied", "")] * 2
    told = ("accept", "depart", "arrive", "start", "hold", "resume", "hold", "resume", "complete")
    assert [event.verb for event in now_is(visit).events][1:] == list(told)


def test_a_reason_of_blanks_is_none(sender: Sender, visit: Visit) -> None:
    sender.send(*(sender.op(kind) for kind in ("accept", "depart", "arrive", "start")))
    assert said(sender.send(sender.op("hold", payload={"reason": "  "}))) == [("rejected", "invalid")]
    assert now_is(visit).status == "in_progress"


def test_a_step_that_cannot_count_after_all_does_not_fall_back_on_the_one_that_let_it(
    sender: Sender, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, arrive, hold = (sender.op(kind) for kind in ("accept", "arrive", "hold"))

    def refuse(*_: Any, **__: Any) -> None:
        raise Invalid("not so")

    sender.send(accept)
    assert said(sender.send(hold)) == [("superseded", "")], "nothing was begun yet"
    monkeypatch.setitem(operations._STEPS, "hold", refuse)
    assert said(sender.send(arrive)) == [("applied", "")]
    assert now_is(visit).status == "arrived"
    held = db.session.get_one(Operation, uuid.UUID(hold["id"]))
    assert (held.outcome, held.outcome_code) == ("rejected", "invalid")


@pytest.mark.parametrize("device_time", ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"])
def test_times_out_of_this_world_are_kept_and_doubted(sender: Sender, visit: Visit, device_time: str) -> None:
    (answer,) = sender.send(sender.op("accept", device_time=device_time, clock_offset_ms=None), headers={})
    assert (answer["outcome"], answer["time_quality"]) == ("applied", "uncertain")
    assert datetime.fromisoformat(answer["event_time"]) <= MORNING + HOUR
    assert now_is(visit).status == "accepted"


def test_too_much_at_once_is_refused_and_nothing_stored(sender: Sender) -> None:
    many = [sender.op("accept") for _ in range(bodies.MOST_ROWS + 1)]
    large = sender.op("accept", payload={"note": "x" * bodies.MOST_ROW_BYTES})
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    answers = [push(sender.phone, *many), push(sender.phone, sender.op("accept"), large)]
    answers.append(raw(sender.phone, bomb, **{"Content-Encoding": "gzip"}))
    assert [(one.status_code, one.json["code"]) for one in answers] == [(413, "too_much")] * 3
    assert db.session.query(Operation).count() == 0


def raw(phone: Phone, data: bytes, **headers: str) -> Any:
    return phone.send("POST", "/sync/ops", data=data, headers={"Content-Type": "application/json", **headers})


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_request_that_is_cut_stores_nothing_and_the_next_try_succeeds(sender: Sender, cut: int) -> None:
    whole = json.dumps([{"newDocumentState": sender.op("accept")}]).encode()
    assert raw(sender.phone, whole[:-cut]).status_code == 400
    packed = gzip.compress(whole)
    assert raw(sender.phone, packed[:-10], **{"Content-Encoding": "gzip"}).status_code == 400
    assert raw(sender.phone, b"\xff\xfe", **{"Content-Encoding": "gzip"}).status_code == 400
    assert db.session.query(Operation).count() == 0
    assert raw(sender.phone, packed, **{"Content-Encoding": "gzip"}).json[0]["outcome"] == "applied"


@pytest.mark.parametrize(
    "body",
    [
        '[{"newDocumentState": {"id": "%s", "kind": "\\u0000\\ud800", "device_seq": 1e999}}]',
        '[{"newDocumentState": {"id": "%s", "kind": "accept", "device_seq": NaN, "payload": {"a": 1e400}}}]',
        '[{"newDocumentState": {"id": "%s", "device_seq": ' + "9" * 5_000 + "}}]",
        '[{"newDocumentState": {"id": "%s", "payload": ' + "[" * 300 + "]" * 300 + "}}]",
    ],
)
def test_what_cannot_be_stored_does_not_block_the_queue(sender: Sender, body: str) -> None:
    answer = raw(sender.phone, (body % uuid.uuid4()).encode())
    assert answer.status_code == 200, answer.text
    assert said(answer.json) == [("rejected", "invalid")]


@pytest.mark.parametrize("body", ["", "{}", "null", "[" * 100_000, '[{"newDocumentState": {"id": }}]'])
def test_rubbish_is_told_to_be_rubbish(sender: Sender, body: str) -> None:
    answer = raw(sender.phone, body.encode())
    assert (answer.status_code, answer.json["code"]) == (400, "not_json")


def test_a_document_of_ours_is_answered_with_ours(sender: Sender, visit: Visit) -> None:
    changed = {"id": str(visit.id), "title": "mine"}
    (ours, unknown) = push(sender.phone, changed, {"id": str(uuid.uuid4())}, name="work_orders").json
    assert ours["title"] == "Escalator 3 stands still"
    assert not ours["_deleted"]
    assert unknown["_deleted"]
    assert push(sender.phone, {}, name="secrets").status_code == 404


def test_the_steps_of_the_visit_log_stay_whole(world: World, sender: Sender, visit: Visit) -> None:
    """Whatever was applied stands in the log once, with the phone's own times."""
    sender.send(*(sender.op(kind) for kind in DAY_AT_WORK))
    applied = db.session.scalars(select(Operation.event_time).where(Operation.outcome == "applied")).all()
    logged = db.session.scalars(select(VisitEvent.at).where(VisitEvent.verb != "dispatch")).all()
    assert sorted(applied) == sorted(logged)
    assert db.session.get_one(Engineer, world.expert.id)
