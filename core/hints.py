"""Hints: a word to whoever waits that there is something new in the feed to read, and nothing more.

Server-sent events of half a minute each; whoever reads them asks again, from the last event's id on. A stream
holds no connection to the database: one thread a process looks at the feed once a second while anybody waits,
and wakes those whose scopes have changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy import func, select

from core import feed
from core.db import db
from core.errors import Unavailable, mark
from core.feed import FeedEntry

log = structlog.get_logger("hints")
LENGTH_S = 25.0
"""How long one stream lasts [s]: shorter than what proxies wait for."""
_LOOK_S, _ALIVE_S = 1.0, 10.0
_EXTENSION = "paidan-hints"


class Watch:
    """Looks at the feed for all streams of a process."""

    def __init__(self, app: Flask, most: int) -> None:
        self._app, self._most = app, most
        self._changed = threading.Condition()
        self._readers, self._seq, self._looking = 0, 0, False
        self._seq_of: dict[str, int] = {}

    def enter(self, seq: int) -> None:
        """Count a stream in; the first has the feed looked at from this number on.

        Raises
        ------
        Unavailable
            There are as many as this process carries.
        """
        with self._changed:
            if self._readers >= self._most:
                raise Unavailable(mark("Too many wait for hints here; ask for what is new every 30 seconds."))
            self._readers += 1
            if not self._looking:
                self._seq, self._looking = seq, True
                threading.Thread(target=self._look_on, name="hints", daemon=True).start()

    def leave(self) -> None:
        """Count a stream out."""
        with self._changed:
            self._readers -= 1
            self._changed.notify_all()

    def wait(self, scopes: Sequence[str], after: int, seconds: float) -> int:
        """Return the number of the last change of some scopes after one; 0 where there is none in time."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                newest = max((self._seq_of.get(scope, 0) for scope in scopes), default=0)
                left = end - time.monotonic()
                if newest > after or left <= 0:
                    return newest if newest > after else 0
                self._changed.wait(left)

    def _look_on(self) -> None:
        while self._is_wanted():
            try:
                with self._app.app_context():
                    found = select(FeedEntry.scope, func.max(FeedEntry.seq))
                    found = found.where(FeedEntry.seq > self._seq).group_by(FeedEntry.scope)
                    changed: dict[str, int] = dict(db.session.execute(found).all())  # type: ignore[arg-type]
                    db.session.remove()
            except Exception:
                # The database is away for a moment: those who wait are told at the next look.
                log.exception("feed not looked at")
                changed = {}
            with self._changed:
                self._seq_of.update(changed)
                self._seq = max([self._seq, *changed.values()])
                if changed:
                    self._changed.notify_all()

    def _is_wanted(self) -> bool:
        """Tell, after a moment, whether anybody still waits."""
        time.sleep(_LOOK_S)
        with self._changed:
            self._looking = self._readers > 0
            return self._looking


def init_app(app: Flask) -> None:
    """Have a process carry as many streams as `HINT_STREAMS` says."""
    app.extensions[_EXTENSION] = Watch(app, app.config["SETTINGS"].hint_streams)


def stream(scopes: Sequence[str]) -> Response:
    """Return a stream of hints about what changes in some scopes.

    Raises
    ------
    Unavailable
        This process carries no more of them.
    """
    watch: Watch = current_app.extensions[_EXTENSION]
    seq, _ = feed.head()
    said = request.headers.get("Last-Event-ID", "")
    after = int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else -1
    query = select(func.max(FeedEntry.seq)).where(FeedEntry.scope.in_(scopes))
    newest = db.session.scalar(query) or 0
    db.session.remove()
    watch.enter(seq)
    response = Response(_told(watch, scopes, seq, newest > after), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(watch.leave)
    return response


def _told(watch: Watch, scopes: Sequence[str], seq: int, at_once: bool) -> Iterator[str]:
    end = time.monotonic() + LENGTH_S
    yield "retry: 2000\n\n"
    if at_once:
        yield _hint(seq)
    while (left := end - time.monotonic()) > 0:
        newest = watch.wait(scopes, seq, min(left, _ALIVE_S))
        if newest:
            seq = newest
        yield _hint(seq) if newest else ": still here\n\n"


def _hint(seq: int) -> str:
    return f"id: {seq}\nevent: hint\ndata: RESYNC\n\n"
