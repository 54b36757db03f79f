"""Files come in by the API: small ones at once, large ones as jobs that survive their worker."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import func, select

from core import jobs
from core.db import db, transaction
from core.worker import Worker
from dispatch.flows.models import Category
from dispatch.intake import imports, runs
from dispatch.intake.models import ImportRun
from dispatch.workforce.models import Engineer
from dispatch.workorders.models import WorkOrder
from inventory.models import Part


def send(client: Any, content: str | bytes, name: str = "parts.csv", **form: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.send("POST", "/imports", data={"kind": "parts", "file": (io.BytesIO(data), name), **form})


def number_of(model: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def waiting_files() -> list[Path]:
    return list((current_app.config["SETTINGS"].data_dir / "imports").glob("*"))


PARTS = "number,name,cost,reorder point\nP-1,Belt,12.50,3\nP-2,Fuse,x,\nP-3,Fan,7,\n"


def test_a_small_file_is_answered_at_once_with_its_errors(client_of: Any) -> None:
    client = client_of("warehouse")
    answer = send(client, PARTS)
    assert answer.status_code == 200, answer.json
    report = answer.json["report"]
    assert (answer.json["status"], report["rows"], report["created"], report["refused"]) == ("done", 3, 2, 1)
    assert report["errors"] == [
        {"row": 3, "column": "cost", "reason": "“x” is not an amount of money such as 12.50."}
    ]
    part = db.session.scalars(select(Part).where(Part.number == "P-1")).one()
    assert (part.name_en, part.name_zh, part.cost_cents, part.reorder_point) == ("Belt", "Belt", 1250, 3)
    again = client.get(answer.headers["Location"])
    assert again.json == answer.json
    assert waiting_files() == []


def test_errors_are_told_in_the_readers_language(client_of: Any) -> None:
    client = client_of("warehouse")
    answer = client.send(
        "POST",
        "/imports",
        data={"kind": "parts", "file": (io.BytesIO(PARTS.encode()), "p.csv")},
        headers={"Accept-Language": "zh"},
    )
    assert answer.json["report"]["errors"][0]["reason"] == "“x”不是金额，例如 12.50。"


def test_a_dry_run_shows_what_would_happen_and_keeps_nothing(client_of: Any) -> None:
    answer = send(client_of("warehouse"), PARTS, dry_run="true")
    assert (answer.json["dry_run"], answer.json["report"]["created"], number_of(Part)) == (True, 2, 0)


def test_parts_sent_again_change_where_their_row_changed(client_of: Any) -> None:
    client = client_of("warehouse")
    send(client, PARTS)
    report = send(client, PARTS.replace("Belt", "Long belt")).json["report"]
    assert (report["created"], report["updated"], report["unchanged"]) == (0, 1, 1)
    assert db.session.scalars(select(Part.name_en).where(Part.number == "P-1")).one() == "Long belt"


def test_a_value_taken_by_another_record_refuses_only_its_own_row(client_of: Any) -> None:
    text = "number,name,barcode\n" + "".join(f"P-{n},x,{min(n, 5)}\n" for n in range(8))
    report = send(client_of("warehouse"), text).json["report"]
    assert (report["created"], report["refused"], number_of(Part)) == (6, 2, 6)
    assert [error["row"] for error in report["errors"]] == [8, 9]
    assert "unique" in report["errors"][0]["reason"]


def test_a_row_with_a_stray_separator_does_not_hold_up_those_after_it(client_of: Any) -> None:
    report = send(client_of("warehouse"), "number,name\nP-1,Belt\nP-2,Fan, large\nP-3,Fuse\n").json["report"]
    assert (report["rows"], report["created"], report["refused"]) == (3, 2, 1)
    assert (report["errors"][0]["row"], "more cells" in report["errors"][0]["reason"]) == (3, True)


def test_engineers_come_in_with_skills_tools_and_home(client_of: Any) -> None:
    text = (
        "工号,姓名,纬度,经度,技能,工具,服务区域\nE-1,李明,31.2,121.5,电梯:4；暖通,梯子,\nE-2,王芳,,,,,none\n"
    )
    report = send(client_of("dispatcher"), text.encode("gb18030"), "e.csv", kind="engineers").json["report"]
    assert (report["created"], report["refused"]) == (1, 1)
    assert "none" in report["errors"][0]["reason"]
    engineer = db.session.scalars(select(Engineer)).one()
    assert (engineer.name, engineer.home_lat) == ("李明", 31.2)
    assert {s.skill.name_zh: s.level for s in engineer.skills} == {"电梯": 4, "暖通": 1}
    assert [tool.tool for tool in engineer.tools] == ["梯子"]
    client = client_of("manager")
    report = send(client, text.replace("李明", "李鸣"), "e.csv", kind="engineers").json["report"]
    assert (report["updated"], report["refused"]) == (1, 1)


def test_an_engineer_keeps_the_territory_somebody_gave_them_by_hand(client_of: Any, admin: Any) -> None:
    territories = []
    for code, west in (("W", 121), ("E", 122)):
        corners = [[west, 31], [west + 1, 31], [west + 1, 32], [west, 32], [west, 31]]
        geometry = {"type": "Polygon", "coordinates": [corners]}
        territories.append(admin.post("/territories", {"code": code, "name": code, "geometry": geometry}))
    text = "number,name,home lat,home lon\nE-1,Lin,31.2,121.5\n"
    dispatcher = client_of("dispatcher")
    send(dispatcher, text, kind="engineers")
    [engineer] = admin.get("/engineers").json["items"]
    west, east = (answer.json["id"] for answer in territories)
    assert engineer["territory_id"] == west
    path = f"/engineers/{engineer['id']}"
    admin.patch(path, {"territory_id": east}, admin.get(path).headers["ETag"])
    for changed in (text.replace("Lin", "Lin Xiao"), text.replace("31.2", "40.1")):
        assert send(dispatcher, changed, kind="engineers").json["report"]["updated"] == 1
        assert admin.get(path).json["territory_id"] == east


@pytest.mark.parametrize(
    ("kind", "text", "mapping", "allowed"),
    [
        ("engineers", "number,name\nE-1,Lin\n", "", ("dispatcher", "manager")),
        ("parts", PARTS, "", ("warehouse",)),
        ("requests", "key,category,customer\n", "", ("agent", "dispatcher")),
        ("requests", "a\n", "nyc311", ("dispatcher",)),
    ],
)
def test_nobody_imports_what_they_may_not_write(
    client_of: Any, kind: str, text: str, mapping: str, allowed: tuple[str, ...]
) -> None:
    for role in ("agent", "dispatcher", "manager", "warehouse", "reviewer"):
        answer = send(client_of(role), text, kind=kind, mapping=mapping)
        assert (answer.status_code != 403) == (role in allowed), (role, answer.json)
    assert waiting_files() == []


@pytest.mark.parametrize(
    ("content", "form", "sentence"),
    [
        (b"", {}, "empty"),
        (b"%PDF-1.7", {}, "PDF"),
        (b"a,b\n1,2\n", {}, "no column number"),
        (PARTS.encode(), {"mapping": "nyc311"}, "for requests, not for parts"),
        (PARTS.encode(), {"mapping": "{"}, "not JSON"),
        (PARTS.encode(), {"mapping": "nothing"}, "no mapping"),
        (PARTS.encode(), {"time_zone": "Moon/Base"}, "no time zone"),
    ],
)
def test_what_cannot_be_imported_gets_a_sentence_and_leaves_no_file(
    client_of: Any, content: bytes, form: dict[str, str], sentence: str
) -> None:
    answer = send(client_of("warehouse"), content, **form)
    assert answer.status_code == 422
    assert sentence in answer.json["detail"]
    assert waiting_files() == []
    assert number_of(ImportRun) == 0


def test_a_request_without_file_or_kind_names_the_field(client_of: Any) -> None:
    client = client_of("warehouse")
    assert "file" in client.send("POST", "/imports", data={"kind": "parts"}).json["errors"]
    data = {"file": (io.BytesIO(b"a"), "a.csv")}
    assert "kind" in client.send("POST", "/imports", data=data).json["errors"]


def test_an_own_mapping_is_taken_as_json(client_of: Any) -> None:
    mapping = json.dumps({"kind": "parts", "fields": {"number": "sku", "name_en": {"constant": "Part"}}})
    assert send(client_of("warehouse"), "sku\nA-1\n", mapping=mapping).json["report"]["created"] == 1


def test_whoever_writes_nothing_that_is_imported_imports_nothing(client_of: Any, nobody: Any) -> None:
    assert send(nobody, PARTS).status_code in (400, 401)
    for role in ("engineer", "reviewer", "customer"):
        assert send(client_of(role), PARTS).status_code == 403
    assert (
        client_of("agent", email="a@example.org")
        .get(f"/imports/{'0' * 8}-0000-4000-8000-{'0' * 12}")
        .status_code
        == 404
    )


def test_the_same_idempotency_key_imports_once(client_of: Any) -> None:
    client = client_of("warehouse")
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    parts = (part.format("kind", "", "parts"), part.format("file", '; filename="p.csv"', PARTS))
    body = "".join(f"--x\r\n{each}" for each in parts) + "--x--\r\n"

    def once() -> Any:
        headers = {"Idempotency-Key": "i1", "Content-Type": "multipart/form-data; boundary=x"}
        return client.send("POST", "/imports", data=body, headers=headers)

    first, again = once(), once()
    assert (first.status_code, first.json["id"]) == (again.status_code, again.json["id"])
    assert number_of(ImportRun) == 1


def requests_file(count: int) -> str:
    rows = "".join(f"R-{n},lift,Title {n},Mall,Street {n}\n" for n in range(count))
    return "key,category,title,customer,address\n" + rows


@pytest.fixture
def lift(app: Flask) -> None:
    with transaction():
        db.session.add(Category(code="lift", name_en="Lift", name_zh="电梯"))


def test_a_large_file_is_imported_by_a_job(
    app: Flask, client_of: Any, lift: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 10)
    client = client_of("agent")
    answer = send(client, requests_file(25), "r.csv", kind="requests")
    assert (answer.status_code, answer.json["status"], answer.json["rows_total"]) == (202, "queued", 25)
    Worker(app).run(until_idle=True)
    ended = client.get(answer.headers["Location"]).json
    assert (ended["status"], ended["report"]["created"], ended["report"]["needs_location"]) == (
        "done",
        25,
        25,
    )
    assert waiting_files() == []
    assert db.session.scalars(select(WorkOrder.channel)).first() == "import"


def test_an_import_whose_worker_was_killed_goes_on_where_it_was(
    app: Flask, client_of: Any, lift: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 10)
    monkeypatch.setattr(imports, "CHUNK", 10)
    client = client_of("agent")
    text = requests_file(25) + "R-3,lift,again,Mall,Street\n"
    path = send(client, text, "r.csv", kind="requests").headers["Location"]
    write, chunks = imports._write, []

    def killed(*args: Any) -> None:
        chunks.append(1)
        if len(chunks) == 3:
            raise KeyboardInterrupt
        write(*args)

    monkeypatch.setattr(imports, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        Worker(app).run(until_idle=True)
    assert (client.get(path).json["status"], number_of(WorkOrder)) == ("running", 20)
    with transaction():
        db.session.execute(jobs.Job.__table__.update().values(status="queued"))
    Worker(app).run(until_idle=True)
    ended = client.get(path).json
    report = ended["report"]
    assert (ended["status"], report["rows"], report["created"], report["refused"]) == ("done", 26, 25, 1)
    assert report["errors"][0]["reason"] == "Row 5 has the same key."
    assert number_of(WorkOrder) == 25


def test_an_import_whose_file_is_gone_fails_with_a_reason(
    app: Flask, client_of: Any, lift: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_AT_ONCE", 10)
    client = client_of("agent")
    path = send(client, requests_file(11), "r.csv", kind="requests").headers["Location"]
    for file in waiting_files():
        file.write_bytes(b"")
    Worker(app).run(until_idle=True)
    ended = client.get(path).json
    assert (ended["status"], ended["error"]) == ("failed", "The file r.csv is empty.")
    assert waiting_files() == []
