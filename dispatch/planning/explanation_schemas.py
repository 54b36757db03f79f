"""What reasons and explanations of a plan look like from outside."""

from __future__ import annotations

from marshmallow import Schema, fields


class UnplannedReasonSchema(Schema):
    """Why a visit is left out."""

    rule = fields.String(required=True)
    count = fields.Integer(metadata={"description": "engineers it concerns"})
    of = fields.Integer(metadata={"description": "engineers there are"})
    sentence = fields.String(required=True)


class RunRelaxationSchema(Schema):
    """What would help a visit that is left out: one rule, relaxed so far for one engineer."""

    rule = fields.String(required=True)
    engineer_id = fields.UUID(required=True)
    engineer = fields.String(required=True)
    amount = fields.Integer(
        required=True,
        metadata={
            "description": "seconds (shift_end, max_work, deadline; window: negative is earlier), "
            "cents (cost), levels (skill), pieces (part), visits (max_tasks), else 1"
        },
    )
    about = fields.String(metadata={"description": "the skill, part, tool or territory"})
    cents = fields.Integer(metadata={"description": "what the visit would then add to the cost of the plan"})
    sentence = fields.String(required=True)


class RunTermSchema(Schema):
    """A term of what a plan costs."""

    term = fields.String(required=True)
    name = fields.String(required=True)
    cents = fields.Integer(required=True)


class RunNamedEngineerSchema(Schema):
    """An engineer a reason concerns."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)


class RunRuleSchema(UnplannedReasonSchema):
    """A rule, and the engineers it forbids the visit to."""

    engineers = fields.List(fields.Nested(RunNamedEngineerSchema), required=True)


class RunAlternativeSchema(Schema):
    """Another engineer for a planned visit, and what the plan would cost more."""

    engineer_id = fields.UUID(required=True)
    engineer = fields.String(required=True)
    start_at = fields.AwareDateTime(required=True)
    cents = fields.Integer(required=True)
    terms = fields.List(fields.Nested(RunTermSchema), required=True)


class RunExplanationSchema(Schema):
    """Why a visit is where a run puts it, or why it is left out."""

    visit_id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    engineer_id = fields.UUID(required=True, allow_none=True)
    engineer = fields.String(required=True)
    cents = fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "what the plan costs more than without the visit; null: left out, or not known"
        },
    )
    unplanned_cents = fields.Integer(
        required=True, allow_none=True, metadata={"description": "what leaving it out costs"}
    )
    terms = fields.List(fields.Nested(RunTermSchema), required=True)
    reasons = fields.List(fields.Nested(RunRuleSchema), required=True)
    others = fields.List(fields.Nested(RunAlternativeSchema), required=True)
    relaxations = fields.List(fields.Nested(RunRelaxationSchema), required=True)
