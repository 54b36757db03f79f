"""`flask worker`: a process of its own that carries out jobs, one at a time.

Several may run on one database. It renews the lease of the job at hand from a thread, enqueues what is
periodic, and ends when its parent does (`--with-parent`) or on SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta
from typing import Any

import click
import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app

from core import feed_mark, jobs
from core.db import transaction

log = structlog.get_logger("worker")


class Worker:
    """The loop of one worker process."""

    def __init__(self, app: Flask, parent: int | None = None) -> None:
        self.app = app
        self.parent = parent
        self.lease = timedelta(seconds=app.config["SETTINGS"].job_lease_s)
        self.stopping = threading.Event()

    def run(self, *, until_idle: bool = False, poll_s: float = 0.3) -> int:
        """Carry out jobs until told to stop (or until none is due); returns how many ended."""
        ended = 0
        with self.app.app_context():
            while not self.stopping.is_set():
                if self.orphaned():
                    log.info("parent ended, worker stops")
                    break
                run = jobs.claim(self.lease)
                if run is None:
                    if until_idle:
                        break
                    self.stopping.wait(poll_s)
                    continue
                outcome = self.carry_out(run)
                log.info("job ended", kind=run.kind, job=str(run.job_id), outcome=outcome)
                ended += 1
        return ended

    def carry_out(self, run: jobs.JobRun) -> str:
        """Carry out one job while a thread holds its lease."""
        finished = threading.Event()
        keeper = threading.Thread(target=self._hold, args=(run, finished), daemon=True)
        keeper.start()
        try:
            return jobs.carry_out(run, log)
        finally:
            finished.set()
            keeper.join()

    def _hold(self, run: jobs.JobRun, finished: threading.Event) -> None:
        while not finished.wait(self.lease.total_seconds() / 3):
            if self.orphaned():
                os._exit(1)
            with self.app.app_context():
                try:
                    if not jobs.renew(run, self.lease):
                        return
                except Exception:
                    log.exception("lease not renewed", job=str(run.job_id))

    def orphaned(self) -> bool:
        """Tell whether the process that started this one has ended."""
        return self.parent is not None and os.getppid() != self.parent


def start_periodic(app: Flask) -> BackgroundScheduler:
    """Enqueue periodic work by APScheduler; the job's key keeps several workers from doubling it."""
    scheduler = BackgroundScheduler(timezone="UTC")
    for name, minutes_of, enqueue_one in jobs.periodic():
        minutes = minutes_of(app.config["SETTINGS"])
        if minutes:
            scheduler.add_job(
                _enqueue, "interval", minutes=minutes, args=(app, enqueue_one), id=name, coalesce=True
            )
    scheduler.start()
    return scheduler


def _enqueue(app: Flask, enqueue_one: Any) -> None:
    with app.app_context(), transaction():
        enqueue_one()


@click.command("worker")
@click.option(
    "--with-parent", type=int, metavar="PID", help="End when this process, which started this one, ends."
)
def worker_command(with_parent: int | None) -> None:
    """Carry out jobs (optimization runs and other work) until stopped."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    behind = feed_mark.problem(app.config["SETTINGS"].data_dir)
    if behind:
        raise click.ClickException(behind)
    # Told, not asked of the system: the parent may have ended before this process came so far.
    worker = Worker(app, with_parent)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    jobs.begin_all()
    scheduler = start_periodic(app)
    keeper = feed_mark.Keeper(app)
    keeper.start()
    log.info("worker started", pid=os.getpid())
    try:
        worker.run()
    finally:
        scheduler.shutdown(wait=False)
        keeper.stop()
