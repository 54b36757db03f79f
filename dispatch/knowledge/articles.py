"""Articles: drafted by whoever learned something, published by who answers for it."""

from __future__ import annotations

import uuid
from typing import Any

from core import clock
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, mark
from dispatch.knowledge.models import Article

WRITE, PUBLISH = "articles.write", "articles.publish"


def draft(
    actor: Actor,
    *,
    title: str,
    text: str,
    fault_code: str = "",
    tags: str = "",
    order_id: uuid.UUID | None = None,
    article_id: uuid.UUID | None = None,
) -> Article:
    """Write down what was learned, for somebody to publish."""
    actor.require(WRITE)
    article = Article(
        id=article_id or uuid.uuid4(),
        title=title.strip(),
        text=text.strip(),
        fault_code=fault_code.strip(),
        tags=plain_tags(tags),
        order_id=order_id,
        author_id=actor.user_id,
        author_name=actor.name,
    )
    db.session.add(article)
    db.session.flush()
    return article


def plain_tags(said: str) -> str:
    """Return tags one way: each once, in the order given, separated by a comma and a space."""
    tags = (tag.strip() for tag in said.replace("，", ",").split(","))
    return ", ".join(dict.fromkeys(tag for tag in tags if tag))


def prepare(actor: Actor, article: Article, data: dict[str, Any], created: bool) -> None:
    """Note the author of a new article; let others' and published ones be changed by who publishes alone.

    Raises
    ------
    Forbidden
        It is somebody else's, or published.
    """
    if created:
        article.author_id, article.author_name = actor.user_id, actor.name
    elif not may_change(actor, article):
        raise Forbidden(mark("A published article, or somebody else's, is changed by who publishes."))
    if "tags" in data:
        data["tags"] = plain_tags(data["tags"])


def may_change(actor: Actor, article: Article) -> bool:
    """Tell whether a person may change an article as it stands."""
    own_draft = article.status == "draft" and article.author_id == actor.user_id
    return actor.may(PUBLISH) or (own_draft and actor.may(WRITE))


def publish(actor: Actor, article: Article) -> Article:
    """Let everybody read an article, on their phones too.

    Raises
    ------
    Conflict
        It is published.
    """
    return _moved(actor, article, "published")


def withdraw(actor: Actor, article: Article) -> Article:
    """Make a published article a draft again.

    Raises
    ------
    Conflict
        It is a draft.
    """
    return _moved(actor, article, "draft")


def _moved(actor: Actor, article: Article, status: str) -> Article:
    actor.require(PUBLISH)
    if article.status == status:
        raise Conflict(mark("Somebody did that already."))
    article.status = status
    article.published_at = clock.now() if status == "published" else None
    db.session.flush()
    return article
