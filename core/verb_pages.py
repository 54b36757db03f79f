"""Verbs of a record as buttons on its page: done at once, or after a small form of the verb's own schema."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema

from core import forms, records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError
from core.form_pages import Answer, FormPage, version_sent
from core.problems import sentence
from core.resource import Resource
from core.web import page_actor


@dataclass(frozen=True, kw_only=True)
class Verb:
    """Something done to a record.

    Attributes
    ----------
    name : str
        Segment of the path (with ``-`` for ``_``) and end of the endpoint.
    label : str
        English words on the button, a key of the translation catalogue.
    act : callable
        ``act(actor, record, data)`` does it; what it returns is not used.
    schema : type, optional
        What it needs to be told; None: nothing.
    names : tuple of str
        Fields of the schema the form has; empty: all.
    at_once : bool, optional
        Whether the button does it without the form. By default it does where no field is needed; a verb
        done at once that lacks something shows the form then.
    prefilled : callable, optional
        ``prefilled(record)`` gives what the form begins with: text by field.
    permission : str
        What its door asks for before it shows or does anything; empty: the verb asks itself.
    """

    name: str
    label: str
    act: Callable[[Actor, Any, dict[str, Any]], Any]
    schema: type[Schema] | None = None
    names: tuple[str, ...] = ()
    at_once: bool | None = None
    prefilled: Callable[[Any], dict[str, Any]] | None = None
    permission: str = ""
    primary: bool = False
    danger: bool = False

    @property
    def is_at_once(self) -> bool:
        """Tell whether the button does it without asking."""
        if self.at_once is not None or self.schema is None:
            return self.at_once is not False
        return not any(field.required for field in self.schema().fields.values())


def action_of(bp_name: str, verb: Verb, record: Any, *, at_once: bool | None = None) -> dict[str, Any]:
    """Return the button of a verb, as the macros draw it; `at_once` overrules the verb's own."""
    button: dict[str, Any] = {
        "label": gettext(verb.label),
        "url": url_for(f"{bp_name}.{verb.name}", record_id=record.id),
        "primary": verb.primary,
        "danger": verb.danger,
    }
    if verb.is_at_once if at_once is None else at_once:
        button.update(method="post", fields={"version": record.version})
    return button


def add_verbs(
    bp: Blueprint,
    resource: Resource,
    verbs: tuple[Verb, ...],
    *,
    back: Callable[[Any], str] | None = None,
    title: Callable[[Any], str] | None = None,
) -> None:
    """Give a blueprint the address of each verb.

    Parameters
    ----------
    back : callable, optional
        Address of the page that shows the record; by default its own page.
    title : callable, optional
        What the form calls the record; by default as the resource does.
    """

    def shown(record: Any) -> str:
        return url_for(f"{bp.name}.detail", record_id=record.id)

    for verb in verbs:
        door = _VerbDoor(resource, verb, back or shown, title or resource.title)
        path = f"/<uuid:record_id>/{verb.name.replace('_', '-')}"
        bp.add_url_rule(path, verb.name, door, methods=["POST"] if verb.schema is None else ["GET", "POST"])


@dataclass(frozen=True)
class _VerbDoor:
    resource: Resource
    verb: Verb
    back: Callable[[Any], str]
    title: Callable[[Any], str]

    def __call__(self, record_id: uuid.UUID) -> Answer:
        who = page_actor()
        if self.verb.permission:
            who.require(self.verb.permission)
        record = records.record_of(self.resource, who, record_id)
        version = record.version if request.method == "GET" else version_sent()
        schema = self.verb.schema(unknown=EXCLUDE) if self.verb.schema else None
        if schema is None:
            return self._at_once(who, record_id, version)
        form = FormPage(
            schema=schema,
            title=f"{gettext(self.verb.label)}: {self.title(record)}",
            groups=(("", self.verb.names or tuple(schema.fields)),),
            back=self.back(record),
            version=version,
            save_label=gettext(self.verb.label),
        )
        if request.method == "GET":
            given = self.verb.prefilled(record) if self.verb.prefilled else {}
            return form.drawn({**forms.values_of(schema, None), **given})
        return form.sent(who, lambda data: self._done(who, record_id, version, data))

    def _at_once(self, who: Actor, record_id: uuid.UUID, version: int) -> Answer:
        try:
            with transaction(who):
                target = self._done(who, record_id, version, {})
        except DomainError as error:
            flash(sentence(error), "error")
            return redirect(self.back(records.record_of(self.resource, who, record_id)))
        return redirect(target)

    def _done(self, who: Actor, record_id: uuid.UUID, version: int, data: dict[str, Any]) -> str:
        record = records.record_of(self.resource, who, record_id)
        records.check_version(record, version)
        self.verb.act(who, record, data)
        return self.back(record)
