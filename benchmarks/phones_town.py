"""A made-up town whose engineers all have phones and a planned day, and the server they are tried on."""

import os
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import Popen
from sys import executable
from time import sleep
from urllib.error import URLError
from urllib.request import urlopen

from flask_migrate import upgrade
from sqlalchemy import select

from core import clock
from core.auth import people
from core.auth.actors import system
from core.config import Settings
from core.db import db, transaction
from core.worker import Worker
from dispatch.demo.load import load_town
from dispatch.planning import runs
from dispatch.workforce.models import Engineer
from inventory.models import Part
from mobile_api import devices
from wsgi import create_app

ROOT = Path(__file__).parent.parent
MORNING = datetime.fromisoformat("2026-11-23T06:00:00+08:00")
_READY_S = 60


@dataclass(frozen=True)
class Handed:
    """A phone that was handed out: its token, and its engineer's id."""

    token: str
    engineer_id: str


def settle(engineers: int, orders: int, parts: int) -> list[Handed]:
    """Make the town in the database of the settings, plan its day, and return a phone for every engineer."""
    app, who = create_app(Settings.from_env()), system("benchmark")
    with app.app_context():
        upgrade()
        with transaction(who):
            load_town(who, 1, engineers=engineers, orders=orders)
        _add_parts(parts)
        with transaction(who):
            now = clock.now()
            span = {"starts_at": now, "ends_at": now + timedelta(days=1)}
            run_id = runs.request_run(who, **span, time_limit_s=10, auto_publish=True).id
        Worker(app).run(until_idle=True)
        run = runs.run_of(who, run_id)
        print(f"{engineers} engineers, {run.after['planned']} visits planned, {parts:,} parts more")
        ids = db.session.scalars(select(Engineer.id).where(Engineer.active).order_by(Engineer.number)).all()
        return [_handed(one) for one in ids]


def _add_parts(count: int) -> None:
    draw = random.Random(1)
    words = ("motor", "belt", "filter", "valve", "sensor", "board", "pump", "seal", "fan", "relay")
    with transaction(system("benchmark")) as session:
        session.add_all(
            Part(
                number=f"X-{number:05d}",
                name_en=f"{draw.choice(words).capitalize()} {draw.choice(words)} {number}",
                name_zh=f"备件{number}",
            )
            for number in range(count)
        )


def _handed(engineer_id: uuid.UUID) -> Handed:
    who = system("benchmark")
    with transaction(who) as session:
        engineer = session.get_one(Engineer, engineer_id)
        if engineer.user_id is None:
            user = people.add(who, email=f"{engineer.id}@example.org", name=engineer.name, roles=["engineer"])
            engineer.user_id = user.id
        _, code = devices.invite(who, engineer_id)
        _, token = devices.enrol(code, uuid.uuid4(), "simulated")
    return Handed(token, str(engineer_id))


@contextmanager
def served(port: int) -> Iterator[None]:
    """Have gunicorn serve the town and, beside it, a bare Flask application at /bare."""
    command = [
        executable,
        "-m",
        "gunicorn",
        "-c",
        "python:deploy.web_server",
        "benchmarks.phones_bare:both()",
    ]
    env = {**os.environ, "PAIDAN_BIND": f"127.0.0.1:{port}"}
    process = Popen(command, cwd=ROOT, env=env)
    try:
        for _ in range(_READY_S * 4):
            try:
                with urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
                    break
            except (URLError, OSError):
                sleep(0.25)
        yield
    finally:
        process.terminate()
        process.wait()
