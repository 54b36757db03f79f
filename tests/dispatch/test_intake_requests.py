"""Requests come in from files: the real ones of New York, and our own column names."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from core.auth.actors import Actor
from core.db import db, transaction
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category
from dispatch.intake import runs
from dispatch.intake.files import open_table
from dispatch.intake.imports import Report, import_rows
from dispatch.intake.mapping_documents import document_of
from dispatch.workforce.models import Skill
from dispatch.workorders.models import Visit, WorkOrder

HEAD = ("编号", "类别", "标题", "客户", "地址", "纬度", "经度", "报修时间", "优先级")
ROW = (
    "R-1",
    "lift",
    "三号扶梯停止运行",
    "青禾商场",
    "临江路 8 号",
    "31.2",
    "121.5",
    "2026-11-22 08:30",
    "高",
)


def import_file(actor: Actor, path: Path, mapping: str = "requests", *, dry_run: bool = False) -> Report:
    db.session.rollback()
    return import_rows(
        actor,
        runs.importer_of("requests"),
        runs.mapping_for("requests", document_of(mapping)),
        open_table(path),
        dry_run=dry_run,
    )


def write(path: Path, *rows: tuple[str, ...], head: tuple[str, ...] = HEAD, encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream).writerows([head, *rows])
    return path


def row(**changes: str) -> tuple[str, ...]:
    return tuple(changes.get(name, cell) for name, cell in zip(HEAD, ROW, strict=True))


def counts(report: Report) -> tuple[int, ...]:
    return report.rows, report.created, report.updated, report.unchanged, report.refused


def reasons(report: Report) -> list[tuple[int, str, str]]:
    return [
        (e["row"], e["column"], e["message"] % e["facts"] if e["facts"] else e["message"])
        for e in report.errors
    ]


def number_of(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def lift(app: Any) -> Category:
    with transaction():
        category = Category(code="lift", name_en="Lift", name_zh="电梯", duration_s=5400)
        db.session.add(category)
    return category


@pytest.mark.usefixtures("app")
def test_new_york_comes_in_whole_and_a_second_time_changes_nothing(shared_data: Path, actor: Actor) -> None:
    path = shared_data / "nyc_311_march_2011.csv"
    seen = import_file(actor, path, "nyc311", dry_run=True)
    assert (counts(seen), number_of(WorkOrder), number_of(Customer)) == ((2000, 2000, 0, 0, 0), 0, 0)

    report = import_file(actor, path, "nyc311")
    assert counts(report) == (2000, 2000, 0, 0, 0)
    assert (report.located, report.needs_location) == (1402, 598)
    assert (number_of(WorkOrder), number_of(Visit), number_of(Customer), number_of(Skill)) == (
        2000,
        2000,
        13,
        13,
    )
    order = db.session.scalars(select(WorkOrder).where(WorkOrder.external_key == "19937901")).unique().one()
    assert (order.title, order.channel) == ("Street Sign - Dangling – Street Cleaning - ASP", "phone")
    assert order.requested_at.isoformat() == "2011-03-01T15:41:13+00:00"
    assert order.resolve_due_at is not None
    assert order.resolve_due_at.isoformat() == "2011-03-15T21:32:23+00:00"
    assert (order.customer.number, order.site.name) == ("DOT", "186 25 STREET, BROOKLYN")
    assert (round(order.site.lat or 0, 4), round(order.site.lon or 0, 4)) == (40.6608, -73.9986)
    assert (order.category.name_en, order.category.parent and order.category.parent.name_en) == (
        "Street Cleaning - ASP",
        "Street Sign - Dangling",
    )
    assert order.category.resolution_minutes is not None
    sites = number_of(Site)

    again = import_file(actor, path, "nyc311")
    assert counts(again) == (2000, 0, 0, 2000, 0)
    assert (again.located, again.needs_location, number_of(Site)) == (1402, 598, sites)


def test_our_own_columns_are_read_in_chinese_and_from_a_national_encoding(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    report = import_file(actor, write(tmp_path / "a.csv", ROW, encoding="gb18030"))
    assert counts(report) == (1, 1, 0, 0, 0), reasons(report)
    order = db.session.scalars(select(WorkOrder)).unique().one()
    assert (order.title, order.priority, order.duration_s) == ("三号扶梯停止运行", "high", 5400)
    assert order.requested_at.isoformat() == "2026-11-22T00:30:00+00:00"
    assert (order.site.lat, order.site.position_source) == (31.2, "given:wgs84")
    assert order.customer.name == "青禾商场"


def test_a_workbook_is_imported_like_a_text(tmp_path: Path, actor: Actor, lift: Category) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append(ROW)
    book.save(tmp_path / "a.xlsx")
    assert counts(import_file(actor, tmp_path / "a.xlsx")) == (1, 1, 0, 0, 0)
    assert counts(import_file(actor, write(tmp_path / "a.csv", ROW))) == (1, 0, 0, 1, 0)


def test_good_rows_land_and_bad_ones_name_row_column_and_reason(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    path = write(
        tmp_path / "a.csv",
        ROW,
        row(编号="R-1"),
        row(编号="R-2", 类别="spaceship"),
        row(编号="R-3", 报修时间="yesterday", 纬度="north"),
        row(编号="R-4", 纬度="121.5", 经度="31.2"),
        row(编号="R-5", 纬度="0", 经度="0"),
        row(编号="R-6", 纬度=""),
        row(编号="R-7", 标题="x" * 10_000),
        row(编号="", 标题="?"),
        row(编号="R-9", 客户=""),
        row(编号="R-10", 标题="🔧 漏水"),
    )
    report = import_file(actor, path)
    assert counts(report) == (11, 2, 0, 0, 9)
    assert report.error_count == 10
    told = {(number, column): reason for number, column, reason in reasons(report)}
    assert (
        told[3, "key / external key / request number / 编号 / 单号 / 外部编号"] == "Row 2 has the same key."
    )
    assert "spaceship" in told[4, "category / type / 类别 / 类型 / 问题类型"]
    assert "yesterday" in told[5, "报修时间"]
    assert "north" in told[5, "纬度"]
    assert "swapped" in told[6, "lat / latitude / 纬度"]
    assert "0, 0" in told[7, "lat / latitude / 纬度"]
    assert "both" in told[8, "lat / latitude / 纬度"]
    assert "300 characters" in told[9, "标题"]
    assert {number for number, _, _ in reasons(report)} == set(range(3, 12))


def test_a_changed_row_changes_its_order_and_an_order_under_way_keeps_what_it_says(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    path = tmp_path / "a.csv"
    import_file(actor, write(path, ROW))
    report = import_file(actor, write(path, row(标题="四号扶梯", 优先级="低")))
    assert counts(report) == (1, 0, 1, 0, 0), reasons(report)
    order = db.session.scalars(select(WorkOrder)).unique().one()
    assert (order.title, order.priority, number_of(WorkOrder), number_of(Site)) == ("四号扶梯", "low", 1, 1)
    with transaction(actor):
        db.session.get_one(WorkOrder, order.id).status = "in_progress"
    report = import_file(actor, write(path, row(标题="五号扶梯")))
    assert counts(report) == (1, 0, 0, 0, 1)
    assert "under way" in reasons(report)[0][2]


def test_what_people_changed_since_is_kept_when_the_same_file_comes_again(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    path = write(tmp_path / "a.csv", ROW)
    import_file(actor, path)
    with transaction(actor):
        order = db.session.scalars(select(WorkOrder)).unique().one()
        order.title, order.site.lat = "by hand", 31.3
    assert counts(import_file(actor, path)) == (1, 0, 0, 1, 0)
    order = db.session.scalars(select(WorkOrder)).unique().one()
    assert (order.title, order.site.lat) == ("by hand", 31.3)


def test_one_address_far_apart_is_two_sites_and_a_later_position_locates_an_earlier_row(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    path = write(
        tmp_path / "a.csv",
        ROW,
        row(编号="R-2", 纬度="31.3"),
        row(编号="R-3", 地址="北山路", 纬度="", 经度=""),
        row(编号="R-4", 地址="北山路"),
    )
    report = import_file(actor, path)
    assert (report.created, report.located, number_of(Site)) == (4, 4, 3)
    assert counts(import_file(actor, path)) == (4, 0, 0, 4, 0)


def test_rows_without_address_and_position_each_wait_for_their_own_location(
    tmp_path: Path, actor: Actor, lift: Category, client_of: Any
) -> None:
    unknown = {"地址": "", "纬度": "", "经度": ""}
    path = write(tmp_path / "a.csv", row(编号="R-1", **unknown), row(编号="R-2", **unknown))
    report = import_file(actor, path)
    assert (report.located, report.needs_location, number_of(Site)) == (0, 2, 2)
    waiting = client_of("dispatcher").get("/work-orders?needs_location=true")
    assert waiting.json["total"] == 2


def test_positions_of_another_datum_are_converted(tmp_path: Path, actor: Actor, lift: Category) -> None:
    document = {**document_of("requests"), "datum": "gcj02"}
    path = write(tmp_path / "a.csv", ROW)
    mapping = runs.mapping_for("requests", document)
    import_rows(actor, runs.importer_of("requests"), mapping, open_table(path))
    site = db.session.scalars(select(Site)).unique().one()
    assert site.position_source == "given:gcj02"
    assert 0.001 < abs((site.lat or 0) - 31.2) < 0.01


def test_skills_parts_tools_and_windows_of_a_row_become_those_of_its_order(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    with transaction():
        db.session.add(Skill(code="hvac", name_en="HVAC", name_zh="暖通"))
    head = (*HEAD, "技能", "工具", "时间窗开始", "时间窗结束", "备件")
    window = ("2026-11-23 09:00", "2026-11-23 12:00")
    path = write(
        tmp_path / "a.csv",
        (*ROW, "暖通:3", "ladder;drill", *window, ""),
        (*row(编号="R-2"), "magic", "", *window, ""),
        (*row(编号="R-3"), "", "", *window[::-1], ""),
        (*row(编号="R-4"), "", "", "", "", "P-404:2"),
        head=head,
    )
    report = import_file(actor, path)
    assert counts(report) == (4, 1, 0, 0, 3)
    assert ["magic" in r or "ends before" in r or "P-404" in r for _, _, r in reasons(report)] == [True] * 3
    order = db.session.scalars(select(WorkOrder)).unique().one()
    assert [(s.level) for s in order.skills] == [3]
    assert sorted(t.tool for t in order.tools) == ["drill", "ladder"]
    assert [w.starts_at.isoformat() for w in order.windows] == ["2026-11-23T01:00:00+00:00"]


def test_a_row_that_a_verb_refuses_does_not_hold_up_its_chunk(
    tmp_path: Path, actor: Actor, lift: Category
) -> None:
    with transaction():
        db.session.get_one(Category, lift.id).active = False
        db.session.add(Category(code="door", name_en="Door", name_zh="门"))
    path = write(tmp_path / "a.csv", ROW, row(编号="R-2", 类别="门"))
    report = import_file(actor, path)
    assert counts(report) == (2, 1, 0, 0, 1)
    assert reasons(report)[0][:2] == (2, "category / type / 类别 / 类型 / 问题类型")


def test_a_site_key_of_another_customer_is_refused(tmp_path: Path, actor: Actor, lift: Category) -> None:
    head = (*HEAD, "服务地点编号")
    path = write(tmp_path / "a.csv", (*ROW, "S-1"), (*row(编号="R-2", 客户="Reed Mall"), "S-1"), head=head)
    report = import_file(actor, path)
    assert counts(report) == (2, 1, 0, 0, 1)
    assert "another customer" in reasons(report)[0][2]


def test_everything_an_import_writes_is_audited(
    tmp_path: Path, actor: Actor, lift: Category, client_of: Any
) -> None:
    from core.audit import history

    import_file(actor, write(tmp_path / "a.csv", ROW))
    order = db.session.scalars(select(WorkOrder)).unique().one()
    for root in (order.id, order.site_id, order.customer_id):
        assert [entry.actor_name for entry in history(root) if entry.action == "create"], root
    assert history(order.site_id)[0].after["address"] == "临江路 8 号"
