"""The HTML door to knowledge."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from core.auth.actors import Actor
from core.errors import mark
from core.pages import Pages, blueprint
from core.verb_pages import Verb, action_of, add_verbs
from dispatch.knowledge import articles
from dispatch.knowledge.models import Article
from dispatch.knowledge.resources import ARTICLES
from dispatch.knowledge.schemas import STATUS_NAMES

TONES = {"draft": "grey", "published": "green"}
VERBS = {
    "publish": Verb(
        name="publish",
        label=mark("Publish"),
        act=lambda actor, article, data: articles.publish(actor, article),
        permission=articles.PUBLISH,
        primary=True,
    ),
    "withdraw": Verb(
        name="withdraw",
        label=mark("Withdraw"),
        act=lambda actor, article, data: articles.withdraw(actor, article),
        permission=articles.PUBLISH,
    ),
}


def _actions(actor: Actor, article: Article) -> list[dict[str, Any]]:
    if not actor.may(articles.PUBLISH):
        return []
    return [action_of("articles", VERBS["publish" if article.status == "draft" else "withdraw"], article)]


bp = blueprint(
    Pages(
        resource=ARTICLES,
        columns=("title", "fault_code", "tags", "status", "updated_at"),
        groups=(
            ("", ("title", "text", "fault_code", "tags", "order_id")),
            ("Publication", ("author_name", "published_at")),
        ),
        filters=("status", "fault_code"),
        actions=_actions,
        badge=lambda article: {"text": gettext(STATUS_NAMES[article.status]), "tone": TONES[article.status]},
        tones={"status": TONES},
        may_edit=articles.may_change,
    ),
    __name__,
)
add_verbs(bp, ARTICLES, tuple(VERBS.values()))
