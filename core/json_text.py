"""JSON as it is sent to us: read strictly, so that whatever is taken in can be stored and given out again."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from flask import Request
from marshmallow import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from core.errors import DomainError, Invalid, mark

UNSTORABLE = mark("A text holds a character that cannot be stored (NUL, or half a character): remove it.")
MOST_DEPTH = 40
"""How many lists and objects may lie in one another."""


class NotJson(DomainError):
    """What was sent is not JSON."""

    status = 400
    code = "not_json"


def value_of_json(text: str) -> Any:
    """Return what a JSON text stands for.

    Raises
    ------
    NotJson
        It is no JSON: `NaN`, `Infinity` and numbers beyond a float's range are none either.
    Invalid
        It is nested too deeply, or a text in it cannot be stored.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise NotJson(mark("This is not JSON: %(error)s"), error=str(error)) from None
    _check_depth(value)
    if "\\u" in text:
        _check_texts(value)
    return value


def _refuse_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is out of range")
    return number


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        if depth > MOST_DEPTH:
            raise _too_deep()
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]


def _too_deep() -> Invalid:
    return Invalid(mark("This JSON is nested too deeply: send it flatter."), code="too_deep")


def _check_texts(value: Any) -> None:
    # Once escapes are undone, halves of characters stand in texts and keys alike.
    if is_storable(value):
        return
    whole = {"_schema": value}
    parts = value if isinstance(value, dict) and is_storable(list(value)) else whole
    wrong = {name: [UNSTORABLE] for name, part in parts.items() if not is_storable(part)}
    raise Invalid(UNSTORABLE, code="unstorable", fields=wrong)


def is_storable(value: Any) -> bool:
    """Tell whether every text in a value can be stored: none holds a NUL or half a character."""
    try:
        return "\0" not in _all_texts(value)
    except UnicodeEncodeError:
        return False


def _all_texts(value: Any) -> str:
    texts, rest = [], [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            texts.extend(each)
            rest.extend(each.values())
        elif isinstance(each, list):
            rest.extend(each)
    # Joined with a space, so that two halves do not become one whole.
    joined = " ".join(texts)
    joined.encode()
    return joined


class BodyParser(FlaskParser):
    """Reads bodies (by `value_of_json`) and query arguments of the API; what it does not know is refused."""

    # A filter that is misspelt would show everything; None leaves it to the schema, which refuses.
    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body.strip():
            return missing
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise NotJson(mark("This is not JSON: %(error)s"), error="it is not UTF-8") from error
        return value_of_json(text)
