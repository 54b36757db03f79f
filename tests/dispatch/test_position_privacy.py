"""Where engineers are is kept within shifts and for some days; looks are noted; customers see the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from core import clock, jobs
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.worker import Worker
from dispatch.workforce.models import Engineer, Leave
from dispatch.workorders import looks, old_positions, positions, rules
from dispatch.workorders.models import VISIT_STATUSES
from dispatch.workorders.rules import Became
from geo.models import Position, PositionLook
from tests.dispatch.workorder_world import HOUR, MORNING, World

MINUTE = timedelta(minutes=1)
HERE = {"lat": 31.2, "lon": 121.4}


@pytest.fixture
def world(app: Flask, actor: Actor) -> Iterator[World]:
    with clock.freeze(MORNING):
        yield World(actor)


def fix(engineer: Engineer, at: datetime) -> None:
    with transaction(system("test")):
        positions.record(engineer.id, "fix", **HERE, at=at)


@pytest.fixture
def engineer(world: World, client_of: Any) -> Any:
    """The client of the expert, who is in a shift."""
    client = client_of("engineer")
    with transaction(world.actor) as session:
        session.merge(world.expert).user_id = client.user_id
    world.rostered(world.expert, MORNING - HOUR, 9)
    return client


@pytest.mark.parametrize(
    ("minutes", "kept"),
    [(-31, False), (-30, True), (0, True), (480, True), (510, True), (511, False), (24 * 60, False)],
)
def test_a_fix_is_kept_within_half_an_hour_of_a_shift(world: World, minutes: int, kept: bool) -> None:
    world.rostered(world.expert)
    world.rostered(world.other, MORNING - 24 * HOUR, 23)
    with transaction(world.actor):
        at = MORNING + minutes * MINUTE
        assert positions.record_fixes(world.expert.id, None, [{**HERE, "at": at}]) == kept
    assert db.session.query(Position).count() == kept


def test_overtime_counts_as_shift_and_leave_does_not(world: World) -> None:
    world.rostered(world.expert, most_overtime_s=3600)
    with transaction(world.actor) as session:
        session.add(
            Leave(
                engineer_id=world.expert.id,
                starts_at=MORNING + HOUR,
                ends_at=MORNING + 4 * HOUR,
                kind="sick",
            )
        )
    told = [{**HERE, "at": MORNING + hours * HOUR} for hours in (0.5, 2, 5, 9.5, 9.6)]
    with transaction(world.actor):
        assert positions.record_fixes(world.expert.id, None, told) == 3
    kept = sorted(db.session.scalars(select(Position.recorded_at)))
    assert kept == [MORNING + hours * HOUR for hours in (0.5, 5, 9.5)]


def test_what_an_engineer_reports_outside_shifts_is_refused_and_not_kept(world: World, engineer: Any) -> None:
    path = f"/engineers/{world.expert.id}/positions"
    assert engineer.post(path, HERE).status_code == 201
    with clock.freeze(MORNING + 9 * HOUR):
        answer = engineer.post(path, HERE)
    assert (answer.status_code, answer.json["code"]) == (409, "outside_shifts")
    late = engineer.post(path, {**HERE, "recorded_at": (MORNING - 2 * HOUR).isoformat()})
    assert late.json["code"] == "outside_shifts", "what counts is when it was, not when it is told"
    assert db.session.query(Position).count() == 1


def test_a_check_in_at_a_visit_is_kept_without_a_shift(world: World) -> None:
    world.carry_out(world.dispatched(), "accept", "depart", "arrive")
    assert db.session.scalars(select(Position.kind)).all() == ["check_in"]


def test_a_late_fix_changes_nothing_of_what_was_found_at_an_arrival(world: World) -> None:
    world.rostered(world.expert, MORNING - HOUR, 9)
    visit = world.carry_out(world.dispatched(), "accept", "depart", "arrive")
    before = [(event.verb, event.at, event.facts) for event in visit.events], visit.status
    with transaction(world.actor):
        far = {"lat": 30.0, "lon": 120.0, "at": MORNING}
        assert positions.record_fixes(world.expert.id, db.session.merge(visit), [far]) == 1
    db.session.expire_all()
    visit = db.session.merge(visit)
    assert ([(event.verb, event.at, event.facts) for event in visit.events], visit.status) == before
    assert {(one.kind, one.outside_geofence) for one in db.session.query(Position)} == {
        ("check_in", False),
        ("fix", False),
    }


def test_old_fixes_go_and_check_ins_at_visits_stay(app: Flask, world: World) -> None:
    visit = world.carry_out(world.dispatched(), "accept", "depart", "arrive")
    with transaction(world.actor):
        positions.record(world.expert.id, "check_in", **HERE, at=MORNING)
        positions.record(world.expert.id, "fix", **HERE, at=MORNING, visit=db.session.merge(visit))
    fix(world.other, MORNING + MINUTE)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, position_days=7)
    try:
        with clock.freeze(MORNING + timedelta(days=7) + MINUTE):
            assert "positions.forget" in [name for name, _, _ in jobs.periodic()]
            for _ in range(2):
                with transaction():
                    old_positions.enqueue()
            assert Worker(app).run(until_idle=True) == 1, "once a day"
    finally:
        app.config["SETTINGS"] = settings
    db.session.rollback()
    left = {(one.kind, one.engineer_id, one.visit_id) for one in db.session.query(Position)}
    assert left == {("check_in", world.expert.id, visit.id), ("fix", world.other.id, None)}


def test_very_many_old_fixes_go_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_positions, "_AT_ONCE", 2)
    for _ in range(3):
        fix(world.expert, MORNING)
    later = MORNING + MINUTE
    assert [old_positions.forget(world.expert.id, later) for _ in range(3)] == [2, 1, 0]


def noted() -> list[tuple[str, datetime, datetime, datetime]]:
    db.session.rollback()
    query = select(PositionLook).order_by(PositionLook.at, PositionLook.until_at)
    return [(one.by_name, one.at, one.from_at, one.until_at) for one in db.session.scalars(query)]


def test_who_looks_is_noted_with_the_time_seen_and_the_engineer_reads_it(
    world: World, engineer: Any, client_of: Any
) -> None:
    for minutes in (1, 5):
        fix(world.expert, MORNING - minutes * MINUTE)
    dispatcher, manager = client_of("dispatcher"), client_of("manager")
    assert dispatcher.get("/positions").json["total"] == 2
    assert noted() == [("dispatcher", MORNING, MORNING - 5 * MINUTE, MORNING - MINUTE)]
    mine = engineer.get("/position-looks").json["items"]
    assert [(one["by_name"], one["engineer_id"]) for one in mine] == [("dispatcher", str(world.expert.id))]
    assert manager.get("/position-looks").json["total"] == 1
    assert dispatcher.get("/position-looks").status_code == 403
    assert client_of("engineer", email="colleague@example.org").get("/position-looks").json["total"] == 0


def test_what_engineers_see_of_themselves_and_what_nobody_sees_is_not_noted(
    world: World, engineer: Any, client_of: Any
) -> None:
    fix(world.expert, MORNING)
    assert engineer.get("/positions").json["total"] == 1
    dispatcher = client_of("dispatcher")
    assert dispatcher.get("/positions", query_string={"engineer_id": str(world.other.id)}).json["total"] == 0
    assert client_of("agent").get("/positions").status_code == 403
    assert noted() == []


def test_an_entry_stands_for_ten_minutes_and_for_what_it_covers(
    world: World, engineer: Any, client_of: Any
) -> None:
    dispatcher, manager = client_of("dispatcher"), client_of("manager")
    fix(world.expert, MORNING - HOUR)
    fix(world.expert, MORNING - MINUTE)
    lately = {"from": (MORNING - 2 * MINUTE).isoformat()}

    def look(client: Any, minutes: int, **query: Any) -> int:
        with clock.freeze(MORNING + minutes * MINUTE):
            assert client.get("/positions", query_string=query).status_code == 200
        return len(noted())

    assert look(dispatcher, 0, **lately) == 1
    fix(world.expert, MORNING + 3 * MINUTE)
    assert look(dispatcher, 4, **lately) == 1, "it follows where they are now"
    assert look(dispatcher, 5) == 2, "an hour before is another thing"
    assert look(dispatcher, 6) == 2
    assert look(manager, 6) == 3, "somebody else"
    assert look(dispatcher, 16) == 4, "ten minutes later"


def test_a_look_at_what_was_long_ago_does_not_cover_what_came_after_it(
    world: World, engineer: Any, client_of: Any
) -> None:
    dispatcher = client_of("dispatcher")
    for hours in (3, 1):
        fix(world.expert, MORNING - hours * HOUR)
    until = {"until": (MORNING - 2 * HOUR).isoformat()}
    assert dispatcher.get("/positions", query_string=until).json["total"] == 1
    assert dispatcher.get("/positions").json["total"] == 2
    assert [one[3] for one in noted()] == [MORNING - 3 * HOUR, MORNING - HOUR]


def test_nothing_is_shown_that_cannot_be_noted(
    world: World, engineer: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fix(world.expert, MORNING)
    dispatcher = client_of("dispatcher")

    def broken(*_: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(looks, "note", broken)
    answer = dispatcher.get("/positions")
    assert answer.status_code == 500
    assert "31.2" not in answer.text


@pytest.mark.parametrize("statement", ["DELETE FROM position_look", "UPDATE position_look SET by_name = 'x'"])
def test_a_look_cannot_be_taken_back(world: World, engineer: Any, client_of: Any, statement: str) -> None:
    fix(world.expert, MORNING)
    client_of("dispatcher").get("/positions")
    with pytest.raises(DatabaseError, match="append-only"), transaction() as session:
        session.execute(text(statement))
    assert len(noted()) == 1


def test_the_page_shows_engineers_their_own_and_managers_all(
    world: World, client_of: Any, browser: Callable[..., Any]
) -> None:
    for one in (world.expert, world.other):
        fix(one, MORNING)
    client_of("dispatcher", email="who@example.org").get("/positions")
    person = browser("engineer")
    with transaction(world.actor) as session:
        session.merge(world.expert).user_id = person.user_id
    page = person.get("/position-looks").text
    assert page.count("dispatcher") == 1
    assert "Looks at positions" in person.get("/engineers").text, "a tab leads there"
    assert browser("manager").get("/position-looks").text.count("Engineer E-") >= 2
    assert browser("dispatcher").get("/position-looks").status_code == 403


FIRST = datetime(2026, 11, 23, tzinfo=UTC)
instants = st.integers(0, 20).map(lambda minutes: FIRST + minutes * MINUTE)
visits = st.lists(st.builds(Became, instants, st.sampled_from(VISIT_STATUSES)), max_size=8)


def status_at(visit: list[Became], at: datetime) -> str:
    """Return of what status a visit was, told in another way."""
    order = sorted(enumerate(visit), key=lambda each: (each[1].at, each[0]))
    return next((each.status for _, each in reversed(order) if each.at <= at), "created")


@given(visits, instants, instants)
def test_a_customer_sees_a_position_only_on_the_way(
    visit: list[Became], recorded_at: datetime, now: datetime
) -> None:
    sees = rules.customer_sees_position(visit, recorded_at, now)
    minutes = range(int((recorded_at - FIRST) / MINUTE), int((now - FIRST) / MINUTE) + 1)
    on_the_way = all(status_at(visit, FIRST + minute * MINUTE) == "en_route" for minute in minutes)
    if sees:
        assert recorded_at <= now
        assert on_the_way
    elif recorded_at <= now and on_the_way:
        # Within one instant it may have stopped and set out again: then it is not the same way.
        assert any(each.at in (recorded_at, now) or recorded_at < each.at < now for each in visit)


@given(visits, instants)
def test_before_they_set_out_and_from_the_arrival_on_a_customer_sees_nothing(
    visit: list[Became], at: datetime
) -> None:
    arrived = [*visit, Became(FIRST + 30 * MINUTE, "arrived")]
    assert not rules.customer_sees_position(arrived, at, FIRST + 30 * MINUTE)
    assert not rules.customer_sees_position(arrived, FIRST + 31 * MINUTE, FIRST + 31 * MINUTE)
    set_out = Became(FIRST + 40 * MINUTE, "en_route")
    assert not rules.customer_sees_position([*arrived, set_out], at, FIRST + 41 * MINUTE)
    assert rules.customer_sees_position([*arrived, set_out], set_out.at, FIRST + 41 * MINUTE)


def test_the_engineers_way_to_another_customer_is_not_shown() -> None:
    mine = [Became(FIRST, "accepted")]
    assert not rules.customer_sees_position(mine, FIRST + MINUTE, FIRST + 2 * MINUTE)
    given_away = [Became(FIRST, "en_route"), Became(FIRST + 2 * MINUTE, "dispatched")]
    assert rules.customer_sees_position(given_away, FIRST, FIRST + MINUTE)
    assert not rules.customer_sees_position(given_away, FIRST + MINUTE, FIRST + 3 * MINUTE)
