"""What a kind of record is, said once: its table, its schema, who may do what, which rows a person sees.

The JSON door (`core.api`) and the HTML door (`core.pages`) of a kind are both made from its `Resource`, and
the verbs in `core.records` work on every one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement

from core.auth.actors import Actor

_resources: dict[str, Resource] = {}


class RecordSchema(Schema):
    """What every record shows and nobody sets."""

    id = fields.UUID(dump_only=True)
    version = fields.Integer(dump_only=True)
    created_at = fields.AwareDateTime(dump_only=True)
    updated_at = fields.AwareDateTime(dump_only=True)


@dataclass(frozen=True)
class Filter:
    """A query argument of a list: its marshmallow field, and the condition a value stands for."""

    field: fields.Field
    condition: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind of record.

    Attributes
    ----------
    name : str
        Plural; the path's segment and the permissions' prefix (``NAME.read``, ``NAME.write``).
    label, label_plural : str
        English names, keys of the translation catalogue.
    model, schema : type
        Table and marshmallow schema (read-only fields are ``dump_only``).
    title : callable
        What a person calls one record, for pages.
    search : tuple
        Columns a free text is looked for in.
    sort : tuple of str
        Columns a list may be sorted by; the first is the default (``-`` before it: descending).
    filters : dict
        `Filter` by query argument.
    visible : callable, optional
        Actor to the condition on rows they may see; None: all rows.
    prepare : callable, optional
        ``prepare(actor, record, data, created)`` before a change is written: checks and consequences;
        it may change `data`.
    announce : callable, optional
        ``announce(actor, record, created)`` after a change is written: events.
    orderings : dict
        What a list is sorted by, for names of `sort` that are not to be sorted as their column is.
    deletable : bool
        Whether records may be removed where nothing refers to them.
    """

    name: str
    label: str
    label_plural: str
    model: type[Any]
    schema: type[Schema]
    title: Callable[[Any], str] = str
    search: tuple[Any, ...] = ()
    sort: tuple[str, ...] = ("created_at",)
    filters: dict[str, Filter] = field(default_factory=dict)
    visible: Callable[[Actor], ColumnElement[bool] | None] = lambda actor: None
    prepare: Callable[[Actor, Any, dict[str, Any], bool], None] | None = None
    announce: Callable[[Actor, Any, bool], None] | None = None
    orderings: dict[str, Any] = field(default_factory=dict)
    deletable: bool = True

    def __post_init__(self) -> None:
        _resources[self.name] = self

    @property
    def read(self) -> str:
        """Name of the permission to see these records."""
        return f"{self.name}.read"

    @property
    def write(self) -> str:
        """Name of the permission to change these records."""
        return f"{self.name}.write"

    @property
    def sortable(self) -> list[str]:
        """Every value the list's ``sort`` argument may have."""
        names = [name.lstrip("-") for name in self.sort]
        return names + [f"-{name}" for name in names]


def all_resources() -> list[Resource]:
    """Return every kind of record there is."""
    return list(_resources.values())


def resource_named(name: str) -> Resource:
    """Return the resource called `name`, as references name it (``metadata["resource"]``)."""
    return _resources[name]


def resource_of_table(table: str) -> Resource | None:
    """Return the resource that keeps its records in a table, None where there is none."""
    return next((each for each in _resources.values() if each.model.__tablename__ == table), None)
