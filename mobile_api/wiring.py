"""Ties phones to the application."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from core import clock, events, feed, jobs
from core.auth import tokens
from core.auth.actors import system
from core.auth.permissions import allow
from core.errors import mark
from core.i18n import add_catalogues
from core.menu import add_tab
from core.static_files import add_static
from core.web import takes_secret
from dispatch.inbox import kinds
from dispatch.workforce import pages as workforce_pages
from dispatch.workorders.events import VisitScheduled, VisitStatusChanged
from mobile_api import (
    api,
    devices,
    documents,
    held,
    old_fixes,
    operations,
    phone_pages,
    quick,
    tus,
    uploads,
    web_push,
    web_push_api,
)
from mobile_api.pwa import pages as app_pages

_HOUR = 60


def init_app(app: Flask, doors: Api) -> None:
    """Declare permissions, register the doors, and have the feed kept."""
    add_catalogues(__file__)
    allow(devices.READ, "dispatcher", "manager", "engineer")
    allow(devices.WRITE, "dispatcher", "manager")
    tokens.add_kind(devices.PREFIX, api.user_of)
    # Before who asks is looked up in full, which takes most of the time of an answer.
    app.before_request_funcs.setdefault(None, []).insert(0, quick.answer)
    takes_secret(f"{api.PREFIX}/devices")
    doors.register_blueprint(api.blp)
    doors.register_blueprint(api.desk)
    doors.register_blueprint(tus.blp)
    doors.register_blueprint(web_push_api.blp)
    add_static("phone", app_pages.__file__)
    app.register_blueprint(app_pages.bp)
    app.register_blueprint(phone_pages.bp)
    workforce_pages.offer_actions("phones", phone_pages.engineer_actions)
    add_tab("engineers.list_", 40, mark("Phones"), "devices.list_", devices.READ)
    events.subscribe(VisitStatusChanged, operations.note_step_here)
    events.subscribe(VisitScheduled, web_push.note)
    events.subscribe(VisitStatusChanged, web_push.note_cancelled)
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
