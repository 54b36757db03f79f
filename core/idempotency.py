"""`Idempotency-Key` on every POST of the API: the same key and body get the first answer again.

The key's row is written before the request is carried out, and marked in the very transaction that
holds the effect. So after a crash the row says whether the effect happened, and a repeat can neither
double nor lose it. Two things are never kept: an answer that holds a secret (`keep_secret`), and a sign-in.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from flask import Flask, Response, g, request
from sqlalchemy import CheckConstraint, LargeBinary, String, UniqueConstraint, Uuid, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.db import Json, UtcDateTime, before_commit, db, transaction
from core.errors import Conflict, Invalid, mark

KEPT = timedelta(days=2)
GIVEN_UP = timedelta(minutes=10)
SIGN_IN = "/api/v1/session"
"""Its body is a password, of which not even a digest may be guessed at; and a repeat must sign in again."""


class ShownOnce(Conflict):
    """The answer asked for again held a secret, so it was not kept."""

    code = "shown_once"


class IdempotencyKey(db.Model):  # type: ignore[name-defined,misc]
    """One key of one person: what was asked, and what was answered."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        CheckConstraint("state in ('running','committed','answered')", name="state_known"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    key: Mapped[str] = mapped_column(String(200))
    request_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    status: Mapped[int | None] = mapped_column()
    headers: Mapped[dict[str, str] | None] = mapped_column(Json)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def init_app(app: Flask) -> None:
    """Honour the header on every POST below ``/api/``."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_abandon)
    before_commit(_mark_committed)


def keep_secret() -> None:
    """Have the answer to this request kept nowhere: it holds a secret, shown this once."""
    g.idempotency_secret = True


def _begin() -> Response | None:
    key = request.headers.get("Idempotency-Key")
    who = g.get("actor")
    if key is None or who is None or request.method != "POST" or not request.path.startswith("/api/"):
        return None
    if request.path == SIGN_IN:
        return None
    if not 1 <= len(key) <= 200:
        raise Invalid(mark("An Idempotency-Key has between 1 and 200 characters."))
    asked = hashlib.sha256(
        b"\0".join(
            (
                request.full_path.encode(),
                (request.content_type and request.content_type.encode()) or b"",
                request.get_data(),
            )
        )
    ).hexdigest()
    row_id = uuid.uuid4()
    try:
        with transaction():
            now = clock.now()
            stale = (IdempotencyKey.state == "running") & (IdempotencyKey.created_at < now - GIVEN_UP)
            old = IdempotencyKey.created_at < now - KEPT
            mine = (IdempotencyKey.user_id == who.user_id) & (IdempotencyKey.key == key)
            db.session.execute(delete(IdempotencyKey).where(mine & stale | old))
            db.session.add(
                IdempotencyKey(
                    id=row_id,
                    user_id=who.user_id,
                    key=key,
                    request_sha256=asked,
                    state="running",
                    created_at=now,
                )
            )
    except IntegrityError:
        return _replay(who.user_id, key, asked)
    g.idempotency_row = row_id
    return None


def _replay(user_id: uuid.UUID, key: str, asked: str) -> Response:
    query = select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    row = db.session.scalar(query)
    if row is None or row.state == "running":
        raise Conflict(mark("The first request with this key is still running; ask again in a moment."))
    if row.request_sha256 != asked:
        raise Invalid(mark("This Idempotency-Key was used for another request; take a new one."))
    if row.state == "committed":
        raise Conflict(
            mark("The first request with this key was carried out, but its answer was lost; look it up.")
        )
    if row.body is None:
        raise ShownOnce(
            mark(
                "The first request with this key was carried out; its secret is shown only once. "
                "If you lost it, make a new one with another key, and revoke the old one."
            )
        )
    response = Response(row.body, status=row.status, headers=row.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _mark_committed(session: Session) -> None:
    row_id = g.get("idempotency_row") if g else None
    if row_id is not None:
        session.execute(update(IdempotencyKey).where(IdempotencyKey.id == row_id).values(state="committed"))


def _end(response: Response) -> Response:
    row_id = g.pop("idempotency_row", None)
    if row_id is None:
        return response
    db.session.rollback()
    mine = IdempotencyKey.id == row_id
    with transaction():
        if response.status_code >= 500 or response.status_code in (401, 403, 409, 429):
            db.session.execute(delete(IdempotencyKey).where(mine, IdempotencyKey.state == "running"))
        else:
            body = None if g.get("idempotency_secret") else response.get_data()
            kept = {k: v for k, v in response.headers if k in ("Content-Type", "ETag", "Location")}
            db.session.execute(
                update(IdempotencyKey)
                .where(mine)
                .values(state="answered", status=response.status_code, headers=kept, body=body)
            )
    return response


def _abandon(error: BaseException | None) -> None:
    row_id = g.pop("idempotency_row", None)
    if row_id is not None and error is not None:
        db.session.rollback()
        with transaction():
            mine = (IdempotencyKey.id == row_id, IdempotencyKey.state == "running")
            db.session.execute(delete(IdempotencyKey).where(*mine))
