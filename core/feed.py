"""The change feed: documents as their readers may see them, in the order in which changes were committed.

A reader remembers the last number it saw and asks for what came after it. Numbers are given out under a
lock on one row, which only the commit lets go: whoever sees a number sees all below it, on every database.
(By a sequence or a time stamp a transaction that began early and ended late would be passed over.)

Packages say in their `wiring.py` which rows a collection's documents are made of. At the end of a
transaction that touched such rows, their documents are made anew, under the lock, and those that differ from
what stands in the feed get a new number; where a scope may not see one any more, a tombstone stays.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Select,
    String,
    Uuid,
    delete,
    event,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Json, UtcDateTime, before_commit, db, insert_if_absent, insert_rows

_AT_ONCE = 500
"""Documents made anew in one go."""


class FeedHead(db.Model):  # type: ignore[name-defined,misc]
    """The one row that gives out numbers; `epoch` is another after the database was put back in time.

    `began_at` is when the epoch began by the machine's own clock, which replays do not set; unknown where it
    began before that was kept.
    """

    __tablename__ = "feed_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    epoch: Mapped[str] = mapped_column(String(32))
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedEntry(db.Model):  # type: ignore[name-defined,misc]
    """A document as one scope sees it, with the number of its last change."""

    __tablename__ = "feed_entry"
    __table_args__ = (Index("ix_feed_entry_reading", "collection", "scope", "seq"),)

    collection: Mapped[str] = mapped_column(String(30), primary_key=True)
    doc_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    deleted: Mapped[bool]
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeedHorizon(db.Model):  # type: ignore[name-defined,misc]
    """The highest number of a tombstone that was purged: who has read less far begins anew."""

    __tablename__ = "feed_horizon"

    collection: Mapped[str] = mapped_column(String(30), primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class Standing(NamedTuple):
    """How far the feed has come: its epoch, when that began, and the last number given out."""

    epoch: str
    began_at: datetime | None
    seq: int


class Document(NamedTuple):
    """What one scope may see under an id; `body` is JSON."""

    scope: str
    doc_id: uuid.UUID
    body: dict[str, Any]


class Change(NamedTuple):
    """A document, or the tombstone of one, as a reader gets it."""

    seq: int
    doc_id: uuid.UUID
    deleted: bool
    body: dict[str, Any]


Ids = Iterable[uuid.UUID]


@dataclass(frozen=True)
class Collection:
    """A kind of document, and what it is made of.

    Attributes
    ----------
    made_of : mapping
        By class of row, a function from changed rows to the ids of the documents they stand in.
    documents : callable
        From ids to all documents there are of them now, in every scope. It reads columns, not objects
        a session may have kept since before the lock.
    every_id : callable
        Returns the ids of all documents.
    why_gone : callable
        From ids to what a tombstone says, by id.
    """

    name: str
    made_of: Mapping[type, Callable[[Sequence[Any]], Ids]]
    documents: Callable[[Sequence[uuid.UUID]], Iterable[Document]]
    every_id: Callable[[], Ids]
    why_gone: Callable[[Sequence[uuid.UUID]], Mapping[uuid.UUID, dict[str, Any]]] = lambda ids: {}


_collections: dict[str, Collection] = {}
_watched: set[type] = set()


def keep(collection: Collection) -> None:
    """Have a collection kept in the feed from now on."""
    _collections[collection.name] = collection
    _watched.update(collection.made_of)


def mark(name: str, ids: Ids) -> None:
    """Have documents made anew at the end of this transaction, where their rows were written in bulk."""
    db.session.info.setdefault("feed_marked", {}).setdefault(name, set()).update(ids)


def mark_all() -> None:
    """Have every document of every collection made anew at the end of this transaction."""
    for name, collection in _collections.items():
        mark(name, _known_ids(name))
        mark(name, collection.every_id())


def mark_new() -> None:
    """Have collections made that the feed has nothing of, as those a new version brought along."""
    known = set(db.session.scalars(select(FeedEntry.collection).distinct()))
    for name, collection in _collections.items():
        if name not in known:
            mark(name, collection.every_id())


def head() -> tuple[int, str]:
    """Return the last number given out, and the epoch."""
    row = db.session.execute(select(FeedHead.seq, FeedHead.epoch)).one_or_none()
    return (row.seq, row.epoch) if row else (0, "")


def standing() -> Standing | None:
    """Return how far the feed has come; None where nothing was ever told."""
    row = db.session.execute(select(FeedHead.epoch, FeedHead.began_at, FeedHead.seq)).one_or_none()
    return Standing(*row) if row else None


def read(name: str, scopes: Sequence[str], after: int, limit: int) -> list[Change]:
    """Return what has changed after number `after` for these scopes, oldest first, at most `limit`."""
    query = _changes(name, scopes).where(FeedEntry.seq > after)
    return [Change(*row) for row in db.session.execute(query.order_by(FeedEntry.seq).limit(limit))]


def named(name: str, scopes: Sequence[str], ids: Ids) -> list[Change]:
    """Return what these scopes see under some ids, tombstones too."""
    query = _changes(name, scopes).where(FeedEntry.doc_id.in_(list(ids)))
    return [Change(*row) for row in db.session.execute(query)]


def _changes(name: str, scopes: Sequence[str]) -> Select[Any]:
    """Return the query of what some scopes may see of a collection, as a `Change` has it."""
    query: Select[Any] = select(FeedEntry.seq, FeedEntry.doc_id, FeedEntry.deleted, FeedEntry.body)
    return query.where(FeedEntry.collection == name, FeedEntry.scope.in_(list(scopes)))


def is_purged(name: str, scopes: Sequence[str], after: int) -> bool:
    """Tell whether a reader who stopped at `after` may have missed tombstones that are gone."""
    query = select(func.max(FeedHorizon.seq))
    query = query.where(FeedHorizon.collection == name, FeedHorizon.scope.in_(list(scopes)))
    return after < (db.session.scalar(query) or 0)


def purge(before: datetime) -> int:
    """Remove tombstones older than `before` in the caller's transaction, and return how many."""
    _lock()
    old = (FeedEntry.deleted, FeedEntry.changed_at < before)
    places = (FeedEntry.collection, FeedEntry.scope)
    newest = select(*places, func.max(FeedEntry.seq), func.count()).where(*old).group_by(*places)
    removed = 0
    for name, scope, seq, count in db.session.execute(newest).all():
        db.session.merge(FeedHorizon(collection=name, scope=scope, seq=seq))
        removed += count
    db.session.execute(delete(FeedEntry).where(*old))
    return removed


