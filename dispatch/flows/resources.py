"""Categories as a resource."""

from __future__ import annotations

from marshmallow import fields

from core.errors import mark
from core.i18n import reader_language
from core.resource import Filter, Resource
from dispatch.flows import categories
from dispatch.flows.models import Category
from dispatch.flows.schemas import CategorySchema


def title_of(category: Category) -> str:
    """Return the category's name in the reader's language, after its type's."""
    names = [each.name_zh if reader_language() == "zh" else each.name_en for each in _path(category)]
    return " / ".join(names)


def _path(category: Category) -> list[Category]:
    return [category.parent, category] if category.parent else [category]


CATEGORIES = Resource(
    name="categories",
    label=mark("Category"),
    label_plural=mark("Categories"),
    model=Category,
    schema=CategorySchema,
    title=title_of,
    search=(Category.code, Category.name_en, Category.name_zh),
    sort=("code", "name_en", "name_zh", "created_at"),
    filters={
        "parent_id": Filter(
            fields.UUID(metadata={"label": "Under the type", "resource": "categories"}),
            lambda value: Category.parent_id == value,
        ),
        "top": Filter(
            fields.Boolean(
                metadata={"label": "Types only", "description": "true: only what is under nothing"}
            ),
            lambda value: Category.parent_id.is_(None) if value else Category.parent_id.is_not(None),
        ),
        "code": Filter(fields.String(metadata={"label": "Code"}), lambda value: Category.code == value),
        "active": Filter(
            fields.Boolean(metadata={"label": "Active"}), lambda value: Category.active == value
        ),
    },
    prepare=categories.prepare,
)
