"""A server as it runs in production, on the tests' database; and a proxy that spoils what passes it."""

from __future__ import annotations

import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flask import Flask

ROOT = Path(__file__).parent.parent
_LIMIT_S = 60


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """gunicorn with the application, on the database and the files of the tests' own."""

    def __init__(self, app: Flask, clock_start: datetime, **env: str) -> None:
        settings = app.config["SETTINGS"]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._env = {
            **kept,
            "DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": str(app.config["SQLALCHEMY_DATABASE_URI"]),
            "SECRET_KEY": settings.secret_key,
            "CLOCK_START": clock_start.isoformat(),
            "LOG_LEVEL": "ERROR",
            "LOCALE": "en",
            "PAIDAN_BIND": f"127.0.0.1:{self.port}",
            **env,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "gunicorn", "-c", "python:deploy.web_server"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._env, start_new_session=True)
        give_up_at = time.monotonic() + _LIMIT_S
        while time.monotonic() < give_up_at:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                assert self._process.poll() is None, "the server ended at its start"
                time.sleep(0.05)
        raise AssertionError("the server did not answer in time")

    def stop(self, *, kill: bool = False) -> None:
        """End it, or kill it with all its children in the middle of whatever it does."""
        if self._process is None:
            return
        if kill:
            os.killpg(self._process.pid, 9)
        else:
            self._process.terminate()
        self._process.wait(_LIMIT_S)
        self._process = None


@contextmanager
def serving(app: Flask, clock_start: datetime, **env: str) -> Iterator[Server]:
    """Have a server run inside the block."""
    server = Server(app, clock_start, **env)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Spoiler:
    """A proxy before a server: some of what passes is lost, cut, doubled or late, as its seed has it.

    Attributes
    ----------
    done : Counter
        How often each fault was done.
    share : float
        How often something is spoiled at all.
    """

    FAULTS = ("refused", "request cut", "answer lost", "answer cut", "doubled", "late")

    def __init__(self, target: int, seed: int, share: float = 0.4) -> None:
        self.done: Counter[str] = Counter()
        self.share, self._target = share, target
        self._random, self._lock = random.Random(seed), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Spoiler:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fault(self) -> str:
        with self._lock:
            fault = self._random.choice(self.FAULTS) if self._random.random() < self.share else "none"
            self.done[fault] += 1
            return fault

    def _pass_on(self, asked: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[Any], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._target, timeout=30)
        try:
            sent = {name: value for name, value in asked.headers.items() if name.lower() not in ("host",)}
            connection.request(asked.command, asked.path, body, sent | {"Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _cut_off(self, asked: BaseHTTPRequestHandler, body: bytes) -> None:
        """Send the server a request whose body ends too soon."""
        with socket.create_connection(("127.0.0.1", self._target), timeout=30) as line:
            head = f"{asked.command} {asked.path} HTTP/1.1\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in asked.headers.items())
            line.sendall(head.encode() + b"\r\n" + body[: len(body) // 2])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        spoiler = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                fault = spoiler._fault()
                self.close_connection = True
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if fault == "refused":
                    return
                if fault == "request cut":
                    spoiler._cut_off(self, body)
                    return
                if fault == "late":
                    time.sleep(0.3)
                status, headers, data = spoiler._pass_on(self, body)
                if fault == "doubled":
                    status, headers, data = spoiler._pass_on(self, body)
                if fault == "answer lost":
                    return
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(name, value)
                length = len(data)
                if self.command == "HEAD":
                    length = int(dict(headers).get("Content-Length", 0))
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if fault == "answer cut" else data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        for method in ("GET", "POST", "PATCH", "HEAD", "DELETE", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler._any)
        return Handler
