"""The HTML door to optimization runs: what each proposes, and the buttons to take or leave it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, url_for
from flask_babel import format_decimal, gettext

from core.auth.actors import Actor
from core.errors import mark
from core.i18n import local_time
from core.pages import Pages, blueprint
from core.verb_pages import Verb, action_of, add_verbs
from dispatch.planning import comparison, explanation_pages, runs
from dispatch.planning.models import OptimizationRun
from dispatch.planning.resources import RUNS
from dispatch.planning.schemas import RUN_STATUS_NAMES

MOST_CHANGES = 200
STATUS_TONES = {
    "queued": "grey",
    "running": "yellow",
    "ready": "blue",
    "published": "green",
    "failed": "red",
    "cancelled": "neutral",
}
CHANGE_NAMES = {
    "new": (mark("new"), "green"),
    "moved": (mark("moved"), "yellow"),
    "left_out": (mark("left out"), "red"),
    "removed": (mark("taken out"), "neutral"),
}
METRICS = (
    ("planned", mark("Visits planned"), 1),
    ("unplanned", mark("Visits left out"), 1),
    ("engineers_used", mark("Engineers with work"), 1),
    ("travel_s", mark("Travel (minutes)"), 60),
    ("distance_m", mark("Distance (km)"), 1000),
    ("late_visits", mark("Late visits"), 1),
    ("late_s", mark("Lateness (minutes)"), 60),
    ("overtime_s", mark("Overtime (minutes)"), 60),
    ("waiting_s", mark("Waiting (minutes)"), 60),
)
"""Name of a metric, its label, and by what its number is divided to be shown."""


def _publish(actor: Actor, run: OptimizationRun, data: dict[str, Any]) -> None:
    done = runs.publish_run(actor, run)
    said = gettext(
        "Published: %(scheduled)s visits planned, %(removed)s taken off, %(left_out)s left as they were.",
        scheduled=len(done.scheduled),
        removed=len(done.removed),
        left_out=len(done.left_out),
    )
    flash(said, "warning" if done.left_out else "success")


VERBS = {
    "publish": Verb(name="publish", label=mark("Publish"), act=_publish, permission=runs.WRITE, primary=True),
    "discard": Verb(
        name="discard",
        permission=runs.WRITE,
        label=mark("Discard"),
        act=lambda actor, run, data: runs.discard_run(actor, run),
        danger=True,
    ),
    "cancel": Verb(
        name="cancel",
        permission=runs.WRITE,
        label=mark("Stop, keep the best so far"),
        act=lambda actor, run, data: runs.cancel_run(actor, run),
        danger=True,
    ),
}


def _actions(actor: Actor, run: OptimizationRun) -> list[dict[str, Any]]:
    day = run.starts_at.astimezone(current_app.config["SETTINGS"].zone).date()
    board = {
        "label": gettext("Show on the board"),
        "url": url_for("board.day", day=day.isoformat(), run=run.id),
    }
    possible: tuple[str, ...] = ()
    if actor.may(runs.WRITE):
        possible = {"ready": ("publish", "discard"), "queued": ("cancel",), "running": ("cancel",)}.get(
            run.status, ()
        )
    return [board, *(action_of("optimization_runs", VERBS[name], run) for name in possible)]


def _progress(actor: Actor, run: OptimizationRun) -> list[dict[str, Any]]:
    if run.status not in ("queued", "running"):
        return []
    told = runs.progress_of(run)
    facts = [
        {"label": gettext("Runs before this one"), "text": told.get("waiting_before")},
        {"label": gettext("Running for (seconds)"), "text": told.get("elapsed_s")},
        {"label": gettext("Visits left out"), "text": told.get("unplanned")},
    ]
    return [{"title": gettext("Progress"), "facts": [fact for fact in facts if fact["text"] is not None]}]


def _tables(actor: Actor, run: OptimizationRun) -> list[dict[str, Any]]:
    tables = []
    warnings = comparison.warnings_told(run)
    if warnings:
        tables.append(
            {
                "title": gettext("Warnings"),
                "columns": [{"key": "sentence", "label": ""}],
                "rows": [{"sentence": one["sentence"]} for one in warnings],
            }
        )
    if run.after:
        tables.append(_metrics_table(run))
        tables.append(_changes_table(actor, run))
    return tables


def _metrics_table(run: OptimizationRun) -> dict[str, Any]:
    labels = {"before": gettext("Before"), "after": gettext("After"), "change": gettext("Difference")}
    rows = []
    for name, label, unit in METRICS:
        before, after = ((metrics or {}).get(name) for metrics in (run.before, run.after))
        row: dict[str, Any] = {"metric": gettext(label)}
        if before is not None:
            row["before"] = format_decimal(round(before / unit))
        if after is not None:
            row["after"] = format_decimal(round(after / unit))
        if before is not None and after is not None:
            difference = round(after / unit) - round(before / unit)
            row["change"] = format_decimal(difference, format="+#,##0;-#,##0" if difference else "0")
        rows.append(row)
    numbers = [{"key": key, "label": label, "numeric": True} for key, label in labels.items()]
    return {
        "title": gettext("The plan before and after"),
        "columns": [{"key": "metric", "label": gettext("Metric")}, *numbers],
        "rows": rows,
    }


def _changes_table(actor: Actor, run: OptimizationRun) -> dict[str, Any]:
    shown = comparison.assignments_of(actor, run, changes=CHANGE_NAMES, limit=MOST_CHANGES)
    total = comparison.count_of(run, CHANGE_NAMES)
    title = gettext("What changes")
    if total > len(shown):
        title = gettext("What changes: the first %(shown)s of %(total)s", shown=len(shown), total=total)
    labels = (
        ("order", gettext("Work order")),
        ("change", gettext("Kind of change")),
        ("engineer", gettext("Engineer")),
        ("time", gettext("Time")),
        ("why", gettext("Why")),
    )
    return {
        "title": title,
        "columns": [{"key": key, "label": label} for key, label in labels],
        "rows": [_change_row(run, one) for one in shown],
        "empty_text": gettext("Nothing would change."),
    }


def _change_row(run: OptimizationRun, one: dict[str, Any]) -> dict[str, Any]:
    words, tone = CHANGE_NAMES[one["change"]]
    said = [reason["sentence"] for reason in one["reasons"]]
    if one["breaks_promise"]:
        said.append(gettext("breaks a promise"))
    row: dict[str, Any] = {
        "order": {
            "text": one["number"],
            "url": url_for("work_orders.detail", record_id=one["order_id"]),
            "detail": one["title"],
        },
        "change": {"text": gettext(words), "tone": tone},
        "why": {
            "text": " ".join(said) or gettext("Why"),
            "url": url_for("optimization_runs.visit", record_id=run.id, visit_id=one["visit_id"]),
            "detail": " ".join(help_["sentence"] for help_ in one["relaxations"]),
        },
    }
    if row["why"]["detail"]:
        row["why"]["detail"] = gettext("Would help: %(what)s", what=row["why"]["detail"])
    for name, now, was in (
        ("engineer", one["engineer"], one["was_engineer"]),
        ("time", local_time(one["planned_start_at"]), local_time(one["was_start_at"])),
    ):
        row[name] = {
            "text": now,
            "detail": gettext("before: %(was)s", was=was) if was and was != now else None,
        }
    return row


bp = blueprint(
    Pages(
        resource=RUNS,
        columns=("number", "status", "starts_at", "ends_at", "requested_by_name", "finished_at"),
        groups=(
            ("", ("starts_at", "ends_at", "territory_ids", "order_count", "requested_by_name", "origin")),
            (
                "How it went",
                (
                    "started_at",
                    "finished_at",
                    "time_limit_s",
                    "solve_ms",
                    "engine",
                    "travel_source",
                    "published_at",
                    "published_by_name",
                    "error",
                ),
            ),
        ),
        filters=("status",),
        tones={"status": STATUS_TONES},
        badge=lambda run: {"text": gettext(RUN_STATUS_NAMES[run.status]), "tone": STATUS_TONES[run.status]},
        actions=_actions,
        more_facts=_progress,
        tables=_tables,
        history=None,
        creatable=False,
        editable=False,
    ),
    __name__,
)
add_verbs(bp, RUNS, tuple(VERBS.values()))
bp.add_url_rule("/<uuid:record_id>/visits/<uuid:visit_id>", "visit", explanation_pages.visit)
