"""A form that is drawn from a schema, sent, and drawn again with what was typed where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext
from marshmallow import Schema, ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from core import forms
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError
from core.problems import sentence, sentence_of_refusal

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """One form.

    Attributes
    ----------
    groups : tuple of (title, field names)
        What is drawn; the title may be empty. Fields that are only shown are left out.
    back : str
        Address the person returns to without saving.
    version : int, optional
        The version of the record the form was drawn from.
    save_label : str
        Words on the button, in the reader's language; empty: Save.
    """

    schema: Schema
    title: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    back: str
    version: int | None = None
    save_label: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that can be filled in."""
        every = (name for _, group in self.groups for name in group)
        return tuple(name for name in every if not self.schema.fields[name].dump_only)

    def drawn(
        self, values: dict[str, Any], errors: dict[str, Any] | None = None, said: list[str] | None = None
    ) -> str:
        """Return the page with `values` as text, sentences by field, and sentences of no field."""
        groups: list[dict[str, Any]] = []
        for heading, names in self.groups:
            settable = tuple(name for name in names if name in self.names)
            if settable:
                drawn = forms.form_fields(self.schema, settable, values, errors or {})
                groups.append({"title": gettext(heading) if heading else "", "fields": drawn})
        return render_template(
            "form.html",
            title=self.title,
            groups=groups,
            errors=said or [],
            version=self.version,
            save_label=self.save_label or None,
            cancel_url=self.back,
            datalists=[f["datalist"] for group in groups for f in group["fields"] if f.get("datalist")],
        )

    def sent(self, who: Actor, carry_out: Callable[[dict[str, Any]], str], done: str = "") -> Answer:
        """Read what was sent and do it in one transaction; faults show the form again.

        Parameters
        ----------
        carry_out : callable
            Takes what the schema loaded and returns the address to go to.
        done : str
            What is said afterwards, in the reader's language; empty: nothing.
        """
        values = forms.sent_values(self.schema, self.names, request.form)
        raw, errors = forms.read(self.schema, values)
        said: list[str] = []
        status = 422
        try:
            data = self.schema.load(raw)
            if errors:
                raise ValidationError({})
            with transaction(who):
                target = carry_out(data)
            if done:
                flash(done, "success")
            return redirect(target)
        except ValidationError as error:
            messages: dict[str, Any] = error.normalized_messages()
            errors = {**messages, **errors}
            said = forms.sentences(messages.get("_schema"))
        except DomainError as error:
            errors, said, status = {**error.fields}, [sentence(error)], error.status
        except IntegrityError as error:
            said, status = [sentence_of_refusal(error)], 409
        return self.drawn(values, errors, self._of_no_field(errors, said)), status

    def _of_no_field(self, errors: dict[str, Any], said: list[str]) -> list[str]:
        """Return what is to be said above the form: nothing that stands beside a field already."""
        beside = {text for name in self.names for text in forms.sentences(errors.get(name))}
        others = [
            (name, text)
            for name, error in errors.items()
            if name not in self.names and name != "_schema"
            for text in forms.sentences(error)
        ]
        known = beside | set(said)
        return [text for text in said if text not in beside] + [
            f"{name}: {text}" for name, text in others if text not in known
        ]


def version_sent() -> int:
    """Return the version a form was drawn from, -1 where none is sent."""
    sent = request.form.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else -1
