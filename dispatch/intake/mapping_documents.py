"""Mappings: which column of a file becomes which field, written as JSON by whoever knows the file.

A field's rule is the name of a column, a list of columns (the first that is filled is taken), or an
object with ``columns`` or ``templates`` (texts such as ``"{Street}, {City}"``; one counts only when all
of its columns are filled), ``constant``, ``default`` (for empty cells and values not in the table),
``values`` (a table of what is written to what is meant), ``format`` (strptime), ``time_zone``
and ``required``. Headings are compared without case; an underscore is a space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Values
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import Invalid, mark
from core.json_text import NotJson, value_of_json
from dispatch.intake.mappings import Mapping, Rule, Template
from dispatch.intake.targets import Context, Target
from geo.datum import Datum

READY = Path(__file__).parent / "mappings"
CREATABLE = ("categories", "skills", "customers")
_SOME_INSTANT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
_KEYS = {"kind", "source", "time_zone", "datum", "empty", "create", "fields", "about"}
_RULE_KEYS = {
    "columns",
    "templates",
    "constant",
    "default",
    "values",
    "format",
    "time_zone",
    "required",
}


def ready_names() -> list[str]:
    """Return the names of the mappings that come with the program."""
    return sorted(path.stem for path in READY.glob("*.json"))


def document_of(name_or_json: str) -> dict[str, Any]:
    """Return the document of a ready mapping, or of JSON text.

    Raises
    ------
    Invalid
        There is no ready mapping of this name, or the text is not a JSON object that can be stored.
    """
    text = name_or_json.strip()
    if not text.startswith("{"):
        if text not in ready_names():
            message = mark(
                "There is no mapping %(name)s: take one of %(names)s, or give the JSON of your own."
            )
            raise Invalid(message, name=text[:80], names=", ".join(ready_names()))
        text = (READY / f"{text}.json").read_text(encoding="utf-8")
    try:
        document = value_of_json(text)
    except NotJson as error:
        raise Invalid(mark("The mapping is not JSON: %(error)s."), **error.facts) from None
    if not isinstance(document, dict):
        raise Invalid(mark("A mapping is a JSON object."))
    return document


def mapping_of(
    document: dict[str, Any], kind: str, targets: Values[str, Target], zone: ZoneInfo, *, override: str = ""
) -> Mapping:
    """Return the mapping a document describes.

    Parameters
    ----------
    document : dict
        As `document_of` returns it.
    kind : str
        What is imported: requests, engineers or parts.
    targets : mapping
        The fields of this kind.
    zone : ZoneInfo
        Of local times where the document names none.
    override : str
        Name of a time zone to take in place of the document's.

    Raises
    ------
    Invalid
        It does not hold together; the sentence says where.
    """
    _only(document, _KEYS, "mapping")
    if document.get("kind") != kind:
        message = mark("This mapping is for %(found)s, not for %(kind)s.")
        raise Invalid(message, found=str(document.get("kind"))[:40], kind=kind)
    source = document.get("source", "import")
    if not isinstance(source, str) or not 1 <= len(source) <= 60:
        raise Invalid(mark("The mapping's source is a text of 1 to 60 characters."))
    datum = document.get("datum", "wgs84")
    if datum not in [each.value for each in Datum]:
        raise Invalid(mark("The mapping's datum is one of wgs84, gcj02, bd09."))
    create, empty = _texts(document.get("create", []), "create"), _texts(document.get("empty", []), "empty")
    for name in create:
        if name not in CREATABLE:
            message = mark("The mapping cannot create %(name)s, only: %(names)s.")
            raise Invalid(message, name=name, names=", ".join(CREATABLE))
    fields = document.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise Invalid(mark("The mapping has no fields."))
    for name in fields:
        if name not in targets:
            message = mark("There is no field %(name)s to map to. Known are: %(names)s.")
            raise Invalid(message, name=str(name)[:80], names=", ".join(targets))
    for name, target in targets.items():
        if target.required and name not in fields:
            raise Invalid(mark("The mapping says nothing about %(name)s, which must be filled."), name=name)
    local = _zone(override or document.get("time_zone"), zone)
    rules = {
        name: _rule(name, spec, _zone(override, local), targets[name], override=bool(override))
        for name, spec in fields.items()
    }
    return Mapping(kind, source, Datum(datum), frozenset(empty), frozenset(create), rules, targets)


def _rule(name: str, spec: Any, zone: ZoneInfo, target: Target, *, override: bool) -> Rule:
    if isinstance(spec, str | list):
        spec = {"columns": spec}
    if not isinstance(spec, dict):
        raise Invalid(mark("The rule of %(name)s is a column, a list of columns or an object."), name=name)
    _only(spec, _RULE_KEYS, name)
    templates = [f"{{{column}}}" for column in _texts(spec.get("columns", []), name)]
    templates += _texts(spec.get("templates", []), name)
    if not templates and spec.get("constant") is None and spec.get("default") is None:
        message = mark("The rule of %(name)s says neither columns nor a constant.")
        raise Invalid(message, name=name)
    values = spec.get("values", {})
    if not isinstance(values, dict):
        raise Invalid(mark("The value table of %(name)s is an object."), name=name)
    return Rule(
        templates=tuple(Template(text) for text in templates),
        constant=_text_or_none(spec.get("constant")),
        default=_text_or_none(spec.get("default")),
        values={str(key).casefold(): str(value) for key, value in values.items()},
        required=target.required or bool(spec.get("required")),
        context=Context(
            tuple(_formats(spec.get("format", []), name)),
            zone if override else _zone(spec.get("time_zone"), zone),
        ),
    )


def _zone(name: Any, otherwise: ZoneInfo) -> ZoneInfo:
    if not name:
        return otherwise
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = mark("There is no time zone %(name)s; one is called America/New_York, for example.")
        raise Invalid(message, name=str(name)[:80]) from None


def _only(document: dict[str, Any], known: set[str], where: str) -> None:
    for key in document:
        if key not in known:
            message = mark("The mapping has an unknown word %(name)s in %(where)s. Known are: %(names)s.")
            raise Invalid(message, name=str(key)[:80], where=where, names=", ".join(sorted(known)))


def _texts(value: Any, where: str) -> list[str]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise Invalid(mark("In %(where)s the mapping needs a text or a list of texts."), where=where)
    return items


def _formats(value: Any, where: str) -> list[str]:
    for form in (formats := _texts(value, where)):
        try:
            datetime.strptime(_SOME_INSTANT.strftime(form), form)  # noqa: DTZ007
        except (ValueError, re.error):
            message = mark("The format of %(name)s, %(form)s, can be read by no date: see strptime.")
            raise Invalid(message, name=where, form=form[:80]) from None
    return formats


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)
