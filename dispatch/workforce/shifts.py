"""Shifts and leave: checked when they change, made from a weekly pattern."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Invalid, mark
from dispatch.workforce.models import Engineer, Leave, Shift, ShiftBreak
from dispatch.workforce.rules import (
    LONGEST_SHIFT,
    Break,
    PatternShift,
    RosteredShift,
    Span,
    overlaps,
    shift_faults,
    shifts_from_pattern,
    span_faults,
    working_spans,
)

MOST_AT_ONCE = 5000


def local_span(span: Span) -> str:
    """Return from when to when, in the company's time zone."""
    zone = current_app.config["SETTINGS"].zone
    start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    return f"{start:%Y-%m-%d %H:%M} – {end:{'%H:%M' if end.date() == start.date() else '%Y-%m-%d %H:%M'}}"


def day_of_next_work(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day, from today on, on which somebody still has a shift; today if nobody has."""
    query = select(Shift.starts_at).where(Shift.ends_at > now).order_by(Shift.starts_at).limit(1)
    starts_at = db.session.scalar(query) or now
    return max(starts_at, now).astimezone(zone).date()


def at_work(engineer_id: uuid.UUID, instants: Sequence[datetime], margin: timedelta) -> list[bool]:
    """Tell for each instant whether the engineer works then: in a shift or its overtime, not in a leave.

    What lies less than `margin` before or after still counts.
    """
    if not instants:
        return []
    first, last = min(instants) - LONGEST_SHIFT - margin, max(instants) + LONGEST_SHIFT + margin
    shifts, leaves = (
        db.session.scalars(
            select(model).where(
                model.engineer_id == engineer_id, model.ends_at > first, model.starts_at < last
            )
        ).all()
        for model in (Shift, Leave)
    )
    spans = [
        (span.starts_at - margin, span.ends_at + timedelta(seconds=span.most_overtime_s) + margin)
        for span in working_spans(shifts, leaves, first, last)
    ]
    return [any(starts_at <= at <= ends_at for starts_at, ends_at in spans) for at in instants]


def prepare(actor: Actor, shift: Shift, data: dict[str, Any], created: bool) -> None:
    """Check a shift before it is written.

    Raises
    ------
    Invalid
        It ends before it starts, is too long, or a break lies outside it.
    Conflict
        The engineer has another shift at that time.
    """
    span = _span_after(shift, data)
    breaks = [Break(**each) for each in data["breaks"]] if "breaks" in data else shift.breaks
    _refuse(shift_faults(span, breaks))
    engineer_id = data.get("engineer_id", shift.engineer_id)
    _lock([engineer_id])
    query = select(Shift).where(
        Shift.engineer_id == engineer_id,
        Shift.id != shift.id,
        Shift.starts_at < span.ends_at,
        Shift.ends_at > span.starts_at,
    )
    other = db.session.scalars(query.order_by(Shift.starts_at).limit(1)).first()
    if other is not None:
        raise Conflict(
            mark("%(name)s has a shift already, %(span)s; change that one instead."),
            code="overlap",
            fields={"starts_at": [mark("It overlaps another shift of this engineer.")]},
            name=other.engineer.name,
            span=local_span(other),
        )


def prepare_leave(actor: Actor, leave: Leave, data: dict[str, Any], created: bool) -> None:
    """Refuse a leave that ends before it starts."""
    _refuse(span_faults(_span_after(leave, data)))


def make_from_pattern(
    actor: Actor,
    *,
    engineer_ids: list[uuid.UUID],
    first_day: date,
    last_day: date,
    pattern: list[PatternShift],
    time_zone: str = "",
    most_overtime_s: int = 0,
) -> dict[str, int]:
    """Make the shifts of a weekly pattern for engineers and days; made twice, it adds nothing.

    Parameters
    ----------
    time_zone : str
        Of the pattern's times; empty: the company's.
    most_overtime_s : int
        Of every shift [s].

    Returns
    -------
    dict
        ``created`` shifts, and ``skipped`` ones at whose time the engineer has a shift already.

    Raises
    ------
    Invalid
        An engineer does not exist, or it would be too many shifts at once.
    """
    actor.require("shifts.write")
    ids = list(dict.fromkeys(engineer_ids))
    most_shifts = len(ids) * len(pattern) * ((last_day - first_day).days // 7 + 1)
    if most_shifts > MOST_AT_ONCE:
        message = mark(
            "This would be about %(count)s shifts; choose fewer days or engineers (%(most)s at most)."
        )
        raise Invalid(message, count=most_shifts, most=MOST_AT_ONCE)
    unknown = set(ids) - set(_lock(ids))
    if unknown:
        message = mark("There is no such engineer: %(id)s.")
        raise Invalid(
            message, id=min(map(str, unknown)), fields={"engineer_ids": [mark("There is no such record.")]}
        )
    zone = ZoneInfo(time_zone) if time_zone else current_app.config["SETTINGS"].zone
    wanted = shifts_from_pattern(pattern, first_day, last_day, zone)
    created = 0
    for engineer_id in ids:
        present = _present(engineer_id, wanted)
        free = [each for each in wanted if not any(overlaps(each, other) for other in present)]
        db.session.add_all(_shift(engineer_id, each, most_overtime_s) for each in free)
        created += len(free)
    db.session.flush()
    return {"created": created, "skipped": len(ids) * len(wanted) - created}


def _present(engineer_id: uuid.UUID, wanted: list[RosteredShift]) -> list[Any]:
    if not wanted:
        return []
    query = select(Shift.starts_at, Shift.ends_at).where(
        Shift.engineer_id == engineer_id,
        Shift.ends_at > wanted[0].starts_at,
        Shift.starts_at < max(each.ends_at for each in wanted),
    )
    return list(db.session.execute(query))


def _shift(engineer_id: uuid.UUID, rostered: RosteredShift, most_overtime_s: int) -> Shift:
    return Shift(
        engineer_id=engineer_id,
        starts_at=rostered.starts_at,
        ends_at=rostered.ends_at,
        most_overtime_s=most_overtime_s,
        breaks=[
            ShiftBreak(earliest_at=each.earliest_at, latest_at=each.latest_at, duration_s=each.duration_s)
            for each in rostered.breaks
        ],
    )


def _lock(engineer_ids: list[uuid.UUID]) -> list[uuid.UUID]:
    """Let nobody else give these engineers shifts until this transaction ends; return those that exist."""
    query = select(Engineer.id).where(Engineer.id.in_(engineer_ids)).order_by(Engineer.id).with_for_update()
    return list(db.session.scalars(query))


def _span_after(record: Any, data: dict[str, Any]) -> Any:
    return SimpleNamespace(
        starts_at=data.get("starts_at", record.starts_at), ends_at=data.get("ends_at", record.ends_at)
    )


def _refuse(faults: dict[str, list[str]]) -> None:
    for sentences in faults.values():
        raise Invalid(sentences[0], fields=faults)
