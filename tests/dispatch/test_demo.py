"""The demo town: one town a seed, every row fit for its schema, most of its day planned."""

from __future__ import annotations

import json
import stat
from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import shapely
from flask import Flask
from sqlalchemy import func, select

from core import clock
from core.auth import people
from core.auth.models import User
from core.db import db
from dispatch.customers.models import Site
from dispatch.demo import commands, streets
from dispatch.demo.load import is_empty
from dispatch.demo.rows import shares
from dispatch.demo.town import Town, build_town, last_planned_day
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.workforce.models import Engineer
from dispatch.workorders.models import OrderWindow, Visit, WorkOrder
from geo.models import Territory
from geo.territory_index import TerritoryIndex
from inventory import ledger
from inventory.models import PartRequest, StockLocation

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 23, 7, tzinfo=ZONE)


def test_the_same_seed_gives_the_same_town() -> None:
    assert build_town(7, MORNING, ZONE) == build_town(7, MORNING, ZONE)


def test_another_seed_gives_another_town() -> None:
    one, other = (build_town(seed, MORNING, ZONE).rows for seed in (7, 8))
    assert one["work-orders"] != other["work-orders"]
    assert one["engineers"] != other["engineers"]


def test_the_whole_town_has_the_numbers_it_promises() -> None:
    rows = build_town(1, MORNING, ZONE).rows
    counts = {name: len(each) for name, each in rows.items()}
    kinds = Counter(row["kind"] for row in rows["stock-locations"])
    assert (counts["engineers"], counts["work-orders"], counts["customers"]) == (40, 300, 150)
    assert (counts["territories"], counts["skills"], counts["parts"], counts["shifts"]) == (6, 10, 60, 120)
    assert (kinds["warehouse"], kinds["van"]) == (2, 40)


def test_the_districts_share_borders_without_gap_or_overlap() -> None:
    shapes = [shapely.geometry.shape(row["geometry"]) for row in streets.territories()]
    city = shapely.union_all(shapes)
    assert city.geom_type == "Polygon"
    assert not city.interiors
    assert city.area == pytest.approx(sum(shape.area for shape in shapes))


def test_every_address_lies_in_the_district_it_names() -> None:
    town = build_town(3, MORNING, ZONE)
    index = TerritoryIndex({row["code"]: row["geometry"] for row in town.rows["territories"]})
    sites = [row for row in town.rows["sites"] if row["lat"] is not None]
    codes = index.codes_of([row["lat"] for row in sites], [row["lon"] for row in sites])
    assert all(
        streets.DISTRICT_OF[code].name in row["address"] for code, row in zip(codes, sites, strict=True)
    )


def test_every_skill_asked_for_is_had_by_somebody_except_for_the_refit() -> None:
    rows = build_town(2, MORNING, ZONE).rows
    best: Counter[str] = Counter()
    for engineer in rows["engineers"]:
        for skill in engineer["skills"]:
            best[skill["skill_id"].key] = max(best[skill["skill_id"].key], skill["level"])
    beyond = {
        row["code"]
        for row in rows["categories"]
        for skill in row.get("skills", ())
        if skill["level"] > best[skill["skill_id"].key]
    }
    assert beyond == {"refit"}


@pytest.mark.parametrize(
    ("hour", "first_day", "last_day"), [(7, 23, 23), (11, 23, 24), (16, 24, 24), (23, 24, 24)]
)
def test_the_town_works_from_the_day_that_has_time_left(hour: int, first_day: int, last_day: int) -> None:
    now = MORNING.replace(hour=hour)
    town = build_town(1, now, ZONE, engineers=8, orders=40)
    assert town.days[0].day == first_day
    assert last_planned_day(now, ZONE).day == last_day
    assert all(span["starts_at"] >= now for row in town.rows["work-orders"] for span in row["windows"])


def test_shares_add_up_and_follow_the_weights() -> None:
    assert shares({"a": 5, "b": 3, "c": 1}, 4) == ["a", "a", "b", "c"]
    assert len(shares({"a": 5, "b": 3, "c": 1}, 40)) == 40


