"""What an engineer learned becomes an article; what is published is on every phone."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.db import db
from dispatch.knowledge.models import Article
from dispatch.workorders.models import Visit
from tests.dispatch.workorder_world import HOUR, MORNING, World
from tests.mobile_api.test_push import Sender, said

LEARNED = {
    "title": "Pump hums, does not turn",
    "text": "The capacitor is dead: change it.",
    "fault_code": "P-12",
    "tags": ["pump", "capacitor", "pump"],
}


@pytest.fixture
def sender(world: World, phone_of: Any, visit: Visit) -> Any:
    with clock.freeze(MORNING + HOUR):
        yield Sender(phone_of(world.expert), visit)


def test_a_draft_from_a_phone_is_published_and_reaches_all_phones(
    world: World, sender: Sender, visit: Visit, phone_of: Any, client_of: Any
) -> None:
    op = sender.op("article_draft", payload=LEARNED)
    assert said(sender.send(op)) == [("applied", "")]
    db.session.rollback()
    article = db.session.query(Article).one()
    assert (str(article.id), article.order_id, article.tags) == (op["id"], visit.order_id, "pump, capacitor")
    assert sender.phone.pull("articles") == {}
    reviewer = client_of("reviewer")
    published = reviewer.post(f"/api/v1/articles/{article.id}/publish", json={})
    assert (published.status_code, published.json["status"]) == (200, "published")
    other = phone_of(world.other)
    for phone in (sender.phone, other):
        (document,) = phone.pull("articles").values()
        assert document["tags"] == ["pump", "capacitor"]
        assert document["text"] == LEARNED["text"]
    assert reviewer.post(f"/api/v1/articles/{article.id}/publish", json={}).status_code == 409
    assert reviewer.post(f"/api/v1/articles/{article.id}/withdraw", json={}).status_code == 200
    assert other.pull("articles") == {}


def test_a_long_draft_in_chinese_is_taken(sender: Sender) -> None:
    said = {"title": "门机", "text": "同步带松动。" * 3_000, "fault_code": "", "tags": []}
    (answer,) = sender.send(sender.op("article_draft", payload=said))
    assert answer["outcome"] == "applied"


def test_drafts_are_seen_by_their_author_and_by_who_publishes(client_of: Any) -> None:
    author, other, reviewer = client_of("agent"), client_of("dispatcher"), client_of("manager")
    said_so = {"title": "T", "text": "long text", "tags": "a， b,,a"}
    made = author.post("/api/v1/articles", json=said_so)
    assert made.status_code == 201
    assert made.json["tags"] == "a, b"
    path = f"/api/v1/articles/{made.json['id']}"
    assert [client.get(path).status_code for client in (author, other, reviewer)] == [200, 404, 200]
    changed = author.patch(path, {"title": "Better"}, made.headers["ETag"])
    assert changed.status_code == 200
    assert author.post(f"{path}/publish", json={}).status_code == 403
    reviewer.post(f"{path}/publish", json={})
    assert other.get("/api/v1/articles?q=long").json["items"][0]["title"] == "Better"
    etag = author.get(path).headers["ETag"]
    assert author.patch(path, {"title": "Worse"}, etag).status_code == 403
    assert author.delete(path, etag).status_code in (403, 405)
    assert author.get(path).status_code == 200


def test_the_page_shows_an_article_and_its_publication(client_of: Any, browser: Any) -> None:
    made = client_of("agent").post(
        "/api/v1/articles", json={"title": "Lift stops", "text": "Look at the door."}
    )
    path, reviewer = f"/articles/{made.json['id']}", browser("reviewer")
    assert "Look at the door." in reviewer.get(path).text
    reviewer.press(path, f"{path}/publish")
    assert "Published" in reviewer.get(path).text


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"text": ""}, {"tags": "pump"}, {"tags": [""]}, {"tags": ["x"] * 9}]
)
def test_rubbish_makes_no_article(sender: Sender, wrong: dict[str, Any]) -> None:
    assert said(sender.send(sender.op("article_draft", payload=LEARNED | wrong))) == [("rejected", "invalid")]
    assert db.session.query(Article).count() == 0
