"""A visit's whole day as an engineer's phone tells it, with all it leaves behind."""

from __future__ import annotations

import contextvars
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask

from core import clock, jobs
from core.auth import people
from core.auth.actors import Actor
from core.db import db, transaction
from dispatch.customers.models import Asset
from dispatch.evidence.keys import key_file
from inventory.models import StockLocation
from mobile_api import devices
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.conftest import Phone
from tests.mobile_api.pictures import photo, signature
from tests.mobile_api.test_pull import add_parts
from tests.mobile_api.test_push import SITE, Sender, said
from tests.mobile_api.test_uploads import Carrier

SOLUTION = "Chain replaced, 链条已更换。"
NOTE = "The cellar is wet. 地下室潮湿 😀"


def work_off() -> list[str]:
    """Have the waiting jobs done, and return how they ended."""
    ends = []
    while (run := jobs.claim(timedelta(seconds=30))) is not None:
        ends.append(jobs.carry_out(run, structlog.get_logger()))
    db.session.rollback()
    return ends


class Day:
    """The visit, its phone, and what was sent."""

    def __init__(self, app: Flask, actor: Actor) -> None:
        self.app, self.actor, self.world = app, actor, World(actor)
        world = self.world
        with transaction(actor) as session:
            user = people.add(actor, email="E-1@example.org", name="林静", roles=["engineer"])
            engineer = session.merge(world.expert)
            engineer.user_id, engineer.name = user.id, "林静"
            asset = Asset(site_id=world.site.id, name="Escalator 3", model="E-300", serial="S-1")
            session.add(asset)
            session.add(StockLocation(code="V-1", name="Van", kind="van", holder_id=engineer.id))
            session.add(StockLocation(code="CUSTOMER", name="Customers", kind="customer"))
        (self.part,) = add_parts(1)
        world.rostered(world.expert)
        self.visit = world.dispatched(asset_id=asset.id)
        with transaction(actor):
            _, code = devices.invite(actor, world.expert.id)
            _, token = devices.enrol(code, uuid.uuid4(), "a phone")
        self.phone = Phone(app, token, world.expert)
        self.sender = Sender(self.phone, self.visit)
        self.photo = Carrier(self.phone, self.visit, photo())
        self.signed = Carrier(self.phone, self.visit, signature(), filename="s.png", filetype="image/png")

    def tell(self, kind: str, **payload: Any) -> None:
        """Have the phone say something, and take it."""
        more = {"payload": payload} if payload else {}
        answers = self.sender.send(self.sender.op(kind, **more))
        assert said(answers)[0][0] == "applied", answers

    def work(self) -> None:
        """Have the phone say all that a day's work is, the file of the photo before it is spoken of."""
        self.tell("accept")
        self.tell("depart")
        self.tell("position", fixes=[{"lat": 31.1, "lon": 121.1, "accuracy_m": 8.5, "age_ms": 0}])
        self.tell("arrive", **SITE)
        self.tell("check_in", **SITE, accuracy_m=12)
        self.tell("start")
        self.photo.create(self.photo.data)
        self.tell("photo", attachment_id=str(self.photo.attachment_id), caption="The meter 电表")
        self.tell("part_used", part_id=str(self.part), quantity=2)
        self.tell("note", text=NOTE)
        self.tell("signature", attachment_id=str(self.signed.attachment_id), signer="李雷 Li Lei")
        self.tell("complete", solution=SOLUTION)
        work_off()

    def late(self) -> None:
        """Have the signature's bytes come, after the visit was closed and sealed."""
        self.signed.create(self.signed.data)
        work_off()

    def run(self, *args: str) -> Any:
        """Run a command of `flask evidence`, and return its result."""
        db.session.rollback()
        runner = self.app.test_cli_runner()
        return contextvars.Context().run(runner.invoke, args=["evidence", *args])

    def tamper(self, *statements: str) -> None:
        """Change rows as somebody would who owns the database, triggers or not."""
        db.session.rollback()
        with db.engine.connect() as connection:
            is_sqlite = connection.dialect.name == "sqlite"
            names = ("visit_event", "visit_note", "evidence_link", "evidence_seal")
            found: list[Any] = []
            if is_sqlite:
                query = (
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'"
                )
                found = list(connection.exec_driver_sql(query).all())
                connection.commit()
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
            for name, _ in found:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            for name in () if is_sqlite else names:
                connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
            for statement in statements:
                assert connection.exec_driver_sql(statement).rowcount > 0, statement
            for _, sql in found:
                connection.exec_driver_sql(sql)
            for name in () if is_sqlite else names:
                connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER ALL")
            connection.commit()
            if is_sqlite:
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")

    def sql_id(self, value: uuid.UUID) -> str:
        """Return an id as SQL has it in this database."""
        return f"'{value.hex}'" if db.engine.dialect.name == "sqlite" else f"'{value}'"

    @property
    def keys(self) -> Path:
        """The folder of keys."""
        return key_file().parent


@contextmanager
def working_day(app: Flask, actor: Actor) -> Iterator[Day]:
    """Give a Monday morning on which a visit was dispatched to an engineer with a phone."""
    with clock.freeze(MORNING):
        day = Day(app, actor)
    with clock.freeze(MORNING + HOUR):
        yield day
