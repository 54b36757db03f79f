"""What nobody means to send, sent: every answer is a sentence, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.web import local_path
from tests.conftest import Client

JSON = "application/json"


def is_problem(answer: Any, status: int) -> bool:
    """Tell whether an answer is a problem document with a sentence."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.content_type == "application/problem+json"
    return bool(answer.json.get("detail") or answer.json.get("errors"))


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "[" * 500 + "]" * 500, "9" * 5000]
)
def test_what_json_does_not_know_is_refused(admin: Client, value: str) -> None:
    body = f'{{"number": "C", "name": "n", "x": {value}}}'
    answer = admin.send("POST", "/customers", data=body, content_type=JSON)
    assert answer.status_code in (400, 422)
    assert is_problem(answer, answer.status_code)
    assert admin.get("/customers").json["total"] == 0


def test_json_nested_by_the_ten_thousand_is_refused(admin: Client) -> None:
    body = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert is_problem(admin.send("POST", "/customers", data=body, content_type=JSON), 422)


@pytest.mark.parametrize("text", ["\ud800", "a\u0000b"])
def test_texts_that_cannot_be_stored_are_refused_wherever_they_stand(admin: Client, text: str) -> None:
    for body in ({"name": text}, {text: 1}, {"notes": [{"a": text}]}):
        answer = admin.send("POST", "/customers", data=json.dumps(body), content_type=JSON)
        assert is_problem(answer, 422)
        assert answer.json["code"] == "unstorable"


def test_a_pair_of_escaped_halves_is_one_character(admin: Client) -> None:
    body = '{"number": "C-1", "name": "\\ud83d\\ude00"}'
    assert admin.send("POST", "/customers", data=body, content_type=JSON).json["name"] == "😀"


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe{}", b"[]", b'"text"', b"1", b"null"])
def test_bodies_that_are_no_object_are_answered_with_a_sentence(admin: Client, body: bytes) -> None:
    answer = admin.send("POST", "/customers", data=body, content_type=JSON)
    assert answer.status_code in (400, 422)
    assert is_problem(answer, answer.status_code)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_refused_as_such(admin: Client, kind: str) -> None:
    assert is_problem(admin.send("POST", "/customers", data=b'{"number": "C"}', content_type=kind), 415)


def test_a_body_beyond_the_limit_is_refused_as_too_large(admin: Client) -> None:
    body = json.dumps({"number": "C", "name": "n", "notes": "x" * 17_000_000})
    assert is_problem(admin.send("POST", "/customers", data=body, content_type=JSON), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/customers", 405),
        ("TRACE", "/customers", 405),
        ("DELETE", "/customers", 405),
        ("GET", "/customers/not-a-uuid", 404),
        ("GET", "/customers/00000000-0000-0000-0000-000000000000", 404),
        ("GET", "/nothing", 404),
        ("GET", "/customers?page=99999999999", 422),
        ("GET", "/customers?page=" + "9" * 5000, 422),
        ("GET", "/customers?page=0", 422),
        ("GET", "/customers?page_size=501", 422),
        ("GET", "/customers?sort=name;drop+table+customer", 422),
        ("GET", "/customers?q=" + "x" * 201, 422),
        ("GET", "/customers?grad=gold", 422),
        ("GET", "/customers?grade=%00", 422),
        ("GET", "/sites?customer_id=1", 422),
    ],
)
def test_addresses_and_arguments_that_do_not_exist_are_named(
    admin: Client, method: str, path: str, status: int
) -> None:
    assert is_problem(admin.send(method, path), status)


def test_a_text_looked_for_is_no_pattern(admin: Client) -> None:
    admin.post("/customers", {"number": "C-1", "name": "100% sure_thing"})
    for text, found in (("%25", 1), ("_", 1), ("0% s", 1), ("e_t", 1), ("a%25b", 0), ("'", 0), ("\\", 0)):
        assert admin.get(f"/customers?q={text}").json["total"] == found, text


@pytest.mark.parametrize("sent", ["²", '"²"', "*", '"', "x" * 5000, '"1-²"', 'W/"-"', "\x80"])
def test_a_version_nobody_gave_out_is_stale(admin: Client, sent: str) -> None:
    record_id = admin.post("/customers", {"number": "C-1", "name": "n"}).json["id"]
    for tag in (sent, f'"{record_id[:8]}-{sent}"'):
        headers = {"If-Match": tag}
        answer = admin.send("PATCH", f"/customers/{record_id}", json={"name": "m"}, headers=headers)
        assert is_problem(answer, 412)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_idempotency_key_too_long_or_empty_is_refused(admin: Client, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = admin.send("POST", "/customers", json={"number": "C", "name": "n"}, headers=headers)
    assert is_problem(answer, 422)


def test_an_idempotency_key_may_hold_any_letter_a_header_can(admin: Client) -> None:
    body, headers = {"number": "C", "name": "n"}, {"Idempotency-Key": "schlüssel\x80'%"}
    first = admin.send("POST", "/customers", json=body, headers=headers)
    again = admin.send("POST", "/customers", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json


@pytest.mark.parametrize("page", ["²", "٣", "-1", "0", "9" * 5000, "x", "1.5"])
def test_a_page_nobody_can_count_to_shows_a_list(browser: Any, page: str) -> None:
    assert browser("admin").get(f"/customers?page={page}").status_code == 200


@pytest.mark.parametrize("version", ["²", "٣", "", "9" * 5000])
def test_a_form_with_a_version_nobody_gave_out_is_stale(browser: Any, admin: Client, version: str) -> None:
    record = admin.post("/customers", {"number": "C-1", "name": "n"}).json
    path = f"/customers/{record['id']}/edit"
    form = {"version": version, "number": "C-1", "name": "m", "grade": "gold"}
    answer = browser("dispatcher").send(path, form)
    assert answer.status_code == 412


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\r/evil.example", "/\n/evil.example",
     "https://evil.example", "javascript:alert(1)", " //evil.example", ""],
)  # fmt: skip
def test_nobody_is_sent_to_another_server(target: str) -> None:
    assert local_path(target) == ""


def test_a_token_ends_at_an_instant_the_calendar_knows(admin: Client) -> None:
    for instant in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2027-01-01T00:00:00"):
        assert is_problem(admin.post("/tokens", {"name": "t", "expires_at": instant}), 422)
    assert admin.post("/tokens", {"name": "t", "expires_at": "2100-01-01T00:00:00Z"}).status_code == 201
