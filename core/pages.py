"""The HTML door every `Resource` gets: list with filters, form, one record with its history.

Made from the same resource and schema as the JSON door; a page only reads the input, calls the verb
and shows the result.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup, escape
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from core import audit, forms, records
from core.auth.actors import Actor
from core.db import db, transaction
from core.errors import DomainError
from core.problems import sentence
from core.records import Resource
from core.web import page_actor

PAGE_SIZE = 50
Answer = str | Response | tuple[str, int]


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
    creatable: bool = True
    editable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """All fields of the form, in order."""
        return tuple(name for _, group in self.groups for name in group)

    @property
    def form_names(self) -> tuple[str, ...]:
        """The fields of the form that can be set."""
        schema = self.resource.schema()
        return tuple(name for name in self.names if not schema.fields[name].dump_only)


def may_see(actor: Actor, field: fields.Field) -> bool:
    """Tell whether the person may see a field; its metadata may name a ``permission``."""
    needed = field.metadata.get("permission")
    return needed is None or actor.may(needed)


def blueprint(pages: Pages, module: str) -> Blueprint:
    """Return the blueprint with the pages of one resource; its name is the resource's (with ``_``)."""
    resource = pages.resource
    forms.register(resource)
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
            rows=[self._row(schema, record) for record in page.items],
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
        args["page"] = min(int(page), 100_000) if page.isdigit() and page != "0" else 1
        if request.args.get("sort") in records.sortable(self.resource):
            args["sort"] = request.args["sort"]
        for name in self.pages.filters:
            field = self.resource.filters[name].field
            raw = request.args.get(name, "")
            drawn.append(self._drawn_filter(name, field, raw))
            if not raw:
                continue
            try:
                text = forms._read_text(field, raw) if field.metadata.get("resource") else raw
                args[name] = field.deserialize([text] if isinstance(field, fields.List) else text)
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
            drawn = forms._form_field(name, field, raw, None)
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

    def _row(self, schema: Schema, record: Any) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for index, name in enumerate(self.pages.columns):
            cell = self._fact(schema, name, record)
            if index == 0:
                cell["url"] = self.url("detail", record_id=record.id)
            row[name] = cell
        return row

    def _fact(self, schema: Schema, name: str, record: Any) -> dict[str, Any]:
        field = schema.fields[name]
        value = field.get_value(record, name)
        value = None if value is fields.missing_ else value
        cell: dict[str, Any] = {"text": forms.shown(field, value)}
        tone = (self.pages.tones or {}).get(name, {}).get(str(value))
        if tone:
            cell["tone"] = tone
        target = field.metadata.get("resource")
        if target and value is not None:
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
                    {"label": forms.label_of(schema.fields[name], name), **self._fact(schema, name, record)}
                    for name in names
                    if not schema.fields[name].load_only and may_see(who, schema.fields[name])
                ],
            }
            for title, names in self.pages.groups
            if any(may_see(who, schema.fields[name]) for name in names)
        ]
        if self.pages.more_facts:
            groups += self.pages.more_facts(who, record)
        actions = list(self.pages.actions(who, record)) if self.pages.actions else []
        if self.pages.editable and who.may(self.resource.write):
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
            history=history_of(record.id, schema, who),
        )

    def new(self) -> Answer:
        who = page_actor()
        who.require(self.resource.write)
        schema = self.resource.schema(unknown=EXCLUDE)
        title = gettext("New %(noun)s", noun=gettext(self.resource.label).lower())
        if request.method == "GET":
            values = {**forms.values_of(schema, None), **self._prefilled(schema)}
            return self._form(schema, title, values, {}, None, self.url("list_"))

        def carry_out(data: dict[str, Any]) -> Any:
            if self.pages.create:
                return self.pages.create(who, data)
            return records.create(self.resource, who, data)

        return self._save(who, schema, title, carry_out, None, self.url("list_"))

    def _prefilled(self, schema: Schema) -> dict[str, str]:
        prefilled = {}
        for name, value in request.args.items():
            field = schema.fields.get(name)
            if field is not None and not field.dump_only:
                target = field.metadata.get("resource")
                try:
                    prefilled[name] = forms.title_of(target, uuid.UUID(value)) if target else value
                except ValueError:
                    prefilled[name] = value
        return prefilled

    def edit(self, record_id: uuid.UUID) -> Answer:
        who = page_actor()
        who.require(self.resource.write)
        record = records.record_of(self.resource, who, record_id)
        schema = self.resource.schema(unknown=EXCLUDE)
        title = self.resource.title(record)
        back = self.url("detail", record_id=record_id)
        if request.method == "GET":
            return self._form(schema, title, forms.values_of(schema, record), {}, record.version, back)
        sent = request.form.get("version", "")
        version = int(sent) if sent.isdigit() and len(sent) < 10 else -1

        def carry_out(data: dict[str, Any]) -> Any:
            if self.pages.change:
                present = records.record_of(self.resource, who, record_id)
                return self.pages.change(who, present, version, data)
            return records.change(self.resource, who, record_id, version, data)

        return self._save(who, schema, title, carry_out, version, back)

    def _save(
        self,
        who: Actor,
        schema: Schema,
        title: str,
        carry_out: Callable[[dict[str, Any]], Any],
        version: int | None,
        back: str,
    ) -> Answer:
        values = forms.sent_values(schema, self.pages.form_names, request.form)
        raw, errors = forms.read(schema, values, who)
        said: list[str] = []
        status = 422
        try:
            if errors:
                raise ValidationError({})
            data = schema.load(raw)
            with transaction(who):
                record = carry_out(data)
            flash(gettext("Saved."), "success")
            return redirect(self.url("detail", record_id=record.id))
        except ValidationError as error:
            messages = error.normalized_messages()
            errors = {**messages, **errors}
            said = forms._sentences(messages.get("_schema"))
        except DomainError as error:
            errors, said, status = {**error.fields}, [sentence(error)], error.status
        except IntegrityError:
            db.session.rollback()
            said, status = [gettext("Something with this key exists already.")], 409
        said += [
            f"{name}: {text}"
            for name, error in errors.items()
            if name not in self.pages.form_names and name != "_schema"
            for text in forms._sentences(error)
        ]
        return self._form(schema, title, values, errors, version, back, said), status

    def _form(
        self,
        schema: Schema,
        title: str,
        values: dict[str, Any],
        errors: dict[str, Any],
        version: int | None,
        back: str,
        said: list[str] | None = None,
    ) -> str:
        groups = []
        for heading, names in self.pages.groups:
            settable = tuple(name for name in names if not schema.fields[name].dump_only)
            if settable:
                drawn = forms.form_fields(schema, settable, values, errors)
                groups.append({"title": gettext(heading) if heading else "", "fields": drawn})
        return render_template(
            "form.html",
            title=title,
            groups=groups,
            errors=said or [],
            version=version,
            cancel_url=back,
            datalists=[f["datalist"] for group in groups for f in group["fields"] if f.get("datalist")],
        )

    def delete(self, record_id: uuid.UUID) -> Response:
        who = page_actor()
        sent = request.form.get("version", "")
        try:
            with transaction(who):
                records.delete(self.resource, who, record_id, int(sent) if sent.isdigit() else -1)
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


