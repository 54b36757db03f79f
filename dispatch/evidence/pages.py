"""The HTML door to what visits leave behind: the files themselves, and what an order's page shows of them."""

from __future__ import annotations

import math
import uuid
from typing import Any, BinaryIO

from flask import Blueprint, Response, request, send_file, url_for
from flask_babel import format_decimal, gettext

from core.auth.actors import Actor
from core.errors import mark
from core.i18n import LOCALES, local_time, reader_language
from core.web import page_actor
from dispatch.evidence import attachments, completeness, notes, report_pdf, reports
from dispatch.evidence.completeness import MANDATORY
from dispatch.evidence.models import Attachment
from dispatch.workorders.models import Visit, WorkOrder

KINDS = {"photo": mark("Photo"), "signature": mark("Signature"), "document": mark("Document")}
_FORMS = "any(original, display, thumbnail)"
bp = Blueprint("attachments", __name__, url_prefix="/attachments")
visit_reports = Blueprint("visit_reports", __name__, url_prefix="/visits")


def file_response(found: Attachment, stream: BinaryIO, media_type: str) -> Response:
    """Return a file; pictures are shown, documents are saved."""
    response: Response = send_file(
        stream,
        mimetype=media_type,
        as_attachment=not media_type.startswith("image/"),
        download_name=found.filename or str(found.id),
        etag=False,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@bp.get(f"/<uuid:attachment_id>/<{_FORMS}:form>")
def content(attachment_id: uuid.UUID, form: str) -> Response:
    """Show a photo or a signature, or save a document."""
    return file_response(*attachments.opened(page_actor(), attachment_id, form))


def pdf_response(report: dict[str, Any], language: str) -> Response:
    """Return a service report as PDF, to be shown."""
    made = report_pdf.pdf_of(report, language)
    name = f"{report['order']['number']}-{report['visit']['sequence']}-{language}.pdf"
    response = Response(made, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=name)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@visit_reports.get("/<uuid:visit_id>/report.pdf")
def report(visit_id: uuid.UUID) -> Response:
    """Show the service report of a visit, in the reader's language or the one asked for."""
    asked = request.args.get("lang", "")
    made = reports.report_of(page_actor(), visit_id)
    return pdf_response(made, asked if asked in LOCALES else reader_language())


def visit_actions(actor: Actor, visit: Visit) -> list[dict[str, Any]]:
    """Return the button for a visit's report, where there is something to report."""
    if not actor.may(attachments.READ) or visit.status not in reports.BEGUN:
        return []
    return [{"label": gettext("Service report"), "url": url_for("visit_reports.report", visit_id=visit.id)}]


def tables(actor: Actor, order: WorkOrder) -> list[dict[str, Any]]:
    """Return what an order's page shows of its visits' photos, signatures and notes, where there are any."""
    if not actor.may(attachments.READ):
        return []
    visits = {visit.id: visit.sequence for visit in order.visits}
    shown = [_attachment_row(one, visits) for one in attachments.of_order(actor, order)]
    written = [
        {
            "at": local_time(note.at, "medium"),
            "visit": visits.get(note.visit_id),
            "who": {"text": note.actor_name, "detail": _off_assignment(note.off_assignment)},
            "text": note.text,
        }
        for note in notes.of_order(actor, order)
    ]
    found = []
    lacking = [
        {
            "visit": visit.sequence,
            "missing": ", ".join(gettext(MANDATORY[one]) for one in missing),
        }
        for visit, missing in completeness.missing_of(order)
    ]
    if lacking:
        columns = _columns("visit", "missing")
        found.append({"title": gettext("Not there yet"), "columns": columns, "rows": lacking})
    if shown:
        columns = _columns("image", "visit", "what", "at", "size")
        found.append({"title": gettext("Photos and signatures"), "columns": columns, "rows": shown})
    if written:
        columns = _columns("text", "visit", "who", "at")
        found.append({"title": gettext("Notes"), "columns": columns, "rows": written})
    return found


def _columns(*keys: str) -> list[dict[str, str]]:
    labels = {
        "image": gettext("Picture"),
        "visit": gettext("Visit"),
        "what": gettext("Shows"),
        "at": gettext("When"),
        "size": gettext("Size"),
        "who": gettext("Who"),
        "text": gettext("Note"),
        "missing": gettext("Missing"),
    }
    return [{"key": key, "label": labels[key]} for key in keys]


def _attachment_row(one: Attachment, visits: dict[uuid.UUID, int]) -> dict[str, Any]:
    what = gettext(KINDS[one.kind])
    if one.signer:
        what = gettext("Signature of %(name)s", name=one.signer)
    row: dict[str, Any] = {
        "visit": visits.get(one.visit_id) if one.visit_id else None,
        "what": {"text": what, "detail": one.caption or _off_assignment(one.off_assignment)},
        "at": local_time(one.taken_at, "medium"),
        "size": gettext("%(size)s KB", size=format_decimal(math.ceil((one.size or 0) / 1000))),
    }
    if one.state != "stored":
        return row | {"size": "", "image": {"text": gettext("Still on the phone"), "tone": "yellow"}}
    url = url_for("attachments.content", attachment_id=one.id, form="display" if one.width else "original")
    if not one.width:
        return row | {"image": {"text": one.filename or gettext("Document"), "url": url}}
    thumbnail = url_for("attachments.content", attachment_id=one.id, form="thumbnail")
    return row | {"image": {"image": thumbnail, "text": what, "url": url}}


def _off_assignment(is_off: bool) -> str | None:
    return gettext("After the visit had been taken away") if is_off else None
