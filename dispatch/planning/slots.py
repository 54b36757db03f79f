"""Slot quotes: when somebody could come, who, and what it costs beside the published plan; and booking."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext
from sqlalchemy import select

from core import clock
from core.auth.actors import Actor
from core.db import db, transaction
from core.errors import Conflict, Invalid, mark
from dispatch.planning.desk import Desk, desk_of, state_of
from dispatch.planning.quotes import Instants, Quoted, quoted_draft, quoted_visit, visit_to_quote
from dispatch.planning.reasons import NO_WINDOW, OFF_DUTY, told
from dispatch.workforce.models import Engineer
from dispatch.workorders import visits
from dispatch.workorders.models import Visit
from optimizer.plan import Rule
from optimizer.slots import Offer, Refusal

READ = "slots.read"
MOST_DAYS, MOST_SLOTS = 14, 100
_ELSEWHERE = (Rule.WINDOW, Rule.SHIFT_END)


def offers(
    actor: Actor,
    *,
    order_id: uuid.UUID | None = None,
    draft: dict[str, Any] | None = None,
    slots: Sequence[Instants] | None = None,
    day: date | None = None,
    days: int = 3,
    slot_minutes: int = 120,
) -> dict[str, Any]:
    """Return when somebody could come for an order, or for a draft of one, the cheapest time first.

    Everything that is planned stays exactly where it is; the order's own visit is thought away.

    Parameters
    ----------
    slots : sequence of (from, until), optional
        Times in which the work may begin. None given: those of `days` days from `day` on, of
        `slot_minutes` each, in which somebody works.

    Raises
    ------
    NotFound, Conflict
        There is no such order, or nothing to plan for it.
    Invalid
        The slots are past, too many or too far apart; the order or the draft cannot be quoted.
    Unavailable
        The search is not ready yet in this process.
    """
    actor.require(READ)
    visit_id = None if order_id is None else visit_to_quote(actor, order_id).id
    desk, chosen = _desk_and_slots(slots, day, days, slot_minutes)
    quoted = quoted_visit(desk, visit_id) if visit_id else quoted_draft(actor, desk, draft or {})
    return _answer(desk, quoted, chosen) | {"order_id": order_id, "visit_id": visit_id}


def _desk_and_slots(
    slots: Sequence[Instants] | None, day: date | None, days: int, slot_minutes: int
) -> tuple[Desk, list[Instants]]:
    zone, now = current_app.config["SETTINGS"].zone, clock.now()
    today = now.astimezone(zone).date()
    if slots is None:
        first = max(today, day or today)
        last = first + timedelta(days=days - 1)
    else:
        chosen = [one for one in slots if one[1] > now]
        _require_future(chosen)
        first = min(from_at for from_at, _ in chosen).astimezone(zone).date()
        last = max(until_at for _, until_at in chosen).astimezone(zone).date()
    if (last - first).days >= MOST_DAYS or (first - today).days > 366:
        message = mark("Ask about at most 14 days at once, within the next year.")
        raise Invalid(message, fields={"slots": [message]})
    midnight = [datetime.combine(one, time(), zone) for one in (first, last + timedelta(days=1))]
    desk = desk_of(midnight[0], midnight[1])
    if slots is None:
        chosen = list(_working_slots(desk, midnight[0], midnight[1], slot_minutes))[:MOST_SLOTS]
    return desk, chosen


def _require_future(slots: Sequence[Instants]) -> None:
    if not slots:
        message = mark("These times are past: ask about later ones.")
        raise Invalid(message, code="day_past", fields={"slots": [message]})


def _working_slots(desk: Desk, starts_at: datetime, ends_at: datetime, minutes: int) -> Iterable[Instants]:
    """Yield the slots from midnight on in which somebody works."""
    length, now = timedelta(minutes=minutes), desk.snapshot.origin
    spans = [(span.starts_at, span.ends_at) for mine in desk.snapshot.crew.spans.values() for span in mine]
    day = starts_at.date()
    while day < ends_at.date():
        # Each day from its own midnight, as one may have 23 hours.
        from_at = datetime.combine(day, time(), starts_at.tzinfo).astimezone(now.tzinfo)
        day += timedelta(days=1)
        midnight = datetime.combine(day, time(), starts_at.tzinfo).astimezone(now.tzinfo)
        while from_at < midnight:
            until_at = min(from_at + length, midnight)
            if until_at > now and any(a < until_at and b > from_at for a, b in spans):
                yield from_at, until_at
            from_at = until_at


def _answer(desk: Desk, quoted: Quoted, slots: list[Instants]) -> dict[str, Any]:
    quotes = quoted.quotes(slots)
    if quotes is None:
        why = told([{"rule": NO_WINDOW}])
        return {
            "offers": [],
            "refused": [{"starts_at": a, "ends_at": b, "reasons": why} for a, b in slots],
        }
    service = timedelta(seconds=quoted.visit.service_s)
    return {
        "offers": [_offer(desk, offer, service) for offer in quotes.offers],
        "refused": [_refusal(desk, refusal) for refusal in quotes.refusals],
    }


def _offer(desk: Desk, offer: Offer, service: timedelta) -> dict[str, Any]:
    names, start_at = desk.snapshot.crew.names, desk.snapshot.at(offer.start_s)
    other = offer.runner_up and {
        "engineer_id": offer.runner_up,
        "engineer": names[offer.runner_up],
        "cost_cents": offer.runner_up_cents,
    }
    return {
        "starts_at": desk.snapshot.at(offer.slot[0]),
        "ends_at": desk.snapshot.at(offer.slot[1]),
        "engineer_id": offer.engineer,
        "engineer": names[offer.engineer],
        "start_at": start_at,
        "end_at": start_at + service,
        "travel_s": offer.travel_s,
        "cost_cents": offer.cents,
        "runner_up": other or None,
        "sentence": _sentence(desk, offer),
    }


def _sentence(desk: Desk, offer: Offer) -> str:
    names = desk.snapshot.crew.names
    minutes = round(offer.travel_s / 60)
    if minutes > 0:
        said = gettext(
            "%(engineer)s needs %(minutes)s more minutes on the road.",
            engineer=names[offer.engineer],
            minutes=minutes,
        )
    else:
        said = gettext("%(engineer)s is on the way there anyway.", engineer=names[offer.engineer])
    if offer.runner_up is None:
        return f"{said} {gettext('Nobody else could come then.')}"
    return f"{said} {gettext('The next best is %(engineer)s.', engineer=names[offer.runner_up])}"


def _refusal(desk: Desk, refusal: Refusal) -> dict[str, Any]:
    """Return a slot nobody can serve; who does not work in it is told apart from who cannot make it."""
    from_s, until_s = refusal.slot
    crew = desk.snapshot.problem.engineers
    on_duty = {
        one.id
        for one in crew
        if any(shift.start_s <= until_s and shift.end_s >= from_s for shift in one.shifts)
    }
    counts: dict[str, int] = {}
    for reason in refusal.reasons:
        for engineer in reason.engineers:
            away = reason.rule in _ELSEWHERE and engineer not in on_duty
            rule = OFF_DUTY if away else reason.rule.value
            counts[rule] = counts.get(rule, 0) + 1
    reasons = [
        {"rule": rule, "count": count, "of": len(crew)}
        for rule, count in sorted(counts.items(), key=lambda one: -one[1])
    ]
    return {
        "starts_at": desk.snapshot.at(from_s),
        "ends_at": desk.snapshot.at(until_s),
        "reasons": told(reasons or [{"rule": "no_engineers"}]),
    }


def book(actor: Actor, order_id: uuid.UUID, *, slot: Instants, engineer_id: uuid.UUID) -> Visit:
    """Give an order's visit to an engineer in a slot, as it is quoted now, and promise the slot.

    Opens a transaction of its own: what is quoted must not be waited for inside one.

    Raises
    ------
    Conflict
        The engineer is no longer the one for this slot, or the plan changes at this very moment.
    """
    actor.require(READ)
    visit_id = visit_to_quote(actor, order_id).id
    desk, chosen = _desk_and_slots([slot], None, 1, 1)
    found = _answer(desk, quoted_visit(desk, visit_id), chosen)["offers"]
    offer = next((one for one in found if one["engineer_id"] == str(engineer_id)), None)
    with transaction(actor):
        # Whoever else gives this engineer something at this moment waits here, or is waited for.
        held = select(Engineer.id).where(Engineer.id == engineer_id).with_for_update(key_share=True)
        db.session.execute(held)
        if offer is None or state_of(desk.starts_at, desk.ends_at) != desk.state:
            raise Conflict(
                mark("The plan has changed: this time is not to be had so any more. Choose anew."),
                code="slot_taken",
            )
        visit = db.session.get_one(Visit, visit_id, with_for_update={"of": Visit})
        return visits.schedule(
            actor,
            visit,
            engineer_id=engineer_id,
            start_at=offer["start_at"],
            end_at=offer["end_at"],
            promised=slot,
        )
