"""Lists, forms and records as pages, made from the same resources as the API."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.browsers import Browser


def test_a_customer_is_made_shown_changed_and_deleted_by_forms(browser: Any) -> None:
    visitor = browser("agent")
    made = visitor.send(
        "/customers/new", {"number": "C-1", "name": "青禾商场", "grade": "gold", "active": "1"}
    )
    assert made.status_code == 302, made.text
    page = visitor.get(made.location)
    assert "青禾商场" in page.text
    assert "Gold" in page.text
    edited = visitor.send(
        f"{made.location}/edit", {"number": "C-1", "name": "Reed Mall", "grade": "vip", "version": "1"}
    )
    assert edited.status_code == 302, edited.text
    assert "Reed Mall" in visitor.get("/customers?q=reed&grade=vip").text
    stale = visitor.send(
        f"{made.location}/edit", {"number": "C-1", "name": "late", "grade": "vip", "version": "1"}
    )
    assert stale.status_code == 412
    assert "late" in stale.text
    gone = visitor.send(f"{made.location}/delete", {"version": "2"}, page=made.location)
    assert gone.status_code == 302
    assert "Reed Mall" not in visitor.get("/customers").text


def test_a_wrong_form_is_shown_again_with_what_was_typed(browser: Any) -> None:
    visitor = browser("agent")
    visitor.send("/customers/new", {"number": "C-1", "name": "A", "grade": "gold"})
    answer = visitor.send("/sites/new", {"customer_id": "A", "name": "Gate 3", "lat": "0", "lon": "0"})
    assert answer.status_code == 422
    assert "Gate 3" in answer.text
    assert "lies in the sea" in answer.text


def test_nested_rows_are_written_one_a_line(browser: Any) -> None:
    visitor = browser("agent")
    visitor.send("/customers/new", {"number": "C-1", "name": "A", "grade": "gold"})
    made = visitor.send(
        "/sites/new", {"customer_id": "A", "name": "Gate", "access_hours": "0, 08:00, 18:00\n1, 09:00, 12:30"}
    )
    assert made.status_code == 302, made.text
    assert "0, 08:00, 18:00; 1, 09:00, 12:30" in visitor.get(made.location).text


def test_a_page_not_permitted_is_refused_and_not_in_the_menu(browser: Any) -> None:
    visitor = browser("warehouse")
    assert visitor.get("/people").status_code == 403
    assert 'href="/people"' not in visitor.get("/customers").text


def test_a_visitor_is_sent_to_sign_in_and_back(app: Flask) -> None:
    answer = Browser(app).get("/customers?q=x")
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=/customers")


def test_a_person_signs_in_by_the_form(browser: Any, app: Flask) -> None:
    visitor = browser("agent", password="correct horse battery")
    visitor.client.delete_cookie("session")
    assert visitor.get("/customers").status_code == 302
    entered = visitor.send("/sign-in", {"email": "Agent@example.org", "password": "correct horse battery"})
    assert entered.status_code == 302, entered.text
    assert visitor.get("/customers").status_code == 200


def test_a_form_without_its_token_changes_nothing(browser: Any) -> None:
    visitor = browser("agent")
    answer = visitor.open("/customers/new", "POST", data={"number": "C-1", "name": "A", "grade": "gold"})
    assert answer.status_code == 400
    assert "C-1" not in visitor.get("/customers").text


def test_deactivation_ends_the_session_at_once(browser: Any, admin: Any) -> None:
    visitor = browser("agent")
    assert visitor.get("/customers").status_code == 200
    row = next(p for p in admin.get("/people").json["items"] if p["email"] == "agent@example.org")
    etag = admin.get(f"/people/{row['id']}").headers["ETag"]
    assert admin.patch(f"/people/{row['id']}", {"active": False}, etag).status_code == 200
    assert visitor.get("/customers").status_code == 302


def test_a_password_link_works_once(app: Flask, admin: Any) -> None:
    made = admin.post("/people", {"email": "New@Example.org", "name": "New", "roles": ["agent"]})
    link = admin.post(f"/people/{made.json['id']}/password-link").json["url"]
    path = "/" + link.split("/", 3)[3]
    visitor = Browser(app)
    chosen = {"password": "a long enough one", "repeat": "a long enough one"}
    assert visitor.send(path, chosen).status_code == 302
    assert visitor.get("/customers").status_code == 200
    assert Browser(app).get(path).status_code == 404
