"""Stock and part requests as pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browsers import Browser
from tests.inventory.conftest import Stock


@pytest.fixture
def visitor(browser: Any) -> Browser:
    """A warehouse clerk who may also ask, at a browser."""
    return browser("warehouse", "engineer")


def test_a_part_shows_where_it_lies_and_a_location_what_lies_there(stock: Stock, visitor: Browser) -> None:
    stock.receive(7)
    assert "A1 A1" in visitor.get(f"/parts/{stock.part}").text
    shelf = visitor.get(f"/stock-locations/{stock.shelf}").text
    assert "FLT-1 Air filter" in shelf
    assert "7" in shelf


def test_a_movement_is_made_by_a_form_and_not_changed_afterwards(stock: Stock, visitor: Browser) -> None:
    form = {"part_id": "FLT-1", "from_location_id": "SUP", "to_location_id": "A1", "quantity": "3"}
    made = visitor.send("/stock-movements/new", form)
    assert made.status_code == 302, made.text
    assert stock.on_hand(stock.shelf) == 3
    assert "FLT-1" in visitor.get("/stock-movements").text
    assert visitor.get(f"{made.location}/edit").status_code == 404


def test_taking_too_many_shows_the_form_again_with_the_reason(stock: Stock, visitor: Browser) -> None:
    form = {"part_id": "FLT-1", "from_location_id": "A1", "to_location_id": "VAN-1", "quantity": "3"}
    answer = visitor.send("/stock-movements/new", form)
    assert answer.status_code == 409
    assert "Only 0 of this part" in answer.text


def test_a_part_is_asked_for_by_a_form(stock: Stock, visitor: Browser) -> None:
    made = visitor.send("/part-requests/new", {"part_id": "FLT-1", "quantity": "1", "reason": "worn"})
    assert made.status_code == 302, made.text
    assert "Awaiting approval" in visitor.get(made.location).text


def test_a_part_and_a_location_are_made_by_forms(stock: Stock, visitor: Browser) -> None:
    part = {"number": "P-2", "name_en": "Seal", "name_zh": "密封圈", "unit": "pc", "active": "1"}
    assert visitor.send("/parts/new", part).status_code == 302
    place = {"code": "A2", "name": "A2", "kind": "shelf", "active": "1"}
    assert visitor.send("/stock-locations/new", place).status_code == 302
    refused = visitor.send("/stock-locations/new", {"code": "V", "name": "V", "kind": "van"})
    assert refused.status_code == 422
    assert "needs the engineer who holds it" in refused.text


def test_a_request_is_approved_and_issued_by_buttons_but_not_ones_own(
    stock: Stock, browser: Any, visitor: Browser
) -> None:
    stock.receive(5)
    page = visitor.send("/part-requests/new", {"part_id": "FLT-1", "quantity": "2"}).location
    assert f"{page}/approve" not in visitor.get(page).text
    assert f"{page}/cancel" in visitor.get(page).text
    clerk = browser("warehouse")
    assert f"{page}/cancel" not in clerk.get(page).text
    assert clerk.press(page, f"{page}/approve").status_code == 302
    sent = {"from_location_id": str(stock.shelf), "version": "2"}
    refused = clerk.send(f"{page}/issue", sent)
    assert refused.status_code == 409
    assert "Say into which van" in refused.text
    issued = clerk.send(f"{page}/issue", {**sent, "to_location_id": str(stock.van)})
    assert issued.status_code == 302, issued.text
    assert stock.on_hand(stock.van) == 2
    assert "Issued" in clerk.get(page).text


def test_a_request_is_turned_down_with_an_answer(stock: Stock, browser: Any, visitor: Browser) -> None:
    page = visitor.send("/part-requests/new", {"part_id": "FLT-1", "quantity": "2"}).location
    clerk = browser("warehouse")
    silent = clerk.send(f"{page}/refuse", {"answer": "", "version": "1"})
    assert silent.status_code == 422
    told = clerk.send(f"{page}/refuse", {"answer": "Repair it instead.", "version": "1"})
    assert told.status_code == 302, told.text
    assert "Repair it instead." in visitor.get(page).text
