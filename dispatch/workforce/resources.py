"""Skills, engineers, shifts and leave as resources: who may do what, how lists are filtered."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import current_app
from marshmallow import fields, validate
from sqlalchemy import ColumnElement, select

from core.auth.actors import Actor
from core.db import db
from core.errors import mark
from core.fields import DAY_RANGE, Instant
from core.i18n import reader_language
from core.resource import Filter, Resource
from dispatch.workforce import engineers, shifts
from dispatch.workforce.models import LEAVE_KINDS, Engineer, EngineerSkill, Leave, Shift, Skill
from dispatch.workforce.schemas import (
    LEAVE_KIND_NAMES,
    EngineerSchema,
    LeaveSchema,
    ShiftSchema,
    SkillSchema,
)


def _own_or_all(model: Any, permission: str) -> Any:
    def visible(actor: Actor) -> ColumnElement[bool] | None:
        if actor.may(permission):
            return None
        own = select(Engineer.id).where(Engineer.user_id == actor.user_id)
        return model.engineer_id.in_(own)

    return visible


def _span_filters(model: Any) -> dict[str, Filter]:
    return {
        "engineer_id": Filter(
            fields.UUID(metadata={"label": "Engineer", "resource": "engineers"}),
            lambda value: model.engineer_id == value,
        ),
        "from": Filter(
            Instant(metadata={"label": "From", "description": "only what ends after this instant"}),
            lambda value: model.ends_at > value,
        ),
        "until": Filter(
            Instant(metadata={"label": "Until", "description": "only what starts before this instant"}),
            lambda value: model.starts_at < value,
        ),
        "day": Filter(
            fields.Date(
                validate=DAY_RANGE,
                metadata={"label": "Day", "description": "only what overlaps this day, company time"},
            ),
            lambda value: _overlaps(model, value),
        ),
        "territory_id": Filter(
            fields.UUID(metadata={"label": "Territory", "resource": "territories"}),
            lambda value: model.engineer_id.in_(select(Engineer.id).where(Engineer.territory_id == value)),
        ),
    }


def _overlaps(model: Any, day: date) -> ColumnElement[bool]:
    zone = current_app.config["SETTINGS"].zone
    midnight, next_midnight = (datetime.combine(day + timedelta(days=n), time(), zone) for n in (0, 1))
    return (model.ends_at > midnight) & (model.starts_at < next_midnight)


def _active(model: Any) -> Filter:
    return Filter(fields.Boolean(metadata={"label": "Active"}), lambda value: model.active == value)


def _able(code: str) -> ColumnElement[bool]:
    able = select(EngineerSkill.engineer_id).join(Skill).where(Skill.code == code)
    return Engineer.id.in_(able)


def _skill_choices() -> list[tuple[str, str]]:
    return [
        (skill.code, SKILLS.title(skill)) for skill in db.session.scalars(select(Skill).order_by(Skill.code))
    ]


def _span_title(record: Shift | Leave) -> str:
    return f"{record.engineer.name} {shifts.local_span(record)}"


SKILLS = Resource(
    name="skills",
    label=mark("Skill"),
    label_plural=mark("Skills"),
    model=Skill,
    schema=SkillSchema,
    title=lambda skill: skill.name_zh if reader_language() == "zh" else skill.name_en,
    search=(Skill.code, Skill.name_en, Skill.name_zh),
    sort=("code", "name_en", "name_zh"),
    filters={"active": _active(Skill)},
)
ENGINEERS = Resource(
    name="engineers",
    label=mark("Engineer"),
    label_plural=mark("Engineers"),
    model=Engineer,
    schema=EngineerSchema,
    title=lambda engineer: engineer.name,
    search=(Engineer.name, Engineer.number),
    sort=("name", "number", "created_at"),
    filters={
        "territory_id": Filter(
            fields.UUID(metadata={"label": "Territory", "resource": "territories"}),
            lambda value: Engineer.territory_id == value,
        ),
        "skill": Filter(
            fields.String(
                metadata={"label": "Skill", "description": "a skill's code", "choices": _skill_choices}
            ),
            _able,
        ),
        "active": _active(Engineer),
        "external_key": Filter(fields.String(), lambda value: Engineer.external_key == value),
    },
    prepare=engineers.prepare,
)
SHIFTS = Resource(
    name="shifts",
    label=mark("Shift"),
    label_plural=mark("Shifts"),
    model=Shift,
    schema=ShiftSchema,
    title=_span_title,
    sort=("starts_at", "ends_at"),
    filters=_span_filters(Shift),
    visible=_own_or_all(Shift, "shifts.read_all"),
    prepare=shifts.prepare,
)
LEAVE = Resource(
    name="leaves",
    label=mark("Leave"),
    label_plural=mark("Leaves"),
    model=Leave,
    schema=LeaveSchema,
    title=_span_title,
    sort=("starts_at", "ends_at"),
    filters={
        **_span_filters(Leave),
        "kind": Filter(
            fields.String(
                validate=validate.OneOf(LEAVE_KINDS), metadata={"label": "Kind", "names": LEAVE_KIND_NAMES}
            ),
            lambda value: Leave.kind == value,
        ),
    },
    visible=_own_or_all(Leave, "leaves.read_all"),
    prepare=shifts.prepare_leave,
)
