"""HTML forms from marshmallow schemas: what the macros draw, and what was filled in, read back.

The schema's fields and their ``metadata`` say everything: ``label``, ``hint``, ``kind``, ``names`` (of
choices), ``choices``, ``resource`` (a reference to another kind of record). Lists of nested rows are
written one a line, values separated by commas.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from flask import current_app, g, url_for
from flask_babel import format_date, gettext
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, false, func, inspect, or_, select
from werkzeug.datastructures import MultiDict

from core.db import db
from core.errors import DomainError
from core.i18n import local_time
from core.json_text import value_of_json
from core.problems import sentence
from core.records import query_of
from core.resource import Resource, resource_named

MOST_CHOICES = 300


def title_of(name: str, record_id: Any) -> str:
    """Return what people call the record referred to; empty for None, an id's head where it is not theirs."""
    if record_id is None or not name:
        return ""
    resource = resource_named(name)
    record = db.session.get(resource.model, _uuid(record_id))
    is_theirs = record is not None and _is_visible(resource, record)
    return resource.title(record) if is_theirs else str(record_id)[:8]


def _is_visible(resource: Resource, record: Any) -> bool:
    who = g.get("actor")
    seen = resource.visible(who) if who is not None else None
    if seen is None:
        return True
    return (
        db.session.scalar(select(resource.model.id).where(resource.model.id == record.id, seen)) is not None
    )


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


def _local(value: datetime) -> datetime:
    return value.astimezone(current_app.config["SETTINGS"].zone)


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


def _row_schema(field: Any) -> Schema:
    schema: Schema = field.inner.schema
    return schema


def _line(schema: Schema, row: Any, *, shown_: bool = False) -> str:
    parts = []
    for name, field in schema.fields.items():
        value = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
        is_title = shown_ or field.metadata.get("resource")
        parts.append(shown(field, value) if is_title else str(filled(field, value)))
    return ", ".join(parts)


def filled(field: fields.Field, value: Any) -> Any:
    """Return a value as its input wants it."""
    if value is None:
        return ""
    kind = kind_of(field)
    if kind == "lines":
        return "\n".join(_line(_row_schema(field), row) for row in value)
    if kind == "minutes":
        return f"{value / 60:g}"
    if kind == "datetime":
        return _local(value).strftime("%Y-%m-%dT%H:%M")
    if kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=1)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if isinstance(value, bool) else str(value)


