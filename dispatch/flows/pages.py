"""The HTML door to categories of work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.lists import table_of
from core.pages import Pages, blueprint
from dispatch.flows.models import Category
from dispatch.flows.resources import CATEGORIES


def _under(actor: Actor, category: Category) -> list[dict[str, Any]]:
    if category.parent_id:
        return []
    found = db.session.scalars(
        select(Category).where(Category.parent_id == category.id).order_by(Category.code)
    )
    columns = ("code", "name_zh", "name_en", "default_priority", "duration_s")
    return [table_of(actor, CATEGORIES, found.unique(), columns, new={"parent_id": category.id})]


bp = blueprint(
    Pages(
        resource=CATEGORIES,
        history="categories.history",
        columns=("code", "name_zh", "name_en", "parent_id", "default_priority", "duration_s", "active"),
        groups=(
            ("", ("parent_id", "code", "name_en", "name_zh", "active")),
            (
                "What holds for the work",
                ("default_priority", "duration_s", "response_minutes", "resolution_minutes", "skills"),
            ),
            ("What must be said", ("required_fields", "custom_fields")),
        ),
        filters=("top", "parent_id", "active"),
        tables=_under,
    ),
    __name__,
)
