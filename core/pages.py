"""The HTML door every `Resource` gets: list with filters, form, one record with its history.

Made from the same resource and schema as the JSON door; a page only reads the input, calls the verb
and shows the result.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from webargs.fields import DelimitedList
from werkzeug.wrappers import Response

from core import forms, records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError
from core.form_pages import Answer, FormPage, version_sent
from core.history import history_of, may_see
from core.problems import sentence
from core.resource import Resource, resource_named
from core.web import page_actor

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class Pages:
    """How a resource is shown.

    Attributes
    ----------
    columns : tuple of str
        Fields of the list; the first links to the record.
    groups : tuple of (title, field names)
        Fields of the form and of the record's page; the title may be empty.
    filters : tuple of str
        Which of the resource's filters the list offers.
    create, change : callable, optional
        The verbs, where they are not the ordinary ones: ``create(actor, data)`` and
        ``change(actor, record, version, data)``.
    tables, actions, badge : callable, optional
        What else belongs on the record's page: ``tables(actor, record)``, ``actions(actor, record)``,
        ``badge(record)`` as `detail.html` wants them.
    tones : dict
        Tone by value for fields shown as badges.
    more_facts : callable, optional
        ``more_facts(actor, record)`` gives further groups for the record's page.
    list_actions : callable, optional
        ``list_actions(actor)`` gives further buttons of the list.
    timelines : callable, optional
        ``timelines(actor, record)`` gives what happened, as `detail.html` wants it.
    withheld : callable, optional
        ``withheld(actor)`` gives the fields this person's form does not have.
    form_only : tuple of str
        Fields of the form that the record's page shows in another way.
    history : str or None
        Permission to see who changed what; empty: whoever sees the record; None: nobody.
    may_edit : callable
        ``may_edit(actor, record)`` tells whether the record can still be changed, and by them.
    """

    resource: Resource
    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    filters: tuple[str, ...] = ()
    create: Callable[[Actor, dict[str, Any]], Any] | None = None
    change: Callable[[Actor, Any, int, dict[str, Any]], Any] | None = None
    tables: Callable[[Actor, Any], list[dict[str, Any]]] | None = None
    actions: Callable[[Actor, Any], list[dict[str, Any]]] | None = None
    badge: Callable[[Any], dict[str, Any] | None] | None = None
    tones: dict[str, dict[str, str]] | None = None
    more_facts: Callable[[Actor, Any], list[dict[str, Any]]] | None = None
    list_actions: Callable[[Actor], list[dict[str, Any]]] | None = None
    timelines: Callable[[Actor, Any], list[dict[str, Any]]] | None = None
    withheld: Callable[[Actor], Collection[str]] | None = None
    form_only: tuple[str, ...] = ()
    history: str | None = ""
    creatable: bool = True
    editable: bool = True
    may_edit: Callable[[Actor, Any], bool] = lambda actor, record: True


def blueprint(pages: Pages, module: str) -> Blueprint:
    """Return the blueprint with the pages of one resource; its name is the resource's (with ``_``)."""
    resource = pages.resource
    bp = Blueprint(resource.name.replace("-", "_"), module, url_prefix=f"/{resource.name}")
    door = _Door(pages, bp.name)
    bp.add_url_rule("", "list_", door.list_)
    bp.add_url_rule("/options", "options", door.options)
    bp.add_url_rule("/<uuid:record_id>", "detail", door.detail)
    if pages.creatable:
        bp.add_url_rule("/new", "new", door.new, methods=["GET", "POST"])
    if pages.editable:
        bp.add_url_rule("/<uuid:record_id>/edit", "edit", door.edit, methods=["GET", "POST"])
        if resource.deletable:
            bp.add_url_rule("/<uuid:record_id>/delete", "delete", door.delete, methods=["POST"])
    return bp


