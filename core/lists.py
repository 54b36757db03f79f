"""A list of records on a page: its filters, its columns and what stands in them, its page numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from marshmallow import Schema, ValidationError, fields
from webargs.fields import DelimitedList

from core.auth.actors import Actor
from core.field_text import choices_of, label_of, read_text, shown
from core.forms import form_field
from core.resource import Resource, resource_named

PAGE_SIZE = 50
MOST_PAGES = 100_000
Tones = Mapping[str, Mapping[str, str]]
"""Tone by value, by field."""


def url_of(resource: Resource, endpoint: str, **values: Any) -> str:
    """Return the address of a page of the resource: ``list_``, ``detail``, ``new`` …"""
    return url_for(f"{resource.name.replace('-', '_')}.{endpoint}", **values)


def page_number() -> int:
    """Return which page of a list is asked for; the first where that cannot be read."""
    sent = request.args.get("page", "1")
    return min(max(int(sent[:7]), 1), MOST_PAGES) if sent.isdecimal() else 1


def pager(number: int, total: int, url: Callable[[int], str]) -> dict[str, Any]:
    """Return the page numbers of a list of `total` entries, as `list.html` draws them."""
    return {"number": number, "pages": max(1, -(-total // PAGE_SIZE)), "total": total, "url": url}


def filters_of(resource: Resource, names: Iterable[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return what the address asks for, as `records.page_of` takes it, and the filters as they are drawn."""
    args: dict[str, Any] = {"page_size": PAGE_SIZE, "page": page_number()}
    drawn = []
    if resource.search:
        args["q"] = request.args.get("q", "")[:200]
        drawn.append({"name": "q", "label": gettext("Search"), "kind": "search", "value": args["q"]})
    if request.args.get("sort") in resource.sortable:
        args["sort"] = request.args["sort"]
    for name in names:
        field = resource.filters[name].field
        raw = request.args.get(name, "")
        drawn.append(_drawn_filter(name, field, raw))
        if not raw:
            continue
        try:
            args[name] = read_filter(field, raw)
        except (ValidationError, ValueError):
            drawn[-1]["error"] = gettext("This cannot be filtered by.")
    return args, drawn


def read_filter(field: fields.Field, raw: str) -> Any:
    """Return the value to filter by; raise ValueError or ValidationError where it is none."""
    text = read_text(field, raw)
    is_list = isinstance(field, fields.List) and not isinstance(field, DelimitedList)
    return field.deserialize([text] if is_list else text)


def _drawn_filter(name: str, field: fields.Field, raw: str) -> dict[str, Any]:
    choices = choices_of(field)
    if isinstance(field, fields.Boolean):
        choices = [("true", gettext("Yes")), ("false", gettext("No"))]
    if choices:
        return {
            "name": name,
            "label": label_of(field, name),
            "kind": "select",
            "choices": choices,
            "value": raw,
        }
    return {**form_field(name, field, raw), "required": False}


def columns_of(resource: Resource, names: Iterable[str], sort: str) -> list[dict[str, Any]]:
    """Return the columns of the resource's own list, with what sorts by each; it is sorted by `sort` now."""
    schema = resource.schema()
    columns = []
    for name in names:
        field = schema.fields[name]
        column: dict[str, Any] = {"key": name, "label": label_of(field, name)}
        column["numeric"] = isinstance(field, fields.Number) and not choices_of(field)
        if name in resource.sortable:
            after = f"-{name}" if sort == name else name
            column["sortable"] = True
            column["url"] = url_of(resource, "list_", **{**request.args.to_dict(), "sort": after, "page": 1})
            if sort.lstrip("-") == name:
                column["sorted"] = "desc" if sort.startswith("-") else "asc"
        columns.append(column)
    return columns


def rows_of(
    actor: Actor, resource: Resource, found: Iterable[Any], names: tuple[str, ...], tones: Tones | None = None
) -> list[dict[str, Any]]:
    """Return records as rows, the first cell of each leading to the record's page."""
    schema = resource.schema()
    rows = []
    for record in found:
        row = {name: cell_of(actor, schema, name, record, tones) for name in names}
        row[names[0]]["url"] = url_of(resource, "detail", record_id=record.id)
        rows.append(row)
    return rows


def cell_of(
    actor: Actor, schema: Schema, name: str, record: Any, tones: Tones | None = None
) -> dict[str, Any]:
    """Return one field of a record as the macros draw a cell: in words, with its tone, or a link."""
    field = schema.fields[name]
    value = field.get_value(record, name, accessor=schema.get_attribute)
    value = None if value is fields.missing_ else value
    cell: dict[str, Any] = {"text": shown(field, value)}
    tone = (tones or {}).get(name, {}).get(str(value))
    if tone:
        cell["tone"] = tone
    target = field.metadata.get("resource")
    if target and value is not None and not isinstance(value, list):
        resource = resource_named(target)
        if actor.may(resource.read):
            cell["url"] = url_of(resource, "detail", record_id=value)
    return cell


def table_of(
    actor: Actor,
    resource: Resource,
    rows: Iterable[Any],
    columns: tuple[str, ...],
    *,
    title: str = "",
    every: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a table of records that belong to another, as `detail.html` draws it.

    Parameters
    ----------
    columns : tuple of str
        Fields of the resource's schema; the first links to the record.
    title : str
        In the reader's language; empty: the resource's plural.
    every : dict, optional
        Filters of the list of all of them, for a link to it.
    new : dict, optional
        What a form for a new one begins with; None: no button for it.
    """
    schema = resource.schema()
    actions = []
    if every is not None:
        actions.append({"label": gettext("Show all"), "url": url_of(resource, "list_", **every)})
    if new is not None and actor.may(resource.write):
        actions.append({"label": gettext("Add"), "url": url_of(resource, "new", **new)})
    return {
        "title": title or gettext(resource.label_plural),
        "columns": [{"key": name, "label": label_of(schema.fields[name], name)} for name in columns],
        "rows": rows_of(actor, resource, rows, columns),
        "actions": actions,
    }
