"""What a category demands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.flows.rules import (
    custom_problems,
    definition_problems,
    due_at,
    effective,
    required_problems,
)

SKILL = uuid.uuid4()
FLOOR = {"key": "floor", "type": "number", "required": True, "choices": []}
SYSTEM = {"key": "system", "type": "choice", "required": False, "choices": ["ERP", "POS"]}


@dataclass
class Need:
    skill_id: uuid.UUID
    level: int


@dataclass
class Settings:
    default_priority: str | None = None
    duration_s: int | None = None
    response_minutes: int | None = None
    resolution_minutes: int | None = None
    required_fields: list[str] | None = None
    custom_fields: list[dict[str, Any]] | None = None
    skills: list[Need] = field(default_factory=list)
    active: bool = True


TYPE = Settings("high", 5400, 240, 1440, ["contact_phone"], [FLOOR], [Need(SKILL, 3)])


def test_a_sub_type_has_its_types_settings_where_it_has_none() -> None:
    holds = effective(Settings(required_fields=[], custom_fields=[]), TYPE)
    assert holds == effective(TYPE, None)
    assert (holds.priority, holds.duration_s, holds.skills) == ("high", 5400, {SKILL: 3})
    assert (holds.required_fields, holds.custom_fields) == (("contact_phone",), (FLOOR,))


def test_a_sub_types_own_settings_replace_its_types() -> None:
    own = Settings("low", 1800, 60, 120, ["asset_id"], [SYSTEM], [Need(SKILL, 5)])
    assert effective(own, TYPE) == effective(own, None)


def test_without_settings_work_is_normal_and_takes_an_hour_without_limits() -> None:
    holds = effective(Settings(), None)
    assert (holds.priority, holds.duration_s) == ("normal", 3600)
    assert (holds.response_minutes, holds.resolution_minutes) == (None, None)
    assert (holds.required_fields, holds.custom_fields, holds.skills) == ((), (), {})


def test_a_sub_type_is_used_only_while_its_type_is() -> None:
    assert effective(Settings(), TYPE).active
    assert not effective(Settings(), Settings(active=False)).active
    assert not effective(Settings(active=False), TYPE).active


def test_work_is_due_so_many_minutes_after_the_request() -> None:
    asked = datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert due_at(asked, 240) == asked + timedelta(hours=4)
    assert due_at(asked, None) is None


@pytest.mark.parametrize(
    ("definitions", "expected"),
    [
        ([FLOOR, SYSTEM], {}),
        ([FLOOR, FLOOR], {1: ["key"]}),
        ([{**SYSTEM, "choices": []}], {0: ["choices"]}),
        ([{**SYSTEM, "choices": ["ERP", "ERP"]}], {0: ["choices"]}),
        ([{**FLOOR, "choices": ["1"]}], {0: ["choices"]}),
    ],
)
def test_custom_fields_that_contradict_themselves_are_told(definitions: Any, expected: Any) -> None:
    problems = definition_problems(definitions)
    assert {at: list(said) for at, said in problems.items()} == expected


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("text", ["x", "😀" * 10_000], [1, "x" * 10_001, ["x"], {}]),
        ("number", [0, -1.5, 10**30], ["1", True, float("nan"), float("inf"), 10**400]),
        ("boolean", [True, False], [0, "true"]),
        ("date", ["2026-11-22"], ["22.11.2026", "2026-02-30", 20261122]),
        ("choice", ["ERP"], ["erp", 1, ["ERP"]]),
    ],
)
def test_a_custom_value_is_of_its_fields_type(type_: str, good: list[Any], bad: list[Any]) -> None:
    definitions = [{"key": "k", "type": type_, "choices": ["ERP"], "required": True}]
    for value in good:
        assert custom_problems(definitions, {"k": value}) == {}
    for value in bad:
        assert list(custom_problems(definitions, {"k": value})) == ["k"]


@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_a_required_custom_field_is_filled_in(value: Any) -> None:
    assert list(custom_problems([FLOOR, SYSTEM], {"floor": value, "system": value})) == ["floor"]
    assert list(custom_problems([FLOOR, SYSTEM], {})) == ["floor"]


def test_a_value_of_no_field_is_told() -> None:
    assert list(custom_problems([FLOOR], {"floor": 3, "flor": 4})) == ["flor"]


def test_required_fields_of_an_order_are_filled_in() -> None:
    asked = {"contact_phone": " ", "windows": [], "description": "leaks"}
    names = ("contact_phone", "windows", "description", "asset_id")
    assert list(required_problems(names, asked)) == ["contact_phone", "windows", "asset_id"]
