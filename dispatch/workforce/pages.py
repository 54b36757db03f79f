"""The HTML door to engineers, skills, shifts and leave, and to rosters made from a weekly pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from core import clock, forms, records
from core.auth.actors import Actor
from core.db import db
from core.form_pages import Answer, FormPage
from core.lists import table_of
from core.pages import Pages, blueprint
from core.web import page_actor
from dispatch.workforce import shifts
from dispatch.workforce.models import Engineer
from dispatch.workforce.resources import ENGINEERS, LEAVE, SHIFTS, SKILLS
from dispatch.workforce.roster_schemas import WeekSchema
from inventory.models import StockLocation

MOST_COMING = 20
Actions = Callable[[Actor, Engineer], list[dict[str, Any]]]


def _of_engineer(actor: Actor, engineer: Engineer) -> list[dict[str, Any]]:
    skills = {
        "title": gettext("Skills"),
        "columns": [
            {"key": "skill", "label": gettext("Skill")},
            {"key": "level", "label": gettext("Level (1 to 5)"), "numeric": True},
        ],
        "rows": [
            {
                "skill": {
                    "text": SKILLS.title(held.skill),
                    "url": url_for("skills.detail", record_id=held.skill_id),
                },
                "level": held.level,
            }
            for held in sorted(engineer.skills, key=lambda held: held.skill.code)
        ],
    }
    coming = []
    for resource, columns in (
        (SHIFTS, ("starts_at", "ends_at", "breaks")),
        (LEAVE, ("starts_at", "ends_at", "kind", "notes")),
    ):
        if actor.may(resource.read):
            mine = {"engineer_id": engineer.id}
            query = records.query_of(resource, actor, {**mine, "from": clock.now()}).limit(MOST_COMING)
            title = gettext("Coming shifts") if resource is SHIFTS else gettext("Coming leave")
            found = db.session.scalars(query).unique()
            coming.append(table_of(actor, resource, found, columns, title=title, every=mine, new=mine))
    return [*coming, skills]


def _van_of(actor: Actor, engineer: Engineer) -> list[dict[str, Any]]:
    """Return the engineer's van with a link to what it holds."""
    if not actor.may("stock-locations.read"):
        return []
    query = select(StockLocation).where(StockLocation.holder_id == engineer.id, StockLocation.active)
    vans = [
        {
            "label": gettext("Van"),
            "text": f"{van.code} {van.name}",
            "url": url_for("stock_locations.detail", record_id=van.id),
        }
        for van in db.session.scalars(query.order_by(StockLocation.code))
    ]
    return [{"title": gettext("Stock"), "facts": vans}] if vans else []


def _roster_action(actor: Actor) -> list[dict[str, Any]]:
    label = gettext("Make shifts from a weekly pattern")
    return [{"label": label, "url": url_for("shifts.make_roster")}] if actor.may(SHIFTS.write) else []


_more_actions: dict[str, Actions] = {}


def offer_actions(name: str, actions: Actions) -> None:
    """Have further buttons on the page of every engineer."""
    _more_actions[name] = actions


def _engineer_actions(actor: Actor, engineer: Engineer) -> list[dict[str, Any]]:
    return [one for more in _more_actions.values() for one in more(actor, engineer)]


_span = ("engineer_id", "starts_at", "ends_at")
_shift_pages = blueprint(
    Pages(
        resource=SHIFTS,
        columns=("starts_at", "ends_at", "engineer_id", "most_overtime_s", "breaks"),
        groups=(
            ("", (*_span, "most_overtime_s", "breaks")),
            ("Start of the route", ("start_lat", "start_lon", "datum")),
        ),
        filters=("engineer_id", "day", "territory_id"),
        list_actions=_roster_action,
    ),
    __name__,
)
blueprints = [
    blueprint(
        Pages(
            resource=ENGINEERS,
            columns=("name", "number", "phone", "territory_id", "active"),
            groups=(
                ("", ("number", "name", "phone", "user_id", "territory_id", "active")),
                ("Abilities", ("skills", "tools", "most_tasks_a_day")),
                ("Home", ("home_address", "home_lat", "home_lon", "datum")),
                (
                    "Costs",
                    (
                        "cost_cents_per_hour",
                        "cost_cents_per_km",
                        "overtime_cents_per_hour",
                        "speed_factor",
                    ),
                ),
                ("Remarks", ("notes", "external_key")),
            ),
            filters=("territory_id", "skill", "active"),
            tables=_of_engineer,
            actions=_engineer_actions,
            more_facts=_van_of,
            form_only=("skills",),
            badge=lambda one: None if one.active else {"text": gettext("Not active"), "tone": "neutral"},
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=SKILLS,
            columns=("code", "name_zh", "name_en", "active"),
            groups=(("", ("code", "name_en", "name_zh", "active")),),
            filters=("active",),
        ),
        __name__,
    ),
    _shift_pages,
    blueprint(
        Pages(
            resource=LEAVE,
            columns=("starts_at", "ends_at", "engineer_id", "kind", "notes"),
            groups=(("", (*_span, "kind", "notes")),),
            filters=("engineer_id", "day", "kind"),
        ),
        __name__,
    ),
]


@_shift_pages.route("/from-pattern", methods=["GET", "POST"])
def make_roster() -> Answer:
    """Make the shifts of a weekly pattern for engineers and days."""
    who = page_actor()
    who.require(SHIFTS.write)
    form = FormPage(
        schema=WeekSchema(),
        title=gettext("Make shifts from a weekly pattern"),
        groups=(
            ("", ("first_day", "last_day", "engineer_ids")),
            ("Shifts of a week", ("weekdays", "starts", "ends", "most_overtime_s", "time_zone")),
            ("Break", ("break_earliest", "break_latest", "break_s")),
        ),
        back=url_for("shifts.list_"),
        save_label=gettext("Make the shifts"),
    )
    if request.method == "GET":
        return form.drawn(forms.values_of(form.schema, None))

    def carry_out(data: dict[str, Any]) -> str:
        made = shifts.make_from_pattern(who, **data)
        said = gettext(
            "%(created)s shifts made; %(skipped)s left out, as the engineer has one at that time.", **made
        )
        flash(said, "success")
        return form.back

    return form.sent(who, carry_out)
