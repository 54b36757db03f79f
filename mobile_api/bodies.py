"""Rows as phones send them: read so that no row of theirs can block the others for ever."""

from __future__ import annotations

import json
import math
import zlib
from typing import Any

from flask import Request

from core.errors import DomainError, mark
from core.json_text import NotJson

MOST_ROWS = 50
MOST_BYTES = 4 * 1024 * 1024
MOST_ROW_BYTES = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
_LONGEST_NUMBER = 30


class TooMuch(DomainError):
    """More was sent at once than is taken; nothing of it was stored."""

    status = 413
    code = "too_much"


def rows_of(sent: Request) -> list[dict[str, Any]]:
    """Return what each row would have: its ``newDocumentState``, empty where there is none.

    What cannot be stored (NUL, half a character, a number beyond all bounds) is taken out of it.

    Raises
    ------
    TooMuch
        It is more than `MOST_ROWS`, `MOST_BYTES` unpacked, or `MOST_ROW_BYTES` in a row.
    NotJson
        It cannot be read, or is no list.
    """
    if (sent.content_length or 0) > MOST_BYTES:
        raise _too_much()
    data = sent.get_data(cache=False)
    if sent.headers.get("Content-Encoding", "").strip().lower() == "gzip":
        data = _unpacked(data)
    if len(data) > MOST_BYTES:
        raise _too_much()
    try:
        return _read(data)
    except (ValueError, RecursionError) as error:
        raise NotJson(mark("This is not JSON: %(error)s"), error=str(error)) from None


def _read(data: bytes) -> list[dict[str, Any]]:
    rows = json.loads(data, parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole)
    if not isinstance(rows, list):
        raise NotJson(mark("Send a list of rows."))
    if len(rows) > MOST_ROWS:
        raise _too_much()
    states = [row.get("newDocumentState") if isinstance(row, dict) else None for row in rows]
    found = [_storable(state) if isinstance(state, dict) else {} for state in states]
    if any(len(json.dumps(one, ensure_ascii=False).encode()) > MOST_ROW_BYTES for one in found):
        raise _too_much()
    return found


def _too_much() -> TooMuch:
    return TooMuch(
        mark("Send at most %(rows)s rows, %(row)s KiB each and %(all)s MiB together; nothing was stored."),
        rows=MOST_ROWS,
        row=MOST_ROW_BYTES // 1024,
        all=MOST_BYTES // 1024 // 1024,
    )


def _unpacked(data: bytes) -> bytes:
    reader = zlib.decompressobj(_GZIP)
    try:
        found = reader.decompress(data, MOST_BYTES + 1)
    except zlib.error:
        raise NotJson(mark("This is not packed by gzip.")) from None
    if len(found) <= MOST_BYTES and not reader.eof:
        raise NotJson(mark("This is not packed by gzip."))
    return found


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= _LONGEST_NUMBER else None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return value
