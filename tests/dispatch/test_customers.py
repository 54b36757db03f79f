"""Customers and their sites through the API."""

from __future__ import annotations

from typing import Any

import pytest

from geo.point import Point, geodesic_m


def make_customer(admin: Any, **values: Any) -> Any:
    answer = admin.post("/customers", {"number": "C-1", "name": "青禾商场", **values})
    assert answer.status_code == 201, answer.json
    return answer


def test_a_created_customer_is_read_back_with_its_etag(admin: Any) -> None:
    made = make_customer(admin, grade="gold")
    read = admin.get(f"/customers/{made.json['id']}")
    assert read.json["grade"] == "gold"
    assert read.headers["ETag"] == made.headers["ETag"]


def test_an_update_without_if_match_is_refused(admin: Any) -> None:
    made = make_customer(admin)
    assert admin.patch(f"/customers/{made.json['id']}", {"name": "x"}).status_code == 428


def test_an_update_of_a_stale_version_is_refused_and_nothing_changes(admin: Any) -> None:
    made = make_customer(admin)
    path, etag = f"/customers/{made.json['id']}", made.headers["ETag"]
    assert admin.patch(path, {"name": "first"}, etag).status_code == 200
    assert admin.patch(path, {"name": "second"}, etag).status_code == 412
    assert admin.get(path).json["name"] == "first"


def test_a_site_in_the_sea_off_africa_is_refused_with_a_sentence(admin: Any) -> None:
    made = make_customer(admin)
    answer = admin.post("/sites", {"customer_id": made.json["id"], "name": "s", "lat": 0, "lon": 0})
    assert answer.status_code == 422
    assert "0, 0" in str(answer.json["errors"])


def test_a_position_comes_in_and_goes_out_in_the_datum_asked_for(admin: Any) -> None:
    made = make_customer(admin)
    tower = {"lat": 31.2397, "lon": 121.4998, "datum": "gcj02"}
    site = admin.post("/sites", {"customer_id": made.json["id"], "name": "s", **tower}).json
    assert 300 < geodesic_m(Point(site["lat"], site["lon"]), Point(31.2397, 121.4998)) < 700
    path = f"/sites/{site['id']}"
    again = admin.get(f"{path}?datum=gcj02").json
    assert (again["lat"], again["lon"]) == pytest.approx((31.2397, 121.4998), abs=1e-6)
    listed = admin.get("/sites?datum=gcj02").json["items"][0]
    assert (listed["lat"], listed["lon"]) == (again["lat"], again["lon"])
    assert admin.get(f"{path}?datum=mars").status_code == 422


def test_every_change_leaves_who_when_from_and_to(admin: Any, app: Any) -> None:
    from core.audit import history

    made = make_customer(admin)
    admin.patch(f"/customers/{made.json['id']}", {"name": "Reed Mall"}, made.headers["ETag"])
    latest = history(made.json["id"])[0]
    assert (latest.actor_name, latest.before, latest.after) == (
        "admin",
        {"name": "青禾商场"},
        {"name": "Reed Mall"},
    )


def test_the_same_key_and_body_get_the_first_answer_again(admin: Any) -> None:
    body = {"number": "C-9", "name": "once"}
    first = admin.post("/customers", body, headers={"Idempotency-Key": "k1"})
    again = admin.post("/customers", body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    other = admin.post("/customers", {**body, "name": "twice"}, headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422
    assert admin.get("/customers").json["total"] == 1
