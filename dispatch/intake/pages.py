"""The HTML door to imports, and to sites that need a location."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE, ValidationError
from werkzeug.wrappers import Response

from core import forms
from core.db import transaction
from core.errors import DomainError, mark
from core.i18n import local_time
from core.lists import PAGE_SIZE, page_number, pager
from core.problems import sentence
from core.web import page_actor
from dispatch.intake import locations, runs
from dispatch.intake.models import ImportRun
from dispatch.intake.schemas import KIND_NAMES, ImportPageSchema, reason_of

REFRESH_S = 3
"""How often the page of an import that is not done yet loads itself again [s]."""
FIELDS = ("kind", "mapping", "own_mapping", "time_zone", "dry_run")
STATUSES = {
    "queued": (mark("Waits"), "grey"),
    "running": (mark("Is being imported"), "yellow"),
    "done": (mark("Imported"), "green"),
    "failed": (mark("Broken off"), "red"),
}
bp = Blueprint("imports", __name__, url_prefix="/imports")


def _pager(endpoint: str, number: int, total: int) -> dict[str, Any]:
    return pager(number, total, lambda number: url_for(endpoint, page=number))


def _columns(**labels: str) -> list[dict[str, str]]:
    return [{"key": key, "label": label} for key, label in labels.items()]


def _badge(run: ImportRun) -> dict[str, str]:
    label, tone = STATUSES[run.status]
    return {"text": gettext(label), "tone": tone}


@bp.get("")
def list_() -> str:
    """List the imports people sent, newest first."""
    who = page_actor()
    number = page_number()
    items, total = runs.latest_runs(who, number, PAGE_SIZE)
    rows = [
        {
            "file": {"text": run.file_name, "url": url_for("imports.detail", record_id=run.id)},
            "kind": gettext(KIND_NAMES[run.kind]),
            "status": {**_badge(run), "detail": gettext("Dry run") if run.dry_run else None},
            "rows": run.rows_total,
            "refused": run.report["refused"],
            "by": {"text": run.requested_by_name, "detail": local_time(run.created_at)},
        }
        for run in items
    ]
    new = {"label": gettext("Import a file"), "url": url_for("imports.new"), "primary": True}
    return render_template(
        "list.html",
        title=gettext("Imports"),
        actions=[new] if who.may("imports.write") else [],
        columns=_columns(
            file=gettext("File"),
            kind=gettext("Kind"),
            status=gettext("Status"),
            rows=gettext("Rows"),
            refused=gettext("Rows refused"),
            by=gettext("Sent by"),
        ),
        rows=rows,
        page=_pager("imports.list_", number, total),
    )


@bp.route("/new", methods=["GET", "POST"])
def new() -> Any:
    """Take a file and import it, or have a job do it where it is large."""
    who = page_actor()
    who.require("imports.write")
    schema = ImportPageSchema(unknown=EXCLUDE)
    if request.method == "GET":
        return _form(schema, forms.values_of(schema, None), {}, [])
    values = forms.sent_values(schema, FIELDS, request.form)
    raw, unreadable = forms.read(schema, values)
    try:
        if unreadable:
            raise ValidationError(unreadable)
        data = schema.load(raw)
        data["mapping"] = data.pop("own_mapping") or data["mapping"]
        # A file field left empty is sent all the same, without a name.
        file = request.files.get("file")
        run = runs.receive(who, file if file and file.filename else None, **data)
    except ValidationError as error:
        return _form(schema, values, error.normalized_messages(), []), 422
    except DomainError as error:
        return _form(schema, values, error.fields, [] if error.fields else [sentence(error)]), error.status
    return redirect(url_for("imports.detail", record_id=run.id))


def _form(schema: ImportPageSchema, values: dict[str, Any], errors: dict[str, Any], said: list[str]) -> str:
    return render_template(
        "form.html",
        title=gettext("Import a file"),
        groups=[{"fields": forms.form_fields(schema, ("file", *FIELDS), {**values, "file": ""}, errors)}],
        errors=said,
        multipart=True,
        save_label=gettext("Import"),
        cancel_url=url_for("imports.list_"),
    )


@bp.get("/<uuid:record_id>")
def detail(record_id: uuid.UUID) -> Response:
    """Show what became of an import's rows; loads itself again until it is done."""
    run = runs.run_of(page_actor(), record_id)
    report = run.report
    counted = {
        gettext("Rows"): f"{report['rows']:,} / {run.rows_total:,}",
        gettext("New"): f"{report['created']:,}",
        gettext("Changed"): f"{report['updated']:,}",
        gettext("Unchanged"): f"{report['unchanged']:,}",
        gettext("Rows refused"): f"{report['refused']:,}",
    }
    if run.kind == "requests":
        counted[gettext("With a position")] = f"{report['located']:,}"
        counted[gettext("Without a position")] = f"{report['needs_location']:,}"
    about = {
        gettext("Kind"): gettext(KIND_NAMES[run.kind]),
        gettext("Dry run"): gettext("Yes, nothing is kept") if run.dry_run else gettext("No"),
        gettext("Sent by"): run.requested_by_name,
        gettext("Sent at"): local_time(run.created_at),
        gettext("Ended at"): local_time(run.finished_at),
    }
    if run.error:
        about[gettext("Why it broke off")] = gettext(run.error)
    shown = [
        {"row": error["row"], "column": error["column"] or gettext("whole row"), "reason": reason_of(error)}
        for error in report["errors"]
    ]
    title = gettext("Errors: %(count)s", count=report["error_count"])
    if len(shown) < report["error_count"]:
        title = gettext(
            "Errors: the first %(shown)s of %(count)s", shown=len(shown), count=report["error_count"]
        )
    page = render_template(
        "detail.html",
        title=run.file_name,
        badge=_badge(run),
        groups=[
            {"title": title, "facts": [{"label": label, "text": text} for label, text in facts.items()]}
            for title, facts in (("", counted), ("", about))
        ],
        tables=[
            {
                "title": title,
                "columns": _columns(row=gettext("Row"), column=gettext("Column"), reason=gettext("Reason")),
                "rows": shown,
                "empty_text": gettext("No row was refused."),
            }
        ],
    )
    answer = make_response(page)
    if run.status in ("queued", "running"):
        answer.headers["Refresh"] = str(REFRESH_S)
    return answer


