"""The preview of a run: what would change, why, and what it is worth; before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from flask_babel import gettext
from sqlalchemy import Select, func, select

from core.auth.actors import Actor
from core.db import db
from dispatch.customers.models import Customer, Site
from dispatch.planning.models import CHANGES, OUTCOMES, OptimizationRun, RunAssignment
from dispatch.planning.names import Names
from dispatch.planning.publication import MOVES
from dispatch.planning.reasons import helps, told
from dispatch.workorders.models import Visit, WorkOrder

MOST_CHANGES = 2_000
_SHOWN_COLUMNS: tuple[Any, ...] = (
    WorkOrder.number,
    WorkOrder.title,
    WorkOrder.priority,
    WorkOrder.resolve_due_at,
    WorkOrder.respond_due_at,
    Visit.promised_from,
    Visit.promised_until,
    Site.name.label("site"),
    Customer.name.label("customer"),
)


def preview_of(actor: Actor, run: OptimizationRun) -> dict[str, Any]:
    """Return what a dispatcher weighs before publishing; at most `MOST_CHANGES` of its changes."""
    actor.require("optimization-runs.read")
    counted = select(RunAssignment.change, RunAssignment.outcome, func.count()).where(
        RunAssignment.run_id == run.id
    )
    grouped = list(db.session.execute(counted.group_by(RunAssignment.change, RunAssignment.outcome)))
    changes: Counter[str] = Counter(dict.fromkeys(CHANGES, 0))
    outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
    for change, outcome, count in grouped:
        changes[change] += count
        if change in MOVES:
            outcomes[outcome] += count
    shown = [change for change in CHANGES if change != "kept"]
    return {
        "run": run,
        "before": run.before,
        "after": run.after,
        "saved": _saved(run.before, run.after),
        "counts": dict(changes),
        "outcomes": dict(outcomes),
        "can_publish": run.status == "ready" and outcomes["open"] > 0,
        "changes": assignments_of(actor, run, changes=shown, limit=MOST_CHANGES),
        "changes_total": sum(changes[change] for change in shown),
        "engineers": _by_engineer(run),
        "routes": run.routes or [],
    }


def assignments_of(
    actor: Actor,
    run: OptimizationRun,
    *,
    changes: Collection[str] | None = None,
    limit: int,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return what a run proposes for its visits, in order of time, those left out last."""
    actor.require("optimization-runs.read")
    query = (
        _assignments(run, changes)
        .with_only_columns(RunAssignment, *_SHOWN_COLUMNS)
        .order_by(RunAssignment.planned_start_at.is_(None), RunAssignment.planned_start_at, WorkOrder.number)
    )
    rows = db.session.execute(query.limit(limit).offset(offset))
    names = Names()
    return [
        {
            "visit_id": row.visit_id,
            "order_id": row.order_id,
            "number": seen.number,
            "title": seen.title,
            "priority": seen.priority,
            "customer": seen.customer,
            "site": seen.site,
            "change": row.change,
            "outcome": row.outcome,
            "engineer_id": row.engineer_id,
            "engineer": names.engineer(str(row.engineer_id)),
            "planned_start_at": row.planned_start_at,
            "planned_end_at": row.planned_end_at,
            "travel_s": row.travel_s,
            "distance_m": row.distance_m,
            "was_engineer_id": row.was_engineer_id,
            "was_engineer": names.engineer(str(row.was_engineer_id)),
            "was_start_at": row.was_start_at,
            "due_at": seen.resolve_due_at or seen.respond_due_at,
            "breaks_promise": _breaks_promise(row, seen),
            "reasons": told(row.reasons),
            "relaxations": helps(row.relaxations, names),
        }
        for seen in rows
        for row in (seen[0],)
    ]


def count_of(run: OptimizationRun, changes: Collection[str] | None = None) -> int:
    """Return how many assignments `assignments_of` would give without a limit."""
    query = _assignments(run, changes).with_only_columns(func.count(), maintain_column_froms=True)
    return db.session.scalar(query) or 0


def _assignments(run: OptimizationRun, changes: Collection[str] | None) -> Select[Any]:
    query = (
        select(RunAssignment.visit_id)
        .select_from(RunAssignment)
        .join(WorkOrder, RunAssignment.order_id == WorkOrder.id)
        .join(Visit, RunAssignment.visit_id == Visit.id)
        .join(Site, WorkOrder.site_id == Site.id)
        .join(Customer, WorkOrder.customer_id == Customer.id)
        .where(RunAssignment.run_id == run.id)
    )
    return query if changes is None else query.where(RunAssignment.change.in_(changes))


def _breaks_promise(row: RunAssignment, visit: Any) -> bool:
    if visit.promised_from is None or visit.promised_until is None or row.change == "kept":
        return False
    starts_at = row.planned_start_at
    return starts_at is None or not visit.promised_from <= starts_at <= visit.promised_until


def _saved(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return before less after: what publishing would spare."""
    if before is None or after is None:
        return None
    names = ("travel_s", "distance_m", "late_s", "overtime_s", "unplanned", "cost_cents")
    return {name: before[name] - after[name] for name in names}


def _by_engineer(run: OptimizationRun) -> list[dict[str, Any]]:
    """Return for every engineer with a route what it holds, and how many visits come and go."""
    query = select(RunAssignment.engineer_id, RunAssignment.was_engineer_id, RunAssignment.change).where(
        RunAssignment.run_id == run.id
    )
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for engineer_id, was_engineer_id, _change in db.session.execute(query):
        if engineer_id != was_engineer_id:
            gained[str(engineer_id)] += 1
            lost[str(was_engineer_id)] += 1
    found: dict[str, dict[str, Any]] = {}
    for route in run.routes or []:
        row = found.setdefault(
            route["engineer_id"],
            {"engineer_id": route["engineer_id"], "engineer": route["engineer"], "visits": 0}
            | {"travel_s": 0, "distance_m": 0, "gained": 0, "lost": 0},
        )
        row["visits"] += len(route["stops"])
        row["travel_s"] += route["travel_s"]
        row["distance_m"] += route["distance_m"]
    for name, row in found.items():
        row["gained"], row["lost"] = gained[name], lost[name]
    return list(found.values())


def warnings_told(run: OptimizationRun) -> list[dict[str, Any]]:
    """Return a run's warnings with their sentences in the reader's language."""
    return [
        {"code": one["code"], "sentence": gettext(one["message"]) % one["facts"]}
        for one in run.warnings or []
    ]