def test_every_row_passes_its_own_schema_and_is_stored(demo_town: Town) -> None:
    def count(model: type) -> int:
        return db.session.scalar(select(func.count()).select_from(model)) or 0

    rows = demo_town.rows
    assert count(WorkOrder) == count(Visit) == len(rows["work-orders"])
    assert count(OrderWindow) == sum(len(row["windows"]) for row in rows["work-orders"])
    assert count(Engineer) == len(rows["engineers"])
    assert count(Territory) == len(rows["territories"])
    assert count(StockLocation) == len(rows["stock-locations"])


def test_located_sites_know_their_district_and_some_are_not_located(demo_town: Town) -> None:
    located = {
        known: db.session.scalar(
            select(func.count()).select_from(Site).where((Site.lat.is_not(None)) == known)
        )
        for known in (True, False)
    }
    assert located[False]
    without = select(Site).where(Site.lat.is_not(None), Site.territory_id.is_(None))
    assert db.session.scalar(without) is None


def test_specialists_work_in_the_whole_city(demo_town: Town) -> None:
    bound = {row["number"]: row["territory_id"] for row in demo_town.rows["engineers"]}
    for engineer in db.session.scalars(select(Engineer)):
        assert (engineer.territory_id is None) == (bound[engineer.number] is None)


def test_vans_hold_what_came_from_the_supplier_and_part_requests_stand_where_they_should(
    demo_town: Town,
) -> None:
    stock = ledger.on_hand()
    outside = set(db.session.scalars(select(StockLocation.id).where(StockLocation.kind == "supplier")))
    assert all(count > 0 for (_, location), count in stock.items() if location not in outside)
    statuses = Counter(db.session.scalars(select(PartRequest.status)))
    assert statuses == {"requested": 2, "approved": 2, "issued": 2, "refused": 1, "cancelled": 1}


def test_demo_people_are_flagged_and_cannot_sign_in_without_a_password(demo_town: Town) -> None:
    everybody = list(db.session.scalars(select(User)))
    assert all(person.demo and person.password_hash is None for person in everybody)
    roles = {role for person in everybody for role in person.roles}
    assert {
        "admin",
        "dispatcher",
        "agent",
        "warehouse",
        "reviewer",
        "manager",
        "engineer",
        "customer",
    } == roles


def test_flask_demo_load_plans_and_publishes_most_of_the_day_with_reasons_for_the_rest(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SOLVE_S", 2)
    clock.start_at(MORNING)
    db.session.rollback()
    loaded = app.test_cli_runner().invoke(args=["demo", "load", "--small"])
    assert loaded.exit_code == 0, loaded.output
    run = db.session.scalars(select(OptimizationRun)).one()
    assert run.status == "published"
    planned = db.session.scalar(select(func.count()).select_from(Visit).where(Visit.engineer_id.is_not(None)))
    assert planned is not None
    assert planned >= 24
    left_out = db.session.scalars(select(RunAssignment).where(RunAssignment.change == "left_out")).all()
    assert planned + len(left_out) == 40
    assert all(each.reasons for each in left_out)
    kept = app.config["SETTINGS"].data_dir / "demo-accounts.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    accounts = json.loads(kept.read_text(encoding="utf-8"))
    assert all(set(each) == {"email", "password", "name", "roles"} for each in accounts)
    signed_in = people.sign_in(accounts[0]["email"], accounts[0]["password"])
    assert signed_in.demo


def test_flask_demo_load_refuses_a_database_with_anybody_in_it(demo_town: Town, app: Flask) -> None:
    assert not is_empty()
    assert app.test_cli_runner().invoke(args=["demo", "needed"]).exit_code == 1
    refused = app.test_cli_runner().invoke(args=["demo", "load"])
    assert refused.exit_code == 1
    assert "empty" in refused.output


def test_an_empty_database_needs_the_town_and_starting_the_application_does_not_bring_it(app: Flask) -> None:
    assert is_empty()
    assert app.test_cli_runner().invoke(args=["demo", "needed"]).exit_code == 0


def test_flask_demo_load_refuses_production(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], production=True))
    refused = app.test_cli_runner().invoke(args=["demo", "load"])
    assert refused.exit_code == 1
    assert "production" in refused.output
    assert is_empty()