class _Door:
    def __init__(self, pages: Pages, name: str) -> None:
        self.pages = pages
        self.resource = pages.resource
        self.name = name

    def url(self, endpoint: str, **values: Any) -> str:
        return url_for(f"{self.name}.{endpoint}", **values)

    def list_(self) -> str:
        who = page_actor()
        args, drawn = self._filters()
        page = records.page_of(self.resource, who, args)
        schema = self.resource.schema()
        actions = list(self.pages.list_actions(who)) if self.pages.list_actions else []
        if self.pages.creatable and who.may(self.resource.write):
            label = gettext("New %(noun)s", noun=gettext(self.resource.label).lower())
            actions.append({"label": label, "url": self.url("new"), "primary": True})
        return render_template(
            "list.html",
            title=gettext(self.resource.label_plural),
            actions=actions,
            filters=drawn,
            datalists=[field["datalist"] for field in drawn if field.get("datalist")],
            columns=self._columns(schema, args),
            rows=[self._row(who, schema, record) for record in page.items],
            page={
                "number": page.page,
                "pages": page.pages,
                "total": page.total,
                "url": lambda number: self.url("list_", **{**request.args.to_dict(), "page": number}),
            },
        )

    def _filters(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        args: dict[str, Any] = {"page_size": PAGE_SIZE, "page": 1}
        drawn = []
        if self.resource.search:
            args["q"] = request.args.get("q", "")[:200]
            drawn.append({"name": "q", "label": gettext("Search"), "kind": "search", "value": args["q"]})
        page = request.args.get("page", "1")
        args["page"] = min(max(int(page[:7]), 1), 100_000) if page.isdecimal() else 1
        if request.args.get("sort") in self.resource.sortable:
            args["sort"] = request.args["sort"]
        for name in self.pages.filters:
            field = self.resource.filters[name].field
            raw = request.args.get(name, "")
            drawn.append(self._drawn_filter(name, field, raw))
            if not raw:
                continue
            try:
                text = forms.read_text(field, raw)
                is_list = isinstance(field, fields.List) and not isinstance(field, DelimitedList)
                args[name] = field.deserialize([text] if is_list else text)
            except (ValidationError, ValueError):
                drawn[-1]["error"] = gettext("This cannot be filtered by.")
        return args, drawn

    def _drawn_filter(self, name: str, field: fields.Field, raw: str) -> dict[str, Any]:
        choices = forms.choices_of(field)
        drawn: dict[str, Any]
        if isinstance(field, fields.Boolean):
            choices = [("true", gettext("Yes")), ("false", gettext("No"))]
        if choices:
            drawn = {"name": name, "kind": "select", "choices": choices, "value": raw}
        else:
            drawn = forms.form_field(name, field, raw)
        return {**drawn, "label": forms.label_of(field, name), "required": False}

    def _columns(self, schema: Schema, args: dict[str, Any]) -> list[dict[str, Any]]:
        columns = []
        now = args.get("sort") or self.resource.sort[0]
        sortable = {name.lstrip("-") for name in self.resource.sort}
        for name in self.pages.columns:
            field = schema.fields[name]
            column: dict[str, Any] = {"key": name, "label": forms.label_of(field, name)}
            column["numeric"] = isinstance(field, fields.Number) and not forms.choices_of(field)
            if name in sortable:
                after = f"-{name}" if now == name else name
                column.update(
                    sortable=True,
                    url=self.url("list_", **{**request.args.to_dict(), "sort": after, "page": 1}),
                )
                if now.lstrip("-") == name:
                    column["sorted"] = "desc" if now.startswith("-") else "asc"
            columns.append(column)
        return columns

    def _row(self, who: Actor, schema: Schema, record: Any) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for index, name in enumerate(self.pages.columns):
            cell = self._fact(who, schema, name, record)
            if index == 0:
                cell["url"] = self.url("detail", record_id=record.id)
            row[name] = cell
        return row

    def _fact(self, who: Actor, schema: Schema, name: str, record: Any) -> dict[str, Any]:
        field = schema.fields[name]
        value = field.get_value(record, name, accessor=schema.get_attribute)
        value = None if value is fields.missing_ else value
        cell: dict[str, Any] = {"text": forms.shown(field, value)}
        tone = (self.pages.tones or {}).get(name, {}).get(str(value))
        if tone:
            cell["tone"] = tone
        target = field.metadata.get("resource")
        is_one = value is not None and not isinstance(value, list)
        if target and is_one and who.may(resource_named(target).read):
            cell["url"] = url_for(f"{target.replace('-', '_')}.detail", record_id=value)
        return cell

    def detail(self, record_id: uuid.UUID) -> str:
        who = page_actor()
        record = records.record_of(self.resource, who, record_id)
        schema = self.resource.schema()
        groups = [
            {
                "title": gettext(title) if title else "",
                "facts": [
                    {
                        "label": forms.label_of(schema.fields[name], name),
                        "wide": forms.kind_of(schema.fields[name]) in ("textarea", "json"),
                        **self._fact(who, schema, name, record),
                    }
                    for name in names
                    if not schema.fields[name].load_only
                    and may_see(who, schema.fields[name])
                    and name not in self.pages.form_only
                ],
            }
            for title, names in self.pages.groups
        ]
        groups = [group for group in groups if group["facts"]]
        if self.pages.more_facts:
            groups += self.pages.more_facts(who, record)
        actions = list(self.pages.actions(who, record)) if self.pages.actions else []
        if self.pages.editable and who.may(self.resource.write) and self.pages.may_edit(who, record):
            actions.append({"label": gettext("Edit"), "url": self.url("edit", record_id=record.id)})
            if self.resource.deletable:
                actions.append(
                    {
                        "label": gettext("Delete"),
                        "url": self.url("delete", record_id=record.id),
                        "method": "post",
                        "danger": True,
                        "confirm": gettext("Delete this for good?"),
                        "fields": {"version": record.version},
                    }
                )
        return render_template(
            "detail.html",
            title=self.resource.title(record),
            badge=self.pages.badge(record) if self.pages.badge else None,
            actions=actions,
            groups=groups,
            tables=self.pages.tables(who, record) if self.pages.tables else [],
            timelines=self.pages.timelines(who, record) if self.pages.timelines else [],
            history=history_of(who, self.resource, record.id) if self._shows_history(who) else [],
        )

    def _shows_history(self, who: Actor) -> bool:
        needed = self.pages.history
        return needed == "" or (needed is not None and who.may(needed))

    def new(self) -> Answer:
        who = page_actor()
        who.require(self.resource.write)
        title = gettext("New %(noun)s", noun=gettext(self.resource.label).lower())
        form = self._form(who, title, self.url("list_"))
        if request.method == "GET":
            given = {name: value for name, value in request.args.items() if name in form.names}
            return form.drawn({**forms.values_of(form.schema, None), **given})

        def carry_out(data: dict[str, Any]) -> str:
            made = self.pages.create(who, data) if self.pages.create else self._create(who, data)
            return self.url("detail", record_id=made.id)

        return form.sent(who, carry_out, gettext("Saved."))

    def _create(self, who: Actor, data: dict[str, Any]) -> Any:
        return records.create(self.resource, who, data)

    def edit(self, record_id: uuid.UUID) -> Answer:
        who = page_actor()
        who.require(self.resource.write)
        record = records.record_of(self.resource, who, record_id)
        back = self.url("detail", record_id=record_id)
        title = self.resource.title(record)
        if request.method == "GET":
            form = self._form(who, title, back, record.version)
            return form.drawn(forms.values_of(form.schema, record))
        version = version_sent()

        def carry_out(data: dict[str, Any]) -> str:
            if self.pages.change:
                present = records.record_of(self.resource, who, record_id)
                self.pages.change(who, present, version, data)
            else:
                records.change(self.resource, who, record_id, version, data)
            return back

        return self._form(who, title, back, version).sent(who, carry_out, gettext("Saved."))

    def _form(self, who: Actor, title: str, back: str, version: int | None = None) -> FormPage:
        kept = self.pages.withheld(who) if self.pages.withheld else ()
        groups = tuple(
            (heading, tuple(name for name in names if name not in kept))
            for heading, names in self.pages.groups
        )
        schema = self.resource.schema(unknown=EXCLUDE)
        return FormPage(schema=schema, title=title, groups=groups, back=back, version=version)

    def delete(self, record_id: uuid.UUID) -> Response:
        who = page_actor()
        try:
            with transaction(who):
                records.delete(self.resource, who, record_id, version_sent())
        except DomainError as error:
            flash(sentence(error), "error")
            return redirect(self.url("detail", record_id=record_id))
        flash(gettext("Deleted."), "success")
        return redirect(self.url("list_"))

    def options(self) -> str:
        who = page_actor()
        text = request.args.get(request.args.get("field", ""), "") or request.args.get("q", "")
        page = records.page_of(self.resource, who, {"q": text[:200], "page_size": 20})
        titles = dict.fromkeys(self.resource.title(record) for record in page.items)
        return Markup("").join(Markup('<option value="{}"></option>').format(title) for title in titles)


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
    door = resource.name.replace("-", "_")
    drawn = []
    for record in rows:
        row = {name: {"text": forms.shown(schema.fields[name], getattr(record, name))} for name in columns}
        row[columns[0]]["url"] = url_for(f"{door}.detail", record_id=record.id)
        drawn.append(row)
    actions = []
    if every is not None:
        actions.append({"label": gettext("Show all"), "url": url_for(f"{door}.list_", **every)})
    if new is not None and actor.may(resource.write):
        actions.append({"label": gettext("Add"), "url": url_for(f"{door}.new", **new)})
    return {
        "title": title or gettext(resource.label_plural),
        "columns": [{"key": name, "label": forms.label_of(schema.fields[name], name)} for name in columns],
        "rows": drawn,
        "actions": actions,
    }
