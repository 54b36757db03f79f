"""What phones ask most, whether there is anything new: told by one query where there is not.

Everything else, an error too, is left to the ordinary way (`mobile_api.pull`), which gives the same answer.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request
from sqlalchemy import bindparam, exists, select

from core.auth.models import User
from core.auth.passwords import digest
from core.db import db
from core.feed import FeedEntry, FeedHead, FeedHorizon
from dispatch.workforce.models import Engineer
from mobile_api.api import blp
from mobile_api.devices import PREFIX
from mobile_api.documents import VERSIONS
from mobile_api.models import Device
from mobile_api.pull import MOST
from mobile_api.scopes import EVERYBODY, scope_of

_PULL = f"{blp.name}.pull_documents"
_BEARER = f"Bearer {PREFIX}"
_EPOCH = re.compile(r"[0-9a-f]{32}")
_MOST_KNOWN = 20_000
_MINE: tuple[Any, ...] = (bindparam("own"), EVERYBODY)
_NEWER = exists().where(
    FeedEntry.collection == bindparam("name"),
    FeedEntry.scope.in_(_MINE),
    FeedEntry.seq > bindparam("after"),
)
_PURGED = exists().where(
    FeedHorizon.collection == bindparam("name"),
    FeedHorizon.scope.in_(_MINE),
    FeedHorizon.seq > bindparam("after"),
)
_OF_PHONE = (Device.token_digest == bindparam("digest"), Device.status == "active", User.active, ~User.demo)
_NOTHING_NEW = (
    select(FeedHead.id)
    .select_from(Device)
    .join(Engineer, Device.engineer_id == Engineer.id)
    .join(User, Engineer.user_id == User.id)
    .join(FeedHead, FeedHead.epoch == bindparam("epoch"))
    .where(*_OF_PHONE, FeedHead.seq >= bindparam("after"), ~_NEWER, ~_PURGED)
)
_own_scopes: dict[str, str] = {}


def answer() -> Response | None:
    """Answer a phone's pull where nothing is new for it."""
    if request.method != "GET" or request.endpoint != _PULL:
        return None
    token, checkpoint = request.headers.get("Authorization", ""), request.args.get("checkpoint", "")
    if not token.startswith(_BEARER) or not _is_plain():
        return None
    try:
        after, epoch = json.loads(checkpoint)["seq"], json.loads(checkpoint)["epoch"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if type(after) is not int or not 0 <= after < 2**63 or not _EPOCH.fullmatch(str(epoch)):
        return None
    asked = {"digest": digest(token.removeprefix("Bearer ")), "after": after, "epoch": epoch}
    asked["name"] = (request.view_args or {})["collection"]
    if asked["name"] not in VERSIONS or not _is_nothing_new(asked):
        return None
    told = {"documents": [], "checkpoint": {"seq": after, "epoch": epoch}}
    return Response(json.dumps(told), mimetype="application/json")


def _is_plain() -> bool:
    """Tell whether nothing in the question needs looking at."""
    limit = request.args.get("limit", "1")
    return (
        len(limit) < 4
        and limit.isascii()
        and limit.isdecimal()
        and 1 <= int(limit) <= MOST
        and request.args.keys() <= {"checkpoint", "limit"}
        and request.headers.get("X-Schema-Version", "1") in map(str, VERSIONS.values())
    )


def _is_nothing_new(asked: dict[str, Any]) -> bool:
    with db.engine.connect() as connection:
        own = _own_scopes.get(asked["digest"])
        if own is None:
            query = select(Device.engineer_id).where(Device.token_digest == asked["digest"])
            engineer_id = connection.scalar(query)
            if engineer_id is None:
                return False
            if len(_own_scopes) >= _MOST_KNOWN:
                _own_scopes.clear()
            # Whose a phone is never changes; whether it still is one is asked every time.
            own = _own_scopes[asked["digest"]] = scope_of(engineer_id)
        return connection.scalar(_NOTHING_NEW, asked | {"own": own}) is not None
