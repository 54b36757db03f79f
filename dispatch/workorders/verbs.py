"""The verbs of orders and visits as both doors offer them: what each is told, what it does, who may now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from marshmallow import Schema

from core.auth.actors import Actor
from dispatch.workorders import orders, rules, verb_schemas, visits
from dispatch.workorders.models import Visit, WorkOrder
from dispatch.workorders.transitions import is_own
from geo.datum import Datum, to_wgs84

Act = Callable[[Actor, Any, dict[str, Any]], Any]


def in_wgs84(data: dict[str, Any]) -> dict[str, Any]:
    """Return data with its position, of whatever datum, in WGS-84."""
    datum = Datum(data.pop("datum", Datum.WGS84))
    if data["lat"] is not None:
        point = to_wgs84(data["lat"], data["lon"], datum)
        data["lat"], data["lon"] = point.lat, point.lon
    return data


def _schedule(actor: Actor, visit: Visit, data: dict[str, Any]) -> Visit:
    data.setdefault("end_at", data["start_at"] + timedelta(seconds=visit.order.duration_s))
    return visits.schedule(actor, visit, **data)


def _merge(actor: Actor, order: WorkOrder, data: dict[str, Any]) -> WorkOrder:
    return orders.merge(actor, order, orders.order_of(actor, data["into_id"]), reason=data["reason"])


def _said(verb: Callable[..., Any]) -> Act:
    return lambda actor, record, data: verb(actor, record, **data)


def _located(verb: Callable[..., Any]) -> Act:
    return lambda actor, visit, data: verb(actor, visit, **in_wgs84(data))


ORDER_VERBS: dict[str, tuple[type[Schema], Act, str]] = {
    "triage": (verb_schemas.TriageSchema, _said(orders.triage), "Say of which class and how urgent it is"),
    "merge": (verb_schemas.MergeSchema, _merge, "Merge it into another open order that asks for the same"),
    "resume": (
        verb_schemas.OptionalReasonSchema,
        _said(orders.resume),
        "Let it be planned again after a hold",
    ),
    "cancel": (verb_schemas.ReasonSchema, _said(orders.cancel), "Give it up, its open visits with it"),
    "approve": (verb_schemas.ApproveSchema, _said(orders.approve), "Find the work complete"),
    "reject": (verb_schemas.ReasonSchema, _said(orders.reject), "Find the work incomplete; it goes back"),
    "confirm": (verb_schemas.OptionalReasonSchema, _said(orders.confirm), "The customer is content"),
    "dispute": (
        verb_schemas.ReasonSchema,
        _said(orders.dispute),
        "The customer is not content; a visit follows",
    ),
    "close": (verb_schemas.OptionalReasonSchema, _said(orders.close), "Close it"),
    "follow_up": (
        verb_schemas.SatisfactionSchema,
        _said(orders.follow_up),
        "Record the customer's satisfaction",
    ),
    "reopen": (verb_schemas.ReasonSchema, _said(orders.reopen), "Open it again; a visit follows"),
}
VISIT_VERBS: dict[str, tuple[type[Schema], Act, str]] = {
    "schedule": (verb_schemas.ScheduleSchema, _schedule, "Dispatch, reassign or move it"),
    "unschedule": (verb_schemas.OptionalReasonSchema, _said(visits.unschedule), "Take it off the plan"),
    "lock": (verb_schemas.LockSchema, _said(visits.lock), "Keep the optimizer from moving it"),
    "unlock": (verb_schemas.NothingSchema, _said(visits.unlock), "Let the optimizer move it again"),
    "accept": (verb_schemas.NothingSchema, _said(visits.accept), "Take it on"),
    "decline": (verb_schemas.ReasonSchema, _said(visits.decline), "Turn it down"),
    "depart": (verb_schemas.ReportSchema, _located(visits.depart), "Leave for the site"),
    "arrive": (verb_schemas.ReportSchema, _located(visits.arrive), "Check in at the site"),
    "start": (verb_schemas.NothingSchema, _said(visits.start), "Begin the work"),
    "hold": (verb_schemas.ReasonSchema, _said(visits.hold), "Interrupt the work"),
    "resume": (verb_schemas.NothingSchema, _said(visits.resume), "Go on with the work"),
    "complete": (verb_schemas.CompleteSchema, _said(visits.complete), "Finish the work"),
    "end_incomplete": (
        verb_schemas.IncompleteSchema,
        _said(visits.end_incomplete),
        "End it without the work being done; answers with the visit that follows",
    ),
    "cancel": (verb_schemas.ReasonSchema, _said(visits.cancel), "Give it up"),
}


def order_verbs_of(actor: Actor, order: WorkOrder) -> list[str]:
    """Return what the actor may do with an order as it stands, in the order of the table."""
    possible = [
        verb
        for verb, transition in rules.ORDER_TRANSITIONS.items()
        if order.status in transition.before
        and rules.is_allowed(transition, actor.roles, is_own_visit=False)
        and (verb in ORDER_VERBS or verb == "add_visit")
    ]
    without = set()
    if order.decision != "on_hold":
        without.add("resume")
    if any(rules.is_under_way(visit.status) for visit in order.visits):
        without.add("merge")
    if {"approve", "reject"} & set(possible) and orders.is_own_work(actor, order):
        without |= {"approve", "reject"}
    return [verb for verb in possible if verb not in without]


def visit_verbs_of(actor: Actor, visit: Visit) -> list[str]:
    """Return what the actor may do with a visit as it stands; all ways to plan it are ``schedule``."""
    possible = [
        verb
        for verb, transition in rules.VISIT_TRANSITIONS.items()
        if visit.status in transition.before
        and rules.is_allowed(transition, actor.roles, is_own_visit=is_own(actor, visit))
    ]
    planned = {"dispatch", "reassign", "reschedule"} & set(possible)
    is_plannable = visit.order.status in (*rules.OPEN_ORDERS, "completed")
    without = {"unlock" if visit.lock == "none" else "lock"}
    first = ["schedule"] if planned and is_plannable else []
    return first + [verb for verb in possible if verb in VISIT_VERBS and verb not in without]
