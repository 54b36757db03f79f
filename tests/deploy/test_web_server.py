"""The settings of gunicorn that nobody but gunicorn reads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from flask import Flask
from gunicorn.arbiter import Arbiter

from core import feed, feed_mark
from deploy import web_server
from deploy.prepare import prepare
from tests.core.test_feed_mark import come_to
from tests.deploy.test_serve import free_port

ROOT = Path(__file__).parents[2]


def scheme(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the scheme gunicorn tells its application."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.url_scheme"].encode()]


def test_what_a_visitor_says_of_proxies_is_not_believed() -> None:
    bind = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/web_server.py", f"{__name__}:scheme"]
    env = {**os.environ, "PAIDAN_BIND": bind}
    served = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            assert served.poll() is None, "gunicorn ended"
            try:
                answer = requests.get(f"http://{bind}/", headers={"X-Forwarded-Proto": "https"}, timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        assert answer.text == "http"
    finally:
        served.terminate()
        served.wait(timeout=30)


def web_process(app: Any) -> Any:
    """A worker of gunicorn's as it is when it has loaded its application."""
    return SimpleNamespace(sockets=[], wsgi=app)


def test_a_web_process_makes_slot_quotes_ready_when_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(web_server, "warm_in_background", lambda: begun.append(1))
    web_server.post_worker_init(web_process(scheme))
    assert begun == [1]


def test_a_web_process_refuses_a_database_that_was_put_back(
    app: Flask, own_files: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(web_server, "warm_in_background", lambda: None)
    folder = app.config["SETTINGS"].data_dir
    folder.mkdir()
    come_to(5, "a")
    web_server.post_worker_init(web_process(app))
    web_server.worker_exit(None, None)
    assert feed_mark.read(folder) == feed.standing(), "it notes how far the feed came when it ends"
    come_to(4)
    with pytest.raises(SystemExit) as refused:
        web_server.post_worker_init(web_process(app))
    assert refused.value.code == Arbiter.WORKER_BOOT_ERROR, "gunicorn starts no other one, but ends"
    assert "flask feed new-epoch" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="flask feed new-epoch"):
        prepare(app)
