"""Re-planning the open work every so many minutes, where a setting says so."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Flask, current_app
from sqlalchemy import func, select

from core import clock, jobs
from core.auth.actors import system
from core.config import SettingsError
from core.db import db, transaction
from dispatch.planning.models import OptimizationRun
from dispatch.planning.runs import NothingToPlan, request_run
from dispatch.planning.weights import weights_from_text
from dispatch.workforce.models import Engineer, Shift

KIND = "planning.replan"


def init_app(app: Flask) -> None:
    """Have the worker re-plan as the settings say.

    Raises
    ------
    SettingsError
        REPLAN_WEIGHTS cannot be read.
    """
    text = app.config["SETTINGS"].replan_weights
    try:
        weights_from_text(text)
    except ValueError as error:
        raise SettingsError(f"REPLAN_WEIGHTS={text!r} is not usable: {error}.") from None
    jobs.every("replan", lambda settings: int(settings.replan_minutes), enqueue_replan)


def enqueue_replan() -> None:
    """Enqueue this interval's re-planning; several workers make one job of it."""
    minutes = current_app.config["SETTINGS"].replan_minutes
    interval = int(clock.now().timestamp()) // (60 * minutes)
    jobs.enqueue(KIND, {}, key=f"{KIND}:{minutes}:{interval}")


@jobs.handles(KIND)
def request_replan(job: jobs.JobRun) -> None:
    """Ask for a run over the open horizon, unless one is waiting already or there is nothing to plan."""
    settings, who = current_app.config["SETTINGS"], system("periodic plan")
    with transaction(who):
        waiting = (OptimizationRun.origin == "periodic", OptimizationRun.status.in_(("queued", "running")))
        horizon = open_horizon(clock.now())
        if horizon is None or db.session.scalar(select(OptimizationRun.id).where(*waiting).limit(1)):
            return
        try:
            request_run(
                who,
                starts_at=horizon[0],
                ends_at=horizon[1],
                weights=weights_from_text(settings.replan_weights),
                time_limit_s=settings.replan_seconds,
                auto_publish=settings.replan_publish,
                origin="periodic",
            )
        except NothingToPlan:
            return


def open_horizon(now: datetime) -> tuple[datetime, datetime] | None:
    """Return the rest of the day while somebody still works, else the next day on which somebody does."""
    zone = current_app.config["SETTINGS"].zone
    query = select(func.min(Shift.starts_at)).join(Engineer, Shift.engineer_id == Engineer.id)
    first = db.session.scalar(query.where(Shift.ends_at > now, Engineer.active))
    if first is None:
        return None
    starts_at = max(now, first)
    midnight = datetime.combine(starts_at.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return starts_at, midnight
