"""The HTML door to work orders and what is done to them and their visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext

from core import forms, records
from core.auth.actors import Actor
from core.errors import NotFound, mark
from core.field_text import filled
from core.i18n import local_time
from core.lists import PAGE_SIZE, page_number, pager
from core.pages import Pages, blueprint
from core.resource import Resource
from core.verb_pages import Verb, action_of, add_verbs
from core.web import page_actor
from dispatch.customers.resources import SITES
from dispatch.workorders import orders, rules
from dispatch.workorders.models import Visit, WorkOrder
from dispatch.workorders.requests import FOR_STAFF, is_customer_only
from dispatch.workorders.resources import VISITS, WORK_ORDERS
from dispatch.workorders.schemas import LOCK_NAMES
from dispatch.workorders.timeline import timeline_of
from dispatch.workorders.verb_schemas import AddVisitSchema
from dispatch.workorders.verbs import ORDER_VERBS, VISIT_VERBS, order_verbs_of, visit_verbs_of

PRIORITY_TONES = {"urgent": "red", "high": "yellow", "normal": "neutral", "low": "grey"}
STATUS_TONES = {status: style.colour for status, style in rules.STATUSES.items()}
WITHHELD = {*FOR_STAFF, "channel", "urgency", "impact"}
"""What the form of a customer does not have."""
_DANGERS = {"cancel", "decline", "reject", "dispute"}
_NEXT_STEPS = {"approve", "confirm", "close", "follow_up"}
_NEXT_STEPS |= {"accept", "depart", "arrive", "start", "complete", "schedule"}


def _prefilled_triage(order: WorkOrder) -> dict[str, Any]:
    return forms.values_of(ORDER_VERBS["triage"][0](), order)


def _prefilled_schedule(visit: Visit) -> dict[str, Any]:
    planned = {
        "engineer_id": visit.engineer_id,
        "start_at": visit.planned_start_at,
        "end_at": visit.planned_end_at,
    }
    schema = VISIT_VERBS["schedule"][0]()
    return {name: filled(schema.fields[name], value) for name, value in planned.items()}


def _verb(of: Resource, name: str, schema: Any, act: Any, label: str, **more: Any) -> Verb:
    has_fields = bool(schema._declared_fields)
    return Verb(
        name=name,
        label=label,
        act=act,
        schema=schema if has_fields else None,
        permission=f"{of.name}.{name}",
        primary=name in _NEXT_STEPS,
        danger=name in _DANGERS,
        **more,
    )


_ORDER_OPTIONS: dict[str, dict[str, Any]] = {
    "triage": {"at_once": False, "prefilled": _prefilled_triage},
    "approve": {"at_once": False},
}
_VISIT_OPTIONS: dict[str, dict[str, Any]] = {
    "schedule": {"prefilled": _prefilled_schedule},
    "unschedule": {"at_once": False},
    "lock": {"at_once": False},
    # A browser without JavaScript knows no position, so the reason for its absence is asked for.
    "depart": {"at_once": False, "names": ("reason",)},
    "arrive": {"at_once": False, "names": ("reason",)},
}
ORDER_DOORS = {
    name: _verb(
        WORK_ORDERS, name, schema, act, rules.ORDER_TRANSITIONS[name].label, **_ORDER_OPTIONS.get(name, {})
    )
    for name, (schema, act, _) in ORDER_VERBS.items()
}
ORDER_DOORS["add_visit"] = _verb(
    WORK_ORDERS,
    "add_visit",
    AddVisitSchema,
    lambda actor, order, data: orders.add_visit(actor, order, **data),
    rules.ORDER_TRANSITIONS["add_visit"].label,
    at_once=False,
)
_PLAN_LABEL = mark("Engineer and time")
VISIT_DOORS = {
    name: _verb(
        VISITS,
        name,
        schema,
        act,
        rules.VISIT_TRANSITIONS[name].label if name in rules.VISIT_TRANSITIONS else _PLAN_LABEL,
        **_VISIT_OPTIONS.get(name, {}),
    )
    for name, (schema, act, _) in VISIT_VERBS.items()
}


Actions = Callable[[Actor, WorkOrder], list[dict[str, Any]]]
_more_actions: dict[str, Actions] = {}


def offer_actions(name: str, actions: Actions) -> None:
    """Have further buttons on the page of every order; whoever stands above has them here."""
    _more_actions[name] = actions


Tables = Callable[[Actor, WorkOrder], list[dict[str, Any]]]
_more_tables: dict[str, Tables] = {}


def offer_tables(name: str, tables: Tables) -> None:
    """Have further tables on the page of every order."""
    _more_tables[name] = tables


VisitActions = Callable[[Actor, Visit], list[dict[str, Any]]]
_more_visit_actions: dict[str, VisitActions] = {}


def offer_visit_actions(name: str, actions: VisitActions) -> None:
    """Have further buttons beside every visit on the page of its order."""
    _more_visit_actions[name] = actions


def _order_actions(actor: Actor, order: WorkOrder) -> list[dict[str, Any]]:
    # Without the customer's word closing needs a reason, so it is asked for first.
    asks = {"close"} if order.decision != "confirmed" else set()
    verbs = [
        action_of("work_orders", ORDER_DOORS[name], order, at_once=False if name in asks else None)
        for name in order_verbs_of(actor, order)
    ]
    return [one for more in _more_actions.values() for one in more(actor, order)] + verbs


def _tables(actor: Actor, order: WorkOrder) -> list[dict[str, Any]]:
    labels = (
        ("visit", gettext("Visit")),
        ("status", gettext("Status")),
        ("engineer", gettext("Engineer")),
        ("planned", gettext("Planned")),
        ("travel", gettext("Travel")),
        ("actions", ""),
    )
    rows = [_visit_row(actor, visit) for visit in order.visits]
    shown = [{"key": key, "label": label} for key, label in labels]
    if not any(row["actions"] for row in rows):
        shown.pop()
    mine = {"title": gettext("Visits"), "columns": shown, "rows": rows}
    return [mine] + [one for more in _more_tables.values() for one in more(actor, order)]


def _visit_row(actor: Actor, visit: Visit) -> dict[str, Any]:
    status = rules.STATUSES[visit.status]
    row: dict[str, Any] = {
        "visit": {"text": visit.sequence, "detail": None if visit.required else gettext("Not required")},
        "status": {"text": gettext(status.en), "tone": status.colour},
    }
    if visit.engineer:
        row["engineer"] = {"text": visit.engineer.name}
        if actor.may("engineers.read"):
            row["engineer"]["url"] = url_for("engineers.detail", record_id=visit.engineer_id)
    if visit.planned_start_at:
        span = f"{local_time(visit.planned_start_at)} – {local_time(visit.planned_end_at)}"
        lock = gettext(LOCK_NAMES[visit.lock]) if visit.lock != "none" else None
        row["planned"] = {"text": span, "detail": lock}
    if visit.travel_s is not None:
        row["travel"] = gettext("%(count)s min", count=round(visit.travel_s / 60))
    buttons = [action_of("visits", VISIT_DOORS[name], visit) for name in visit_verbs_of(actor, visit)]
    buttons += [one for more in _more_visit_actions.values() for one in more(actor, visit)]
    row["actions"] = {"actions": buttons} if buttons else None
    return row


def _badge(order: WorkOrder) -> dict[str, str]:
    style = rules.STATUSES[order.status]
    return {"text": gettext(style.en), "tone": style.colour}


def _create(actor: Actor, data: dict[str, Any]) -> WorkOrder:
    # An empty list in the form says nothing; sent on, it would say that the work needs no skill.
    return orders.create(actor, {name: value for name, value in data.items() if value != []})


work_orders = blueprint(
    Pages(
        resource=WORK_ORDERS,
        columns=("number", "title", "customer_id", "priority", "status", "resolve_due_at"),
        groups=(
            ("", ("title", "category_id", "priority", "urgency", "impact", "channel", "description")),
            (
                "Customer",
                (
                    "customer_id",
                    "site_id",
                    "address",
                    "territory_id",
                    "asset_id",
                    "contract_id",
                    "contact_name",
                    "contact_phone",
                ),
            ),
            ("Work", ("duration_s", "windows", "skills", "parts", "tools", "custom")),
            ("Times", ("requested_at", "occurred_at", "respond_due_at", "resolve_due_at")),
            ("Other systems", ("external_source", "external_key", "merged_into_id", "satisfaction")),
        ),
        filters=(
            "open",
            "status",
            "priority",
            "category_id",
            "customer_id",
            "territory_id",
            "needs_location",
        ),
        create=_create,
        change=lambda actor, order, version, data: orders.change(actor, order.id, version, data),
        tables=_tables,
        timelines=lambda actor, order: [
            {"title": gettext("What happened"), "entries": timeline_of(actor, order)}
        ],
        actions=_order_actions,
        badge=_badge,
        tones={"status": STATUS_TONES, "priority": PRIORITY_TONES},
        withheld=lambda actor: WITHHELD if is_customer_only(actor) else (),
        may_edit=lambda actor, order: not is_customer_only(actor) and order.status not in rules.FINAL_ORDERS,
        history="work-orders.history",
    ),
    __name__,
)
add_verbs(work_orders, WORK_ORDERS, tuple(ORDER_DOORS.values()))


def _order_page(visit: Visit) -> str:
    """Return the page of the visit's order; of all orders where it is not for this person any more."""
    try:
        orders.order_of(page_actor(), visit.order_id)
    except NotFound:
        return url_for("work_orders.list_")
    return url_for("work_orders.detail", record_id=visit.order_id)


