"""Articles as a resource: who sees drafts."""

from __future__ import annotations

from marshmallow import fields, validate
from sqlalchemy import ColumnElement

from core.auth.actors import Actor
from core.errors import mark
from core.resource import Filter, Resource
from dispatch.knowledge import articles
from dispatch.knowledge.models import ARTICLE_STATUSES, Article
from dispatch.knowledge.schemas import STATUS_NAMES, ArticleSchema


def _published_or_own(actor: Actor) -> ColumnElement[bool] | None:
    if actor.may(articles.PUBLISH):
        return None
    return (Article.status == "published") | (Article.author_id == actor.user_id)


ARTICLES = Resource(
    name="articles",
    label=mark("Article"),
    label_plural=mark("Knowledge"),
    model=Article,
    schema=ArticleSchema,
    title=lambda article: article.title,
    search=(Article.title, Article.text, Article.fault_code, Article.tags),
    sort=("-updated_at", "title", "fault_code", "published_at"),
    filters={
        "status": Filter(
            fields.String(
                validate=validate.OneOf(ARTICLE_STATUSES), metadata={"label": "Status", "names": STATUS_NAMES}
            ),
            lambda value: Article.status == value,
        ),
        "fault_code": Filter(
            fields.String(metadata={"label": "Fault code"}), lambda value: Article.fault_code == value
        ),
    },
    visible=_published_or_own,
    prepare=articles.prepare,
    deletable=False,
)
