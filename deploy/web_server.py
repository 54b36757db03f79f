"""How gunicorn serves for `python -m deploy.serve`: one process, many threads, ends with its launcher."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from core import feed_mark
from optimizer.warmth import warm_in_background

bind = os.environ.get("PAIDAN_BIND", "127.0.0.1:8000")
certfile = os.environ.get("TLS_CERT") or None
keyfile = os.environ.get("TLS_KEY") or None
wsgi_app = "wsgi:create_app()"
worker_class = "gthread"
workers = 1
threads = 48
graceful_timeout = 3
timeout = 120
accesslog = None
loglevel = "warning"
control_socket_disable = True
_BOOT_ERROR = 3
"""Exit code of a worker after which gunicorn starts no other, but ends."""
_keepers: list[feed_mark.Keeper] = []
forwarded_allow_ips = ""  # what proxies say is believed by TRUSTED_PROXIES alone


def on_starting(_server: Any) -> None:
    """Watch the launcher: a server nobody watches would hold the port for ever."""
    launcher = int(os.environ.get("PAIDAN_LAUNCHER", "0"))
    if launcher:
        threading.Thread(target=_end_with, args=(launcher,), daemon=True).start()


def post_worker_init(worker: Any) -> None:
    """Refuse a database behind its mark, give up lines that went silent, have the search compiled in time."""
    if isinstance(worker.wsgi, Flask):
        _keep_mark(worker.wsgi)
    patience = struct.pack("ll", int(os.environ.get("PAIDAN_PATIENCE_S", "60")), 0)
    for listener in worker.sockets:
        # Every line has these from its listener. A phone that vanished in the middle of a request would keep
        # its thread, and the lock of its upload, for ever.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, patience)
    warm_in_background()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Note how far the feed came."""
    while _keepers:
        _keepers.pop().stop()


def _keep_mark(app: Flask) -> None:
    with app.app_context():
        try:
            behind = feed_mark.problem(app.config["SETTINGS"].data_dir)
        except SQLAlchemyError:
            # The database is away; a worker begun again meanwhile must not end the whole server.
            behind = None
    if behind:
        print(f"Paidan cannot start: {behind}", file=sys.stderr, flush=True)
        sys.exit(_BOOT_ERROR)
    _keepers.append(feed_mark.Keeper(app))
    _keepers[-1].start()


def _end_with(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
