"""The outbox: one effect a job, whoever dies when."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
import structlog.testing
from flask import Flask
from sqlalchemy import func, select

from core import clock, jobs
from core.audit import AuditEntry, write_entries
from core.db import db, transaction
from core.errors import Conflict
from core.worker import Worker

LEASE = timedelta(seconds=15)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
log = structlog.get_logger("test")


@pytest.fixture
def kind() -> Iterator[dict[str, Any]]:
    """A kind of job whose behaviour a test sets under ``do``."""
    told: dict[str, Any] = {}
    jobs._handlers["test"] = lambda run: told["do"](run)
    yield told
    jobs._handlers.pop("test")
    jobs._on_failure.pop("test", None)


SILENT = structlog.wrap_logger(None, processors=[structlog.testing.LogCapture()])


def enqueue(**kwargs: Any) -> Any:
    with transaction():
        return jobs.enqueue("test", {"n": 1}, **kwargs)


def status_of(job_id: Any) -> Any:
    db.session.rollback()
    return db.session.get_one(jobs.Job, job_id)


def effect() -> None:
    """Leave one row behind, as a job's effect."""
    entry = {"action": "create", "table": "t", "row_id": "1", "root_id": "effect"}
    write_entries(db.session, [entry])


def effects() -> int:
    db.session.rollback()
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.root_id == "effect")
    return db.session.scalar(query) or 0


def test_a_job_of_a_transaction_that_failed_does_not_exist(app: Flask, kind: Any) -> None:
    def fail() -> None:
        with transaction():
            jobs.enqueue("test", {})
            raise Conflict("no")

    with pytest.raises(Conflict):
        fail()
    assert jobs.claim(LEASE) is None


def test_the_same_key_is_the_same_job(app: Flask, kind: Any) -> None:
    assert enqueue(key="k") == enqueue(key="k")


def test_a_job_nobody_handles_is_a_programmers_error(app: Flask) -> None:
    with pytest.raises(ValueError, match="nobody handles"), transaction():
        jobs.enqueue("unknown", {})


def test_a_waiting_job_is_taken_once(app: Flask, kind: Any) -> None:
    enqueue()
    assert jobs.claim(LEASE) is not None
    assert jobs.claim(LEASE) is None


def test_a_job_is_not_taken_before_its_time(app: Flask, kind: Any) -> None:
    with clock.freeze(NOON):
        enqueue(run_at=NOON + timedelta(minutes=5))
        assert jobs.claim(LEASE) is None
    with clock.freeze(NOON + timedelta(minutes=6)):
        assert jobs.claim(LEASE) is not None


def test_a_silent_workers_job_is_taken_over_and_its_old_worker_can_do_nothing(app: Flask, kind: Any) -> None:
    with clock.freeze(NOON):
        job_id = enqueue()
        first = jobs.claim(LEASE)
    with clock.freeze(NOON + LEASE * 2):
        second = jobs.claim(LEASE)
        assert first
        assert second
        with second.finishing():
            effect()
        with pytest.raises(jobs.LeaseLostError), first.finishing():
            effect()
        with pytest.raises(jobs.LeaseLostError):
            first.report({"done": 1})
        assert not jobs.renew(first, LEASE)
    assert effects() == 1
    assert status_of(job_id).status == "done"


def test_a_renewed_lease_is_not_taken_over(app: Flask, kind: Any) -> None:
    with clock.freeze(NOON):
        enqueue()
        run = jobs.claim(LEASE)
    with clock.freeze(NOON + LEASE * 0.9):
        assert run
        assert jobs.renew(run, LEASE)
    with clock.freeze(NOON + LEASE * 1.5):
        assert jobs.claim(LEASE) is None


def test_an_unexpected_error_is_tried_again_and_at_last_given_up(app: Flask, kind: Any) -> None:
    told = []
    kind["do"] = lambda run: 1 / 0
    jobs.on_failure("test", lambda payload, reason: told.append((payload, reason)))
    at = NOON
    with clock.freeze(at):
        job_id = enqueue()
    outcomes = []
    for _ in range(jobs.MOST_ATTEMPTS):
        at += timedelta(minutes=10)
        with clock.freeze(at):
            run = jobs.claim(LEASE)
            assert run
            outcomes.append(jobs.carry_out(run, SILENT))
    assert outcomes == ["again"] * (jobs.MOST_ATTEMPTS - 1) + ["failed"]
    assert status_of(job_id).status == "failed"
    assert told == [({"n": 1}, "ZeroDivisionError: division by zero")]


def test_what_cannot_be_fails_at_once_with_its_sentence(app: Flask, kind: Any) -> None:
    def refuse(run: jobs.JobRun) -> None:
        raise Conflict("There is nothing to plan.")

    kind["do"] = refuse
    job_id = enqueue()
    run = jobs.claim(LEASE)
    assert run
    assert jobs.carry_out(run, log) == "failed"
    assert status_of(job_id).error == "There is nothing to plan."


def test_a_job_whose_workers_always_die_fails_and_says_so(app: Flask, kind: Any) -> None:
    told = []
    jobs.on_failure("test", lambda payload, reason: told.append(reason))
    with clock.freeze(NOON):
        job_id = enqueue()
    for attempt in range(jobs.MOST_ATTEMPTS + 1):
        with clock.freeze(NOON + LEASE * 2 * (attempt + 1)):
            jobs.claim(LEASE)
    assert status_of(job_id).status == "failed"
    assert told == ["its worker died every time"]


def test_a_waiting_job_is_cancelled_and_a_running_one_is_asked(app: Flask, kind: Any) -> None:
    waiting, running = enqueue(), enqueue()
    run = jobs.claim(LEASE)
    assert run
    with transaction():
        jobs.ask_to_cancel(waiting)
        jobs.ask_to_cancel(running)
    other = running if run.job_id == waiting else waiting
    assert run.cancel_asked()
    assert status_of(run.job_id).status == "running"
    assert status_of(other).status == "cancelled"


def test_a_worker_carries_out_what_is_due_and_stops_when_idle(app: Flask, kind: Any) -> None:
    def do(run: jobs.JobRun) -> None:
        run.report({"half": True})
        with run.finishing():
            effect()

    kind["do"] = do
    ids = [enqueue() for _ in range(3)]
    assert Worker(app).run(until_idle=True) == 3
    assert effects() == 3
    assert {status_of(job_id).status for job_id in ids} == {"done"}


def test_a_worker_whose_parent_ended_before_it_began_takes_no_job(app: Flask, kind: Any) -> None:
    job_id = enqueue()
    assert Worker(app, parent=os.getpid()).run() == 0
    assert status_of(job_id).status == "queued"


def test_the_worker_command_takes_its_parent_from_who_starts_it(app: Flask) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--with-parent", str(os.getppid())]
    env = {**os.environ, "DATABASE_URL": app.config["SETTINGS"].database_url}
    env |= {"DATA_DIR": str(app.config["SETTINGS"].data_dir)}
    assert subprocess.run(command, env=env, timeout=60, capture_output=True).returncode == 0


def test_a_worker_that_starts_begins_what_was_registered(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(jobs, "_at_start", [])
    jobs.at_start(begin := lambda: told.append("begun"))
    jobs.at_start(begin)
    monkeypatch.setattr("core.worker.signal.signal", lambda *_: None)
    monkeypatch.setattr(Worker, "run", lambda *_, **__: told.append("running"))
    assert app.test_cli_runner().invoke(args=["worker"]).exit_code == 0
    assert told == ["begun", "running"]
