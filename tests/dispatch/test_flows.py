"""Categories of work through the API."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from core.db import db
from dispatch.flows import categories
from dispatch.flows.models import Category
from dispatch.flows.resources import CATEGORIES

LIFT = {"code": "lift", "name_en": "Lift", "name_zh": "电梯"}
STUCK = {"code": "stuck", "name_en": "Stuck", "name_zh": "困人"}
FLOOR = {"key": "floor", "label_en": "Floor", "label_zh": "楼层", "type": "number", "required": True}


def make(client: Any, body: Any, **values: Any) -> Any:
    answer = client.post("/categories", {**body, **values})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_category_keeps_what_it_demands(admin: Any) -> None:
    skill = admin.post("/skills", {"code": "LIFT", "name_en": "Lifts", "name_zh": "电梯"}).json
    demands = {
        "default_priority": "high",
        "duration_s": 5400,
        "response_minutes": 240,
        "skills": [{"skill_id": skill["id"], "level": 3}],
        "required_fields": ["contact_phone", "occurred_at"],
        "custom_fields": [{**FLOOR, "choices": []}],
    }
    made = make(admin, LIFT, **demands)
    assert {name: made[name] for name in demands} == demands


def test_a_sub_type_is_found_by_codes_with_its_types_settings(admin: Any) -> None:
    top = make(admin, LIFT, duration_s=5400, custom_fields=[FLOOR])
    make(admin, STUCK, parent_id=top["id"], default_priority="urgent")
    found = categories.by_code("lift", "stuck")
    assert found is not None
    holds = categories.effective(found)
    assert (holds.priority, holds.duration_s) == ("urgent", 5400)
    assert holds.custom_fields[0]["key"] == "floor"
    assert CATEGORIES.title(found) in ("Lift / Stuck", "电梯 / 困人")
    kind = categories.by_code("lift")
    assert kind is not None
    assert str(kind.id) == top["id"]
    for codes in (("stuck",), ("lift", "noise"), ("door", "stuck")):
        assert categories.by_code(*codes) is None


def test_what_is_not_used_any_more_is_not_found_by_code(admin: Any) -> None:
    make(admin, LIFT, active=False)
    assert categories.by_code("lift") is None


def test_a_code_is_used_once_at_each_place(admin: Any) -> None:
    top, other = make(admin, LIFT), make(admin, LIFT, code="door")
    make(admin, STUCK, parent_id=top["id"])
    make(admin, STUCK, parent_id=other["id"])
    make(admin, STUCK)
    for body in (LIFT, {**STUCK, "parent_id": top["id"]}):
        answer = admin.post("/categories", body)
        assert answer.status_code == 409
        assert list(answer.json["errors"]) == ["code"]
    path = f"/categories/{other['id']}"
    assert admin.patch(path, {"code": "lift"}, admin.get(path).headers["ETag"]).status_code == 409
    assert admin.patch(path, {"code": "door"}, admin.get(path).headers["ETag"]).status_code == 200


def test_the_database_itself_refuses_two_types_with_one_code(app: Any) -> None:
    db.session.add_all([Category(**LIFT), Category(**LIFT)])
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_there_are_two_levels_and_no_circle(admin: Any) -> None:
    top, other = make(admin, LIFT), make(admin, LIFT, code="door")
    sub = make(admin, STUCK, parent_id=top["id"])
    assert admin.post("/categories", {**STUCK, "parent_id": sub["id"]}).status_code == 422
    path = f"/categories/{top['id']}"
    etag = admin.get(path).headers["ETag"]
    for parent in (top, sub, other):
        answer = admin.patch(path, {"parent_id": parent["id"]}, etag)
        assert answer.status_code == 422
        assert list(answer.json["errors"]) == ["parent_id"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"parent_id": str(uuid.uuid4())}, "parent_id"),
        ({"skills": [{"skill_id": str(uuid.uuid4()), "level": 1}]}, "skills"),
        ({"duration_s": 0}, "duration_s"),
        ({"duration_s": 864_000}, "duration_s"),
        ({"response_minutes": 0}, "response_minutes"),
        ({"required_fields": ["shoe_size"]}, "required_fields"),
        ({"custom_fields": [{**FLOOR, "key": "Floor 1"}]}, "custom_fields"),
        ({"custom_fields": [{**FLOOR, "type": "colour"}]}, "custom_fields"),
        ({"custom_fields": [{**FLOOR, "type": "choice"}]}, "custom_fields"),
        ({"custom_fields": [FLOOR, FLOOR]}, "custom_fields"),
    ],
)
def test_a_category_that_cannot_be_is_refused_by_field(admin: Any, values: Any, field: str) -> None:
    answer = admin.post("/categories", {**LIFT, **values})
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == [field]


def test_a_type_with_sub_types_is_kept(admin: Any) -> None:
    top = make(admin, LIFT)
    make(admin, STUCK, parent_id=top["id"])
    path = f"/categories/{top['id']}"
    assert admin.delete(path, admin.get(path).headers["ETag"]).status_code == 409
    assert admin.get("/categories?top=true").json["total"] == 1
    assert admin.get("/categories?top=false").json["total"] == 1
    assert admin.get(f"/categories?parent_id={top['id']}").json["items"][0]["code"] == "stuck"


def test_everybody_reads_categories_and_dispatchers_and_managers_write_them(client_of: Any) -> None:
    for role in ("agent", "engineer", "warehouse", "reviewer", "customer"):
        client = client_of(role)
        assert client.get("/categories").status_code == 200
        assert client.post("/categories", LIFT).status_code == 403
    make(client_of("manager"), LIFT)
    make(client_of("dispatcher"), LIFT, code="door")
