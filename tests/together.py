"""Several things done at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from flask import current_app

from core.db import db


def at_once(*doings: Callable[[], Any]) -> list[Any]:
    """Do everything at the same moment; return what came back, in the same order."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found: list[Any] = [None] * len(doings)
    together = threading.Barrier(len(doings))

    def do(number: int, doing: Callable[[], Any]) -> None:
        with app.app_context():
            together.wait()
            found[number] = doing()

    db.session.rollback()
    threads = [
        threading.Thread(target=contextvars.Context().run, args=(do, *pair)) for pair in enumerate(doings)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
