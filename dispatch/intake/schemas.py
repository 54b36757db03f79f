"""What imports and waiting sites look like from outside."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from core.api import Strict
from core.errors import mark
from dispatch.intake.mapping_documents import ready_names
from dispatch.intake.models import KINDS, ImportRun

KIND_NAMES = {
    "requests": mark("Requests"),
    "engineers": mark("Engineers"),
    "parts": mark("Parts"),
}


class ImportFormSchema(Schema):
    """A file to import and how it is read."""

    # Files come apart from the form's texts: the door takes this one, here it is only described.
    file = Upload(metadata={"label": "File", "kind": "file", "description": "CSV or .xlsx"})
    kind = fields.String(
        required=True, validate=validate.OneOf(KINDS), metadata={"label": "Kind", "names": KIND_NAMES}
    )
    mapping = fields.String(
        load_default="",
        validate=validate.Length(max=200_000),
        metadata={
            "label": "Mapping",
            "description": "name of a ready mapping, or a mapping's JSON; empty: our own column names",
            "example": "nyc311",
        },
    )
    time_zone = fields.String(
        load_default="",
        validate=validate.Length(max=60),
        metadata={"label": "Time zone", "hint": "Empty: the mapping's.", "example": "America/New_York"},
    )
    dry_run = fields.Boolean(
        load_default=False, metadata={"label": "Dry run", "hint": "Only shows what would happen."}
    )


class ImportPageSchema(ImportFormSchema):
    """The same for people: a ready mapping is chosen, or one's own written down."""

    mapping = fields.String(
        load_default="",
        metadata={
            "label": "Mapping",
            "choices": lambda: [(name, name) for name in ready_names()],
            "hint": "How the file's columns are read. None chosen: our own column names.",
        },
    )
    own_mapping = fields.String(
        load_default="",
        validate=validate.Length(max=200_000),
        metadata={
            "label": "A mapping of your own",
            "kind": "textarea",
            "hint": "JSON; it takes the place of the one chosen.",
        },
    )


class RowErrorSchema(Schema):
    """What is wrong with a row."""

    row = fields.Integer(required=True, metadata={"description": "the heading is row 1"})
    column = fields.String(required=True)
    reason = fields.Function(lambda error: reason_of(error), metadata={"type": "string"})


def reason_of(error: dict[str, Any]) -> str:
    """Return the sentence of a stored error, in the reader's language."""
    text = gettext(error["message"])
    return text % error["facts"] if error["facts"] else text


class ImportReportSchema(Schema):
    """What became of the rows."""

    rows = fields.Integer(required=True)
    created = fields.Integer(required=True)
    updated = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    located = fields.Integer(required=True, metadata={"description": "accepted requests with a position"})
    needs_location = fields.Integer(required=True)
    error_count = fields.Integer(required=True)
    errors = fields.List(
        fields.Nested(RowErrorSchema), required=True, metadata={"description": "the first 1,000"}
    )


class ImportRunSchema(Schema):
    """An import and how far it is."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    file_name = fields.String(required=True)
    dry_run = fields.Boolean(required=True)
    status = fields.String(required=True, validate=validate.OneOf(("queued", "running", "done", "failed")))
    rows_total = fields.Integer(required=True)
    report = fields.Nested(ImportReportSchema, required=True)
    error = fields.Function(
        lambda run: gettext(run.error) if isinstance(run, ImportRun) and run.error else "",
        metadata={"type": "string", "description": "why it failed"},
    )
    requested_by_name = fields.String()
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)


class GeocodingStartedSchema(Schema):
    """How many sites the geocoder will be asked for."""

    sites = fields.Integer(required=True)


class ProposalSchema(Schema):
    """Where a geocoder supposes a site, without being sure of the house."""

    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    label = fields.String(required=True)
    provider = fields.String(required=True)


class WaitingSiteSchema(Schema):
    """A site open orders wait for."""

    site_id = fields.UUID(attribute="site.id", required=True)
    name = fields.String(attribute="site.name", required=True)
    address = fields.String(attribute="site.address", required=True)
    customer_name = fields.String(attribute="site.customer.name", required=True)
    order_count = fields.Integer(required=True)
    proposal = fields.Nested(ProposalSchema, allow_none=True)


class WaitingSitesPageSchema(Schema):
    """A page of waiting sites."""

    items = fields.List(fields.Nested(WaitingSiteSchema), required=True)
    page = fields.Integer(required=True)
    page_size = fields.Integer(required=True)
    total = fields.Integer(required=True)


class WaitingSitesArgs(Strict):
    """Which page."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 500))
