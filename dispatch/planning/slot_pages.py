"""The page on which a dispatcher offers a customer times, and books the one that is chosen."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_decimal, gettext
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from core.auth.actors import Actor
from core.errors import DomainError
from core.field_text import label_of
from core.i18n import local_time
from core.messages import translated
from core.problems import sentence
from core.web import page_actor
from dispatch.planning import slots
from dispatch.planning.rules import OPEN_VISIT_STATUSES
from dispatch.planning.slot_schemas import BookingSchema, SlotPeriodSchema
from dispatch.workorders import orders
from dispatch.workorders.models import WorkOrder

BOOK = "visits.schedule"
LENGTHS = (60, 120, 180, 240)
bp = Blueprint("slots", __name__, url_prefix="/work-orders/<uuid:order_id>/times")


def actions(actor: Actor, order: WorkOrder) -> list[dict[str, Any]]:
    """Return the button of an order's page that leads here."""
    open_visit = any(visit.status in OPEN_VISIT_STATUSES for visit in order.visits)
    if not open_visit or not actor.may(slots.READ):
        return []
    return [{"label": gettext("Offer times"), "url": url_for("slots.offer", order_id=order.id)}]


def _period_asked() -> tuple[dict[str, Any], int]:
    """Return the days and the length asked for, and the status: where they are wrong, the usual ones."""
    schema = SlotPeriodSchema(unknown=EXCLUDE)
    try:
        return schema.load({name: value for name, value in request.args.items() if value}), 200
    except ValidationError as error:
        for name, said in translated(error.normalized_messages()).items():
            label = label_of(schema.fields[name], name)
            flash(gettext("%(label)s: %(said)s", label=label, said=" ".join(said)), "error")
        return schema.load({}), 422


@bp.get("")
def offer(order_id: uuid.UUID) -> tuple[str, int]:
    """Show the times that can be offered, the best first, then those that cannot, and why."""
    who = page_actor()
    period, status = _period_asked()
    found = slots.offers(who, order_id=order_id, **period)
    order, may_book = orders.order_of(who, order_id), who.may(BOOK)
    columns = [
        {"key": "slot", "label": gettext("Time")},
        {"key": "engineer", "label": gettext("Engineer")},
        {"key": "travel", "label": gettext("More travel (minutes)"), "numeric": True},
        {"key": "cost", "label": gettext("More cost"), "numeric": True},
        {"key": "why", "label": gettext("Why")},
        *([{"key": "actions", "label": ""}] if may_book else []),
    ]
    rows = [_offer_row(order, one, may_book) for one in found["offers"]]
    rows += [_refused_row(one) for one in found["refused"]]
    page = render_template(
        "list.html",
        title=gettext("Times to offer: %(number)s", number=order.number),
        lead=gettext("Everything that is planned stays where it is. The best time is on top."),
        actions=[
            {
                "label": gettext("Back to the order"),
                "url": url_for("work_orders.detail", record_id=order.id),
            }
        ],
        filters=_filters(period),
        columns=columns,
        rows=rows,
        empty={"text": gettext("Nobody works on these days: choose others, or add shifts.")},
    )
    return page, status


def _filters(period: dict[str, Any]) -> list[dict[str, Any]]:
    day = period.get("day")
    return [
        {
            "name": "day",
            "label": gettext("First day"),
            "kind": "date",
            "value": day.isoformat() if day else "",
        },
        {
            "name": "days",
            "label": gettext("Days"),
            "kind": "number",
            "value": period["days"],
            "min": 1,
            "max": slots.MOST_DAYS,
        },
        {
            "name": "slot_minutes",
            "label": gettext("Length of a slot (minutes)"),
            "kind": "select",
            "value": period["slot_minutes"],
            "required": True,
            "choices": [(each, each) for each in sorted({*LENGTHS, period["slot_minutes"]})],
        },
    ]


def _slot(one: dict[str, Any]) -> str:
    return f"{local_time(one['starts_at'])} – {local_time(one['ends_at'])}"


def _offer_row(order: WorkOrder, one: dict[str, Any], may_book: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "slot": {
            "text": _slot(one),
            "detail": gettext("Work begins: %(at)s", at=local_time(one["start_at"])),
        },
        "engineer": one["engineer"],
        "travel": format_decimal(round(one["travel_s"] / 60)),
        "cost": format_decimal(one["cost_cents"] / 100, format="#,##0.00"),
        "why": one["sentence"],
    }
    if may_book:
        button = {
            "label": gettext("Book"),
            "url": url_for("slots.book", order_id=order.id),
            "method": "post",
            "fields": {
                "starts_at": one["starts_at"].isoformat(),
                "ends_at": one["ends_at"].isoformat(),
                "engineer_id": one["engineer_id"],
            },
        }
        row["actions"] = {"actions": [button]}
    return row


def _refused_row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "slot": {"text": _slot(one)},
        "engineer": {"text": gettext("Nobody"), "tone": "red"},
        "why": " ".join(reason["sentence"] for reason in one["reasons"]),
    }


@bp.post("")
def book(order_id: uuid.UUID) -> Response:
    """Book a time: the visit goes to the engineer, and the time is what the customer was promised."""
    who = page_actor()
    who.require(BOOK)
    chosen = BookingSchema(unknown=EXCLUDE).load(request.form.to_dict())
    slot: tuple[datetime, datetime] = (chosen["starts_at"], chosen["ends_at"])
    try:
        visit = slots.book(who, order_id, slot=slot, engineer_id=chosen["engineer_id"])
    except DomainError as error:
        flash(sentence(error), "error")
        return redirect(url_for("slots.offer", order_id=order_id))
    said = gettext(
        "Booked: %(engineer)s begins %(at)s.",
        engineer=visit.engineer.name if visit.engineer else "",
        at=local_time(visit.planned_start_at),
    )
    flash(said, "success")
    return redirect(url_for("work_orders.detail", record_id=order_id))
