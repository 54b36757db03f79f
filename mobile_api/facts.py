"""What phones say that stands whatever became of the visit; flagged where it was taken away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.auth.actors import Actor
from dispatch.evidence import attachments, notes
from dispatch.knowledge import articles
from dispatch.workorders import positions
from dispatch.workorders.models import Visit
from inventory import field_use, part_requests
from mobile_api.models import Operation


@dataclass(frozen=True)
class Fact:
    """Something a phone says that stands whatever became of the visit: an operation, and where it belongs."""

    actor: Actor
    operation: Operation
    visit: Visit | None
    off_assignment: bool

    @property
    def at(self) -> datetime:
        return self.operation.event_time

    @property
    def its_visit(self) -> Visit:
        assert self.visit is not None
        return self.visit


def _check_in(fact: Fact, **payload: Any) -> None:
    positions.record(fact.operation.engineer_id, "check_in", visit=fact.visit, at=fact.at, **payload)


def _position(fact: Fact, fixes: list[dict[str, Any]]) -> None:
    told = [{**fix, "at": fact.at - timedelta(milliseconds=fix["age_ms"])} for fix in fixes]
    for fix in told:
        del fix["age_ms"]
    positions.record_fixes(fact.operation.engineer_id, fact.visit, told)


def _note(fact: Fact, text: str) -> None:
    notes.write(
        fact.actor,
        fact.operation.id,
        visit=fact.its_visit,
        text=text,
        at=fact.at,
        off_assignment=fact.off_assignment,
    )


def _attachment(fact: Fact, attachment_id: uuid.UUID, **payload: Any) -> None:
    attachments.name(
        fact.actor,
        attachment_id,
        visit=fact.its_visit,
        engineer_id=fact.operation.engineer_id,
        kind=fact.operation.kind,
        at=fact.at,
        off_assignment=fact.off_assignment,
        **payload,
    )


def _article_draft(fact: Fact, tags: list[str], **payload: Any) -> None:
    order_id = fact.visit.order_id if fact.visit else None
    article_id = fact.operation.id
    articles.draft(fact.actor, tags=", ".join(tags), order_id=order_id, article_id=article_id, **payload)


def _part_used(fact: Fact, **payload: Any) -> None:
    field_use.use(fact.actor, **_whose(fact), **payload)


def _part_returned(fact: Fact, **payload: Any) -> None:
    field_use.put_back(fact.actor, **_whose(fact), **payload)


def _whose(fact: Fact) -> dict[str, Any]:
    order_id = fact.visit.order_id if fact.visit else None
    return {"order_id": order_id, "engineer_id": fact.operation.engineer_id}


def _part_request(fact: Fact, **payload: Any) -> None:
    part_requests.request(
        fact.actor,
        **_whose(fact),
        request_id=fact.operation.id,
        **payload,
    )


def _part_request_cancel(fact: Fact, request_id: uuid.UUID) -> None:
    part_requests.cancel(fact.actor, request_id)


FACTS: dict[str, Callable[..., None]] = {
    "check_in": _check_in,
    "position": _position,
    "note": _note,
    "photo": _attachment,
    "signature": _attachment,
    "article_draft": _article_draft,
    "part_used": _part_used,
    "part_returned": _part_returned,
    "part_request": _part_request,
    "part_request_cancel": _part_request_cancel,
}
