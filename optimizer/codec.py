"""Problems and plans as JSON, and back; what is written is read the same."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.travel import Travel

#: Version of the format; written into every document, and the only one read.
VERSION = 1


def text_of_problem(problem: Problem) -> str:
    """Return a problem as JSON text."""
    document = {"version": VERSION, "problem": _plain(problem)}
    return json.dumps(document, ensure_ascii=False, default=_rows)


def text_of_plan(plan: Plan) -> str:
    """Return a plan as JSON text."""
    return json.dumps({"version": VERSION, "plan": _plain(plan)}, ensure_ascii=False)


def problem_from_text(text: str) -> Problem:
    """Return the problem a JSON text describes.

    Raises
    ------
    ValueError
        In a sentence that names the path of the value that is wrong.
    """
    read: Problem = _read(Problem, _document(text, "problem"), "problem")
    return read


def plan_from_text(text: str) -> Plan:
    """Return the plan a JSON text describes.

    Raises
    ------
    ValueError
        In a sentence that names the path of the value that is wrong.
    """
    read: Plan = _read(Plan, _document(text, "plan"), "plan")
    return read


def _plain(value: object) -> object:
    """Return a value as JSON knows it, arrays as they are; fields that have their default are left out."""
    if is_dataclass(value):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        defaults = {field.name: _default(field) for field in fields(value)}
        return {
            name: _plain(one)
            for name, one in given.items()
            if isinstance(one, np.ndarray) or one != defaults[name]
        }
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _rows(array: np.ndarray[Any, Any]) -> list[Any]:
    """Return the rows of an array: a large one is never in memory as Python's numbers all at once."""
    return list(array) if array.ndim > 1 else array.tolist()


def _default(field: "Field[Any]") -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _document(text: str, name: str) -> object:
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"this is not JSON: {error}") from error
    if not isinstance(document, dict) or name not in document:
        raise ValueError(f"the document must be an object with 'version' and '{name}'")
    if document.get("version") != VERSION:
        raise ValueError(f"version must be {VERSION}, not {document.get('version')!r}")
    return document[name]


def _read(kind: Any, value: object, path: str) -> Any:
    """Return a value as its type says.

    Raises
    ------
    ValueError
        In a sentence that begins with the path.
    """
    origin = get_origin(kind)
    if kind is Travel:
        return _read_travel(value, path)
    if is_dataclass(kind):
        return _read_object(kind, value, path)
    if origin in (Union, UnionType):
        if value is None:
            return None
        (given,) = (one for one in get_args(kind) if one is not NoneType)
        return _read(given, value, path)
    if origin is tuple:
        return _read_tuple(get_args(kind), value, path)
    if origin is Literal:
        return _one_of(value, get_args(kind), path)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{path} must be true or false, not {_shown(value)}")
        return value
    if kind is str or kind is int:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(
                f"{path} must be {'a text' if kind is str else 'a whole number'}, not {_shown(value)}"
            )
        return value
    return kind(_one_of(value, tuple(str(one) for one in kind), path))


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _one_of(value: object, known: Iterable[object], path: str) -> object:
    if value not in known:
        raise ValueError(f"{path} must be one of {', '.join(map(str, known))}, not {_shown(value)}")
    return value


def _read_tuple(kinds: tuple[Any, ...], value: object, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{path} must be a list, not {_shown(value)}")
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], one, f"{path}[{number}]") for number, one in enumerate(value))
    if len(value) != len(kinds):
        raise ValueError(f"{path} must have {len(kinds)} values, not {len(value)}")
    return tuple(
        _read(kind, one, f"{path}[{number}]")
        for number, (kind, one) in enumerate(zip(kinds, value, strict=True))
    )


def _read_object(kind: Any, value: object, path: str) -> Any:
    hints = _types(kind)
    given = _known_fields(value, tuple(field.name for field in fields(kind)), path)
    for field in fields(kind):
        optional = field.default is not MISSING or field.default_factory is not MISSING
        if field.name not in given and not optional:
            raise ValueError(f"{path}.{field.name} is missing")
    read = {name: _read(hints[name], one, f"{path}.{name}") for name, one in given.items()}
    return _made(kind, read, path)


def _known_fields(value: object, known: tuple[str, ...], path: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"{path} must be an object, not {_shown(value)}")
    for name in value:
        if name not in known:
            raise ValueError(f"{path}.{name} is not known; known are {', '.join(known)}")
    return value


def _made(kind: Callable[..., Any], read: dict[str, Any], path: str) -> Any:
    try:
        return kind(**read)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _read_travel(value: object, path: str) -> Travel:
    names = tuple(field.name for field in fields(Travel))
    given = _known_fields(value, names, path)
    if "seconds" not in given:
        raise ValueError(f"{path}.seconds is missing")
    read: dict[str, Any] = {}
    for name, one in given.items():
        if name in ("seconds", "metres"):
            read[name] = None if one is None and name == "metres" else _matrix(one, f"{path}.{name}")
        else:
            read[name] = _read(_types(Travel)[name], one, f"{path}.{name}")
    made: Travel = _made(Travel, read, path)
    return made


def _matrix(value: object, path: str) -> np.ndarray[Any, Any]:
    """Return nested lists as an array of whole numbers, as small a kind as holds them."""
    try:
        array = np.array(value)
    except ValueError as error:
        raise ValueError(f"{path} must have rows of the same length") from error
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{path} must be lists of whole numbers")
    if array.size and array.min() >= -(2**31) and array.max() < 2**31:
        array = array.astype(np.int32)
    return array
