"""How soon the engineers' app shows the day without a line, in headless Chromium.

.venv/bin/python -m benchmarks.app_start URL CODE

CODE enrols the browser as a phone. Then the line is cut and the app opened ten times; told is how long it is
from asking for the page until the first visit can be seen.
"""

from __future__ import annotations

import statistics
import sys
import time

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM

TIMES = 10


def main(url: str, code: str) -> None:
    """Measure and print."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        context = browser.new_context(viewport={"width": 360, "height": 780}, locale="en-GB")
        page = context.new_page()
        page.goto(f"{url}/m/#code={code}")
        page.get_by_role("button", name="Enrol").click()
        page.locator(".stop").first.wait_for()
        page.locator(".state-fine").wait_for()
        page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        page.reload()
        page.locator(".stop").first.wait_for()
        context.set_offline(True)
        took = []
        for _ in range(TIMES):
            page.goto("about:blank")
            began = time.perf_counter()
            page.goto(f"{url}/m/")
            page.locator(".stop").first.wait_for()
            took.append((time.perf_counter() - began) * 1_000)
        print(
            f"offline start: median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms of {TIMES}"
        )
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
