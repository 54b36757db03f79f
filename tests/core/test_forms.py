"""What is filled into forms, and what is said about it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from core import forms
from tests.conftest import Client

UNSTORABLE = "A text holds a character that cannot be stored (NUL, or half a character): remove it."
NOBODY = "00000000-0000-0000-0000-000000000000"


def test_a_nul_in_a_text_is_a_fault_of_its_field(browser: Any) -> None:
    visitor = browser("agent")
    answer = visitor.send("/customers/new", {"number": "C-1", "name": "Re\0ed", "grade": "gold"})
    assert answer.status_code == 422
    assert f'<a href="#f-name">Name</a>: {UNSTORABLE}' in answer.text
    assert 'value="C-1"' in answer.text


def test_a_nul_in_json_is_a_fault_of_its_field(admin: Client) -> None:
    answer = admin.post("/customers", {"number": "C-1", "name": "Re\0ed", "notes": "fine"})
    assert (answer.status_code, answer.json["code"]) == (422, "unstorable")
    assert answer.json["errors"] == {"name": [UNSTORABLE]}


def test_a_nul_in_a_query_is_refused_by_both_doors(admin: Client, browser: Any) -> None:
    answer = admin.get("/customers?q=a%00b")
    assert (answer.status_code, answer.json["errors"]) == (422, {"q": [UNSTORABLE]})
    page = browser("agent").get("/customers?q=a%00b")
    assert (page.status_code, UNSTORABLE in page.text) == (422, True)


def test_everything_wrong_in_a_form_is_said_at_once(browser: Any) -> None:
    sent = {"customer_id": "nobody", "name": "", "time_zone": "Mars"}
    page = html.unescape(browser("agent").send("/sites/new", sent).text)
    assert "Nothing is called “nobody”." in page
    assert '<a href="#f-name">' in page
    assert '<a href="#f-time_zone">' in page


def test_the_entry_and_the_value_that_are_wrong_are_named(browser: Any) -> None:
    visitor = browser("agent")
    visitor.send("/customers/new", {"number": "C-1", "name": "A", "grade": "gold"})
    hours = "0, 08:00, 18:00\n9, 08:00, 18:00"
    page = visitor.send("/sites/new", {"customer_id": "A", "name": "Gate", "access_hours": hours})
    assert page.status_code == 422
    assert "Entry 2, Weekday: " in page.text


def test_the_custom_field_that_is_wrong_is_named(browser: Any, admin: Client) -> None:
    floor = {"key": "floor", "label_en": "Floor", "label_zh": "楼层", "type": "number", "required": True}
    given = {"code": "lift", "name_en": "Lift", "name_zh": "电梯", "custom_fields": [floor]}
    category = admin.post("/categories", given)
    assert category.status_code == 201, category.json
    customer = admin.post("/customers", {"number": "C-1", "name": "A"}).json["id"]
    site = admin.post("/sites", {"customer_id": customer, "name": "Gate"}).json["id"]
    order = {"title": "t", "category_id": category.json["id"], "customer_id": customer, "site_id": site}
    visitor = browser("agent")
    for custom, said in (
        ("", "floor: Work of this category needs this field."),
        ('{"floor": "x"}', "floor: Give a number."),
        ("[1]", "Give one object"),
        ("floor: 3", "This is not JSON"),
    ):
        page = visitor.send("/work-orders/new", {**order, "custom": custom})
        assert page.status_code == 422
        assert said in page.text, custom
    assert "such as {&#34;floor&#34;: 3}" in visitor.get("/work-orders/new").text
    made = visitor.send("/work-orders/new", {**order, "custom": '{"floor": 3}'})
    assert made.status_code == 302, made.text


def test_what_became_of_many_rows_is_said_in_the_readers_language(admin: Client) -> None:
    rows: list[dict[str, Any]] = [{"number": "C-1", "name": "A"}, {"number": "C-1", "name": "B"}]
    rows += [{"number": "C-2"}, {"number": "C-2", "name": "x" * 201}]
    rows.append(
        {"number": "C-3", "name": "C", "engineer_stances": [{"engineer_id": NOBODY, "stance": "refused"}]}
    )
    sent = admin.post("/customers/bulk", {"items": rows}, headers={"Accept-Language": "zh"})
    results = sent.json["results"]
    assert "id" in results[0]
    assert results[1]["detail"] == "此键已存在。"
    assert results[2]["errors"] == {"name": ["此项必填。"]}
    assert results[3]["errors"] == {"name": ["长度须在 1 与 200 之间。"]}
    assert results[4]["errors"] == {"engineer_stances": ["没有这条记录。"]}


def sites_of_two(admin: Client) -> dict[str, str]:
    """Make two customers with a site each; return ids by name."""
    ids = {}
    for owner, place in (("Reed", "Gate"), ("Birch", "Dock")):
        ids[owner] = admin.post("/customers", {"number": owner, "name": owner}).json["id"]
        ids[place] = admin.post("/sites", {"customer_id": ids[owner], "name": place}).json["id"]
    return ids


def choices(page: Any, name: str) -> set[str]:
    """Return the words a select of a page offers."""
    select = re.search(rf'<select id="f-{name}".*?</select>', page.text, re.S)
    assert select, name
    return set(re.findall(r'<option value="[^"]+"[^>]*>([^<]+)<', select[0]))


def test_only_sites_of_the_chosen_customer_can_be_chosen(browser: Any, admin: Client) -> None:
    ids = sites_of_two(admin)
    visitor = browser("agent")
    assert choices(visitor.get("/work-orders/new"), "site_id") == {"Reed · Gate", "Birch · Dock"}
    for customer in (ids["Reed"], "Reed"):
        page = visitor.get(f"/work-orders/new?customer_id={customer}")
        assert choices(page, "site_id") == {"Reed · Gate"}
    assert 'hx-trigger="change from:body target:#f-customer_id"' in page.text


def test_a_site_of_another_customer_is_a_fault_of_its_field(browser: Any, admin: Client) -> None:
    ids = sites_of_two(admin)
    category = admin.post("/categories", {"code": "lift", "name_en": "Lift", "name_zh": "电梯"}).json["id"]
    order = {"title": "t", "category_id": category, "customer_id": ids["Reed"], "site_id": ids["Dock"]}
    page = browser("agent").send("/work-orders/new", order)
    assert page.status_code == 422
    assert '<a href="#f-site_id">Site</a>: ' in page.text


def test_what_is_offered_as_one_types_lies_within_what_is_chosen(
    browser: Any, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = sites_of_two(admin)
    visitor = browser("agent")
    asked = "/sites/options?field=site_id&site_id="
    assert visitor.get(asked).text.count("<option") == 2
    for customer in (ids["Reed"], "Reed"):
        assert visitor.get(f"{asked}&customer_id={customer}").text == '<option value="Reed · Gate"></option>'
    monkeypatch.setattr(forms, "MOST_CHOICES", 1)
    page = visitor.get("/work-orders/new")
    assert re.search(r'<input id="f-site_id" type="text"[^>]* hx-include="#f-customer_id"', page.text)
