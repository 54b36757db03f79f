"""A phone that said more than a restored backup knows begins anew, says it again, and all counts once."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core import feed
from core.backup import making, restoring
from core.db import db
from dispatch.workorders.models import Visit, VisitEvent
from geo.models import Position
from mobile_api.models import Operation
from tests.dispatch.workorder_world import World
from tests.mobile_api.test_push import Sender, said, sender

__all__ = ["sender"]


@pytest.mark.usefixtures("own_files")
def test_what_was_acknowledged_after_the_backup_is_pushed_again_and_counts_once(
    app: Flask, world: World, sender: Sender, visit: Visit, tmp_path: Path
) -> None:
    if db.engine.dialect.name == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is absent")
    app.config["SETTINGS"].data_dir.mkdir(parents=True, exist_ok=True)
    before = [sender.op("accept"), sender.op("depart")]
    assert said(sender.send(*before)) == [("applied", "")] * 2
    making.make(tmp_path / "company.tar.gz")
    after = [sender.op("arrive"), sender.op("check_in"), sender.op("start")]
    assert said(sender.send(*after)) == [("applied", "")] * 3
    sender.phone.pull("work_orders")
    read = sender.phone.checkpoints["work_orders"]
    restoring.restore(tmp_path / "company.tar.gz", over_what_is_there=True)
    assert feed.head()[0] < read["seq"], "the feed is where it was when the backup was made"
    stale = sender.phone.page("work_orders", checkpoint=read)
    assert (stale.status_code, stale.json["code"]) == (410, "resync_required")
    for _ in range(2):
        assert said(sender.send(*before, *after)) == [("applied", "")] * 5
    sender.phone.checkpoints.clear()
    sender.phone.held.clear()
    assert sender.phone.pull("work_orders")[str(visit.id)]["status"] == "in_progress"
    verbs = db.session.scalars(select(VisitEvent.verb).where(VisitEvent.visit_id == visit.id))
    assert Counter(verbs) == Counter(["dispatch", "accept", "depart", "arrive", "start"])
    assert len(db.session.scalars(select(Operation.id)).all()) == 5
    assert db.session.scalars(select(Position.kind)).all() == ["check_in"] * 2, "arrive and check_in"
    assert feed.differences() == []
