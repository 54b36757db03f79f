"""What a cell can become: readers of texts, numbers, instants, choices and lists."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Invalid, mark

_AMOUNT = re.compile(r"[¥￥$€ ]*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?)")
_SEPARATORS = re.compile(r"[;；、|]")
_YES = {"1", "true", "yes", "y", "是", "启用"}
_NO = {"0", "false", "no", "n", "否", "停用"}
# What spreadsheets write where nobody chose a format; day and month are never guessed.
_LOCAL_FORMATS = ("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y/%m/%d", "%Y年%m月%d日")


@dataclass(frozen=True)
class Context:
    """How texts of one field are to be understood: date formats (strptime) and the local time zone."""

    formats: tuple[str, ...]
    zone: ZoneInfo


@dataclass(frozen=True)
class Target:
    """A field an import can fill: how a text becomes its value, and whether rows must have it."""

    read: Callable[[str, Context], Any]
    required: bool = False


def text(most: int) -> Callable[[str, Context], str]:
    """Return a reader of texts of at most `most` characters."""

    def read(value: str, _context: Context) -> str:
        if len(value) > most:
            raise Invalid(mark("This is longer than %(most)s characters."), most=most)
        return value

    return read


def choice(*names: str) -> Callable[[str, Context], str]:
    """Return a reader of one of `names`."""

    def read(value: str, _context: Context) -> str:
        if value.casefold() not in names:
            message = mark(
                "“%(value)s” is not one of: %(names)s. A value table in the mapping can translate it."
            )
            raise Invalid(message, value=value[:80], names=", ".join(names))
        return value.casefold()

    return read


def whole(low: int, high: int) -> Callable[[str, Context], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(value: str, _context: Context) -> int:
        if not re.fullmatch(r"[+-]?\d{1,15}(\.0+)?", value) or not low <= int(float(value)) <= high:
            message = mark("“%(value)s” is not a whole number from %(low)s to %(high)s.")
            raise Invalid(message, value=value[:80], low=low, high=high)
        return int(float(value))

    return read


def number(low: float, high: float) -> Callable[[str, Context], float]:
    """Return a reader of numbers from `low` to `high`."""

    def read(value: str, _context: Context) -> float:
        try:
            result = math.nan if "_" in value else float(value)
        except ValueError:
            result = math.nan
        if not low <= result <= high:
            message = mark("“%(value)s” is not a number from %(low)s to %(high)s.")
            raise Invalid(message, value=value[:80], low=low, high=high)
        return result

    return read


def cents(value: str, _context: Context) -> int:
    """Return an amount of money such as ``12.50`` in cents."""
    written = _AMOUNT.fullmatch(value)
    amount = Decimal(written[1].replace(",", "")) if written else Decimal(-1)
    if not 0 <= amount <= 10_000_000:
        raise Invalid(mark("“%(value)s” is not an amount of money such as 12.50."), value=value[:80])
    return int((amount * 100).to_integral_value())


def flag(value: str, _context: Context) -> bool:
    """Return yes or no."""
    if value.casefold() in _YES | _NO:
        return value.casefold() in _YES
    raise Invalid(mark("“%(value)s” is neither yes nor no."), value=value[:80])


def instant(value: str, context: Context) -> datetime:
    """Return the instant in UTC; where the text names no offset, it is local to the mapping's zone."""
    found = None
    if context.formats:
        found = next((x for f in context.formats if (x := _parsed(value, f)) is not None), None)
    else:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = next((x for f in _LOCAL_FORMATS if (x := _parsed(value, f)) is not None), None)
    if found is None or not 1970 <= found.year <= 2100:
        if context.formats:
            message = mark("“%(value)s” is not a date and time of the form %(form)s.")
            raise Invalid(message, value=value[:80], form=" / ".join(context.formats))
        raise Invalid(mark("“%(value)s” is not a date and time such as 2026-11-22 08:30."), value=value[:80])
    return (found if found.tzinfo else found.replace(tzinfo=context.zone)).astimezone(UTC)


def _parsed(value: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(value, form)  # noqa: DTZ007
    except ValueError:
        return None


def names(value: str, _context: Context) -> list[str]:
    """Return the parts of a list such as ``ladder; drill``, each once."""
    parts = [part.strip() for part in _SEPARATORS.split(value) if part.strip()]
    for part in parts:
        if len(part) > 60:
            raise Invalid(mark("This is longer than %(most)s characters."), most=60)
    return list(dict.fromkeys(parts))


def counted(most: int) -> Callable[[str, Context], dict[str, int]]:
    """Return a reader of lists such as ``hvac:3; electric``: a number from 1 to `most` by name, 1 if none."""

    def read(value: str, context: Context) -> dict[str, int]:
        result: dict[str, int] = {}
        for part in names(value, context):
            name, colon, amount = part.replace("：", ":").rpartition(":")
            if not colon:
                name, amount = part, "1"
            name = name.strip()
            if not name or not amount.strip().isdecimal() or not 1 <= int(amount) <= most:
                message = mark("“%(value)s” is not of the form name:number with a number from 1 to %(most)s.")
                raise Invalid(message, value=part[:80], most=most)
            if name in result:
                raise Invalid(mark("%(name)s is named twice."), name=name)
            result[name] = int(amount)
        return result

    return read
