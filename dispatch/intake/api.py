"""The JSON door to imports and to sites that need a location."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request

from core import api
from core.api import actor, needs
from core.db import transaction
from dispatch.intake import locations, runs
from dispatch.intake.schemas import (
    GeocodingStartedSchema,
    ImportFormSchema,
    ImportRunSchema,
    WaitingSitesArgs,
    WaitingSitesPageSchema,
)

blp = api.blueprint("intake", __name__, "Imports, and sites that need a location")


@blp.route("/imports", methods=["POST"])
@needs("imports.write")
@blp.arguments(ImportFormSchema, location="form", content_type="multipart/form-data")
@blp.response(200, ImportRunSchema)
@blp.alt_response(202, schema=ImportRunSchema, description="Large: carried out as a job")
@blp.doc(
    operationId="import_file",
    summary="Import requests, engineers or parts from CSV or XLSX; good rows land, bad ones say why",
)
def import_file(form: dict[str, Any]) -> Any:
    who = actor()
    form.pop("file", None)
    run = runs.receive(who, request.files.get("file"), **form)
    return run, 200 if run.status == "done" else 202, {"Location": f"{api.PREFIX}/imports/{run.id}"}


@blp.route("/imports/<uuid:record_id>")
@needs("imports.read")
@blp.response(200, ImportRunSchema)
@blp.doc(operationId="get_import", summary="One import and how far it is")
def get_import(record_id: uuid.UUID) -> Any:
    return runs.run_of(actor(), record_id)


@blp.route("/imports/geocode", methods=["POST"])
@needs("sites.write")
@blp.response(202, GeocodingStartedSchema)
@blp.doc(operationId="geocode", summary="Have jobs ask the geocoder for all sites that need a location")
def geocode() -> Any:
    who = actor()
    with transaction(who):
        return {"sites": locations.geocode_pending(who)}


@blp.route("/waiting-sites")
@needs("imports.read")
@blp.arguments(WaitingSitesArgs, location="query")
@blp.response(200, WaitingSitesPageSchema)
@blp.doc(
    operationId="list_waiting_sites",
    summary="Sites open orders wait for, with the geocoder's proposal; confirm by PATCH of the site",
)
def list_waiting_sites(query: dict[str, Any]) -> Any:
    items, total = locations.waiting_sites(actor(), query["page"], query["page_size"])
    return {"items": items, "total": total, **query}
