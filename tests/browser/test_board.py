"""The board and the pages as people see them, in a real browser under the strict content security policy."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_a_day_is_optimized_previewed_and_published_on_the_board(page_of: Any) -> None:
    page = page_of("dispatcher")
    page.goto("/board")
    page.locator(".lane-bar").first.wait_for()
    page.fill("#limit", "2")
    page.locator("#limit").blur()
    page.get_by_role("button", name="优化", exact=True).click()
    preview = page.locator("section.run .compare")
    preview.wait_for(timeout=60_000)
    assert preview.locator(".tile").count() == 5
    publish = page.get_by_role("button", name="发布", exact=True)
    publish.click()
    page.locator(".message", has_text="已发布").wait_for(timeout=30_000)


def test_every_unplanned_order_is_told_with_its_reason(page_of: Any) -> None:
    page = page_of("dispatcher")
    page.goto("/board")
    page.locator(".lane").first.wait_for()
    left = page.locator(".unplanned > li")
    assert left.count() > 0
    assert left.locator(".why").count() >= left.count()


@pytest.mark.parametrize("role", ["admin", "dispatcher", "warehouse", "manager", "engineer"])
def test_every_page_of_the_menu_opens_without_a_fault(page_of: Any, role: str) -> None:
    page = page_of(role)
    links = page.locator("nav.menu a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links
    for link in links:
        answer = page.goto(link)
        assert answer.status == 200, link


def test_no_page_is_wider_than_a_phone(page_of: Any) -> None:
    page = page_of("dispatcher", width=390)
    for path in ("/board", "/work-orders", "/customers", "/engineers", "/api/docs"):
        page.goto(path)
        page.wait_for_timeout(500)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


def test_the_board_reads_in_english_too(page_of: Any) -> None:
    page = page_of("manager", locale="en-GB")
    page.goto("/board")
    page.get_by_role("heading", name="Unplanned").wait_for()
    assert page.get_by_role("button", name="Optimize").count() == 0