visits = Blueprint("visits", __name__, url_prefix="/visits")
add_verbs(
    visits,
    VISITS,
    tuple(VISIT_DOORS.values()),
    back=_order_page,
    title=lambda visit: WORK_ORDERS.title(visit.order),
)


@work_orders.get("/needs-location")
def needs_location() -> str:
    """List the open orders nobody can be sent to, as their site has no position."""
    who = page_actor()
    asked = {"needs_location": True, "page": page_number(), "page_size": PAGE_SIZE, "sort": "number"}
    page = records.page_of(WORK_ORDERS, who, asked)
    rows = [
        {
            "number": {"text": order.number, "url": url_for("work_orders.detail", record_id=order.id)},
            "title": order.title,
            "site": {
                "text": SITES.title(order.site),
                "detail": order.site.address,
                "url": url_for("sites.detail", record_id=order.site_id),
            },
            "actions": {
                "actions": [
                    {
                        "label": gettext("Give it a position"),
                        "url": url_for("sites.edit", record_id=order.site_id),
                    }
                ]
            },
        }
        for order in page.items
    ]
    labels = {"number": gettext("Number"), "title": gettext("Title"), "site": gettext("Site")}
    columns = [{"key": key, "label": label} for key, label in labels.items()]
    if who.may("sites.write"):
        columns.append({"key": "actions", "label": ""})
    return render_template(
        "list.html",
        title=gettext("Needs a location"),
        lead=gettext("Nobody can be sent there before the site has a position."),
        columns=columns,
        rows=rows,
        empty={"text": gettext("Every open order has a location.")},
        page=pager(page.page, page.total, lambda number: url_for("work_orders.needs_location", page=number)),
    )
