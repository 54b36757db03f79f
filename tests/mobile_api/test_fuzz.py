"""Whatever is lost, doubled, cut or late, whoever decides what: in the end all agree, and nothing is lost."""

from __future__ import annotations

import logging
import random
import uuid
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core import clock, feed
from core.db import db, transaction
from core.errors import DomainError
from dispatch.evidence.models import Note
from dispatch.inbox import items
from dispatch.inbox.models import InboxItem
from dispatch.workforce.models import Engineer
from dispatch.workorders import orders, visits
from dispatch.workorders.models import Visit, VisitEvent, WorkOrder
from inventory import ledger
from inventory.models import StockLocation
from mobile_api.models import Operation
from mobile_api.rules import STEPS
from mobile_api.scopes import EVERYBODY, scope_of
from tests.dispatch.workorder_world import MORNING, World
from tests.mobile_api.conftest import Phone
from tests.mobile_api.test_pull import add_parts
from tests.mobile_api.test_push import SITE

_log = logging.getLogger(__name__)
FIRST_SEED, TICKS = 20261127, 120
PAYLOADS: dict[str, dict[str, Any]] = {
    "depart": {"reason": "no signal"},
    "arrive": SITE,
    "hold": {"reason": "a key"},
    "decline": {"reason": "ill"},
    "complete": {"solution": "Done"},
    "incomplete": {"reason": "no_access"},
    "note": {"text": "wet"},
    "check_in": SITE,
}
EVENT_OF = {"incomplete": "end_incomplete"}
DOCUMENTS = ("work_orders", "van_stock", "ops")


class Handset:
    """A phone with a queue, behind a network that loses, doubles and cuts; its clock may be wrong."""

    def __init__(self, phone: Phone, chance: random.Random) -> None:
        self.phone, self.chance = phone, chance
        self.outbox: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.skew = timedelta(seconds=chance.choice((0, 0, -90, 90, 86_400)))
        self.seq, self.is_active = 0, True

    def say(self, part_id: uuid.UUID) -> None:
        """Say something of a visit it knows, likely what comes next."""
        known = list(self.phone.held.get("work_orders", {}).values())
        kind = self.chance.choice(
            (*STEPS, "accept", "depart", "arrive", "start", "note", "part_used", "check_in")
        )
        visit = self.chance.choice(known) if known else None
        if visit is None:
            return
        payload = PAYLOADS.get(kind, {})
        if kind == "part_used":
            payload = {"part_id": str(part_id), "quantity": self.chance.randint(1, 3)}
        self.seq += 1
        op = {
            "id": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            "kind": kind,
            "work_order_id": visit["work_order_id"],
            "assignment_id": visit["assignment_id"],
            "payload": payload,
            "device_seq": self.seq,
            "device_time": (clock.now() + self.skew).isoformat(),
            "clock_offset_ms": round(-self.skew.total_seconds() * 1000),
        }
        self.outbox.append(op)
        self.said.append(op)

    def push(self, *, faults: bool) -> None:
        """Send some of what waits, in any order."""
        batch = self.chance.sample(self.outbox, min(len(self.outbox), self.chance.randint(1, 6)))
        if not batch:
            return
        fault = self.chance.choice(("", "", "lost", "answer lost", "doubled", "cut")) if faults else ""
        rows = [{"newDocumentState": op} for op in batch]
        if fault == "lost":
            return
        if fault == "cut":
            cut = self.phone.send("POST", "/sync/ops", data=b'[{"newDocumentState": {"id": "', headers=_JSON)
            assert cut.status_code == 400
            return
        for _ in range(2 if fault == "doubled" else 1):
            answer = self.phone.send(
                "POST", "/sync/ops", json=rows, headers={"X-Clock-Offset-Ms": self._offset}
            )
            assert answer.status_code == 200, answer.text
        if fault != "answer lost":
            assert [one["id"] for one in answer.json] == [op["id"] for op in batch]
            assert all(one["outcome"] != "pending" for one in answer.json)
            self.outbox = [op for op in self.outbox if op not in batch]

    @property
    def _offset(self) -> str:
        return str(round(-self.skew.total_seconds() * 1000))

    def pull(self, *, faults: bool) -> None:
        """Read on, unless the answer is lost."""
        if not self.is_active:
            return
        for name in DOCUMENTS:
            if faults and self.chance.random() < 0.2:
                self.phone.page(name, 3, self.phone.checkpoints.get(name))
            else:
                self.phone.pull(name, 3)


_JSON = {"Content-Type": "application/json"}


