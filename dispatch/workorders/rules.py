"""What may follow what, as data: the transition table of orders and visits, stages and colours.

An order's status is never set. It follows from what was last decided about the order as a whole and
from where its visits have come; a visit's status follows from the verbs done to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.errors import mark

Key = TypeVar("Key")

OPEN_VISITS = ("created", "dispatched", "accepted", "en_route", "arrived", "on_hold", "in_progress")
"""Visit statuses from which a visit can still be completed, the least far along first."""
MOVABLE_VISITS = ("created", "dispatched", "accepted")
"""Visit statuses in which a plan may still give the visit to somebody else or to another time."""
OPEN_ORDERS = ("created", "triaged", *OPEN_VISITS[1:])
"""Order statuses in which work is still to be done, the least far along first."""
FINAL_ORDERS = ("closed", "followed_up", "cancelled", "merged")
DECISIONS = ("created", "triaged", "on_hold", "approved", "confirmed", *FINAL_ORDERS)
"""What was last decided about an order as a whole."""
GEOFENCE_M = 300
"""Farther from the site than this, a check-in is flagged [m]."""
SHORTEST_S, LONGEST_S = 60, 86_400
"""Least and most time a visit's work takes [s]."""
FIRST_YEAR, LAST_YEAR = 2000, 2099
INCOMPLETE_REASONS = {
    "customer_absent": mark("Customer absent"),
    "no_access": mark("No access"),
    "unsafe": mark("Unsafe"),
    "needs_part": mark("Needs a part"),
    "needs_skill": mark("Needs another skill"),
    "out_of_time": mark("Ran out of time"),
}


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Attributes
    ----------
    label : str
        English name of the verb.
    before : tuple of str
        Statuses in which it can be done.
    to : str or None
        Status of a visit afterwards, None: it stays. For orders: what is decided, None: as before.
    roles : frozenset of str
        Who may do it. An engineer may only where the visit is their own; an administrator and the
        system always may.
    needs_reason : bool
    decides : str or None
        For visits: what it decides about the order as a whole.
    """

    label: str
    before: tuple[str, ...]
    to: str | None
    roles: frozenset[str]
    needs_reason: bool = False
    decides: str | None = None


def _by(*roles: str) -> frozenset[str]:
    return frozenset(roles)


_DISPATCHER, _ENGINEER = _by("dispatcher"), _by("engineer")

VISIT_TRANSITIONS: Mapping[str, Transition] = {
    "dispatch": Transition(mark("Dispatch"), ("created",), "dispatched", _DISPATCHER, decides="triaged"),
    "reassign": Transition(mark("Reassign"), ("dispatched", "accepted"), "dispatched", _DISPATCHER),
    "reschedule": Transition(mark("Reschedule"), ("dispatched", "accepted"), None, _DISPATCHER),
    "unschedule": Transition(mark("Take off the plan"), ("dispatched", "accepted"), "created", _DISPATCHER),
    "lock": Transition(mark("Lock"), ("dispatched", "accepted"), None, _DISPATCHER),
    "unlock": Transition(mark("Unlock"), ("dispatched", "accepted"), None, _DISPATCHER),
    "accept": Transition(mark("Accept"), ("dispatched",), "accepted", _ENGINEER),
    "decline": Transition(
        mark("Decline"),
        ("dispatched", "accepted"),
        "created",
        _ENGINEER,
        needs_reason=True,
    ),
    "depart": Transition(mark("Depart"), ("accepted",), "en_route", _ENGINEER),
    "arrive": Transition(mark("Arrive"), ("en_route",), "arrived", _ENGINEER),
    "start": Transition(mark("Start"), ("arrived",), "in_progress", _ENGINEER),
    "hold": Transition(
        mark("Hold"), ("arrived", "in_progress"), "on_hold", _by("engineer", "dispatcher"), needs_reason=True
    ),
    "resume": Transition(mark("Resume"), ("on_hold",), "in_progress", _by("engineer", "dispatcher")),
    "complete": Transition(mark("Complete"), ("in_progress",), "completed", _ENGINEER),
    "end_incomplete": Transition(
        mark("End incomplete"),
        ("accepted", "en_route", "arrived", "in_progress", "on_hold"),
        "incomplete",
        _ENGINEER,
        needs_reason=True,
    ),
    "send_back": Transition(
        mark("Send back"), ("completed",), "in_progress", _by("reviewer"), needs_reason=True
    ),
    "cancel": Transition(
        mark("Cancel"), OPEN_VISITS, "cancelled", _by("dispatcher", "agent"), needs_reason=True
    ),
}

_DESK = _by("agent", "dispatcher")
_BEFORE_DEPARTURE = ("created", "triaged", "dispatched", "accepted", "on_hold")

ORDER_TRANSITIONS: Mapping[str, Transition] = {
    "triage": Transition(mark("Triage"), ("created", "triaged"), "triaged", _DESK),
    "merge": Transition(mark("Merge"), _BEFORE_DEPARTURE, "merged", _DESK),
    "take_in": Transition(mark("Take in"), OPEN_ORDERS, None, _DESK),
    "add_visit": Transition(mark("Add a visit"), OPEN_ORDERS, None, _DISPATCHER),
    "resume": Transition(mark("Resume"), ("on_hold",), "triaged", _DESK),
    "cancel": Transition(mark("Cancel"), OPEN_ORDERS, "cancelled", _DESK, needs_reason=True),
    "approve": Transition(mark("Approve"), ("completed",), "approved", _by("reviewer")),
    "reject": Transition(mark("Reject"), ("completed",), None, _by("reviewer"), needs_reason=True),
    "confirm": Transition(mark("Confirm"), ("awaiting_confirmation",), "confirmed", _by("customer", "agent")),
    "dispute": Transition(
        mark("Dispute"),
        ("awaiting_confirmation",),
        "triaged",
        _by("customer", "agent"),
        needs_reason=True,
    ),
    "close": Transition(mark("Close"), ("awaiting_confirmation",), "closed", _by("agent")),
    "follow_up": Transition(mark("Follow up"), ("closed",), "followed_up", _by("agent")),
    "reopen": Transition(
        mark("Reopen"),
        ("closed", "followed_up"),
        "triaged",
        _by("customer", "agent"),
        needs_reason=True,
    ),
}

ENGINEER_VERBS = frozenset(verb for verb, row in VISIT_TRANSITIONS.items() if "engineer" in row.roles)


@dataclass(frozen=True)
class StatusStyle:
    """How a status is shown: its English and Chinese name, the stage it belongs to, its colour."""

    en: str
    zh: str
    stage: str
    colour: str


STAGES = {
    "create": (mark("Create"), "创建"),
    "assign": (mark("Assign"), "分配"),
    "process": (mark("Process"), "处理"),
    "review": (mark("Review"), "审核"),
    "close": (mark("Close the loop"), "闭环"),
    "none": (mark("Outside the flow"), "流程之外"),
}
"""The five stages of an order, in order, with English and Chinese names; "none" for those left aside."""
COLOURS = ("grey", "yellow", "green", "blue", "neutral")
STATUSES: Mapping[str, StatusStyle] = {
    "created": StatusStyle(mark("Created"), "创建", "create", "grey"),
    "triaged": StatusStyle(mark("Triaged"), "已分类", "assign", "grey"),
    "dispatched": StatusStyle(mark("Dispatched"), "派发", "assign", "grey"),
    "accepted": StatusStyle(mark("Accepted"), "接单", "process", "yellow"),
    "en_route": StatusStyle(mark("En route"), "出发", "process", "yellow"),
    "arrived": StatusStyle(mark("Arrived"), "到达", "process", "yellow"),
    "in_progress": StatusStyle(mark("In progress"), "处理", "process", "yellow"),
    "on_hold": StatusStyle(mark("On hold"), "挂起", "process", "yellow"),
    "completed": StatusStyle(mark("Completed"), "完成", "review", "green"),
    "awaiting_confirmation": StatusStyle(mark("Awaiting confirmation"), "待客户确认", "review", "green"),
    "closed": StatusStyle(mark("Closed"), "关闭", "close", "blue"),
    "followed_up": StatusStyle(mark("Followed up"), "回访", "close", "blue"),
    "cancelled": StatusStyle(mark("Cancelled"), "已取消", "none", "neutral"),
    "merged": StatusStyle(mark("Merged"), "已合并", "none", "neutral"),
    "incomplete": StatusStyle(mark("Incomplete"), "未完成", "none", "neutral"),
    "declined": StatusStyle(mark("Declined"), "已拒单", "none", "neutral"),
}
"""Every status of orders and visits; the last two are of visits only."""


def order_status(decision: str, visits: Iterable[tuple[str, bool]]) -> str:
    """Return the status of an order.

    Parameters
    ----------
    decision : str
        What was last decided about it, one of `DECISIONS`.
    visits : iterable of (status, required)
        Its visits; the order is completed only when every required one is. A visit that ended without
        being completed counts through the one that follows it.
    """
    if decision in FINAL_ORDERS:
        return decision
    if decision in ("approved", "confirmed"):
        return "awaiting_confirmation"
    known = list(visits)
    furthest = max((OPEN_VISITS.index(status) for status, _ in known if status in OPEN_VISITS), default=0)
    if furthest:
        return OPEN_VISITS[furthest]
    is_required_done = not any(required and status == "created" for status, required in known)
    if is_required_done and any(status == "completed" for status, _ in known):
        return "completed"
    return decision


def is_under_way(visit_status: str) -> bool:
    """Tell whether an engineer is on the way to a visit or at it."""
    return visit_status in OPEN_VISITS and visit_status not in MOVABLE_VISITS


def is_allowed(transition: Transition, roles: Collection[str], *, is_own_visit: bool) -> bool:
    """Tell whether somebody with these roles may do it to this visit or order."""
    if "admin" in roles:
        return True
    held = transition.roles & set(roles)
    return bool(held - {"engineer"}) or ("engineer" in held and is_own_visit)


def is_kept_by_lock(lock: str, *, same_engineer: bool, same_start: bool) -> bool:
    """Tell whether a new plan keeps what `lock` (none, engineer, time, both) holds fast."""
    return (same_engineer or lock in ("none", "time")) and (same_start or lock in ("none", "engineer"))


def missing_skills(needed: Mapping[Key, int], held: Mapping[Key, int]) -> list[Key]:
    """Return the skills, in the order needed, which are not held at the level needed."""
    return [skill for skill, level in needed.items() if held.get(skill, 0) < level]


def duration_problem(duration_s: int) -> str | None:
    """Return what is wrong with a duration [s], or None."""
    if SHORTEST_S <= duration_s <= LONGEST_S:
        return None
    return mark("The work takes from 60 seconds to 24 hours (86,400 seconds): give a duration in that range.")


def instant_problem(instant: datetime) -> str | None:
    """Return what is wrong with an instant somebody gave, or None."""
    if FIRST_YEAR <= instant.year <= LAST_YEAR:
        return None
    return mark("Give a date in the years 2000 to 2099.")


def promise_problem(start: datetime, promised_from: datetime, promised_until: datetime) -> str | None:
    """Return what is wrong with a time promised for work that is planned to start then, or None."""
    problem = instant_problem(promised_from) or instant_problem(promised_until)
    if problem is None and not promised_from <= start <= promised_until:
        return mark("The visit is to begin within the time that is promised.")
    return problem


def windows_problem(windows: Iterable[tuple[datetime, datetime]]) -> str | None:
    """Return what is wrong with the time windows (start, end) in which the work may begin, or None."""
    for start, end in windows:
        if end <= start:
            return mark("A time window ends after it starts: exchange the two, or correct one.")
        problem = instant_problem(start) or instant_problem(end)
        if problem:
            return problem
    return None


@dataclass(frozen=True)
class Became:
    """A visit became of this status at an instant."""

    at: datetime
    status: str


def customer_sees_position(visit: Iterable[Became], recorded_at: datetime, now: datetime) -> bool:
    """Tell whether the customer of a visit may see, now, a position its engineer recorded then.

    Only while the engineer is on the way to this visit, and only where they were since they set out: neither
    the place they came from nor where they go afterwards is the customer's business.

    Parameters
    ----------
    visit : iterable of Became
        What became of it, in the order of its log; what has the same instant counts in that order.
    """
    since = None
    for became in sorted(visit, key=lambda each: each.at):
        if became.at > now:
            break
        if became.status != "en_route":
            since = None
        elif since is None:
            since = became.at
    return since is not None and since <= recorded_at <= now
