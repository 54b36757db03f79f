"""What categories of work look like from outside."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from core.errors import mark
from core.resource import RecordSchema
from dispatch.flows.models import PRIORITIES
from dispatch.flows.rules import FIELD_TYPES, definition_problems

MOST_LEVEL = 5
PRIORITY_NAMES = {
    "low": mark("Low"),
    "normal": mark("Normal"),
    "high": mark("High"),
    "urgent": mark("Urgent"),
}
ORDER_FIELDS = {
    "description": mark("Description"),
    "contact_name": mark("Contact"),
    "contact_phone": mark("Contact's phone"),
    "occurred_at": mark("Happened at"),
    "asset_id": mark("Asset"),
    "contract_id": mark("Contract"),
    "windows": mark("Time windows"),
    "parts": mark("Parts needed"),
}
TYPE_NAMES = {
    "text": mark("Text"),
    "number": mark("Number"),
    "boolean": mark("Yes or no"),
    "date": mark("Day"),
    "choice": mark("Choice"),
}


class CategorySkillSchema(Schema):
    """A skill this kind of work needs, with the least level."""

    skill_id = fields.UUID(required=True, metadata={"label": "Skill", "resource": "skills"})
    level = fields.Integer(
        load_default=1, validate=validate.Range(1, MOST_LEVEL), metadata={"label": "Level (1 to 5)"}
    )


class CustomFieldSchema(Schema):
    """A field of its own that a kind of work has."""

    key = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[a-z][a-z0-9_]{0,39}$", error=mark("Use small letters, digits and _, a letter first.")
        ),
        metadata={"label": "Key", "example": "floor"},
    )
    label_en = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "English name"}
    )
    label_zh = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "Chinese name"}
    )
    type = fields.String(
        load_default="text",
        validate=validate.OneOf(FIELD_TYPES),
        metadata={"label": "Type", "names": TYPE_NAMES},
    )
    required = fields.Boolean(load_default=False, metadata={"label": "Required"})
    choices = fields.List(
        fields.String(validate=validate.Length(1, 120)),
        load_default=list,
        validate=validate.Length(max=200),
        metadata={"label": "Choices"},
    )


def _minutes(label: str) -> fields.Integer:
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 525_600),
        metadata={"label": label, "hint": "Empty: as the type above."},
    )


class CategorySchema(RecordSchema):
    """A type of work, or a sub-type under it. What is empty is the parent's."""

    parent_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"label": "Under the type", "hint": "Empty: it is a type.", "resource": "categories"},
    )
    code = fields.String(
        required=True, validate=validate.Length(1, 60), metadata={"label": "Code", "example": "lift"}
    )
    name_en = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "English name"}
    )
    name_zh = fields.String(
        required=True, validate=validate.Length(1, 120), metadata={"label": "Chinese name"}
    )
    default_priority = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(PRIORITIES),
        metadata={"label": "Priority", "hint": "Empty: as the type above.", "names": PRIORITY_NAMES},
    )
    duration_s = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(60, 86_400),
        metadata={
            "label": "Duration",
            "kind": "minutes",
            "hint": "Empty: as the type above.",
            "description": "seconds",
        },
    )
    response_minutes = _minutes("Response within (minutes)")
    resolution_minutes = _minutes("Resolution within (minutes)")
    skills = fields.List(
        fields.Nested(CategorySkillSchema),
        load_default=list,
        validate=validate.Length(max=30),
        metadata={"label": "Skills needed"},
    )
    required_fields = fields.List(
        fields.String(validate=validate.OneOf(list(ORDER_FIELDS))),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=len(ORDER_FIELDS)),
        metadata={"label": "Required fields", "hint": "None: as the type above.", "names": ORDER_FIELDS},
    )
    custom_fields = fields.List(
        fields.Nested(CustomFieldSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=50),
        metadata={"label": "Custom fields", "kind": "json", "hint": "Empty: as the type above."},
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})

    @validates_schema(skip_on_field_errors=True)
    def _fit_together(self, data: dict[str, Any], **_: Any) -> None:
        problems = definition_problems(data.get("custom_fields") or [])
        if problems:
            raise ValidationError({"custom_fields": problems})
