"""Why a run puts a visit where it does, or leaves it out: worked out when somebody asks."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask_babel import gettext

from core.auth.actors import Actor
from core.db import db
from core.errors import NotFound, mark
from dispatch.planning.archive import problem_and_plan_of
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.names import Names
from dispatch.planning.reasons import TERMS, helps, told
from dispatch.workorders.models import WorkOrder
from optimizer.explain import Terms, explain


def explanation_of(actor: Actor, run: OptimizationRun, visit_id: uuid.UUID) -> dict[str, Any]:
    """Return who does a visit and what that costs, who else could and at what cost, who cannot and why.

    Of a visit that is left out: every rule with the engineers it concerns, and what would help.

    Raises
    ------
    NotFound
        The run has no such visit, or its problem is not kept any more.
    """
    actor.require("optimization-runs.read")
    row = db.session.get(RunAssignment, (run.id, visit_id))
    if row is None:
        raise NotFound(mark("This run says nothing of such a visit."))
    order = db.session.get_one(WorkOrder, row.order_id)
    problem, plan = problem_and_plan_of(run)
    names = Names()
    answer: dict[str, Any] = {
        "visit_id": visit_id,
        "order_id": order.id,
        "number": order.number,
        "title": order.title,
        "engineer_id": None,
        "engineer": "",
        "cents": None,
        "unplanned_cents": None,
        "terms": [],
        "reasons": [{**one, "engineers": []} for one in told(row.reasons)],
        "others": [],
        "relaxations": [],
    }
    if str(visit_id) not in {task.id for task in problem.tasks}:
        return answer
    found = explain(problem, plan, str(visit_id))
    stored = [
        {"rule": one.rule.value, "count": len(one.engineers), "of": len(problem.engineers)}
        for one in found.reasons
    ]
    if problem.engineers:
        answer["reasons"] = [
            {**one, "engineers": [{"id": name, "name": names.engineer(name)} for name in reason.engineers]}
            for one, reason in zip(told(stored), found.reasons, strict=True)
        ]
    starts_s = {stop.id: stop.start_s for route in plan.routes for stop in route.stops}
    planned_at = row.planned_start_at or run.starts_at
    return answer | {
        "engineer_id": found.engineer,
        "engineer": names.engineer(found.engineer or ""),
        "cents": found.cents,
        "unplanned_cents": found.unplanned_cents,
        "terms": _terms(found.terms),
        "others": [
            {
                "engineer_id": other.engineer,
                "engineer": names.engineer(other.engineer),
                "start_at": planned_at + timedelta(seconds=other.start_s - starts_s[str(visit_id)]),
                "cents": other.cents,
                "terms": _terms(other.terms),
            }
            for other in found.others
        ],
        "relaxations": helps([asdict(one) for one in found.relaxations], names),
    }


def _terms(terms: Terms) -> list[dict[str, Any]]:
    """Return terms with their names, what weighs most first."""
    heaviest = sorted(terms, key=lambda term: -abs(term[1]))
    return [{"term": name, "name": gettext(TERMS[name]), "cents": cents} for name, cents in heaviest]
