"""`python -m tools.app_pictures URL CODE` enrols a browser with a code and takes docs/app.md's pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM

PHONE, TABLET = {"width": 360, "height": 780}, {"width": 768, "height": 1_024}
PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
# name, size, language, scheme, screen; {visit} is the first visit of the day
SHOTS: list[tuple[str, dict[str, int], str, str, str]] = [
    ("app-day-zh-light", PHONE, "zh", "light", "/"),
    ("app-visit-en-light", PHONE, "en", "light", "{visit}"),
    ("app-visit-zh-dark", PHONE, "zh", "dark", "{visit}"),
    ("app-sync-en-dark", PHONE, "en", "dark", "/sync"),
    ("app-day-en-wide", TABLET, "en", "light", "/"),
    ("app-visit-zh-wide-dark", TABLET, "zh", "dark", "{visit}"),
]


def take(page: Any, url: str) -> None:
    """Take all pictures with a page that is enrolled."""
    visit = page.locator(".stop").first.get_attribute("href").removeprefix("#")
    for name, size, language, scheme, screen in SHOTS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(f"localStorage.setItem('paidan-language', '{language}')")
        page.goto(f"{url}/m/#{screen.format(visit=visit)}")
        page.reload()
        page.locator(".state-fine").wait_for()
        page.screenshot(path=str(PICTURES / f"{name}.png"))


def main(url: str, code: str) -> None:
    """Enrol and take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_context(viewport=PHONE, locale="en-GB").new_page()
        page.goto(f"{url}/m/#code={code}")
        page.get_by_role("button", name="Enrol").click()
        page.locator(".stop").first.wait_for()
        take(page, url)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
