"""Why an order is left out: one sentence for every rule, in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask_babel import format_decimal, gettext

from core.errors import mark
from dispatch.planning.names import Names
from optimizer.plan import Rule, Unplanned
from optimizer.result import NoticeKind

#: Reasons that are known before solving.
NEEDS_LOCATION = "needs_location"
NO_WINDOW = "no_window"
NO_ENGINEERS = "no_engineers"
ON_HOLD = "on_hold"
#: Reason of a slot only.
OFF_DUTY = "off_duty"

SENTENCES = {
    NEEDS_LOCATION: mark("The site has no position: give it one on the list of orders without location."),
    NO_WINDOW: mark("Its time windows and the site's access hours leave no time to begin in this period."),
    NO_ENGINEERS: mark("No engineer works in this period."),
    ON_HOLD: mark("The order is on hold: resume it, then plan it."),
    OFF_DUTY: mark("Does not work then: %(count)s of %(of)s engineers."),
    Rule.SKILL: mark("A skill is missing or its level too low: %(count)s of %(of)s engineers."),
    Rule.TOOL: mark("A tool is missing: %(count)s of %(of)s engineers."),
    Rule.PART: mark("The van does not hold the parts needed: %(count)s of %(of)s engineers."),
    Rule.TERRITORY: mark("Works in another territory: %(count)s of %(of)s engineers."),
    Rule.REFUSED: mark("The customer refused: %(count)s of %(of)s engineers."),
    Rule.REQUIRED: mark("Somebody else is demanded: %(count)s of %(of)s engineers."),
    Rule.LOCKED_ENGINEER: mark("The visit is locked to somebody else: %(count)s of %(of)s engineers."),
    Rule.LOCKED_START: mark("The visit's locked start cannot be kept: %(count)s of %(of)s engineers."),
    Rule.WINDOW: mark("Cannot begin within the time windows: %(count)s of %(of)s engineers."),
    Rule.DEADLINE: mark("Would end after the deadline: %(count)s of %(of)s engineers."),
    Rule.SHIFT_START: mark("Would have to leave before the shift begins: %(count)s of %(of)s engineers."),
    Rule.SHIFT_END: mark("The shift is too short to come back in time: %(count)s of %(of)s engineers."),
    Rule.BREAK: mark("The break leaves no room: %(count)s of %(of)s engineers."),
    Rule.TRAVEL: mark("The way is too long: %(count)s of %(of)s engineers."),
    Rule.UNREACHABLE: mark("There is no way there: %(count)s of %(of)s engineers."),
    Rule.SERVICE: mark("The work does not fit in one piece: %(count)s of %(of)s engineers."),
    Rule.MAX_TASKS: mark("Would have too many visits: %(count)s of %(of)s engineers."),
    Rule.MAX_WORK: mark("Would have too much work: %(count)s of %(of)s engineers."),
    Rule.LINK_GAP: mark("Too close to, or too far from, the visit it belongs to."),
    Rule.LINK_ENGINEERS: mark("The visit it belongs to needs another pair of engineers."),
    Rule.LINK_BOTH: mark("The visit it belongs to is left out."),
    Rule.DEPOT_WINDOW: mark("The store for its parts is closed: %(count)s of %(of)s engineers."),
    Rule.DEPOT_STOCK: mark("The store does not hold the parts needed."),
    Rule.ONCE: mark("It would be planned twice."),
    Rule.UNKNOWN: mark("It names something that does not exist."),
    Rule.NO_ROOM: mark("Suitable, but fully planned: %(count)s of %(of)s engineers."),
    Rule.NO_TIME: mark("Time was up before it was looked at: allow the run more time."),
    Rule.COST: mark("Sending somebody would cost more than leaving it out: %(count)s of %(of)s engineers."),
}

#: What would help, for one engineer; of a window that opens earlier, `EARLIER`.
RELAXATIONS = {
    Rule.SKILL: mark("%(engineer)s goes, though the level of %(about)s is too low by %(count)s."),
    Rule.TOOL: mark("%(engineer)s takes the tool %(about)s along."),
    Rule.PART: mark("%(count)s × %(about)s more in the van of %(engineer)s."),
    Rule.TERRITORY: mark("%(engineer)s helps out in the territory %(about)s."),
    Rule.REFUSED: mark("The customer accepts %(engineer)s after all."),
    Rule.REQUIRED: mark("%(engineer)s may come as well as those who are demanded."),
    Rule.LOCKED_ENGINEER: mark("The visit is locked to %(engineer)s instead."),
    Rule.WINDOW: mark("A time window closes %(minutes)s minutes later; %(engineer)s goes."),
    Rule.DEADLINE: mark("The deadline is %(minutes)s minutes later; %(engineer)s goes."),
    Rule.SHIFT_END: mark("%(engineer)s works %(minutes)s minutes more overtime."),
    Rule.MAX_TASKS: mark("%(engineer)s makes %(count)s more visits than the limit says."),
    Rule.MAX_WORK: mark("%(engineer)s works %(minutes)s minutes more than the limit says."),
    Rule.COST: mark("Leaving it out weighs %(money)s more; then %(engineer)s goes."),
}
EARLIER = mark("A time window opens %(minutes)s minutes earlier; %(engineer)s goes.")

#: What the terms of the score are called.
TERMS = {
    "travel_time_cents": mark("Travel time"),
    "distance_cents": mark("Distance"),
    "duty_cents": mark("Hours on duty"),
    "unplanned_cents": mark("Work left out"),
    "lateness_cents": mark("Lateness"),
    "worst_lateness_cents": mark("The latest visit"),
    "overtime_cents": mark("Overtime"),
    "spread_cents": mark("Uneven load"),
    "change_engineer_cents": mark("Another engineer than published"),
    "change_time_cents": mark("Another start than published"),
    "promise_cents": mark("Broken promise"),
    "preference_cents": mark("None of the preferred engineers"),
    "overskill_cents": mark("More skill than needed"),
    "empty_engineer_cents": mark("Engineers without work"),
}

NOTICES = {
    NoticeKind.NOT_OPTIMISED: mark("Kept to and priced, but not searched for: %(about)s."),
    NoticeKind.TOO_LARGE: mark("Too many orders for the thorough search; a quick plan was made."),
    NoticeKind.NO_TIME: mark("Time was up before every order had been looked at: allow more time."),
    NoticeKind.NOT_IMPROVED: mark("The search found nothing better than the first plan."),
    NoticeKind.LOCK_OVERRULES: mark("A lock keeps %(about)s where a rule would forbid it."),
}


def reasons_of(unplanned: Unplanned, crew: int) -> list[dict[str, Any]]:
    """Return the reasons of a visit left out, as stored: rule, and how many of the crew it concerns."""
    if not crew:
        return [{"rule": NO_ENGINEERS}]
    reasons = sorted(unplanned.reasons, key=lambda reason: -len(reason.engineers))
    return [{"rule": reason.rule.value, "count": len(reason.engineers), "of": crew} for reason in reasons]


def told(reasons: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Return stored reasons with their sentences in the reader's language."""
    return [{**one, "sentence": _sentence(one)} for one in reasons or ()]


def _sentence(reason: dict[str, Any]) -> str:
    facts = {"count": reason.get("count", ""), "of": reason.get("of", "")}
    return gettext(SENTENCES[reason["rule"]]) % facts


def money(cents: int) -> str:
    """Return an amount of money as the reader writes numbers."""
    text: str = format_decimal(Decimal(cents) / 100, format="#,##0.00")
    return text


def helps(relaxations: list[dict[str, Any]] | None, names: Names) -> list[dict[str, Any]]:
    """Return stored relaxations with names, and sentences in the reader's language."""
    found = []
    for one in relaxations or ():
        rule, amount = Rule(one["rule"]), one["amount"]
        engineer = names.engineer(one["engineer"])
        facts = {
            "engineer": engineer,
            "about": names.thing(rule, one["about"]),
            "minutes": format_decimal(-(-abs(amount) // 60)),
            "count": format_decimal(amount),
            "money": money(amount),
        }
        sentence = gettext(EARLIER if rule is Rule.WINDOW and amount < 0 else RELAXATIONS[rule]) % facts
        told = {"rule": rule.value, "engineer_id": one["engineer"], "engineer": engineer, "amount": amount}
        found.append({**told, "about": facts["about"], "cents": one["cents"], "sentence": sentence})
    return found
