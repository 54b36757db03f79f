"""`flask demo`: the demo town into an empty database, its day planned and published."""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from datetime import time as clock_time
from pathlib import Path
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from core import clock
from core.auth import people
from core.auth.actors import system
from core.auth.models import User
from core.auth.passwords import hash_password
from core.db import db, transaction
from core.worker import Worker
from dispatch.demo.load import is_empty, store_town
from dispatch.demo.people import DOMAIN, at
from dispatch.demo.town import Town, build_town, last_planned_day
from dispatch.planning import runs
from dispatch.planning.models import OptimizationRun

ACCOUNTS_FILE = "demo-accounts.json"
SOLVE_S = 10

demo = AppGroup("demo", help="The demo town, for trying Paidan out.")


@demo.command("needed")
def needed() -> None:
    """Succeed where the database is empty, so that the town can be loaded; fail otherwise."""
    sys.exit(0 if is_empty() else 1)


@demo.command("load")
@click.option("--seed", default=1, show_default=True, help="Another number is another town.")
@click.option("--small", is_flag=True, help="8 engineers and 40 orders instead of 40 and 300.")
def load(seed: int, small: bool) -> None:
    """Load the town, plan its day and publish the plan."""
    settings = current_app.config["SETTINGS"]
    if settings.production:
        raise click.ClickException("The demo town is not for production: start without PRODUCTION=1.")
    if not is_empty():
        raise click.ClickException(
            "The database is not empty: the demo town is loaded into an empty one only. "
            "Choose another DATA_DIR or DATABASE_URL."
        )
    size = {"engineers": 8, "orders": 40} if small else {}
    now = clock.now()
    last_day = last_planned_day(now, settings.zone)
    town = build_town(seed, now, settings.zone, **size)
    click.echo("Loading the demo town, the invented city of Qingyu:")
    passwords = {who.email: secrets.token_urlsafe(12) for who in town.accounts}
    hashes = {email: hash_password(password) for email, password in passwords.items()}
    # Written first: accounts whose passwords nobody knows would be worse than a file too many.
    path = write_accounts(settings.data_dir / ACCOUNTS_FILE, town, passwords)
    began = time.monotonic()
    try:
        with transaction(system("demo")) as session:
            store_town(
                session.info["actor"],
                town,
                hashes,
                lambda label, count: click.echo(f"  {label:<16} {count:>5}"),
            )
            # With the town, so that whoever is killed from here on still finds it planned by the worker.
            run_id = _request_plan(town, last_day)
    except BaseException:
        path.unlink()
        raise
    click.echo(f"  stored in {time.monotonic() - began:.1f} s; passwords are in {path}")
    with _dots(f"Planning until the end of {last_day}, {SOLVE_S} s at most"):
        run = _planned(run_id)
    if run.status != "published":
        raise click.ClickException(
            f"The town is loaded, but not planned ({run.error}): plan it on the board."
        )
    outcomes = Counter(each.change for each in run.assignments)
    click.echo(f"Published: {outcomes['new']} visits planned, {outcomes['left_out']} left out with reasons.")


def write_accounts(path: Path, town: Town, passwords: dict[str, str]) -> Path:
    """Write who can sign in and how, readable by this account of the machine alone."""
    accounts = [
        {"email": who.email, "password": passwords[who.email], "name": who.name, "roles": list(who.roles)}
        for who in town.accounts
    ]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(accounts, file, ensure_ascii=False, indent=1)
    return path


def _request_plan(town: Town, last_day: date) -> UUID:
    """Ask for the plan in the name of the town's dispatcher."""
    zone = current_app.config["SETTINGS"].zone
    user = db.session.scalars(select(User).where(User.email == f"dispatcher@{DOMAIN}")).one()
    midnight = clock_time()
    return runs.request_run(
        people.actor_of(user),
        starts_at=at(town.days[0], midnight, zone),
        ends_at=at(last_day + timedelta(days=1), midnight, zone),
        time_limit_s=SOLVE_S,
        auto_publish=True,
    ).id


def _planned(run_id: UUID) -> OptimizationRun:
    """Return the run once it has ended, carried out here unless another worker has taken it."""
    worker = Worker(current_app._get_current_object())  # type: ignore[attr-defined]
    while True:
        worker.run(until_idle=True)
        db.session.rollback()
        run = db.session.get_one(OptimizationRun, run_id, populate_existing=True)
        if run.status not in ("queued", "running"):
            return run
        time.sleep(0.5)


@contextmanager
def _dots(text: str) -> Iterator[None]:
    """Print `text`, and a dot a second for as long as the block takes."""
    click.echo(text + " ", nl=False)
    done = threading.Event()

    def print_dots() -> None:
        while not done.wait(1):
            click.echo(".", nl=False)
            sys.stdout.flush()

    ticker = threading.Thread(target=print_dots, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
        click.echo()