def history_of(record_id: Any, schema: Schema | None, actor: Actor) -> list[dict[str, Any]]:
    """Return a record's audit entries as `detail.html` shows them, without what the person may not see."""
    from core.web import local_time

    words = {"create": gettext("created"), "update": gettext("changed"), "delete": gettext("deleted")}
    told = []
    for entry in audit.history(record_id):
        names = [*(entry.before or {}), *(n for n in (entry.after or {}) if n not in (entry.before or {}))]
        changes = [
            {
                "field": _label(schema, name),
                "before": _short((entry.before or {}).get(name)),
                "after": _short((entry.after or {}).get(name)),
            }
            for name in names
            if entry.action == "update" and _may_see(actor, schema, name)
        ]
        told.append(
            {
                "at": local_time(entry.at, "medium"),
                "actor": entry.actor_name,
                "action": words[entry.action],
                "changes": changes,
            }
        )
    return told


def _may_see(actor: Actor, schema: Schema | None, name: str) -> bool:
    field = schema.fields.get(name) if schema else None
    return field is None or may_see(actor, field)


def _label(schema: Schema | None, name: str) -> str:
    field = schema.fields.get(name) if schema else None
    return forms.label_of(field, name) if field is not None else name


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "…"


def link(text: str, url: str) -> Markup:
    """Return a safe link."""
    return Markup('<a href="{}">{}</a>').format(url, escape(text))
