"""The page that says why a run puts a visit where it does, or leaves it out."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext

from core.i18n import local_time
from core.web import page_actor
from dispatch.planning import explanations, runs
from dispatch.planning.reasons import money

#: Terms named where an alternative is compared.
_HEAVIEST = 3


def visit(record_id: uuid.UUID, visit_id: uuid.UUID) -> str:
    """Show the explanation of one visit of a run."""
    who = page_actor()
    run = runs.run_of(who, record_id)
    told = explanations.explanation_of(who, run, visit_id)
    back = {"text": run.number, "url": url_for("optimization_runs.detail", record_id=run.id)}
    order = {"text": told["number"], "url": url_for("work_orders.detail", record_id=told["order_id"])}
    facts = [
        {"label": gettext("Optimization run"), **back},
        {"label": gettext("Work order"), **order, "detail": told["title"]},
        {"label": gettext("Engineer"), **_link(told["engineer_id"], told["engineer"])}
        if told["engineer_id"]
        else {"label": gettext("Engineer"), "text": gettext("left out"), "tone": "red"},
    ]
    for name, label in (
        ("cents", gettext("Costs the plan")),
        ("unplanned_cents", gettext("Leaving it out costs")),
    ):
        if told[name] is not None:
            facts.append({"label": label, "text": money(told[name])})
    return render_template(
        "detail.html",
        title=gettext("Why: %(number)s", number=told["number"]),
        groups=[{"facts": facts}],
        tables=[*_of_planned(told), *_of_left_out(told), _rules(told)],
    )


def _link(engineer_id: str, name: str) -> dict[str, Any]:
    return {"text": name, "url": url_for("engineers.detail", record_id=engineer_id)}


def _columns(*labels: tuple[str, str], numeric: str = "") -> list[dict[str, Any]]:
    return [{"key": key, "label": label, "numeric": key == numeric} for key, label in labels]


def _of_planned(told: dict[str, Any]) -> list[dict[str, Any]]:
    if not told["engineer_id"]:
        return []
    columns = (("engineer", gettext("Engineer")), ("time", gettext("Time")), ("cents", gettext("Costs more")))
    return [
        {
            "title": gettext("What it costs there"),
            "columns": _columns(("name", gettext("Of it")), ("cents", gettext("Cost")), numeric="cents"),
            "rows": [{"name": one["name"], "cents": money(one["cents"])} for one in told["terms"]],
        },
        {
            "title": gettext("Who else could go, everything else staying as it is"),
            "columns": _columns(*columns, ("terms", gettext("Above all")), numeric="cents"),
            "rows": [
                {
                    "engineer": _link(one["engineer_id"], one["engineer"]),
                    "time": local_time(one["start_at"]),
                    "cents": money(one["cents"]),
                    "terms": " · ".join(
                        f"{term['name']} {money(term['cents'])}" for term in one["terms"][:_HEAVIEST]
                    ),
                }
                for one in told["others"]
            ],
            "empty_text": gettext("Nobody."),
        },
    ]


def _of_left_out(told: dict[str, Any]) -> list[dict[str, Any]]:
    if told["engineer_id"]:
        return []
    columns = (("what", gettext("What")), ("engineer", gettext("Engineer")), ("cents", gettext("Would add")))
    return [
        {
            "title": gettext("What would help"),
            "columns": _columns(*columns, numeric="cents"),
            "rows": [
                {
                    "what": one["sentence"],
                    "engineer": _link(one["engineer_id"], one["engineer"]),
                    "cents": money(one["cents"]),
                }
                for one in told["relaxations"]
            ],
            "empty_text": gettext("No single change of this kind."),
        }
    ]


def _rules(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": gettext("Who cannot go, and why"),
        "columns": _columns(("rule", gettext("Rule")), ("engineers", gettext("Engineers"))),
        "rows": [
            {
                "rule": one["sentence"],
                "engineers": {"links": [_link(each["id"], each["name"]) for each in one["engineers"]]},
            }
            for one in told["reasons"]
        ],
        "empty_text": gettext("Everybody can."),
    }
