"""A worker killed at any moment of a run: the run ends published once, or cleanly failed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core import jobs
from core.db import db
from tests.dispatch.planning_desk import ask, run_of, verbs_of
from tests.towns import Town

ROOT = Path(__file__).parents[2]


@contextmanager
def worker(app: Flask) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process on the tests' database."""
    settings = app.config["SETTINGS"]
    env = {
        **os.environ,
        "DATABASE_URL": settings.database,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key,
        "JOB_LEASE_S": "2",
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_until(what: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true answer of `what`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        db.session.rollback()
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain")


def solvers_of(pid: int) -> list[int]:
    """Return the processes that a worker started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(line) for line in listed.stdout.split()]


def is_alive(pid: int) -> bool:
    """Tell whether a process still runs (one that only waits to be noted as ended does not)."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def kill_a_worker_at(app: Flask, moment_s: float) -> None:
    town = Town(morning=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))
    for _ in range(2):
        town.add_engineer()
    town.add_orders(8)
    run_id = ask(town, auto_publish=True, time_limit_s=2)
    with worker(app) as first:
        wait_until(lambda: run_of(run_id).status == "running")
        time.sleep(moment_s)
        orphans = solvers_of(first.pid)
        first.kill()
    with worker(app):
        run = wait_until(lambda: (run := run_of(run_id)).status in ("published", "failed") and run)
    once = ["dispatch"] if run.status == "published" else []
    assert [verbs_of(order) for order in town.orders] == [once] * 8
    job = db.session.get_one(jobs.Job, run.job_id)
    assert job.status == ("done" if run.status == "published" else "failed")
    wait_until(lambda: not any(is_alive(pid) for pid in orphans))


@pytest.mark.parametrize("moment_s", [0.3, 1.9])
def test_a_run_whose_worker_is_killed_ends_published_once(app: Flask, moment_s: float) -> None:
    kill_a_worker_at(app, moment_s)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20))
def test_a_run_whose_worker_is_killed_at_a_random_moment_ends_published_once(app: Flask, seed: int) -> None:
    kill_a_worker_at(app, random.Random(seed).uniform(0, 4))


def test_pages_answer_while_a_run_solves(app: Flask, client_of: Any) -> None:
    desk = client_of("dispatcher")
    town = Town(morning=datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))
    town.add_engineer()
    town.add_orders(10)
    run_id = ask(town, time_limit_s=2)
    with worker(app):
        wait_until(lambda: run_of(run_id).status == "running")
        answers = []
        while run_of(run_id).status == "running":
            answers.append(desk.get(f"/optimization-runs/{run_id}"))
    assert answers
    assert {answer.status_code for answer in answers} == {200}
    assert "solving" in {answer.json["progress"]["phase"] for answer in answers}
    assert run_of(run_id).status == "ready"
