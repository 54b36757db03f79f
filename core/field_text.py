"""A field's value as text: shown to a person, filled into an input, and read back from one.

The field of a marshmallow schema and its ``metadata`` say everything: ``label``, ``hint``, ``kind``,
``names`` (of choices), ``choices``, ``resource`` (a reference to another kind of record). Lists of nested
rows are written one a line, values separated by commas.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from flask import current_app
from flask_babel import format_date, gettext
from marshmallow import Schema, fields, validate

from core.errors import DomainError
from core.i18n import local_time
from core.json_text import value_of_json
from core.problems import sentence
from core.references import id_called, title_of


def label_of(field: fields.Field, name: str) -> str:
    """Return the field's label in the reader's language."""
    return gettext(field.metadata.get("label") or name.replace("_", " ").capitalize())


def kind_of(field: fields.Field) -> str:
    """Return the kind of input a field is edited by."""
    kind = field.metadata.get("kind")
    if kind:
        return str(kind)
    if isinstance(field, fields.List):
        return "lines" if isinstance(field.inner, fields.Nested) else "multiselect"
    if field.metadata.get("resource"):
        return "reference"
    if choices_of(field):
        return "select"
    for kinds, name in (
        (fields.Boolean, "checkbox"),
        (fields.Number, "number"),
        (fields.DateTime, "datetime"),
        (fields.Time, "time"),
        (fields.Date, "date"),
        (fields.Dict, "json"),
    ):
        if isinstance(field, kinds):
            return name
    return "text"


def choices_of(field: fields.Field) -> list[tuple[str, str]]:
    """Return (value, label) of a field with a closed set of values, empty otherwise."""
    given = field.metadata.get("choices")
    if given:
        return [(str(value), gettext(label)) for value, label in (given() if callable(given) else given)]
    names = field.metadata.get("names", {})
    inner = field.inner if isinstance(field, fields.List) else field
    if not isinstance(inner, fields.Field):
        return []
    for rule in inner.validators:
        if isinstance(rule, validate.OneOf):
            return [(str(value), gettext(names.get(value, str(value) or "—"))) for value in rule.choices]
    return []


def shown(field: fields.Field, value: Any) -> str:
    """Return a value as text for a person (lists and details)."""
    if value is None or value == "" or value == []:
        return "—"
    if field.metadata.get("resource"):
        name = field.metadata["resource"]
        return ", ".join(title_of(name, each) for each in (value if isinstance(value, list) else [value]))
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(field, fields.List):
        if isinstance(field.inner, fields.Nested):
            return "; ".join(_line(field.inner.schema, row, shown_=True) for row in value)
        names = dict(choices_of(field))
        return ", ".join(names.get(str(item), str(item)) for item in value)
    if field.metadata.get("kind") == "minutes":
        return gettext("%(count)s min", count=f"{value / 60:g}")
    if isinstance(value, datetime):
        return local_time(value)
    if isinstance(value, date):
        return str(format_date(value))
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)[:400]
    return dict(choices_of(field)).get(str(value), str(value))


def filled(field: fields.Field, value: Any) -> Any:
    """Return a value as its input wants it."""
    if value is None:
        return ""
    kind = kind_of(field)
    if kind == "lines":
        return "\n".join(_line(row_schema(field), row) for row in value)
    if kind == "minutes":
        return f"{value / 60:g}"
    if kind == "datetime":
        return value.astimezone(current_app.config["SETTINGS"].zone).strftime("%Y-%m-%dT%H:%M")
    if kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=1)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if isinstance(value, bool) else str(value)


def row_schema(field: Any) -> Schema:
    """Return the schema of the rows in a list of nested ones."""
    schema: Schema = field.inner.schema
    return schema


def _line(schema: Schema, row: Any, *, shown_: bool = False) -> str:
    parts = []
    for name, field in schema.fields.items():
        value = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
        is_title = shown_ or field.metadata.get("resource")
        parts.append(shown(field, value) if is_title else str(filled(field, value)))
    return ", ".join(parts)


def read_text(field: fields.Field, text: str) -> Any:
    """Return what the API would have been sent for one field's text.

    Raises
    ------
    ValueError
        With the sentence that says why it cannot be read.
    """
    kind = kind_of(field)
    if kind == "lines":
        return [_read_line(row_schema(field), line) for line in text.splitlines() if line.strip()]
    if kind == "reference":
        return id_called(field.metadata["resource"], text)
    if kind == "minutes":
        try:
            return round(float(text) * 60)
        except (ValueError, OverflowError):
            raise ValueError(gettext("Give a number of minutes.")) from None
    if kind == "datetime":
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(gettext("Give a date and a time, such as 2026-11-22 08:30.")) from None
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=current_app.config["SETTINGS"].zone)
        return instant.isoformat()
    if kind == "number" and isinstance(field, fields.Integer):
        # Strict fields take a number, not its text.
        return int(text) if text.lstrip("+-").isdecimal() and len(text) < 20 else text
    if kind == "json":
        try:
            return value_of_json(text)
        except DomainError as error:
            raise ValueError(sentence(error)) from None
    return text


def _read_line(schema: Schema, line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.replace("，", ",").split(",")]
    if len(parts) > len(schema.fields):
        raise ValueError(gettext("Too many values in the line “%(line)s”.", line=line))
    row: dict[str, Any] = {}
    for (name, field), part in zip(schema.fields.items(), parts, strict=False):
        if part:
            row[name] = _code(field, part)
    return row


def _code(field: fields.Field, part: str) -> Any:
    names = {label.casefold(): value for value, label in choices_of(field)}
    if names:
        return names.get(part.casefold(), part)
    return read_text(field, part)
