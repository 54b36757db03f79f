"""The JSON door to knowledge."""

from __future__ import annotations

import uuid
from typing import Any

from core import api, records
from core.db import transaction
from dispatch.knowledge import articles
from dispatch.knowledge.resources import ARTICLES
from dispatch.knowledge.schemas import ArticleSchema

blp = api.blueprint("knowledge", __name__, "Articles about faults and how they are mended")
api.add_resource(blp, ARTICLES, verbs=("create", "change"))


@blp.route("/articles/<uuid:record_id>/publish", methods=["POST"])
@api.needs(articles.PUBLISH)
@blp.response(200, ArticleSchema)
@blp.doc(operationId="publish_article", summary="Let everybody read an article, on their phones too")
def publish(record_id: uuid.UUID) -> Any:
    """Publish."""
    who = api.actor()
    with transaction(who):
        return articles.publish(who, records.record_of(ARTICLES, who, record_id))


@blp.route("/articles/<uuid:record_id>/withdraw", methods=["POST"])
@api.needs(articles.PUBLISH)
@blp.response(200, ArticleSchema)
@blp.doc(operationId="withdraw_article", summary="Make a published article a draft again")
def withdraw(record_id: uuid.UUID) -> Any:
    """Withdraw."""
    who = api.actor()
    with transaction(who):
        return articles.withdraw(who, records.record_of(ARTICLES, who, record_id))
