"""Tables out of files people send: CSV in the usual encodings and separators, and XLSX."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from core.errors import Invalid, mark

MOST_BYTES = 200_000_000
MOST_UNPACKED_BYTES = 300_000_000
MOST_SHARED_BYTES = 60_000_000
MOST_RATIO = 200
MOST_COLUMNS = 500
MOST_ROWS = 1_048_576
"""Of a sheet. One that claims more would have us count through empty rows for hours."""
_DAMAGED = mark("The .xlsx file is damaged: save it again.")
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": mark("This is an old Excel file (.xls): save it as .xlsx or as CSV."),
    b"%PDF": mark("This is a PDF: send the table as CSV or .xlsx."),
    b"\xff\xfe": mark("This file is in UTF-16: save it as CSV UTF-8."),
    b"\xfe\xff": mark("This file is in UTF-16: save it as CSV UTF-8."),
}


class UnreadableRow(Invalid):
    """Reading came to an end at a row; those before it are good."""

    code = "unreadable_row"

    def __init__(self, row: int, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.row = row


@dataclass(frozen=True)
class Table:
    """A file whose first row names its columns.

    Attributes
    ----------
    columns : tuple of str
        Headings in their order; empty ones are left out of rows.
    encoding : str
        Of a CSV file: ``utf-8-sig`` or ``gb18030``; empty for XLSX.
    delimiter : str
        Of a CSV file.
    """

    path: Path
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""

    def rows(self) -> Iterator[tuple[int, dict[str, str] | None]]:
        """Yield (row number, text by column), None for a row with more cells than the heading.

        The heading is row 1; rows without any text are left out.

        Raises
        ------
        UnreadableRow
            The file is broken from here on.
        """
        with _raw_rows(self.path, self.encoding, self.delimiter) as rows:
            next(rows)
            for number, cells in enumerate(rows, start=2):
                if any(cells[len(self.columns) :]):
                    yield number, None
                elif any(cells):
                    pairs = zip(self.columns, cells, strict=False)
                    yield number, {column: cell for column, cell in pairs if column and cell}

    def row_count(self) -> int:
        """Return how many rows there are below the heading, up to where the file is broken."""
        try:
            return sum(1 for _ in self.rows())
        except UnreadableRow as error:
            return error.row - 2


def open_table(path: Path, name: str = "") -> Table:
    """Find out what kind of file this is and read its heading.

    Parameters
    ----------
    path : Path
        Where the file lies.
    name : str
        How its owner calls it; only for sentences.

    Raises
    ------
    Invalid
        It is no CSV or XLSX file, or too large; the sentence says what to do.
    """
    name = name or path.name
    size = path.stat().st_size
    if size == 0:
        raise Invalid(mark("The file %(name)s is empty."), name=name)
    if size > MOST_BYTES:
        raise Invalid(
            mark("The file %(name)s is larger than %(most)s MB: split it."),
            name=name,
            most=MOST_BYTES // 10**6,
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    for magic, sentence in _FOREIGN.items():
        if head.startswith(magic):
            raise Invalid(sentence)
    if head.startswith(b"PK"):
        _check_package(path)
        encoding = delimiter = ""
    else:
        encoding = _encoding_of(path, name)
        with path.open(encoding=encoding, newline="") as text:
            heading = next((line for line in text if line.strip()), "")
        delimiter = max(",;\t", key=heading.count)
    with _raw_rows(path, encoding, delimiter) as rows:
        try:
            columns = tuple(next(rows, []))
        except UnreadableRow as error:
            raise Invalid(error.message, **error.facts) from None
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        raise Invalid(mark("The first row of %(name)s must name the columns, but it is empty."), name=name)
    if len(columns) > MOST_COLUMNS:
        raise Invalid(mark("The file has more than %(most)s columns."), most=MOST_COLUMNS)
    named = [column for column in columns if column]
    for column in named:
        if named.count(column) > 1:
            raise Invalid(mark("The column %(column)s is there twice: rename one."), column=column)
    return Table(path, columns, encoding, delimiter)


def _encoding_of(path: Path, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    if b"\0" in block:
                        break
                    decoder.decode(block)
                else:
                    decoder.decode(b"", final=True)
                    return encoding
        except UnicodeDecodeError:
            continue
    raise Invalid(
        mark("The file %(name)s is no table this can read: save it as CSV (UTF-8 or GB18030) or .xlsx."),
        name=name,
    )


def _check_package(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Invalid(_DAMAGED) from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Invalid(mark("This is no .xlsx file: send the table as CSV or .xlsx."))
    unpacked = sum(part.file_size for part in parts)
    shared = sum(part.file_size for part in parts if part.filename == "xl/sharedStrings.xml")
    bomb = any(p.file_size > 10_000_000 and p.file_size > MOST_RATIO * p.compress_size for p in parts)
    if unpacked > MOST_UNPACKED_BYTES or shared > MOST_SHARED_BYTES or bomb:
        raise Invalid(mark("The .xlsx file is too large when unpacked: split it or send CSV."))


@contextmanager
def _raw_rows(path: Path, encoding: str, delimiter: str) -> Iterator[Iterator[list[str]]]:
    if not encoding:
        with warnings.catch_warnings():
            # Styles and extensions openpyxl does not know are of no interest here.
            warnings.simplefilter("ignore")
            try:
                book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            except Exception:
                # A damaged package fails in as many ways as there are parts in it.
                raise Invalid(_DAMAGED) from None
            try:
                yield _xlsx_rows(book)
            finally:
                book.close()
        return
    with path.open(encoding=encoding, newline="") as text:
        yield _csv_rows(text, delimiter)


def _csv_rows(text: io.TextIOBase, delimiter: str) -> Iterator[list[str]]:
    lines = itertools.dropwhile(lambda line: not line.strip(), text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for number in itertools.count(1):
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = mark("The row cannot be read: check that every quote is closed.")
            raise UnreadableRow(number, message) from None
        # No NUL is in it: `_encoding_of` refuses files with one.
        yield list(map(str.strip, cells))


def _xlsx_rows(book: Any) -> Iterator[list[str]]:
    sheet = book.worksheets[0] if book.worksheets else None
    if sheet is None:
        raise Invalid(mark("The .xlsx file has no sheet with rows."))
    sheet.reset_dimensions()
    # Without a last column, which every row would be filled up to.
    rows = sheet.iter_rows(values_only=True)
    for number in itertools.count(1):
        try:
            cells = next(rows)
        except StopIteration:
            return
        except Exception:
            raise UnreadableRow(number, _DAMAGED) from None
        if number > MOST_ROWS:
            raise UnreadableRow(number, _DAMAGED)
        yield [_text_of(cell) for cell in cells[: MOST_COLUMNS + 1]]


def _text_of(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