def form_fields(
    schema: Schema, names: tuple[str, ...], values: Mapping[str, Any], errors: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the fields the macros draw.

    Parameters
    ----------
    values : mapping
        Text as the inputs want it, by field name (see `values_of` and `sent_values`).
    errors : mapping
        Sentences by field name.
    """
    return [form_field(name, schema.fields[name], values.get(name, ""), errors.get(name)) for name in names]


def form_field(name: str, field: fields.Field, value: Any, error: Any = None) -> dict[str, Any]:
    """Return one field as the macros draw it; see `form_fields`."""
    kind = kind_of(field)
    drawn: dict[str, Any] = {
        "name": name,
        "label": label_of(field, name),
        "kind": kind,
        "value": value,
        "error": " ".join(sentences(error)) or None,
        "hint": gettext(field.metadata["hint"]) if field.metadata.get("hint") else None,
        "required": bool(field.required) and kind != "checkbox",
        "attrs": {},
    }
    if kind == "multiselect" and field.metadata.get("resource"):
        resource = resource_named(field.metadata["resource"])
        drawn["choices"] = _titles(_choosable(resource), resource, value or [])
    elif kind in ("select", "multiselect"):
        drawn["choices"] = choices_of(field)
    elif kind == "reference":
        _draw_reference(drawn, field)
    elif kind == "minutes":
        drawn.update(kind="number", step="any", label=f"{drawn['label']} ({gettext('minutes')})")
    elif kind == "weekday":
        drawn.update(kind="number", min=0, max=6)
    elif kind == "number":
        drawn["step"] = field.metadata.get("step") or ("any" if isinstance(field, fields.Float) else 1)
    elif kind == "lines":
        columns = ", ".join(label_of(f, n) for n, f in _row_schema(field).fields.items())
        how = gettext("One a line: %(columns)s.", columns=columns)
        drawn.update(kind="textarea", hint=f"{how} {drawn['hint'] or ''}".strip())
    return drawn


def _draw_reference(drawn: dict[str, Any], field: fields.Field) -> None:
    resource = resource_named(field.metadata["resource"])
    query = _choosable(resource)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if total <= MOST_CHOICES:
        drawn.update(kind="select", choices=_titles(query, resource, [drawn["value"]]))
    else:
        options = url_for(f"{resource.name.replace('-', '_')}.options")
        drawn.update(kind="text", hint=drawn["hint"] or gettext("Begin to type, then choose."))
        record_id = _uuid(drawn["value"])
        drawn["value"] = title_of(resource.name, record_id) if record_id else drawn["value"]
        drawn["attrs"] = {
            "list": f"options-{drawn['name']}",
            "autocomplete": "off",
            "hx-get": options,
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#options-{drawn['name']}",
            "hx-vals": json.dumps({"field": drawn["name"]}),
        }
        drawn["datalist"] = f"options-{drawn['name']}"


def _choosable(resource: Resource) -> Select[Any]:
    """Return the query of the records whoever fills the form in may see and that are in use."""
    query = _seen(resource)
    return query.where(resource.model.active) if "active" in inspect(resource.model).columns else query


def _seen(resource: Resource) -> Select[Any]:
    who = g.get("actor")
    if who is None or not who.may(resource.read):
        return select(resource.model).where(false())
    return query_of(resource, who, {}).order_by(None)


def _titles(query: Select[Any], resource: Resource, present: Iterable[Any]) -> list[tuple[str, str]]:
    """Return (id, title) of what can be chosen, with what is chosen already though not in use any more."""
    found = {record.id: record for record in db.session.scalars(query).unique()}
    for record_id in map(_uuid, present):
        if record_id and record_id not in found:
            record = db.session.scalar(_seen(resource).where(resource.model.id == record_id))
            found.update({record_id: record} if record else {})
    pairs = [(str(record_id), resource.title(record)) for record_id, record in found.items()]
    return sorted(pairs, key=lambda pair: pair[1].casefold())


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def values_of(schema: Schema, record: Any) -> dict[str, Any]:
    """Return the text of every input for a stored record, or for a new one (None)."""
    if record is not None:
        return {name: filled(field, getattr(record, name, None)) for name, field in schema.fields.items()}
    values = {}
    for name, field in schema.fields.items():
        default = field.load_default
        default = default() if callable(default) else default
        values[name] = "" if default in (None, ...) or not _is_plain(default) else filled(field, default)
    return values


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | list | dict | date | time | uuid.UUID)


def sent_values(schema: Schema, names: tuple[str, ...], form: MultiDict[str, str]) -> dict[str, Any]:
    """Return what was filled in, as text, to draw the form again."""
    values: dict[str, Any] = {}
    for name in names:
        kind = kind_of(schema.fields[name])
        if kind == "multiselect":
            values[name] = form.getlist(name)
        elif kind == "checkbox":
            values[name] = form.get(name) == "1"
        else:
            values[name] = form.get(name, "")
    return values


def read(schema: Schema, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what the API would have been sent, and sentences for what cannot be read."""
    data: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            _read_field(name, schema.fields[name], value, data)
        except ValueError as error:
            errors[name] = [str(error)]
    return data, errors


def _read_field(name: str, field: fields.Field, value: Any, data: dict[str, Any]) -> None:
    kind = kind_of(field)
    if kind in ("multiselect", "checkbox"):
        data[name] = value
        return
    text = str(value).strip()
    if kind == "lines":
        data[name] = [_read_line(_row_schema(field), line) for line in text.splitlines() if line.strip()]
    elif not text:
        if field.allow_none:
            data[name] = None
        elif isinstance(field, fields.String) and not field.required and kind != "select":
            data[name] = ""
    else:
        data[name] = read_text(field, text)


def read_text(field: fields.Field, text: str) -> Any:
    """Return what the API would have been sent for one field's text.

    Raises
    ------
    ValueError
        With the sentence that says why it cannot be read.
    """
    kind = kind_of(field)
    if kind == "reference":
        return _read_reference(field, text)
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


def _read_reference(field: fields.Field, text: str) -> str:
    if _uuid(text):
        return text
    resource = resource_named(field.metadata["resource"])
    found = _called(resource, text)
    if len(found) == 1:
        return str(found[0].id)
    if found:
        raise ValueError(gettext("Several are called “%(text)s”; give the number.", text=text))
    raise ValueError(gettext("Nothing is called “%(text)s”.", text=text))


def _called(resource: Resource, text: str) -> list[Any]:
    """Return the records a person may see that are called `text`: by a searched column, else by the title."""

    def found(*texts: str) -> list[Any]:
        wanted = or_(*(func.lower(column).in_(texts) for column in resource.search))
        return list(db.session.scalars(_seen(resource).where(wanted)).unique())

    exact = found(text.lower()) if resource.search else []
    if len(exact) == 1:
        return exact
    # Most titles begin with the number; only for others every record is looked at.
    near = [*exact, *(found(text.lower().split()[0]) if resource.search else [])]
    titled = [row for row in near if resource.title(row) == text]
    if not titled and not exact:
        rows = db.session.scalars(_seen(resource).limit(5000)).unique()
        titled = [row for row in rows if resource.title(row) == text]
    return list(dict.fromkeys(titled)) or exact


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


def sentences(error: Any) -> list[str]:
    """Return the sentences of marshmallow's or our messages, in the reader's language."""
    if not error:
        return []
    if isinstance(error, str):
        return [gettext(error)]
    if isinstance(error, dict):
        return [text for value in error.values() for text in sentences(value)]
    return [text for value in error for text in sentences(value)]
