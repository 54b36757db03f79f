"""Ties phones to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core import clock, events, feed, jobs
from core.auth import tokens
from core.auth.actors import system
from core.auth.permissions import allow
from core.i18n import add_catalogues
from core.web import takes_secret
from dispatch.inbox import kinds
from dispatch.workorders.events import VisitStatusChanged
from mobile_api import api, devices, documents, held, old_fixes, operations, tus, uploads

_HOUR = 60


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors, and have the feed kept."""
    add_catalogues(__file__)
    allow(devices.READ, "dispatcher", "manager", "engineer")
    allow(devices.WRITE, "dispatcher", "manager")
    tokens.add_kind(devices.PREFIX, api.user_of)
    takes_secret(f"{api.PREFIX}/devices")
    doors.register_blueprint(api.blp)
    doors.register_blueprint(api.desk)
    doors.register_blueprint(tus.blp)
    events.subscribe(VisitStatusChanged, operations.note_step_here)
    operations.follow(held.follow)
    kinds.add(held.KIND)
    for collection in documents.COLLECTIONS.values():
        feed.keep(collection)
    jobs.every("phones.forget", lambda _settings: _HOUR, _enqueue_forgetting)
    jobs.every("phones.forget_fixes", lambda _settings: _HOUR, old_fixes.enqueue)


def _enqueue_forgetting() -> None:
    jobs.enqueue("phones.forget", {}, key=f"phones.forget:{clock.now():%Y-%m-%dT%H}")


@jobs.handles("phones.forget")
def _forget(run: jobs.JobRun) -> None:
    """Take from phones what ended too long ago, and what they never finished sending."""
    uploads.forget_old(system("phones"))
    with run.finishing(system("phones")):
        for name, ids in documents.old_ids().items():
            feed.mark(name, ids)
