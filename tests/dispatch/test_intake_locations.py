"""Sites that wait for a position, and what a geocoder may do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db, transaction
from core.worker import Worker
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category
from dispatch.intake import locations
from dispatch.workorders import batches
from geo.datum import Datum
from geo.geocoding import GeocodeResult, GeocodingUnavailable
from geo.models import Geocoding
from geo.point import Point

Answer = GeocodeResult | None | Exception


def found(precise: bool) -> GeocodeResult:
    return GeocodeResult(Point(31.2, 121.5), "临江路", precise, "nominatim", Datum.WGS84)


@pytest.fixture
def asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Return a function: answers by address to the list of what the geocoder is asked."""
    settings = app.config["SETTINGS"]
    object.__setattr__(settings, "geocoder", "nominatim")

    def answer(**by_address: Answer) -> list[str]:
        questions: list[str] = []

        def geocode(address: str) -> GeocodeResult | None:
            questions.append(address)
            said = by_address[address]
            if isinstance(said, Exception):
                raise said
            return said

        monkeypatch.setattr(locations, "_made", lambda *_: geocode)
        return questions

    yield answer
    object.__setattr__(settings, "geocoder", "none")


@pytest.fixture
def order_at(actor: Any) -> Callable[[str], Site]:
    def make(address: str) -> Site:
        with transaction(actor):
            customer = Customer(number=f"C-{address}", name=address)
            category = Category(code=f"k-{address}", name_en="x", name_zh="x")
            db.session.add_all([customer, category])
            db.session.flush()
            site = Site(customer_id=customer.id, name=address, address=address)
            db.session.add(site)
            db.session.flush()
            row = {"title": "t", "category_id": category.id, "customer_id": customer.id, "site_id": site.id}
            assert "id" in batches.insert_many(actor, [row])[0]
        return site

    return make


def site_now(site: Site) -> Site:
    db.session.rollback()
    return db.session.get_one(Site, site.id, populate_existing=True)


def test_geocoding_is_done_by_jobs_and_a_house_found_places_the_site(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    site, questions = order_at("A"), asked(A=found(True))
    client = client_of("dispatcher")
    assert client.get("/waiting-sites").json["items"][0]["proposal"] is None
    started = client.post("/imports/geocode")
    assert (started.status_code, started.json, questions) == (202, {"sites": 1}, [])
    Worker(app).run(until_idle=True)
    placed = site_now(site)
    assert (placed.lat, placed.position_source, questions) == (31.2, "geocoded:nominatim", ["A"])
    assert client.get("/waiting-sites").json["total"] == 0


def test_a_street_without_its_house_stays_a_proposal_until_a_person_confirms(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    site = order_at("A")
    asked(A=found(False))
    client = client_of("dispatcher")
    client.post("/imports/geocode")
    Worker(app).run(until_idle=True)
    assert site_now(site).lat is None
    waiting = client.get("/waiting-sites").json["items"][0]
    assert waiting["proposal"] == {"lat": 31.2, "lon": 121.5, "label": "临江路", "provider": "nominatim"}
    assert (waiting["order_count"], waiting["site_id"]) == (1, str(site.id))
    etag = client.get(f"/sites/{site.id}").headers["ETag"]
    assert client.patch(f"/sites/{site.id}", {"lat": 31.2, "lon": 121.5}, etag).status_code == 200
    assert client.get("/waiting-sites").json["total"] == 0


def test_an_address_is_asked_about_once_even_when_nothing_is_known_of_it(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    order_at("A")
    questions, client = asked(A=None), client_of("dispatcher")
    client.post("/imports/geocode")
    Worker(app).run(until_idle=True)
    assert client.post("/imports/geocode").json == {"sites": 0}
    assert questions == ["A"]


def test_an_address_the_geocoder_refuses_does_not_hold_up_the_rest(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    order_at("A")
    other = order_at("B")
    asked(A=GeocodingUnavailable("refused"), B=found(True))
    client_of("dispatcher").post("/imports/geocode")
    Worker(app).run(until_idle=True)
    assert site_now(other).lat == 31.2


def test_a_geocoder_that_is_down_is_asked_again_later_and_loses_no_answer(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    order_at("A")
    asked(A=GeocodingUnavailable("down"))
    client_of("dispatcher").post("/imports/geocode")
    Worker(app).run(until_idle=True)
    assert db.session.scalars(select(Geocoding)).all() == []
    assert db.session.scalars(select(locations.jobs.Job)).one().status == "queued"


def test_a_site_a_person_placed_meanwhile_is_left_alone(
    app: Flask, client_of: Any, asked: Any, order_at: Any
) -> None:
    site, questions = order_at("A"), asked(A=found(True))
    client_of("dispatcher").post("/imports/geocode")
    with transaction():
        placed = db.session.get_one(Site, site.id)
        placed.lat, placed.lon = 30.0, 120.0
    Worker(app).run(until_idle=True)
    assert (site_now(site).lat, questions) == (30.0, [])


def test_without_a_geocoder_the_sentence_says_which_setting(client_of: Any) -> None:
    answer = client_of("dispatcher").post("/imports/geocode")
    assert answer.status_code == 409
    assert "GEOCODER" in answer.json["detail"]
