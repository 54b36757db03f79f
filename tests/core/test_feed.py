"""The change feed misses nothing and says nothing twice."""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock, feed
from core.auth.actors import system
from core.db import db, insert_rows, transaction
from dispatch.customers.models import Customer, Site

WRITERS, COMMITS = 8, 40


def names(ids: Sequence[uuid.UUID]) -> Iterator[feed.Document]:
    """A customer with its sites, for whoever looks after customers of its grade."""
    sites = db.session.execute(select(Site.customer_id, Site.name).where(Site.customer_id.in_(ids))).all()
    rows = db.session.execute(select(Customer.id, Customer.name, Customer.grade).where(Customer.id.in_(ids)))
    for customer_id, name, grade in rows:
        places = sorted(site for owner, site in sites if owner == customer_id)
        yield feed.Document(grade, customer_id, {"name": name, "sites": places})


CUSTOMERS = feed.Collection(
    "test_customers",
    made_of={
        Customer: lambda rows: {row.id for row in rows},
        Site: lambda rows: {row.customer_id for row in rows},
    },
    documents=names,
    every_id=lambda: db.session.scalars(select(Customer.id)),
)


@pytest.fixture(autouse=True)
def kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_collections", {})
    monkeypatch.setattr(feed, "_watched", set())
    feed.keep(CUSTOMERS)


def add(number: str, grade: str = "gold") -> uuid.UUID:
    with transaction(system("test")) as session:
        customer = Customer(number=number, name=number, grade=grade)
        session.add(customer)
    return customer.id


def changes(scope: str = "gold", after: int = 0) -> list[tuple[uuid.UUID, bool]]:
    return [(c.doc_id, c.deleted) for c in feed.read(CUSTOMERS.name, [scope], after, 1_000)]


def test_a_reader_gets_what_was_made_changed_and_taken_away() -> None:
    first, second = add("C-1"), add("C-2")
    assert changes() == [(first, False), (second, False)]
    seen = feed.head()[0]
    with transaction() as session:
        session.get(Customer, first).name = "other"
        session.add(Site(customer_id=second, name="Gate", lat=31.0, lon=121.0))
    told = feed.read(CUSTOMERS.name, ["gold"], seen, 10)
    assert {c.doc_id: c.body for c in told} == {
        first: {"name": "other", "sites": []},
        second: {"name": "C-2", "sites": ["Gate"]},
    }
    with transaction() as session:
        session.delete(session.get(Customer, first))
    assert changes(after=told[-1].seq) == [(first, True)]
    assert feed.differences() == []


def test_what_looks_the_same_gets_no_new_number() -> None:
    first = add("C-1")
    before = feed.head()
    with transaction() as session:
        session.get(Customer, first).external_key = "not shown"
    assert feed.head() == before


def test_who_may_not_see_it_any_more_gets_a_tombstone_and_may_get_it_back() -> None:
    first = add("C-1")
    for grade, mine, others in (("vip", True, False), ("gold", False, True)):
        with transaction() as session:
            session.get(Customer, first).grade = grade
        assert changes("gold") == [(first, mine)]
        assert changes("vip") == [(first, others)]
    assert feed.differences() == []


def test_what_is_rolled_back_is_not_told() -> None:
    with contextlib.suppress(ZeroDivisionError), transaction() as session:
        session.add(Customer(number="C-1", name="a", grade="gold"))
        session.flush()
        raise ZeroDivisionError
    second = add("C-2")
    assert changes() == [(second, False)]


def test_rows_written_in_bulk_are_told_when_marked() -> None:
    row = {"id": uuid.uuid4(), "number": "C-9", "name": "bulk", "grade": "gold", "active": True, "version": 1}
    same = dict.fromkeys(("created_at", "updated_at"), clock.now())
    with transaction() as session:
        insert_rows(session, Customer.__table__, [row], same | dict.fromkeys(("phone", "email", "notes"), ""))
    assert changes() == []
    assert feed.differences() == [f"test_customers ('gold', {row['id']!r}): not in the feed"]
    with transaction():
        feed.mark_all()
    assert changes() == [(row["id"], False)]


def test_whoever_may_have_missed_a_purged_tombstone_begins_anew() -> None:
    first, second = add("C-1"), add("C-2", "vip")
    early = feed.head()[0]
    with transaction() as session:
        session.delete(session.get(Customer, first))
    late = feed.head()[0]
    with transaction():
        assert feed.purge(clock.now() - timedelta(days=1)) == 0
        assert feed.purge(clock.now() + timedelta(days=1)) == 1
    assert changes() == []
    assert changes("vip") == [(second, False)]
    assert feed.is_purged(CUSTOMERS.name, ["gold"], early)
    assert not feed.is_purged(CUSTOMERS.name, ["gold"], late)
    assert not feed.is_purged(CUSTOMERS.name, ["vip"], 0)


def test_an_epoch_ends_when_a_new_one_begins() -> None:
    add("C-1")
    seq, epoch = feed.head()
    with transaction():
        assert feed.begin_epoch() != epoch
    assert feed.head()[0] == seq


def missed_in_a_race(app: Flask, write: Callable[[int], None]) -> int:
    """Return how many of the commits of many writers at once a reader misses who reads all the while."""
    done = threading.Event()
    seen: set[uuid.UUID] = set()

    def work(place: int) -> None:
        with app.app_context():
            for n in range(COMMITS):
                write(place * COMMITS + n)

    def look() -> None:
        last = 0
        with app.app_context():
            while True:
                over = done.is_set()
                told = feed.read(CUSTOMERS.name, ["gold"], last, 1_000)
                db.session.rollback()
                seen.update(change.doc_id for change in told)
                if told:
                    last = told[-1].seq
                elif over:
                    return

    db.session.rollback()
    reader = threading.Thread(target=look)
    writers = [threading.Thread(target=work, args=(n,)) for n in range(WRITERS)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    committed = set(db.session.scalars(select(feed.FeedEntry.doc_id)))
    assert len(committed) == WRITERS * COMMITS
    return len(committed - seen)


def test_no_commit_of_eight_writers_at_once_is_missed(app: Flask) -> None:
    def write(number: int) -> None:
        with transaction() as session:
            session.add(Customer(number=f"C-{number}", name="a", grade="gold"))
            session.flush()
            time.sleep(random.random() / 500)

    assert missed_in_a_race(app, write) == 0
    assert feed.differences() == []


def test_the_race_would_show_what_a_sequence_misses(app: Flask) -> None:
    sequence = itertools.count(1)

    def write(number: int) -> None:
        entry: dict[str, Any] = {"doc_id": uuid.uuid4(), "seq": next(sequence), "changed_at": clock.now()}
        time.sleep(random.random() / 500)
        with transaction() as session:
            place = {"collection": CUSTOMERS.name, "scope": "gold", "deleted": False, "body": {"n": number}}
            session.add(feed.FeedEntry(**entry, **place))

    assert missed_in_a_race(app, write) > 0
