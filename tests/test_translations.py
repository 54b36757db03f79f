"""Every sentence and label people can read has its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po
from flask import Flask
from marshmallow import Schema, fields

from core.i18n import _translations
from core.resource import all_resources
from dispatch.workforce.roster_schemas import WeekSchema
from dispatch.workorders.verb_schemas import AddVisitSchema
from dispatch.workorders.verbs import ORDER_VERBS, VISIT_VERBS

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "geo", "inventory", "dispatch", "mobile_api")
SAME = {"API", "App", "VIP", "WGS-84", "GCJ-02", "BD-09", "English", "中文"}
"""Names that are the same in Chinese."""
CALLS = {"mark", "gettext", "_", "lazy_gettext", "_l"}
TEMPLATE = re.compile(r"""\b_\(\s*(?P<quote>['"])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""")


def texts_of_python(path: Path) -> Iterator[str]:
    """Yield what a module marks, and labels, hints and names in the metadata of its schemas."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS and node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value
            for keyword in node.keywords:
                if keyword.arg in ("label", "label_plural") and isinstance(keyword.value, ast.Constant):
                    yield keyword.value.value
                if keyword.arg == "groups":
                    yield from headings(keyword.value)
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                told = isinstance(key, ast.Constant) and key.value in ("label", "hint")
                if told and isinstance(value, ast.Constant):
                    yield value.value


def headings(groups: ast.expr) -> Iterator[str]:
    """Yield the titles of a page's groups."""
    for group in getattr(groups, "elts", []):
        first = getattr(group, "elts", [None])[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def test_every_text_has_its_chinese() -> None:
    known: dict[str, set[str]] = {}
    for catalogue in ROOT.glob("*/**/translations/zh/LC_MESSAGES/messages.po"):
        if "node_modules" in catalogue.parts or ".venv" in catalogue.parts:
            continue
        with catalogue.open("rb") as stream:
            for message in read_po(stream, locale="zh"):
                if message.id and message.string:
                    ids = message.id if isinstance(message.id, tuple) else (message.id,)
                    for each in ids:
                        known.setdefault(each, set()).add(str(message.string))
    missing: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            lacking = {text for text in texts_of_python(path) if text and text not in known}
            if lacking:
                missing[str(path.relative_to(ROOT))] = sorted(lacking)
        for path in (ROOT / package).rglob("*.html"):
            texts = {match["text"] for match in TEMPLATE.finditer(path.read_text())}
            lacking = {text for text in texts if text not in known}
            if lacking:
                missing[str(path.relative_to(ROOT))] = sorted(lacking)
    assert not missing, "\n".join(f"{path}: {texts}" for path, texts in missing.items())
    differing = {text: said for text, said in known.items() if len(said) > 1}
    assert not differing, differing


def test_every_field_of_every_form_has_its_chinese_label(app: Flask) -> None:
    catalogue = _translations("zh")
    schemas = [resource.schema for resource in all_resources()]
    schemas += [schema for schema, _, _ in (*ORDER_VERBS.values(), *VISIT_VERBS.values())]
    told = {text for schema in [*schemas, AddVisitSchema, WeekSchema] for text in texts_of(schema())}
    assert {text for text in told if catalogue.gettext(text) == text and text not in SAME} == set()


def texts_of(schema: Schema) -> Iterator[str]:
    """Yield the labels, hints and names of choices of a form's fields, and of the lists in it."""
    for field in schema.fields.values():
        yield from (field.metadata[key] for key in ("label", "hint") if key in field.metadata)
        yield from (label for label in field.metadata.get("names", {}).values() if label != "—")
        if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            yield from texts_of(field.inner.schema)
