"""Shortcuts for tests of planning: ask, let a worker run, publish."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from flask import current_app

from core.auth.actors import Actor, system
from core.db import db, transaction
from core.worker import Worker
from dispatch.planning import runs
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.publication import Publication
from dispatch.planning.snapshot import Snapshot, take_snapshot
from dispatch.workorders.models import VisitEvent, WorkOrder
from optimizer.tasks import Task
from tests.towns import HOUR, Town, visit_of


def ask(town: Town, actor: Actor | None = None, **values: Any) -> uuid.UUID:
    """Ask for a run over the town's day; return its id."""
    who = actor or system("test")
    usual: dict[str, Any] = {"starts_at": town.day[0], "ends_at": town.day[1], "time_limit_s": 1}
    with transaction(who):
        return runs.request_run(who, **{**usual, **values}).id


def work() -> None:
    """Carry out every job there is."""
    Worker(current_app._get_current_object()).run(until_idle=True)  # type: ignore[attr-defined]
    db.session.rollback()


def run_of(run_id: uuid.UUID) -> OptimizationRun:
    """Return the run, read afresh."""
    db.session.rollback()
    return db.session.get_one(OptimizationRun, run_id)


def planned(town: Town, **values: Any) -> OptimizationRun:
    """Ask for a run, have it carried out, and return it."""
    run_id = ask(town, **values)
    work()
    return run_of(run_id)


def publish(run: OptimizationRun, **part: Any) -> Publication:
    """Publish a run, or a part of it."""
    who = system("test")
    with transaction(who):
        return runs.publish_run(who, db.session.get_one(OptimizationRun, run.id), **part)


def assignments(run: OptimizationRun) -> dict[uuid.UUID, RunAssignment]:
    """Return what the run proposes, by order."""
    db.session.rollback()
    return {row.order_id: row for row in run_of(run.id).assignments}


def rules_of(run: OptimizationRun, order: WorkOrder) -> set[str]:
    """Return the rules that keep an order out."""
    return {reason["rule"] for reason in assignments(run)[order.id].reasons or ()}


def verbs_of(order: WorkOrder) -> list[str]:
    """Return what happened at the order's visit, in order."""
    visit = visit_of(order)
    rows = db.session.query(VisitEvent).filter_by(visit_id=visit.id).order_by(VisitEvent.id)
    return [row.verb for row in rows]


def place(order: WorkOrder) -> tuple[uuid.UUID | None, datetime | None]:
    """Return engineer and start of the order's visit as published."""
    visit = visit_of(order)
    return visit.engineer_id, visit.planned_start_at


def look(town: Town, **values: Any) -> Snapshot:
    """Take a snapshot of the town's day."""
    usual: dict[str, Any] = {"starts_at": town.day[0], "ends_at": town.day[1], "territory_ids": []}
    return take_snapshot(OptimizationRun(**{**usual, "weights": {}, **values}))


def task_of(seen: Snapshot, order: Any) -> Task:
    """Return the task of an order's visit."""
    names = [name for name, visit in seen.visits.items() if visit.order_id == order.id]
    return next(task for task in seen.problem.tasks if task.id == names[0])


def planned_at(engineer: Any, start: Any, **values: Any) -> dict[str, Any]:
    """Return the columns of a visit that is planned for an hour."""
    return {
        "engineer_id": engineer.id,
        "planned_start_at": start,
        "planned_end_at": start + HOUR,
        "status": "dispatched",
        **values,
    }
