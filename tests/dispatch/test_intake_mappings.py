"""What mappings may say, and how cells become values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import DomainError, Invalid
from dispatch.intake.mapping_documents import document_of, mapping_of, ready_names
from dispatch.intake.mappings import Mapping
from dispatch.intake.runs import IMPORTERS
from dispatch.intake.targets import Context, cents

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEEDED = {"external_key": "id", "category": {"constant": "Lift"}}


def requests_mapping(override: str = "", **fields: Any) -> Mapping:
    document = {"kind": "requests", "fields": {**NEEDED, **fields}}
    return mapping_of(document, "requests", IMPORTERS["requests"].targets, SHANGHAI, override=override)


def read(mapping: Mapping, **cells: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    values, errors = mapping.read({"id": "1", **cells})
    return values, [(e.column, e.message % e.facts if e.facts else e.message) for e in errors]


@pytest.mark.parametrize("name", ready_names())
def test_every_ready_mapping_holds_together(name: str) -> None:
    document = document_of(name)
    mapping_of(document, document["kind"], IMPORTERS[document["kind"]].targets, SHANGHAI)


def test_the_first_filled_column_is_taken_and_headings_ignore_case_and_underscores() -> None:
    mapping = requests_mapping(title=["Long Title", "short"])
    assert read(mapping, **{"LONG_title": "a", "short": "b"})[0]["title"] == "a"
    assert read(mapping, **{"long title": "", "Short": "b"})[0]["title"] == "b"


def test_a_template_counts_only_when_all_of_its_columns_are_filled() -> None:
    mapping = requests_mapping(address={"templates": ["{Street} & {Cross}, {City}", "{Street} {No}"]})
    assert read(mapping, Street="A", Cross="B", City="C")[0]["address"] == "A & B, C"
    assert read(mapping, Street="A", City="C", No="7")[0]["address"] == "A 7"
    assert "address" not in read(mapping, City="C")[0]


def test_a_value_table_translates_and_its_default_takes_the_rest() -> None:
    table = {"columns": "c", "values": {"PHONE": "phone"}, "default": "import"}
    mapping = requests_mapping(channel=table)
    assert [read(mapping, c=c)[0]["channel"] for c in ("Phone", "?", "")] == ["phone", "import", "import"]


def test_local_times_are_those_of_the_zone_named_nearest() -> None:
    new_york = {"columns": "t", "format": "%m/%d/%Y %I:%M:%S %p", "time_zone": "America/New_York"}
    text = "03/13/2011 03:30:00 PM"
    at = read(requests_mapping(requested_at=new_york), t=text)[0]["requested_at"]
    assert at == datetime(2011, 3, 13, 19, 30, tzinfo=UTC)
    at = read(requests_mapping("Europe/Berlin", requested_at=new_york), t=text)[0]["requested_at"]
    assert at == datetime(2011, 3, 13, 14, 30, tzinfo=UTC)
    for text in ("2026-11-22 08:30", "2026/11/22 08:30", "2026年11月22日 08:30", "2026-11-22T00:30Z"):
        at = read(requests_mapping(requested_at="t"), t=text)[0]["requested_at"]
        assert at == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "cell", "sentence"),
    [
        ("requested_at", "soon", "not a date"),
        ("requested_at", "0001-01-01", "not a date"),
        ("priority", "🔥", "not one of"),
        ("duration_minutes", "0", "whole number from 1 to 1440"),
        ("duration_minutes", "14400", "whole number from 1 to 1440"),
        ("duration_minutes", "1e3", "whole number"),
        ("lat", "north", "not a number"),
        ("lat", "nan", "not a number"),
        ("title", "x" * 10_000, "longer than 300"),
        ("skills", "hvac:9", "form name:number"),
        ("skills", ":3", "form name:number"),
        ("parts", "P-1:2; P-1:3", "P-1 is named twice"),
        ("lat", "3_1", "not a number"),
        ("tools", "x" * 61, "longer than 60"),
    ],
)
def test_a_bad_cell_is_named_with_its_column_and_reason(field: str, cell: str, sentence: str) -> None:
    values, errors = read(requests_mapping(**{field: "The Column"}), **{"The Column": cell})
    assert field not in values
    assert len(errors) == 1
    assert errors[0][0] == "The Column"
    assert sentence in errors[0][1]


def test_lists_of_skills_hold_levels() -> None:
    mapping = requests_mapping(skills="s", tools="t")
    values, _ = read(mapping, s="hvac:3；电工：2; lift", t="ladder、drill;ladder")
    assert values["skills"] == {"hvac": 3, "电工": 2, "lift": 1}
    assert values["tools"] == ["ladder", "drill"]


def test_amounts_and_flags_are_read_as_people_write_them() -> None:
    document = {"kind": "parts", "fields": {"number": "n", "cost": "c", "active": "a"}}
    mapping = mapping_of(document, "parts", IMPORTERS["parts"].targets, SHANGHAI)
    assert mapping.read({"n": "1", "c": "¥1,234.50", "a": "否"})[0] == {
        "number": "1",
        "cost": 123_450,
        "active": False,
    }
    _, errors = mapping.read({"n": "1", "c": "-1", "a": "perhaps"})
    assert [error.column for error in errors] == ["c", "a"]


@pytest.mark.parametrize("amount", ["nan", "Infinity", "12,50", "1,23,4.5", "1e400", "12.5.0", "", "¥"])
def test_what_is_no_amount_of_money_is_refused_not_guessed(amount: str) -> None:
    with pytest.raises(Invalid, match="amount of money"):
        cents(amount, Context((), SHANGHAI))


def test_a_required_cell_that_is_empty_is_an_error() -> None:
    _, errors = requests_mapping().read({"id": ""})
    assert [(e.column, e.message) for e in errors] == [("id", "This must not be empty.")]


def test_two_columns_that_differ_by_case_alone_are_refused_where_one_is_read() -> None:
    mapping = requests_mapping(title="Title")
    mapping.check_columns(("id", "title", "colour", "Colour"))
    with pytest.raises(Invalid, match="title and TITLE"):
        mapping.check_columns(("id", "title", "TITLE"))


def test_a_column_the_file_lacks_is_named_with_those_it_has() -> None:
    with pytest.raises(Invalid, match=r"no column id, needed for external_key\. It has: key, title"):
        requests_mapping().check_columns(("key", "title"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "parts"}, "for parts, not for requests"),
        ({"fields": None}, "no fields"),
        ({"fields": {"external_key": "id"}}, "nothing about category"),
        ({"fields": {**NEEDED, "colour": "c"}}, "no field colour"),
        ({"fields": {**NEEDED, "title": 7}}, "rule of title"),
        ({"fields": {**NEEDED, "title": {}}}, "neither columns nor a constant"),
        ({"fields": {**NEEDED, "title": {"colums": "x"}}}, "unknown word colums in title"),
        ({"fields": {**NEEDED, "title": {"columns": [1]}}}, "a text or a list of texts"),
        ({"fields": {**NEEDED, "title": {"columns": "x", "values": []}}}, "value table of title"),
        ({"source": ""}, "source"),
        ({"datum": "mars"}, "datum"),
        ({"create": ["engineers"]}, "cannot create engineers"),
        ({"time_zone": "Moon/Base"}, "no time zone Moon/Base"),
        ({"colour": 1}, "unknown word colour"),
        ({"fields": {**NEEDED, "occurred_at": {"columns": "t", "format": "%d %d"}}}, "format of occurred_at"),
        ({"fields": {**NEEDED, "occurred_at": {"columns": "t", "format": ["%Y", "%Q"]}}}, "format of occ"),
    ],
)
def test_a_mapping_that_does_not_hold_together_is_refused(change: dict[str, Any], sentence: str) -> None:
    document = {"kind": "requests", "fields": NEEDED, **change}
    with pytest.raises(Invalid, match=sentence):
        mapping_of(document, "requests", IMPORTERS["requests"].targets, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("../../secret", "no mapping"),
        ("nothing", "no mapping"),
        ("{not json", "not JSON"),
        ('{"about": NaN}', "not JSON"),
        ('{"about": "\\u0000"}', "cannot be stored"),
        ('{"about": ' + "[" * 100_000, "too deeply"),
    ],
)
def test_a_mapping_that_cannot_be_found_or_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(DomainError, match=sentence):
        document_of(text)
