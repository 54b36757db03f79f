"""A small town served as `make run` serves it, and headless Chromium to look at it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Address and accounts of a served demo town, small."""
    if not shutil.which(CHROMIUM):
        pytest.skip("Chromium is absent (Debian package chromium)")
    folder = tmp_path_factory.mktemp("town")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **{key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "DISPLAY")},
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "FLASK_APP": "wsgi",
        "LOG_LEVEL": "WARNING",
        "CLOCK_START": "2026-03-04T08:00+08:00",
    }
    for command in (["db", "upgrade"], ["demo", "load", "--small"]):
        subprocess.run(
            [sys.executable, "-m", "flask", *command], cwd=ROOT, env=env, check=True, capture_output=True
        )
    log = (folder / "serve.log").open("w")
    served = subprocess.Popen(
        [sys.executable, "-m", "deploy.serve"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, served)
        accounts = json.loads((folder / "demo-accounts.json").read_text())
        by_role = {account["roles"][0]: account for account in reversed(accounts)}
        yield {"url": url, "accounts": by_role}
    finally:
        served.terminate()
        served.wait(timeout=30)
        log.close()


def _wait_until_ready(url: str, served: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert served.poll() is None, "the launcher ended"
        try:
            if requests.get(f"{url}/ready", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.25)
    raise AssertionError("not ready after a minute")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium."""
    if not shutil.which(CHROMIUM):
        pytest.skip("Chromium is absent (Debian package chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page_of(town: dict[str, Any], chromium: Any) -> Iterator[Callable[..., Any]]:
    """Return a function: role to a page signed in as them; faults on the console fail the test."""
    faults: list[str] = []
    contexts = []

    def sign_in(role: str, locale: str = "zh-CN", width: int = 1400) -> Any:
        context = chromium.new_context(
            base_url=town["url"], locale=locale, viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/sign-in")
        page.fill("[name=email]", town["accounts"][role]["email"])
        page.fill("[name=password]", town["accounts"][role]["password"])
        page.locator("main button").first.click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert faults == []
