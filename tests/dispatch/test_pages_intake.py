"""Imports as pages: a file is sent, its report read and unlocated sites found without JavaScript."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core import clock
from core.auth.actors import Actor
from core.db import db, transaction
from core.worker import Worker
from dispatch.customers.models import Site
from dispatch.flows.models import Category
from dispatch.intake import runs
from geo.models import Geocoding
from inventory.models import Part

LIST = "/imports"


def send(visitor: Any, text: str, **fields: str) -> Any:
    """Send a file by the form."""
    file = (io.BytesIO(text.encode()), "file.csv")
    return visitor.send(f"{LIST}/new", {"kind": "parts", **fields, "file": file})


@pytest.fixture
def waiting(app: Flask, actor: Actor, browser: Callable[..., Any]) -> Site:
    """A site without a position which an open order waits for."""
    with transaction(actor) as session:
        session.add(Category(code="lift", name_en="Lift", name_zh="电梯"))
    text = "编号,类别,客户,地址\nR-1,lift,青禾商场,临江路 8 号\n"
    assert send(browser("agent"), text, kind="requests").status_code == 302
    site = db.session.scalars(select(Site)).one()
    return site


@pytest.mark.usefixtures("app")
def test_a_file_is_imported_and_its_report_names_row_column_and_reason(browser: Callable[..., Any]) -> None:
    visitor = browser("warehouse")
    answer = send(visitor, "编号,名称,再订货点\nP-1,门锁,5\nP-2,滚轮,many\n")
    page = visitor.get(answer.location)
    assert "“many” is not a whole number" in page.text
    assert "再订货点" in page.text
    assert "Errors: 1" in page.text
    assert "Refresh" not in page.headers
    assert db.session.scalars(select(Part.number)).all() == ["P-1"]
    listed = visitor.get(LIST).text
    assert "file.csv" in listed
    assert 'href="/imports/waiting-sites"' in listed


@pytest.mark.usefixtures("app")
def test_a_dry_run_keeps_nothing_and_says_so(browser: Callable[..., Any]) -> None:
    visitor = browser("warehouse", language="zh")
    answer = send(visitor, "编号,名称\nP-1,门锁\n", dry_run="1")
    assert "不保留" in visitor.get(answer.location).text
    assert not db.session.scalars(select(Part)).all()


@pytest.mark.usefixtures("app")
def test_a_mapping_of_ones_own_is_written_into_the_form(browser: Callable[..., Any]) -> None:
    own = '{"kind": "parts", "fields": {"number": "No"}}'
    assert send(browser("warehouse"), "No\nP-9\n", own_mapping=own).status_code == 302
    assert db.session.scalars(select(Part.number)).all() == ["P-9"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "engineers"}, "The file has no column"),
        ({"kind": "ships"}, "Must be one of"),
        ({"own_mapping": "{"}, "The mapping is not JSON"),
        ({"time_zone": "Mars/Base"}, "There is no time zone Mars/Base"),
        ({"mapping": "nyc311"}, "This mapping is for requests"),
        ({"mapping": "atlantis"}, "There is no mapping atlantis"),
    ],
)
@pytest.mark.usefixtures("app")
def test_what_cannot_be_imported_shows_the_form_again_with_a_sentence(
    browser: Callable[..., Any], fields: dict[str, str], sentence: str
) -> None:
    answer = send(browser("dispatcher"), "编号,名称\nP-1,门锁\n", **fields)
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.usefixtures("app")
def test_a_form_without_a_file_says_so_beside_the_field(browser: Callable[..., Any]) -> None:
    answer = browser("dispatcher").send(f"{LIST}/new", {"kind": "parts", "file": (io.BytesIO(), "")})
    assert answer.status_code == 422
    assert 'id="f-file-error">There is no file.' in answer.text


def test_the_page_of_a_large_import_loads_itself_again_until_it_is_done(
    app: Flask, browser: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 1)
    visitor = browser("warehouse")
    address = send(visitor, "编号,名称\nP-1,门锁\nP-2,滚轮\n").location
    assert visitor.get(address).headers["Refresh"] == "3"
    Worker(app).run(until_idle=True)
    page = visitor.get(address)
    assert "Refresh" not in page.headers
    assert "2 / 2" in page.text


def test_a_waiting_site_is_listed_with_the_proposal_and_leads_to_its_form(
    app: Flask, actor: Actor, waiting: Site, browser: Callable[..., Any]
) -> None:
    with transaction(actor) as session:
        said = {"lat": 31.2, "lon": 121.5, "label": "临江路", "asked_at": clock.now()}
        session.add(Geocoding(provider="none", address=waiting.address, **said))
    page = browser("dispatcher").get(f"{LIST}/waiting-sites").text
    assert "31.200000, 121.500000" in page
    assert f'href="/sites/{waiting.id}/edit"' in page


def test_the_geocoders_button_says_when_none_is_set(waiting: Site, browser: Callable[..., Any]) -> None:
    visitor = browser("dispatcher")
    page = f"{LIST}/waiting-sites"
    assert visitor.press(page, f"{LIST}/geocode").location == page
    assert "set GEOCODER" in visitor.get(page).text


def test_only_who_may_write_sites_has_the_geocoder_asked(waiting: Site, browser: Callable[..., Any]) -> None:
    clerk = browser("warehouse")
    page = clerk.get(f"{LIST}/waiting-sites").text
    assert waiting.address in page
    assert f"{LIST}/geocode" not in page
    assert f"/sites/{waiting.id}/edit" not in page


@pytest.mark.usefixtures("app")
def test_whoever_imports_nothing_sees_no_imports(browser: Callable[..., Any]) -> None:
    visitor = browser("engineer")
    for address in (LIST, f"{LIST}/new", f"{LIST}/waiting-sites"):
        assert visitor.get(address).status_code == 403
