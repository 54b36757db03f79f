"""The JSON door to what visits leave behind."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify

from core import api
from core.i18n import reader_language
from dispatch.evidence import attachments, completeness, notes, reports
from dispatch.evidence.pages import file_response, pdf_response
from dispatch.evidence.report_schemas import LanguageArgs, ServiceReportSchema
from dispatch.evidence.schemas import EvidenceSchema, FormArgs
from dispatch.workorders import orders

blp = api.blueprint("evidence", __name__, "Photos, signatures and notes of visits")


@blp.route("/work-orders/<uuid:record_id>/evidence")
@api.needs(attachments.READ)
@blp.response(200, EvidenceSchema)
@blp.doc(operationId="list_evidence", summary="Photos, signatures, documents and notes of an order")
def list_evidence(record_id: uuid.UUID) -> Any:
    """List what an order's visits left behind."""
    who = api.actor()
    order = orders.order_of(who, record_id)
    return {
        "attachments": attachments.of_order(who, order),
        "notes": notes.of_order(who, order),
        "missing": [
            {"visit_id": visit.id, "actions": actions} for visit, actions in completeness.missing_of(order)
        ],
    }


@blp.route("/attachments/<uuid:attachment_id>/content")
@api.needs(attachments.READ)
@blp.arguments(FormArgs, location="query")
@blp.doc(
    operationId="get_attachment_content",
    summary="The bytes of an attachment",
    responses={"200": {"description": "The original, or a JPEG that shows it", "content": {"*/*": {}}}},
)
def content(query: dict[str, Any], attachment_id: uuid.UUID) -> Response:
    """Answer with a file."""
    return file_response(*attachments.opened(api.actor(), attachment_id, query["form"]))


@blp.route("/visits/<uuid:visit_id>/report")
@api.needs(attachments.READ)
@blp.alt_response(200, schema=ServiceReportSchema)
@blp.doc(operationId="get_visit_report", summary="The service report of a visit, with its chain of evidence")
def report(visit_id: uuid.UUID) -> Response:
    """Answer with a report that can be checked without us."""
    return jsonify(reports.report_of(api.actor(), visit_id))


@blp.route("/visits/<uuid:visit_id>/report.pdf")
@api.needs(attachments.READ)
@blp.arguments(LanguageArgs, location="query")
@blp.doc(
    operationId="get_visit_report_pdf",
    summary="The service report of a visit as PDF",
    responses={"200": {"description": "The report", "content": {"application/pdf": {}}}},
)
def report_pdf(query: dict[str, Any], visit_id: uuid.UUID) -> Response:
    """Answer with a report on paper."""
    return pdf_response(reports.report_of(api.actor(), visit_id), query["lang"] or reader_language())
