"""Categories: kinds of work, found by code, with what holds for them; checked when they change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Invalid, mark
from dispatch.flows import rules
from dispatch.flows.models import Category
from dispatch.flows.rules import EffectiveCategory


def effective(category: Category) -> EffectiveCategory:
    """Return what holds for work of this category, its parent's settings where it has none."""
    return rules.effective(category, category.parent)


def by_code(type_code: str, sub_code: str = "") -> Category | None:
    """Return the active type with this code, or the active sub-type under it; None where there is none."""
    found = _in_use(None, type_code)
    return _in_use(found, sub_code) if found is not None and sub_code else found


def _in_use(parent: Category | None, code: str) -> Category | None:
    parent_id = parent.id if parent else None
    query = select(Category).where(Category.parent_id == parent_id, Category.code == code, Category.active)
    return db.session.scalar(query)


def prepare(actor: Actor, category: Category, data: dict[str, Any], created: bool) -> None:
    """Check a category's place among the others before it is written.

    Raises
    ------
    Invalid
        There would be more than two levels.
    Conflict
        Another category at the same place has this code.
    """
    parent_id = data.get("parent_id", category.parent_id)
    if parent_id is not None:
        _refuse_third_level(category, parent_id)
    code = data.get("code", category.code)
    same = select(Category.id).where(
        Category.parent_id == parent_id, Category.code == code, Category.id != category.id
    )
    if db.session.scalar(same.limit(1)) is not None:
        raise Conflict(
            mark("There is a category with the code %(given)s here already; choose another code."),
            fields={"code": [mark("It is in use already.")]},
            given=code,
        )


def _refuse_third_level(category: Category, parent_id: Any) -> None:
    parent = db.session.get(Category, parent_id)
    has_children = category.id is not None and db.session.scalar(
        select(Category.id).where(Category.parent_id == category.id).limit(1)
    )
    if parent_id == category.id:
        message = mark("A category is not under itself; leave the type empty.")
    elif parent is not None and parent.parent_id is not None:
        message = mark("There are two levels: choose a type that is not itself under another.")
    elif has_children:
        message = mark("There are two levels: this one has sub-types, so it cannot be under another.")
    else:
        return
    raise Invalid(message, fields={"parent_id": [message]})