class Company:
    """Two engineers with phones, and a dispatcher who changes their mind."""

    def __init__(self, world: World, phone_of: Any, seed: int) -> None:
        self.world, self.phone_of, self.chance = world, phone_of, random.Random(seed)
        (self.part,) = add_parts(1)
        with transaction(world.actor) as session:
            session.add(StockLocation(code="CUSTOMER", name="Customers", kind="customer"))
            for engineer in (world.expert, world.other):
                session.add(
                    StockLocation(code=engineer.number, name="Van", kind="van", holder_id=engineer.id)
                )
        self.handsets = [self._handset(engineer) for engineer in (world.expert, world.other)]

    def _handset(self, engineer: Engineer) -> Handset:
        return Handset(self.phone_of(engineer), self.chance)

    def _any_visit(self) -> Visit | None:
        db.session.rollback()
        found = db.session.scalars(select(Visit).order_by(Visit.id)).all()
        return self.chance.choice(found) if found else None

    def dispatch(self) -> None:
        """Have an order made, moved, taken off or given up."""
        engineer = self.chance.choice((self.world.expert, self.world.other))
        verb = self.chance.choice(("new", "new", "move", "move", "take off", "cancel"))
        visit = self._any_visit()
        if verb == "new" or visit is None:
            self.world.dispatched(engineer)
            return
        with suppress(DomainError):
            if verb == "move":
                self.world.do(visits.schedule, visit, **self.world.slot(engineer))
            elif verb == "take off":
                self.world.do(visits.unschedule, visit, reason="ill")
            else:
                self.world.do(orders.cancel, db.session.get_one(WorkOrder, visit.order_id), reason="no")

    def decide(self) -> None:
        """Let something that waits count, or not."""
        db.session.rollback()
        query = select(InboxItem).where(InboxItem.status == "open").order_by(InboxItem.id)
        waiting = db.session.scalars(query).all()
        if not waiting:
            return
        item, verb = self.chance.choice(waiting), self.chance.choice((items.accept, items.discard))
        with suppress(DomainError), transaction(self.world.actor):
            verb(self.world.actor, item, reason="as it was")

    def replace_phone(self) -> None:
        """Give an engineer a new phone; the old one still has things to send."""
        old = self.chance.choice([one for one in self.handsets if one.is_active])
        old.is_active = False
        self.handsets.append(self._handset(old.phone.engineer))

    def tick(self) -> None:
        """Have one thing happen."""
        handset = self.chance.choice(self.handsets)
        draw = self.chance.random()
        if draw < 0.12:
            self.dispatch()
        elif draw < 0.5:
            if handset.is_active:
                handset.say(self.part)
        elif draw < 0.75:
            handset.push(faults=True)
        elif draw < 0.95:
            handset.pull(faults=True)
        elif draw < 0.985:
            self.decide()
        else:
            self.replace_phone()

    def settle(self) -> None:
        """Let the network be good until everything is said and read."""
        for handset in self.handsets:
            while handset.outbox:
                handset.push(faults=False)
        for handset in self.handsets:
            handset.pull(faults=False)


def check(company: Company) -> int:
    """Assert that nothing was lost or done twice, and that all agree; return how much was said."""
    db.session.rollback()
    said = {op["id"]: op for handset in company.handsets for op in handset.said}
    stored = {str(one.id): one for one in db.session.scalars(select(Operation))}
    assert stored.keys() == said.keys(), "an operation is lost, or came from nowhere"
    assert "pending" not in {one.outcome for one in stored.values()}
    assert all(one.outcome_code != "error" for one in stored.values())
    assert feed.differences() == []
    for handset in company.handsets:
        if handset.is_active:
            scopes = (scope_of(handset.phone.engineer.id), EVERYBODY)
            for name in DOCUMENTS:
                ours = {
                    str(one.doc_id): one.body for one in feed.read(name, scopes, 0, 10_000) if not one.deleted
                }
                theirs = {key: dict(held) for key, held in handset.phone.held.get(name, {}).items()}
                assert {key: {**body, "id": key} for key, body in ours.items()} == theirs, name
    applied = [one for one in stored.values() if one.outcome == "applied"]
    notes = db.session.scalar(select(func.count()).select_from(Note))
    kept_as_notes = [one for one in applied if one.kind in STEPS and one.outcome_code == "visit_over"]
    assert notes == len([one for one in applied if one.kind == "note"]) + len(kept_as_notes)
    for handset in company.handsets[:2]:
        engineer = handset.phone.engineer
        used = sum(
            one.payload["quantity"]
            for one in applied
            if one.kind == "part_used" and one.engineer_id == engineer.id
        )
        assert ledger.van_stock_of([engineer.id])[engineer.id].get(company.part, 0) == -used
    logged = Counter((event.verb, event.at) for event in db.session.scalars(select(VisitEvent)))
    steps = [one for one in stored.values() if one.kind in STEPS]
    done = Counter((EVENT_OF.get(one.kind, one.kind), one.event_time) for one in steps if one.done)
    assert done == {key: count for key, count in logged.items() if key in done}, "each is logged once"
    assert all(one.done for one in applied if one.kind in STEPS and one.outcome_code != "visit_over")
    verbs = {EVENT_OF.get(kind, kind) for kind in STEPS}
    assert sum(done.values()) == sum(count for (verb, _), count in logged.items() if verb in verbs)
    return len(stored)


def fuzz(world: World, phone_of: Any, seed: int) -> int:
    """Let a company work for a while, and check; return how many operations there were."""
    company = Company(world, phone_of, seed)
    for tick in range(TICKS):
        with clock.freeze(MORNING + timedelta(minutes=5 * tick)):
            company.tick()
    with clock.freeze(MORNING + timedelta(minutes=5 * TICKS)):
        company.settle()
        return check(company)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 20))
def test_whatever_goes_wrong_nothing_is_lost_or_done_twice_and_all_agree(
    world: World, phone_of: Any, seed: int
) -> None:
    fuzz(world, phone_of, seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 500))
def test_whatever_goes_wrong_in_five_hundred_ways(world: World, phone_of: Any, seed: int) -> None:
    _log.info("seed %s: %s operations", seed, fuzz(world, phone_of, seed))
