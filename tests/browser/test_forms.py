"""What forms gain from JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_choosing_a_customer_leaves_only_their_sites(page_of: Any) -> None:
    page = page_of("agent")
    page.goto("/work-orders/new")
    page.fill("#f-title", "三号扶梯")
    customer, site = page.locator("#f-customer_id"), page.locator("#f-site_id")
    every = site.locator("option").count()
    for index in (1, 2, 3):
        name = customer.locator("option").nth(index).inner_text()
        with page.expect_response(lambda answer: "customer_id=" in answer.url) as told:
            customer.select_option(index=index)
        assert told.value.ok
        # The empty choice stays; a site's title begins with its customer's name.
        others = site.locator("option").filter(has_not_text=name)
        others.nth(1).wait_for(state="detached")
        assert others.count() == 1
        assert 2 <= site.locator("option").count() < every
    assert page.input_value("#f-title") == "三号扶梯"
