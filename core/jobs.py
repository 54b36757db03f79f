"""Work for later: an outbox of job rows, written in the caller's transaction, carried out by a worker.

The row is the truth. A worker holds a job by a lease it renews and a fencing token that grows with
every taking: whoever lost the lease can no longer finish the job, so a job delivered twice has one
effect. What runs the jobs (`flask worker` here) stands behind `claim`, `renew` and `finish`.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, CursorResult, Index, String, Text, Update, Uuid, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.db import Json, UtcDateTime, db, transaction
from core.errors import DomainError

_handlers: dict[str, Callable[[JobRun], None]] = {}
_periodic: list[tuple[str, Callable[[Any], int], Callable[[], None]]] = []
_at_start: list[Callable[[], None]] = []
MOST_ATTEMPTS = 5


class Job(db.Model):  # type: ignore[name-defined,misc]
    """One piece of work."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("status in ('queued','running','done','failed','cancelled')", name="status_known"),
        Index("ix_job_waiting", "status", "run_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    kind: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(10), default="queued")
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LeaseLostError(Exception):
    """Another worker has taken the job over; what this one did must not count."""


@dataclass(frozen=True)
class JobRun:
    """One attempt at a job, as its handler sees it."""

    job_id: uuid.UUID
    kind: str
    payload: dict[str, Any]
    attempt: int
    fence: int

    def report(self, progress: dict[str, Any]) -> None:
        """Store how far the job is; raises LeaseLostError when it is no longer ours."""
        with transaction():
            self._touch(progress=progress)

    def cancel_asked(self) -> bool:
        """Tell whether somebody asked to end the job early."""
        asked = bool(db.session.scalar(select(Job.cancel_asked).where(Job.id == self.job_id)))
        db.session.rollback()
        return asked

    @contextmanager
    def finishing(self, actor: Any = None) -> Any:
        """Open the transaction that holds the job's effect and marks it done: both or neither."""
        with transaction(actor) as session:
            self._touch(status="done", finished_at=clock.now(), lease_until=None)
            yield session

    def _touch(self, **values: Any) -> None:
        ours = (Job.id == self.job_id, Job.fence == self.fence, Job.status == "running")
        if not _changed(update(Job).where(*ours).values(**values)):
            raise LeaseLostError(f"job {self.job_id} is no longer ours")


def handles(kind: str) -> Callable[[Callable[[JobRun], None]], Callable[[JobRun], None]]:
    """Decorate the function that carries out jobs of this kind; it opens its own transactions."""

    def register(handler: Callable[[JobRun], None]) -> Callable[[JobRun], None]:
        _handlers[kind] = handler
        return handler

    return register


def every(name: str, minutes_of: Callable[[Any], int], enqueue_one: Callable[[], None]) -> None:
    """Call `enqueue_one` in a transaction every ``minutes_of(settings)`` minutes; 0 is never."""
    if name not in {known for known, _, _ in _periodic}:
        _periodic.append((name, minutes_of, enqueue_one))


def periodic() -> list[tuple[str, Callable[[Any], int], Callable[[], None]]]:
    """Return what was registered by `every`."""
    return list(_periodic)


def at_start(begin: Callable[[], None]) -> None:
    """Have every worker call `begin` when it starts; it must not take long."""
    if begin not in _at_start:
        _at_start.append(begin)


def begin_all() -> None:
    """Call what was registered by `at_start`."""
    for begin in _at_start:
        begin()


def enqueue(
    kind: str, payload: dict[str, Any], *, key: str | None = None, run_at: datetime | None = None
) -> uuid.UUID:
    """Write a job in the caller's transaction; the same `key` again is the same job.

    Returns
    -------
    uuid.UUID
        Id of the job.
    """
    if kind not in _handlers:
        raise ValueError(f"nobody handles jobs of kind {kind!r}")
    if key is not None:
        known = db.session.scalar(select(Job.id).where(Job.key == key))
        if known:
            return known
    job = Job(
        id=uuid.uuid4(),
        kind=kind,
        payload=payload,
        key=key,
        run_at=run_at or clock.now(),
        created_at=clock.now(),
    )
    db.session.add(job)
    db.session.flush()
    return job.id


def _changed(statement: Update) -> bool:
    result = db.session.execute(statement)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


def ask_to_cancel(job_id: uuid.UUID) -> None:
    """End a waiting job now, and ask a running one to end early."""
    waiting = (Job.id == job_id, Job.status == "queued")
    ended = {"status": "cancelled", "finished_at": clock.now(), "cancel_asked": True}
    if not _changed(update(Job).where(*waiting).values(**ended)):
        db.session.execute(update(Job).where(Job.id == job_id).values(cancel_asked=True))


def claim(lease: timedelta) -> JobRun | None:
    """Take the next due job, or one whose worker fell silent; None when there is none."""
    now = clock.now()
    due = or_(
        (Job.status == "queued") & (Job.run_at <= now), (Job.status == "running") & (Job.lease_until < now)
    )
    waiting = db.session.scalar(select(Job.id).where(due).limit(1))
    db.session.rollback()
    if waiting is None:
        return None
    with transaction():
        query = select(Job).where(due).order_by(Job.run_at).limit(1).with_for_update(skip_locked=True)
        job = db.session.scalar(query)
        if job is None:
            return None
        if job.attempts >= MOST_ATTEMPTS:
            job.status, job.finished_at = "failed", now
            job.error = job.error or "its worker died every time"
            db.session.flush()
            _abandoned(job)
            return None
        job.status, job.attempts, job.fence = "running", job.attempts + 1, job.fence + 1
        job.lease_until = now + lease
        return JobRun(job.id, job.kind, dict(job.payload), job.attempts, job.fence)


def renew(run: JobRun, lease: timedelta) -> bool:
    """Hold the job for longer; False when it is no longer ours."""
    ours = (Job.id == run.job_id, Job.fence == run.fence, Job.status == "running")
    with transaction():
        return _changed(update(Job).where(*ours).values(lease_until=clock.now() + lease))


_on_failure: dict[str, Callable[[dict[str, Any], str], None]] = {}


def on_failure(kind: str, handler: Callable[[dict[str, Any], str], None]) -> None:
    """Have ``handler(payload, sentence)`` called in the transaction that marks such a job failed."""
    _on_failure[kind] = handler


def _abandoned(job: Job) -> None:
    if job.kind in _on_failure:
        _on_failure[job.kind](job.payload, job.error or "")


def carry_out(run: JobRun, log: Any) -> str:
    """Carry out one attempt and return how it ended: done, failed, again or lost.

    A `DomainError` fails the job at once; any other error is tried again later, at most
    `MOST_ATTEMPTS` times.
    """
    try:
        _handlers[run.kind](run)
    except LeaseLostError:
        db.session.rollback()
        return "lost"
    except DomainError as error:
        return _fail(run, str(error), final=True)
    except Exception:
        log.exception("job failed", kind=run.kind, job=str(run.job_id), attempt=run.attempt)
        reason = traceback.format_exc(limit=1).strip().splitlines()[-1]
        return _fail(run, reason, final=run.attempt >= MOST_ATTEMPTS)
    with transaction():
        still = (Job.id == run.job_id, Job.fence == run.fence, Job.status == "running")
        db.session.execute(
            update(Job).where(*still).values(status="done", finished_at=clock.now(), lease_until=None)
        )
    return "done"


def _fail(run: JobRun, reason: str, *, final: bool) -> str:
    db.session.rollback()
    try:
        with transaction():
            if final:
                run._touch(status="failed", error=reason, finished_at=clock.now(), lease_until=None)
                if run.kind in _on_failure:
                    _on_failure[run.kind](run.payload, reason)
            else:
                wait = timedelta(seconds=2**run.attempt)
                run._touch(status="queued", error=reason, run_at=clock.now() + wait, lease_until=None)
    except LeaseLostError:
        return "lost"
    return "failed" if final else "again"