def begin_epoch(after: datetime | None = None) -> str:
    """Begin a new epoch, and return it: every reader starts again from nothing.

    It begins after the one that began at `after`, whatever the machine's clock says.
    """
    _lock()
    epoch, began_at = uuid.uuid4().hex, datetime.now(UTC)
    if after is not None:
        began_at = max(began_at, after + timedelta(milliseconds=1))
    db.session.execute(update(FeedHead).values(epoch=epoch, began_at=began_at))
    return epoch


def differences() -> list[str]:
    """Return what stands in the feed otherwise than its rows say; nothing where all is well."""
    wrong = []
    for name, collection in _collections.items():
        for ids in _batches({*_known_ids(name), *collection.every_id()}):
            told, said = _told(name, ids), _said(collection, ids)
            live = {place for place, entry in told.items() if not entry.deleted}
            wrong += [f"{name} {place}: not in the feed" for place in said.keys() - live]
            wrong += [f"{name} {place}: still in the feed" for place in live - said.keys()]
            both = live & said.keys()
            wrong += [f"{name} {place}: older" for place in both if told[place].body != said[place]]
    return wrong


def _lock() -> int:
    """Wait until nobody else gives out numbers, and return the last one."""
    query = select(FeedHead.seq).with_for_update()
    seq = db.session.scalar(query)
    if seq is not None:
        return seq
    insert_if_absent(FeedHead, id=1, seq=0, epoch=uuid.uuid4().hex, began_at=datetime.now(UTC))
    return db.session.scalars(query).one()


def _known_ids(name: str) -> set[uuid.UUID]:
    query = select(FeedEntry.doc_id).where(FeedEntry.collection == name).distinct()
    return set(db.session.scalars(query))


def _batches(ids: Ids) -> Iterator[list[uuid.UUID]]:
    rest = iter(ids)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def _told(name: str, ids: Sequence[uuid.UUID]) -> dict[tuple[str, uuid.UUID], Any]:
    query = select(FeedEntry.scope, FeedEntry.doc_id, FeedEntry.deleted, FeedEntry.body)
    query = query.where(FeedEntry.collection == name, FeedEntry.doc_id.in_(ids))
    return {(row.scope, row.doc_id): row for row in db.session.execute(query)}


def _said(collection: Collection, ids: Sequence[uuid.UUID]) -> dict[tuple[str, uuid.UUID], dict[str, Any]]:
    return {(scope, doc_id): body for scope, doc_id, body in collection.documents(ids)}


@event.listens_for(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) in _watched:
            session.info.setdefault("feed_rows", {}).setdefault(type(row), {})[id(row)] = row


@event.listens_for(Session, "after_transaction_end")
def _forget_changes(session: Session, ended: Any) -> None:
    if ended.parent is None:
        session.info.pop("feed_rows", None)
        session.info.pop("feed_marked", None)


def _write_changes(session: Session) -> None:
    session.flush()
    rows, marked = session.info.pop("feed_rows", {}), session.info.pop("feed_marked", {})
    if not rows and not marked:
        return
    seq = before = _lock()
    for name, collection in _collections.items():
        ids = set(marked.get(name, ()))
        for model in rows.keys() & collection.made_of.keys():
            ids.update(collection.made_of[model](list(rows[model].values())))
        for batch in _batches(ids):
            seq = _write(session, collection, batch, seq)
    if seq != before:
        session.execute(update(FeedHead).values(seq=seq))


def _write(session: Session, collection: Collection, ids: list[uuid.UUID], seq: int) -> int:
    """Bring the feed's entries of these documents up to date, and return the last number given out."""
    told, said = _told(collection.name, ids), _said(collection, ids)
    gone = collection.why_gone([doc_id for scope, doc_id in told.keys() - said.keys()])
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for scope, doc_id in sorted(said.keys() | told.keys(), key=str):
        place = scope, doc_id
        entry, body = told.get(place), said.get(place)
        if entry is not None and (None if entry.deleted else entry.body) == body:
            continue
        seq += 1
        row = {
            "collection": collection.name,
            "doc_id": doc_id,
            "scope": scope,
            "seq": seq,
            "deleted": body is None,
            "body": gone.get(doc_id, {}) if body is None else body,
            "changed_at": clock.now(),
        }
        (new if entry is None else changed).append(row)
    insert_rows(session, FeedEntry.__table__, new)  # type: ignore[arg-type]
    if changed:
        session.execute(update(FeedEntry), changed)
    return seq


before_commit(_write_changes)
