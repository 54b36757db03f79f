"""HTML forms from marshmallow schemas: what the macros draw, and what was filled in, read back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from flask import url_for
from flask_babel import gettext
from marshmallow import Schema, fields
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from core.db import db
from core.field_text import choices_of, filled, kind_of, label_of, read_text, row_schema
from core.json_text import UNSTORABLE, is_storable
from core.messages import translated
from core.references import choosable, title_of, titles, uuid_of
from core.resource import resource_named

MOST_CHOICES = 300


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
    drawn = []
    for name in names:
        field = schema.fields[name]
        scope = _scope_of(schema, field, values)
        drawn.append(form_field(name, field, values.get(name, ""), errors.get(name), scope))
    return drawn


def _scope_of(schema: Schema, field: fields.Field, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what narrows the choice of a reference: what is chosen in the field it lies ``within``."""
    within: str = field.metadata.get("within", "")
    text = str(values.get(within) or "").strip()
    if within not in schema.fields or not text or not is_storable(text):
        return {}
    try:
        return {within: uuid.UUID(read_text(schema.fields[within], text))}
    except ValueError:
        return {}


def form_field(
    name: str,
    field: fields.Field,
    value: Any,
    error: Any = None,
    scope: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one field as the macros draw it; see `form_fields`.

    A reference whose ``metadata["within"]`` names another field of the form, such as a site's customer, is
    chosen among what belongs to the record named there; `scope` is that, as arguments of the list.
    """
    kind = kind_of(field)
    drawn: dict[str, Any] = {
        "name": name,
        "label": label_of(field, name),
        "kind": kind,
        "value": value,
        "error": " ".join(sentences(error, field)) or None,
        "hint": gettext(field.metadata["hint"]) if field.metadata.get("hint") else None,
        "required": bool(field.required) and kind != "checkbox",
        "within": field.metadata.get("within"),
        "attrs": {},
    }
    if kind == "multiselect" and field.metadata.get("resource"):
        resource = resource_named(field.metadata["resource"])
        drawn["choices"] = titles(choosable(resource, {}), resource, value or [])
    elif kind in ("select", "multiselect"):
        drawn["choices"] = choices_of(field)
    elif kind == "reference":
        _draw_reference(drawn, field, scope or {})
    elif kind == "minutes":
        drawn.update(kind="number", step="any", label=f"{drawn['label']} ({gettext('minutes')})")
    elif kind == "weekday":
        drawn.update(kind="number", min=0, max=6)
    elif kind == "number":
        drawn["step"] = field.metadata.get("step") or ("any" if isinstance(field, fields.Float) else 1)
    elif kind == "lines":
        columns = ", ".join(label_of(f, n) for n, f in row_schema(field).fields.items())
        how = gettext("One a line: %(columns)s.", columns=columns)
        drawn.update(kind="textarea", hint=f"{how} {drawn['hint'] or ''}".strip())
    return drawn


def _draw_reference(drawn: dict[str, Any], field: fields.Field, scope: dict[str, Any]) -> None:
    resource = resource_named(field.metadata["resource"])
    query = choosable(resource, scope)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if total <= MOST_CHOICES:
        drawn.update(kind="select", choices=titles(query, resource, [drawn["value"]]))
    else:
        options = url_for(f"{resource.name.replace('-', '_')}.options")
        drawn.update(kind="text", hint=drawn["hint"] or gettext("Begin to type, then choose."))
        record_id = uuid_of(drawn["value"])
        drawn["value"] = title_of(resource.name, record_id) if record_id else drawn["value"]
        drawn["attrs"] = {
            "list": f"options-{drawn['name']}",
            "autocomplete": "off",
            "hx-get": options,
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#options-{drawn['name']}",
            "hx-vals": json.dumps({"field": drawn["name"]}),
        }
        if drawn["within"]:
            drawn["attrs"]["hx-include"] = f"#f-{drawn['within']}"
        drawn["datalist"] = f"options-{drawn['name']}"


def values_of(schema: Schema, record: Any) -> dict[str, Any]:
    """Return the text of every input for a stored record, or for a new one (None)."""
    if record is not None:
        return {name: filled(field, getattr(record, name, None)) for name, field in schema.fields.items()}
    values = {}
    for name, field in schema.fields.items():
        default = field.load_default
        default = default() if callable(default) else default
        values[name] = filled(field, default) if _is_plain(default) else ""
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
            if not is_storable(value):
                raise ValueError(gettext(UNSTORABLE))
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
    if text or kind == "lines":
        data[name] = read_text(field, text)
    elif field.allow_none:
        data[name] = None
    elif isinstance(field, fields.String) and not field.required and kind != "select":
        data[name] = ""


def sentences(error: Any, field: fields.Field | None = None) -> list[str]:
    """Return the sentences of marshmallow's or our messages, in the reader's language.

    What is wrong inside of a field is named: the entry and the value of nested rows, else the key.
    """
    if not error:
        return []
    if isinstance(error, str):
        return [translated(error)]
    if isinstance(error, dict):
        return [
            f"{_place(key, field)}{text}" for key, inner in error.items() for text in sentences(inner, field)
        ]
    return [text for inner in error for text in sentences(inner, field)]


def _place(key: Any, field: fields.Field | None) -> str:
    if key == "_schema":
        return ""
    if isinstance(key, int):
        return gettext("Entry %(number)s", number=key + 1) + ", "
    rows = getattr(getattr(field, "inner", None), "schema", None)
    inner = rows.fields.get(key) if rows else None
    return f"{label_of(inner, key) if inner else key}: "