@bp.get("/waiting-sites")
def waiting_sites() -> str:
    """List the sites open orders wait for, with where the geocoder supposes them."""
    who = page_actor()
    number = page_number()
    items, total = locations.waiting_sites(who, number, PAGE_SIZE)
    ask = {"label": gettext("Ask the geocoder"), "url": url_for("imports.geocode"), "method": "post"}
    columns = _columns(
        site=gettext("Site"),
        address=gettext("Address"),
        orders=gettext("Orders"),
        proposal=gettext("The geocoder's proposal"),
    )
    if who.may("sites.write"):
        columns.append({"key": "actions", "label": ""})
    return render_template(
        "list.html",
        title=gettext("Sites without a position"),
        lead=gettext("Nobody can be sent there before the site has a position."),
        actions=[ask] if total and who.may("sites.write") else [],
        columns=columns,
        rows=[_waiting_row(each) for each in items],
        empty={"text": gettext("Every open order has a location.")},
        page=_pager("imports.waiting_sites", number, total),
    )


def _waiting_row(waiting: locations.Waiting) -> dict[str, Any]:
    site, said = waiting.site, waiting.proposal
    edit = {"label": gettext("Give it a position"), "url": url_for("sites.edit", record_id=site.id)}
    row: dict[str, Any] = {
        "site": {
            "text": site.name,
            "detail": site.customer.name,
            "url": url_for("sites.detail", record_id=site.id),
        },
        "address": site.address,
        "orders": waiting.order_count,
        "actions": {"actions": [edit]},
    }
    if said is not None:
        row["proposal"] = {"text": f"{said.lat:.6f}, {said.lon:.6f}", "detail": said.label}
    return row


@bp.post("/geocode")
def geocode() -> Response:
    """Have jobs ask the geocoder for all sites that need a location."""
    who = page_actor()
    try:
        with transaction(who):
            count = locations.geocode_pending(who)
        flash(gettext("The geocoder is asked for %(count)s sites.", count=count), "success")
    except DomainError as error:
        flash(sentence(error), "error")
    return redirect(url_for("imports.waiting_sites"))
