"""What the machine's owner does with the change feed, and the job that keeps it small."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from core import clock, feed, feed_mark, jobs
from core.auth.actors import system
from core.db import transaction

TOMBSTONE_DAYS = 180
"""How long it is remembered that a document went; who has not read for longer begins anew."""
_DAY_MINUTES = 24 * 60

feed_group = AppGroup("feed", help="The change feed that phones and the board read.")


@feed_group.command("check")
def check() -> None:
    """Compare the feed with the rows it is made of; ends with 1 and says where they differ."""
    wrong = feed.differences()
    for line in wrong:
        click.echo(line)
    if wrong:
        raise click.ClickException(f"{len(wrong)} differences: run `flask feed rebuild`.")
    click.echo("The feed says what its rows say.")


@feed_group.command("rebuild")
def rebuild() -> None:
    """Make every document anew; readers get what differs."""
    before, _ = feed.head()
    with transaction(system("command line")):
        feed.mark_all()
    click.echo(f"{feed.head()[0] - before} changes.")


@feed_group.command("new-epoch")
def new_epoch() -> None:
    """Have every phone start again: after the database was put back to an older state."""
    folder = current_app.config["SETTINGS"].data_dir
    with transaction(system("command line")):
        epoch = feed.begin_epoch(feed_mark.epoch_began_at(folder))
    feed_mark.put(folder, feed.standing())
    click.echo(f"Epoch {epoch} has begun: phones load everything anew and send what they kept.")


@jobs.handles("feed.purge")
def _purge(run: jobs.JobRun) -> None:
    with run.finishing(system("feed")):
        feed.purge(clock.now() - timedelta(days=TOMBSTONE_DAYS))


def _enqueue_purge() -> None:
    jobs.enqueue("feed.purge", {}, key=f"feed.purge:{clock.now():%Y-%m-%d}")


def init_app(app: Any) -> None:
    """Register the commands and the daily purge."""
    app.cli.add_command(feed_group)
    jobs.every("feed.purge", lambda _settings: _DAY_MINUTES, _enqueue_purge)
