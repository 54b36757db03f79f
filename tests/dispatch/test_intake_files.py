"""Which files imports read, and what they say of the others."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from core.errors import Invalid
from dispatch.intake.files import UnreadableRow, open_table


def write(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_reads_the_same_in_every_encoding_and_separator(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [delimiter.join(("编号", "标题")), delimiter.join(("1", "三号扶梯停止运行𠮷"))]
    table = open_table(write(tmp_path, "\r\n".join(lines).encode(encoding)))
    assert list(table.rows()) == [(2, {"编号": "1", "标题": "三号扶梯停止运行𠮷"})]


def test_a_quoted_cell_may_hold_separators_line_breaks_and_emoji(tmp_path: Path) -> None:
    table = open_table(write(tmp_path, 'a,b\n"x, y\nz","🔧"\n\n,\n2,3\n'.encode()))
    assert list(table.rows()) == [(2, {"a": "x, y\nz", "b": "🔧"}), (5, {"a": "2", "b": "3"})]


def test_rows_before_a_broken_one_are_read_and_the_broken_one_is_named(tmp_path: Path) -> None:
    table = open_table(write(tmp_path, b'a,b\n1,2\n3,"open\n5,6\n'))
    rows = table.rows()
    assert next(rows) == (2, {"a": "1", "b": "2"})
    with pytest.raises(UnreadableRow, match="quote") as caught:
        next(rows)
    assert caught.value.row == 3
    assert table.row_count() == 1


def test_a_row_longer_than_the_heading_is_marked_and_those_after_it_are_read(tmp_path: Path) -> None:
    table = open_table(write(tmp_path, b"a,b\n1,2,3\n4,5\n6,7,,\n"))
    assert list(table.rows()) == [(2, None), (3, {"a": "4", "b": "5"}), (4, {"a": "6", "b": "7"})]
    assert table.row_count() == 3


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\n\n", "name the columns"),
        (b"a,b,a\n", "twice"),
        (b"\xd0\xcf\x11\xe0 old excel", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        ("a,b".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\0\0", "no table"),
        (b"\xff\xff\xff\x80\x81", "no table"),
        (b"PK\x03\x04 not really", "damaged"),
        (b'"a,b\n1,2\n', "quote"),
        (",".join(f"c{n}" for n in range(600)).encode(), "500 columns"),
    ],
)
def test_a_file_that_is_no_table_gets_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        open_table(write(tmp_path, content))


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.intake.files.MOST_BYTES", 10)
    with pytest.raises(Invalid, match="split it"):
        open_table(write(tmp_path, b"a,b,c,d,e,f,g\n"))


def workbook(folder: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path = folder / "table.xlsx"
    book.save(path)
    return path


def test_cells_of_a_workbook_read_as_text(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ("编号", "when", "amount", None),
        (1001.0, datetime(2026, 11, 22, 8, 30), 2.5),  # noqa: DTZ001
        (None, None, None),
        ("x", None, True),
    )
    assert list(open_table(path).rows()) == [
        (2, {"编号": "1001", "when": "2026-11-22T08:30:00", "amount": "2.5"}),
        (4, {"编号": "x", "amount": "True"}),
    ]


def test_a_workbook_that_claims_more_rows_than_sheets_have_ends_there(tmp_path: Path) -> None:
    source = workbook(tmp_path, ("编号",), ("1",), ("2",))
    path = tmp_path / "far.xlsx"
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(path, "w") as changed:
        for part in given.infolist():
            content = given.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<row r="3"', b'<row r="1048577"').replace(b'"A3"', b'"A1048577"')
            changed.writestr(part, content)
    rows = open_table(path).rows()
    assert next(rows) == (2, {"编号": "1"})
    with pytest.raises(UnreadableRow, match="damaged"):
        next(rows)


def test_workbooks_are_read_without_expanding_entities() -> None:
    assert openpyxl.DEFUSEDXML


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    with pytest.raises(Invalid, match="too large when unpacked"):
        open_table(write(tmp_path, buffer.getvalue(), "bomb.xlsx"))


@pytest.mark.parametrize("inside", ["word/document.xml", "xl/workbook.xml"])
def test_a_package_that_is_no_workbook_is_refused(tmp_path: Path, inside: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(inside, "<nothing/>")
    with pytest.raises(Invalid, match=r"no \.xlsx|damaged"):
        open_table(write(tmp_path, buffer.getvalue(), "other.xlsx"))
