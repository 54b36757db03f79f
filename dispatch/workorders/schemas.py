"""What work orders, visits and the verbs done to them look like from outside."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from marshmallow import Schema, ValidationError, fields, pre_load, validate

from core.errors import mark
from core.fields import Instant
from core.resource import RecordSchema
from dispatch.flows.models import IMPACTS, PRIORITIES, URGENCIES
from dispatch.flows.schemas import PRIORITY_NAMES
from dispatch.workforce.schemas import SkillLevelSchema, ToolSchema
from dispatch.workorders import rules
from dispatch.workorders.models import CHANNELS, LOCKS, ORDER_STATUSES, VISIT_STATUSES
from dispatch.workorders.rules import STATUSES

URGENCY_NAMES = {"normal": mark("Normal"), "expedited": mark("Expedited"), "urgent": mark("Urgent")}
IMPACT_NAMES = {
    "person": mark("One person"),
    "group": mark("A group"),
    "site": mark("The whole site"),
    "public": mark("The public"),
}
CHANNEL_NAMES = {
    "phone": mark("Phone"),
    "web": mark("Web form"),
    "mail": mark("E-mail"),
    "chat": mark("Chat"),
    "app": mark("App"),
    "api": mark("API"),
    "import": mark("Import"),
}
LOCK_NAMES = {
    "none": mark("Not locked"),
    "engineer": mark("Engineer locked"),
    "time": mark("Time locked"),
    "both": mark("Engineer and time locked"),
}
STATUS_NAMES = {status: style.en for status, style in STATUSES.items()}


def check_instant(instant: Any) -> None:
    """Raise ValidationError unless the instant lies in the years orders are about."""
    problem = rules.instant_problem(instant)
    if problem:
        raise ValidationError(problem)


def _sane_duration(duration_s: int) -> None:
    problem = rules.duration_problem(duration_s)
    if problem:
        raise ValidationError(problem)


def instant_field(label: str, **more: Any) -> Instant:
    """Return a field for an instant, which may be empty."""
    return Instant(
        allow_none=True, validate=check_instant, metadata={"label": label, "kind": "datetime"}, **more
    )


def choice_field(label: str, values: tuple[str, ...], names: dict[str, str], **more: Any) -> fields.String:
    """Return a field for one of `values`, shown by `names`."""
    shown = {value: names[value] for value in values}
    return fields.String(validate=validate.OneOf(values), metadata={"label": label, "names": shown}, **more)


def text_field(label: str, most: int = 10_000, **more: Any) -> fields.String:
    """Return a field for a text of at most `most` characters."""
    metadata = {"label": label, **({"kind": "textarea"} if most > 300 else {})}
    return fields.String(validate=validate.Length(max=most), metadata=metadata, **more)


def reference_field(label: str, resource: str, *, within: str = "", **more: Any) -> fields.UUID:
    """Return a field that names a record of `resource`; one of what the field `within` names, if given."""
    scope = {"within": within} if within else {}
    return fields.UUID(metadata={"label": label, "resource": resource, **scope}, **more)


class OrderPartSchema(Schema):
    """A part the work needs."""

    part_id = reference_field("Part", "parts", required=True)
    quantity = fields.Integer(
        load_default=1, validate=validate.Range(1, 10_000), metadata={"label": "Quantity"}
    )


class OrderWindowSchema(Schema):
    """A span in which the work may begin."""

    starts_at = Instant(required=True, metadata={"label": "From", "kind": "datetime"})
    ends_at = Instant(required=True, metadata={"label": "Until", "kind": "datetime"})


class OrderVisitSchema(RecordSchema):
    """One going to the site by one engineer, as its order shows it."""

    sequence = fields.Integer(dump_only=True)
    status = choice_field("Status", VISIT_STATUSES, STATUS_NAMES, dump_only=True)
    colour = fields.Function(lambda visit: STATUSES[visit.status].colour)
    required = fields.Boolean(dump_only=True)
    engineer_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"label": "Engineer", "resource": "engineers"}
    )
    engineer_name = fields.Function(lambda visit: visit.engineer.name if visit.engineer else None)
    planned_start_at = fields.AwareDateTime(
        dump_only=True, allow_none=True, metadata={"label": "Planned from"}
    )
    planned_end_at = fields.AwareDateTime(
        dump_only=True, allow_none=True, metadata={"label": "Planned until"}
    )
    travel_s = fields.Integer(dump_only=True, allow_none=True, metadata={"label": "Travel to it (seconds)"})
    distance_m = fields.Integer(dump_only=True, allow_none=True, metadata={"label": "Way to it (metres)"})
    promised_from = fields.AwareDateTime(dump_only=True, allow_none=True)
    promised_until = fields.AwareDateTime(dump_only=True, allow_none=True)
    lock = choice_field("Lock", LOCKS, LOCK_NAMES, dump_only=True)
    follows_id = fields.UUID(dump_only=True, allow_none=True)
    run_id = fields.UUID(dump_only=True, allow_none=True)


class VisitSchema(OrderVisitSchema):
    """One going to the site by one engineer."""

    order_id = fields.UUID(dump_only=True, metadata={"label": "Work order", "resource": "work-orders"})
    order_number = fields.String(attribute="order.number", dump_only=True, metadata={"label": "Work order"})
    order_version = fields.Integer(attribute="order.version", dump_only=True)


class WorkOrderSchema(RecordSchema):
    """Work somebody asked for. What is left out is taken from its category."""

    number = fields.String(dump_only=True, metadata={"label": "Number"})
    channel = choice_field("Channel", CHANNELS, CHANNEL_NAMES, load_default="phone")
    category_id = reference_field("Category", "categories", required=True)
    category_name = fields.Function(
        lambda order: {"en": order.category.name_en, "zh": order.category.name_zh},
        metadata={"description": "by language"},
    )
    title = fields.String(
        required=True,
        validate=validate.Length(1, 300),
        metadata={"label": "Title", "example": "三号扶梯停止运行"},
    )
    description = text_field("Description", load_default="")
    priority = choice_field("Priority", PRIORITIES, PRIORITY_NAMES)
    urgency = choice_field("Urgency", URGENCIES, URGENCY_NAMES, load_default="normal")
    impact = choice_field("Impact", IMPACTS, IMPACT_NAMES, load_default="person")
    status = choice_field("Status", ORDER_STATUSES, STATUS_NAMES, dump_only=True)
    stage = fields.Function(lambda order: STATUSES[order.status].stage)
    colour = fields.Function(lambda order: STATUSES[order.status].colour)
    customer_id = reference_field("Customer", "customers", required=True)
    customer_name = fields.String(attribute="customer.name", dump_only=True)
    site_id = reference_field("Site", "sites", within="customer_id", required=True)
    site_name = fields.String(attribute="site.name", dump_only=True)
    address = fields.String(attribute="site.address", dump_only=True, metadata={"label": "Address"})
    lat = fields.Float(attribute="site.lat", dump_only=True, allow_none=True)
    lon = fields.Float(attribute="site.lon", dump_only=True, allow_none=True)
    territory_id = fields.UUID(
        attribute="site.territory_id",
        dump_only=True,
        allow_none=True,
        metadata={"label": "Territory", "resource": "territories"},
    )
    asset_id = reference_field("Asset", "assets", within="site_id", allow_none=True)
    contract_id = reference_field("Contract", "contracts", within="customer_id", allow_none=True)
    contact_name = text_field("Contact person", 200, load_default="")
    contact_phone = text_field("Contact's phone", 40, load_default="")
    occurred_at = instant_field("Happened at")
    requested_at = Instant(validate=check_instant, metadata={"label": "Requested at", "kind": "datetime"})
    duration_s = fields.Integer(
        strict=True,
        validate=_sane_duration,
        metadata={
            "label": "Duration",
            "kind": "minutes",
            "hint": "Empty at first: that of the category.",
            "description": "seconds",
            "example": 3600,
        },
    )
    respond_due_at = instant_field("Response due")
    resolve_due_at = instant_field("Resolution due")
    custom = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        error_messages={"invalid": mark("Give one object in braces, not a list or a single value.")},
        metadata={
            "label": "Custom fields",
            "kind": "json",
            "hint": 'JSON in braces, such as {"floor": 3}, with the keys the category asks for.',
            "description": "an object with the keys of the category's custom fields",
        },
    )
    skills = fields.List(
        fields.Nested(SkillLevelSchema),
        validate=validate.Length(max=30),
        metadata={"label": "Skills needed", "hint": "Empty at first: those of the category."},
    )
    parts = fields.List(
        fields.Nested(OrderPartSchema), validate=validate.Length(max=100), metadata={"label": "Parts needed"}
    )
    tools = fields.List(
        fields.Nested(ToolSchema), validate=validate.Length(max=30), metadata={"label": "Tools needed"}
    )
    windows = fields.List(
        fields.Nested(OrderWindowSchema),
        validate=validate.Length(max=30),
        metadata={
            "label": "Time windows",
            "hint": "When the work may begin. None given: whenever the site is open.",
        },
    )
    external_source = fields.String(
        allow_none=True, validate=validate.Length(1, 60), metadata={"label": "Other system"}
    )
    external_key = fields.String(
        allow_none=True, validate=validate.Length(1, 200), metadata={"label": "Key in the other system"}
    )
    merged_into_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"label": "Merged into", "resource": "work-orders"}
    )
    satisfaction = fields.Integer(
        dump_only=True, allow_none=True, metadata={"label": "Satisfaction (1 to 5)"}
    )
    visits = fields.List(fields.Nested(OrderVisitSchema), dump_only=True)
    warnings = fields.Method("_warnings", metadata={"description": "what was accepted, but looks wrong"})

    @pre_load
    def _trim(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        title = data.get("title") if isinstance(data, dict) else None
        return {**data, "title": title.strip()} if isinstance(title, str) else data

    def _warnings(self, order: Any) -> list[str]:
        return [gettext(message) % facts for message, facts in getattr(order, "warnings", ())]


class EventSchema(Schema):
    """Something that happened to an order or at one of its visits."""

    verb = fields.String()
    from_status = fields.String()
    to_status = fields.String()
    at = fields.AwareDateTime()
    actor_id = fields.UUID(allow_none=True)
    actor_name = fields.String()
    reason = fields.String()
    facts = fields.Dict(allow_none=True)
    visit_id = fields.UUID(
        allow_none=True, metadata={"description": "null for what concerns the order as a whole"}
    )


class EventsSchema(Schema):
    """The log of an order, oldest first."""

    items = fields.List(fields.Nested(EventSchema), required=True)


class ChangeSchema(Schema):
    """One change of one row: who, when, from what, to what."""

    at = fields.AwareDateTime()
    actor_id = fields.UUID(allow_none=True)
    actor_name = fields.String()
    action = fields.String()
    table = fields.String()
    row_id = fields.String()
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)


class HistorySchema(Schema):
    """The changes of an order and of what belongs to it, newest first."""

    items = fields.List(fields.Nested(ChangeSchema), required=True)
