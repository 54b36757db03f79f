"""`flask import` and `flask generate`."""

from __future__ import annotations

import contextvars
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.db import db
from dispatch.intake.crew import _shared_out
from dispatch.workforce.models import Engineer, Shift
from dispatch.workorders.models import OrderSkill

FILE = "key,category,title,customer,address,lat,lon,skills\n"


@pytest.fixture
def run(app: Flask) -> Any:
    """Return a function: runs a command and returns its result."""

    def call(*args: str) -> Any:
        db.session.rollback()
        return contextvars.Context().run(app.test_cli_runner().invoke, args=list(args))

    return call


@pytest.fixture
def orders(tmp_path: Path, run: Any) -> Path:
    path, mapping = tmp_path / "r.csv", tmp_path / "own.json"
    skills = ["a:2"] * 30 + ["b"] * 8 + ["c:5;d"] * 2
    path.write_text(
        FILE + "".join(f"R-{n},x,t,Mall,S {n},40.7{n:02d},-74.0{n:02d},{s}\n" for n, s in enumerate(skills))
    )
    fields = {name: name for name in FILE.strip().split(",") if name not in ("key", "customer")}
    mapping.write_text(
        '{"kind": "requests", "create": ["categories", "skills", "customers"], "fields": {'
        '"external_key": "key", "customer_name": "customer", '
        + ", ".join(f'"{name}": "{column}"' for name, column in fields.items())
        + "}}"
    )
    result = run("import", "requests", str(path), "--mapping", str(mapping))
    assert result.exit_code == 0, result.output
    assert (
        "40 rows: 40 new, 0 changed, 0 unchanged, 0 refused; 40 located, 0 need a location" in result.output
    )
    return path


def test_a_refused_row_makes_the_command_fail_after_the_good_ones_landed(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("number,name,cost\nP-1,Belt,1\nP-2,Fuse,x\n")
    result = run("import", "parts", str(path), "--dry-run")
    assert result.exit_code == 1
    assert "row 3, cost: “x” is not an amount of money such as 12.50." in result.output
    assert "2 rows: 1 new, 0 changed, 0 unchanged, 1 refused (dry run: nothing was kept)" in result.output


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--mapping", "nothing"), "There is no mapping nothing"),
        (("--mapping", "nyc311"), "not for parts"),
        (("--time-zone", "Moon/Base"), "There is no time zone Moon/Base"),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Any, tmp_path: Path, args: Any, sentence: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text("number\nP-1\n")
    result = run("import", "parts", str(path), *args)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def generate(run: Any, *more: str) -> Any:
    return run("generate", "engineers", "--day", "2011-03-02", "--time-zone", "America/New_York", *more)


@pytest.mark.usefixtures("orders")
def test_generated_engineers_hold_every_needed_skill_and_work_the_days_asked_for(run: Any) -> None:
    result = generate(run, "--count", "12", "--days", "2")
    assert result.exit_code == 0, result.output
    db.session.rollback()
    crew = db.session.scalars(select(Engineer)).all()
    held = {frozenset((s.skill_id, s.level) for s in engineer.skills) for engineer in crew}
    for needed in {(n.skill_id, n.level) for n in db.session.scalars(select(OrderSkill))}:
        assert any(skill == needed[0] and level >= needed[1] for each in held for skill, level in each)
    assert all(40.6 < (e.home_lat or 0) < 40.9 and -74.2 < (e.home_lon or 0) < -73.9 for e in crew)
    shifts = db.session.scalars(select(Shift).order_by(Shift.starts_at)).all()
    assert len(shifts) == 24
    assert shifts[0].starts_at == datetime(2011, 3, 2, 13, tzinfo=UTC)
    assert shifts[0].ends_at == datetime(2011, 3, 2, 21, 30, tzinfo=UTC)
    lunch = shifts[0].breaks[0]
    assert (lunch.earliest_at.hour, lunch.earliest_at.minute, lunch.duration_s) == (16, 30, 1800)


@pytest.mark.usefixtures("orders")
def test_the_same_seed_again_adds_only_what_is_missing(run: Any) -> None:
    generate(run, "--count", "5")
    again = generate(run, "--count", "6", "--days", "2")
    assert "1 engineers made, 5 were there; 7 shifts" in again.output
    db.session.rollback()
    assert len(db.session.scalars(select(Engineer)).all()) == 6


def test_without_located_orders_there_is_no_crew_to_invent(run: Any) -> None:
    result = generate(run, "--count", "3")
    assert result.exit_code == 1
    assert "import requests first" in result.output


def test_trades_are_shared_out_by_demand_and_none_is_left_out() -> None:
    from collections import Counter

    names = [frozenset({(index, 1)}) for index in range(4)]
    weights: Any = Counter(dict(zip(names, (60, 30, 9, 1), strict=True)))
    shares = Counter(each[0] for each in _shared_out(weights, 20))
    assert [shares[name] for name in names] == [11, 6, 2, 1]
    assert {name for each in _shared_out(weights, 2) for name in each} == set(names)
