"""The HTML door every `Resource` gets: list with filters, form, one record with its history.

Made from the same resource and schema as the JSON door; a page only reads the input, calls the verb
and shows the result.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext
from markupsafe import Markup
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from core import forms, lists, records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError
from core.field_text import kind_of, label_of
from core.form_pages import Answer, FormPage, version_sent
from core.history import history_of, may_see
from core.problems import sentence
from core.resource import Resource
from core.web import page_actor


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
    creatable, editable : bool
        Whether there are forms for a new record and for changing one.
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
    tones: lists.Tones | None = None
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
    door = _Door(pages)
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
    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.resource = pages.resource

    def url(self, endpoint: str, **values: Any) -> str:
        return lists.url_of(self.resource, endpoint, **values)

    def list_(self) -> str:
        who = page_actor()
        args, filters = lists.filters_of(self.resource, self.pages.filters)
        page = records.page_of(self.resource, who, args)
        actions = list(self.pages.list_actions(who)) if self.pages.list_actions else []
        if self.pages.creatable and who.may(self.resource.write):
            actions.append({"label": self._new_label(), "url": self.url("new"), "primary": True})
        sort = args.get("sort") or self.resource.sort[0]
        return render_template(
            "list.html",
            title=gettext(self.resource.label_plural),
            actions=actions,
            filters=filters,
            datalists=[field["datalist"] for field in filters if field.get("datalist")],
            columns=lists.columns_of(self.resource, self.pages.columns, sort),
            rows=lists.rows_of(who, self.resource, page.items, self.pages.columns, self.pages.tones),
            page=lists.pager(
                page.page,
                page.total,
                lambda number: self.url("list_", **{**request.args.to_dict(), "page": number}),
            ),
        )

    def _new_label(self) -> str:
        return gettext("New %(noun)s", noun=gettext(self.resource.label).lower())

    def detail(self, record_id: uuid.UUID) -> str:
        who = page_actor()
        record = records.record_of(self.resource, who, record_id)
        schema = self.resource.schema()
        groups = [
            {
                "title": gettext(title) if title else "",
                "facts": [
                    {
                        "label": label_of(schema.fields[name], name),
                        "wide": kind_of(schema.fields[name]) in ("textarea", "json"),
                        **lists.cell_of(who, schema, name, record, self.pages.tones),
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
        form = self._form(who, self._new_label(), self.url("list_"))
        if request.method == "GET":
            return self._drawn(form, None)

        def carry_out(data: dict[str, Any]) -> str:
            if self.pages.create:
                made = self.pages.create(who, data)
            else:
                made = records.create(self.resource, who, data)
            return self.url("detail", record_id=made.id)

        return form.sent(who, carry_out, gettext("Saved."))

    def edit(self, record_id: uuid.UUID) -> Answer:
        who = page_actor()
        who.require(self.resource.write)
        record = records.record_of(self.resource, who, record_id)
        back = self.url("detail", record_id=record_id)
        title = self.resource.title(record)
        if request.method == "GET":
            form = self._form(who, title, back, record.version)
            return self._drawn(form, record)
        version = version_sent()

        def carry_out(data: dict[str, Any]) -> str:
            if self.pages.change:
                present = records.record_of(self.resource, who, record_id)
                self.pages.change(who, present, version, data)
            else:
                records.change(self.resource, who, record_id, version, data)
            return back

        return self._form(who, title, back, version).sent(who, carry_out, gettext("Saved."))

    def _drawn(self, form: FormPage, record: Any) -> str:
        given = {name: value for name, value in request.args.items() if name in form.names}
        return form.drawn({**forms.values_of(form.schema, record), **given})

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
        typed_in = request.args.get("field", "q")
        args: dict[str, Any] = {"q": request.args.get(typed_in, "")[:200], "page_size": 20}
        for name, item in self.resource.filters.items():
            if name != typed_in and request.args.get(name):
                with suppress(ValidationError, ValueError):
                    args[name] = lists.read_filter(item.field, request.args[name])
        page = records.page_of(self.resource, who, args)
        titles = dict.fromkeys(self.resource.title(record) for record in page.items)
        return Markup("").join(Markup('<option value="{}"></option>').format(title) for title in titles)
