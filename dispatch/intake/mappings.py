"""What a mapping makes of a row: texts out of columns, values out of texts (see `mapping_documents`).

Headings are compared without case; an underscore is a space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Values
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.errors import Invalid, mark
from dispatch.intake.targets import Context, Target
from geo.datum import Datum

_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class RowError:
    """What is wrong with a cell: the column, and a sentence with its facts (translated where shown)."""

    column: str
    message: str
    facts: Values[str, Any]


class Template:
    """A text with places for columns, such as ``{Street}, {City}``."""

    def __init__(self, text: str) -> None:
        self.columns = tuple(_PLACE.findall(text))
        self.keys = tuple(_key(column) for column in self.columns)
        self._pieces = _PLACE.split(text)[::2]
        self._is_cell = self._pieces == ["", ""]

    def filled(self, cells: Values[str, str]) -> str:
        """Return the text with its places filled, empty where one of the columns is."""
        if self._is_cell:
            return cells.get(self.keys[0], "")
        found = [cells.get(key, "") for key in self.keys]
        if not found or not all(found):
            return ""
        return self._pieces[0] + "".join(map(str.__add__, found, self._pieces[1:]))


@dataclass(frozen=True)
class Rule:
    """Where one field's text comes from."""

    templates: tuple[Template, ...]
    constant: str | None
    default: str | None
    values: Values[str, str]
    required: bool
    context: Context

    @property
    def label(self) -> str:
        """The columns it reads, for sentences."""
        return " / ".join(dict.fromkeys(c for template in self.templates for c in template.columns))

    def text_of(self, cells: Values[str, str]) -> tuple[str, str]:
        """Return the text and the column it came from; both empty where nothing is filled."""
        if self.constant is not None:
            return self.constant, ""
        for template in self.templates:
            text = template.filled(cells)
            if text:
                return text, template.columns[0]
        return "", ""


@dataclass(frozen=True)
class Mapping:
    """How rows of a file become records of one kind."""

    kind: str
    source: str
    datum: Datum
    empty: frozenset[str]
    create: frozenset[str]
    rules: Values[str, Rule]
    targets: Values[str, Target]

    def check_columns(self, columns: tuple[str, ...]) -> None:
        """Raise Invalid unless the file has a column for every field rows must have, and no two for one."""
        present: dict[str, str] = {}
        read = {key for rule in self.rules.values() for template in rule.templates for key in template.keys}
        for column in filter(None, columns):
            first = present.setdefault(_key(column), column)
            if first != column and _key(column) in read:
                message = mark("The columns %(first)s and %(column)s are called the same: rename one.")
                raise Invalid(message, first=first, column=column)
        for name, rule in self.rules.items():
            fed = any(present.keys() >= set(template.keys) for template in rule.templates)
            if not fed and rule.required and rule.constant is None and rule.default is None:
                message = mark(
                    "The file has no column %(column)s, needed for %(field)s. It has: %(columns)s."
                )
                shown = ", ".join(column for column in columns if column)[:500]
                raise Invalid(message, code="column_missing", column=rule.label, field=name, columns=shown)

    def read(self, row: Values[str, str]) -> tuple[dict[str, Any], list[RowError]]:
        """Return the values of one row by field (only filled ones), and what is wrong with it."""
        cells = {_key(column): cell for column, cell in row.items() if cell not in self.empty}
        values: dict[str, Any] = {}
        errors = []
        for name, rule in self.rules.items():
            text, column = rule.text_of(cells)
            if rule.values and text:
                text = rule.values.get(text.casefold(), "" if rule.default is not None else text)
            text = text or rule.default or ""
            if not text:
                if rule.required:
                    errors.append(RowError(rule.label, mark("This must not be empty."), {}))
                continue
            try:
                values[name] = self.targets[name].read(text, rule.context)
            except Invalid as error:
                errors.append(RowError(column or rule.label or name, error.message, error.facts))
        return values, errors

    def column_of(self, field: str) -> str:
        """Return how the file calls a field, for sentences."""
        rule = self.rules.get(field)
        return (rule.label if rule else "") or field


@lru_cache(maxsize=4096)
def _key(column: str) -> str:
    return column.casefold().replace("_", " ").strip()
