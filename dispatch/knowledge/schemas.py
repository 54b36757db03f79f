"""Articles as programs and forms see them."""

from __future__ import annotations

from marshmallow import fields, validate

from core.errors import mark
from core.fields import Instant
from core.resource import RecordSchema
from dispatch.knowledge.models import ARTICLE_STATUSES

STATUS_NAMES = {"draft": mark("Draft"), "published": mark("Published")}


class ArticleSchema(RecordSchema):
    """What is known about a fault."""

    title = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Title"})
    text = fields.String(
        required=True, validate=validate.Length(1, 20_000), metadata={"label": "Article", "kind": "textarea"}
    )
    fault_code = fields.String(
        load_default="", validate=validate.Length(max=60), metadata={"label": "Fault code"}
    )
    tags = fields.String(
        load_default="",
        validate=validate.Length(max=500),
        metadata={"label": "Tags", "hint": "Separated by commas."},
    )
    order_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"label": "Learned at", "resource": "work-orders"},
    )
    status = fields.String(
        dump_only=True,
        validate=validate.OneOf(ARTICLE_STATUSES),
        metadata={"label": "Status", "names": STATUS_NAMES},
    )
    author_name = fields.String(dump_only=True, metadata={"label": "Author"})
    published_at = Instant(dump_only=True, allow_none=True, metadata={"label": "Published on"})
