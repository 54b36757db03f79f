"""Engineers, their shifts and leave through the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from core.auth.actors import Actor, person
from core.db import db
from core.field_text import choices_of
from dispatch.workforce import engineers
from dispatch.workforce.models import Shift
from dispatch.workforce.resources import SHIFTS
from dispatch.workforce.schemas import EngineerSchema
from tests.dispatch.workforce_world import HOME, lunch, made, make_engineer, make_territory, shift_of


def test_an_engineer_keeps_skills_with_levels_and_tools(admin: Any) -> None:
    skill = made(admin.post("/skills", {"code": "HVAC", "name_en": "HVAC", "name_zh": "暖通"}))
    skills, tools = [{"skill_id": skill["id"], "level": 3}], [{"tool": "ladder"}]
    engineer = make_engineer(admin, skills=skills, tools=tools)
    assert (engineer["skills"], engineer["tools"]) == (skills, tools)
    assert admin.get("/engineers?skill=HVAC").json["total"] == 1
    assert admin.get("/engineers?skill=GAS").json["total"] == 0
    skills[0]["level"] = 5
    path = f"/engineers/{engineer['id']}"
    etag = admin.get(path).headers["ETag"]
    changed = admin.patch(path, {"skills": skills}, etag)
    assert (changed.json["skills"], changed.json["tools"]) == (skills, tools)


@pytest.mark.parametrize("level", [0, 6])
def test_a_level_outside_1_to_5_is_refused(admin: Any, level: int) -> None:
    body = {"number": "E", "name": "n", "skills": [{"skill_id": str(uuid.uuid4()), "level": level}]}
    assert admin.post("/engineers", body).status_code == 422


def test_a_skill_that_does_not_exist_is_named(admin: Any) -> None:
    body = {"number": "E", "name": "n", "skills": [{"skill_id": str(uuid.uuid4()), "level": 1}]}
    answer = admin.post("/engineers", body)
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["skills"]


def test_a_home_gives_the_territory_unless_one_is_given(admin: Any) -> None:
    territory = make_territory(admin)
    assert make_engineer(admin, **HOME)["territory_id"] == territory["id"]
    assert make_engineer(admin, "E-2", home_lat=40.7, home_lon=-74)["territory_id"] is None
    given = make_engineer(admin, "E-3", home_lat=40.7, home_lon=-74, territory_id=territory["id"])
    assert given["territory_id"] == territory["id"]
    assert admin.get(f"/engineers?territory_id={territory['id']}").json["total"] == 2


def test_a_territory_taken_away_stays_away(admin: Any) -> None:
    make_territory(admin)
    path = f"/engineers/{make_engineer(admin, **HOME)['id']}"
    changed = admin.patch(path, {"territory_id": None, **HOME}, admin.get(path).headers["ETag"])
    assert changed.json["territory_id"] is None


def test_a_home_in_a_chinese_datum_is_stored_in_wgs84(admin: Any) -> None:
    engineer = make_engineer(admin, home_lat=39.9164, home_lon=116.4109, datum="bd09")
    assert engineer["home_lat"] == pytest.approx(39.9087, abs=2e-3)
    assert engineer["home_lon"] == pytest.approx(116.3981, abs=2e-3)
    assert "datum" not in engineer


@pytest.mark.parametrize(
    ("home", "said"),
    [
        ({"home_lat": 121.47, "home_lon": 31.23}, "swapped"),
        ({"home_lat": 0, "home_lon": 0}, "sea"),
        ({"home_lat": 31.2}, "both"),
        ({"home_lat": 31.2, "home_lon": 121.4, "datum": "mars"}, "datum"),
    ],
)
def test_a_home_that_cannot_be_is_refused_with_a_sentence(admin: Any, home: Any, said: str) -> None:
    answer = admin.post("/engineers", {"number": "E", "name": "n", **home})
    assert answer.status_code == 422
    assert said in str(answer.json["errors"])


def test_taking_one_coordinate_away_takes_both(admin: Any) -> None:
    path = f"/engineers/{make_engineer(admin, **HOME)['id']}"
    changed = admin.patch(path, {"home_lat": None}, admin.get(path).headers["ETag"])
    assert (changed.json["home_lat"], changed.json["home_lon"]) == (None, None)


def test_an_account_belongs_to_one_engineer(admin: Any, client_of: Any) -> None:
    user_id = str(client_of("engineer").user_id)
    first = make_engineer(admin, user_id=user_id)
    answer = admin.post("/engineers", {"number": "E-2", "name": "n", "user_id": user_id})
    assert answer.status_code == 409
    assert first["name"] in answer.json["detail"]
    path = f"/engineers/{first['id']}"
    same = admin.patch(path, {"user_id": user_id}, admin.get(path).headers["ETag"])
    assert same.status_code == 200


def test_the_engineer_of_a_person_is_found_by_their_account(admin: Any, client_of: Any, actor: Actor) -> None:
    user_id = client_of("engineer").user_id
    make_engineer(admin)
    assert engineers.engineer_of(person(user_id, "n", frozenset({"engineer"}))) is None
    mine = make_engineer(admin, "E-2", user_id=str(user_id))
    found = engineers.engineer_of(person(user_id, "n", frozenset({"engineer"})))
    assert found is not None
    assert str(found.id) == mine["id"]
    assert engineers.engineer_of(actor) is None


def test_colleagues_see_a_name_but_neither_home_nor_costs(admin: Any, client_of: Any) -> None:
    path = f"/engineers/{make_engineer(admin, home_address='梧桐路 3 号', **HOME)['id']}"
    private = {"home_address", "home_lat", "home_lon", "cost_cents_per_hour", "notes"}
    for role in ("engineer", "agent", "warehouse", "reviewer"):
        seen = client_of(role).get(path).json
        assert seen["name"] == "林晓 E-1"
        assert not private & seen.keys()
    for role in ("dispatcher", "manager"):
        assert private <= client_of(role).get(path).json.keys()


def test_an_engineer_sees_only_own_shifts_and_leave(admin: Any, client_of: Any) -> None:
    client = client_of("engineer")
    mine, other = make_engineer(admin, user_id=str(client.user_id)), make_engineer(admin, "E-2")
    ids = {}
    for engineer in (mine, other):
        for path in ("/shifts", "/leaves"):
            ids[path, engineer["id"]] = made(admin.post(path, shift_of(engineer)))["id"]
    for path in ("/shifts", "/leaves"):
        assert [item["engineer_id"] for item in client.get(path).json["items"]] == [mine["id"]]
        assert client.get(f"{path}/{ids[path, other['id']]}").status_code == 404
        assert client.post(path, shift_of(mine, 3)).status_code == 403
        assert client_of("dispatcher", email=f"d{path[1]}@example.org").get(path).json["total"] == 2
    assert client_of("agent").get("/shifts").json["total"] == 2
    assert client_of("warehouse").get("/leaves").status_code == 403


@pytest.mark.parametrize("role", ["agent", "engineer", "warehouse", "reviewer", "customer"])
def test_only_dispatchers_and_managers_write(client_of: Any, role: str) -> None:
    client = client_of(role)
    assert client.post("/skills", {"code": "A", "name_en": "a", "name_zh": "a"}).status_code == 403
    assert client.post("/engineers", {"number": "E", "name": "n"}).status_code == 403


def test_a_shift_keeps_its_breaks_and_start_place(admin: Any) -> None:
    engineer = make_engineer(admin)
    shift = made(admin.post("/shifts", shift_of(engineer, breaks=[lunch()], start_lat=31.1, start_lon=121.1)))
    assert shift["starts_at"] == "2026-03-02T00:00:00+00:00"
    assert shift["breaks"][0]["earliest_at"] == "2026-03-02T03:30:00+00:00"
    assert (shift["start_lat"], shift["start_lon"]) == (31.1, 121.1)


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"ends_at": None}, "ends_at", "null"),
        ({"ends_at": "2026-03-02T07:00:00+08:00"}, "ends_at", "after the start"),
        ({"ends_at": "2026-03-03T09:00:00+08:00"}, "ends_at", "24 hours"),
        ({"ends_at": "2026-03-02T17:00:00"}, "ends_at", "time zone"),
        ({"ends_at": "9999-12-31T23:59:00-05:00"}, "ends_at", "1900 and 2200"),
        ({"breaks": [lunch(3)]}, "breaks", "within its shift"),
        ({"breaks": [lunch(2, "12:00", "11:00")]}, "breaks", "latest start"),
        ({"most_overtime_s": -1}, "most_overtime_s", ""),
        ({"engineer_id": str(uuid.uuid4())}, "engineer_id", "no such"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_with_a_sentence(
    admin: Any, values: Any, field: str, said: str
) -> None:
    answer = admin.post("/shifts", {**shift_of(make_engineer(admin)), **values})
    assert answer.status_code == 422
    assert said in str(answer.json["errors"][field])


def test_a_shift_without_an_end_is_told_so(admin: Any) -> None:
    body = shift_of(make_engineer(admin))
    del body["ends_at"]
    answer = admin.post("/shifts", body)
    assert answer.status_code == 422
    assert answer.json["errors"]["ends_at"] == ["Say when the shift ends."]


def test_overlapping_shifts_of_one_engineer_are_refused(admin: Any) -> None:
    engineer, other = make_engineer(admin), make_engineer(admin, "E-2")
    first = made(admin.post("/shifts", shift_of(engineer)))
    made(admin.post("/shifts", shift_of(other)))
    second = made(admin.post("/shifts", shift_of(engineer, 2, "17:00", "20:00")))
    answer = admin.post("/shifts", shift_of(engineer, 2, "16:00", "18:00"))
    assert answer.status_code == 409
    assert "2026-03-02 08:00 – 17:00" in answer.json["detail"]
    path = f"/shifts/{second['id']}"
    etag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"starts_at": first["starts_at"]}, etag).status_code == 409
    assert admin.patch(path, {"starts_at": "2026-03-02T18:00:00+08:00"}, etag).status_code == 200


def test_a_shift_is_called_by_its_engineer_and_local_time(admin: Any) -> None:
    made(admin.post("/shifts", shift_of(make_engineer(admin))))
    assert SHIFTS.title(db.session.scalars(select(Shift)).one()) == "林晓 E-1 2026-03-02 08:00 – 17:00"


def test_an_account_is_chosen_among_people_who_are_engineers(client_of: Any) -> None:
    user_id = str(client_of("engineer").user_id)
    client_of("agent")
    assert choices_of(EngineerSchema().fields["user_id"]) == [(user_id, "engineer")]


def test_a_changed_shift_still_holds_its_breaks(admin: Any) -> None:
    shift = made(admin.post("/shifts", shift_of(make_engineer(admin), breaks=[lunch()])))
    path = f"/shifts/{shift['id']}"
    etag = admin.get(path).headers["ETag"]
    answer = admin.patch(path, {"starts_at": "2026-03-02T12:00:00+08:00"}, etag)
    assert answer.status_code == 422
    assert "breaks" in answer.json["errors"]
    assert admin.patch(path, {"breaks": []}, etag).json["breaks"] == []


def test_shifts_are_found_by_engineer_time_and_territory(admin: Any) -> None:
    territory = make_territory(admin)
    engineer, other = make_engineer(admin, **HOME), make_engineer(admin, "E-2")
    for day in (2, 3, 4):
        made(admin.post("/shifts", shift_of(engineer, day)))
    made(admin.post("/shifts", shift_of(other, 3)))
    during = {"from": "2026-03-03T00:00:00+08:00", "until": "2026-03-04T00:00:00+08:00"}
    assert admin.get("/shifts", query_string=during).json["total"] == 2
    own = {**during, "engineer_id": other["id"]}
    assert admin.get("/shifts", query_string=own).json["total"] == 1
    there = {"territory_id": territory["id"]}
    assert admin.get("/shifts", query_string=there).json["total"] == 3
    assert admin.get("/shifts", query_string={"from": "2026-03-03"}).status_code == 422


def test_leave_may_overlap_but_not_end_before_it_starts(admin: Any) -> None:
    engineer = make_engineer(admin)
    made(admin.post("/leaves", shift_of(engineer)))
    made(admin.post("/leaves", shift_of(engineer, kind="sick")))
    answer = admin.post("/leaves", shift_of(engineer, 2, "17:00", "08:00"))
    assert answer.status_code == 422
    assert "ends_at" in answer.json["errors"]
    assert admin.get("/leaves?kind=sick").json["total"] == 1
