"""Phones as a resource: who sees which."""

from __future__ import annotations

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, select

from core.auth.actors import Actor
from core.resource import Filter, Resource
from dispatch.workforce.models import Engineer
from mobile_api.devices import WRITE
from mobile_api.models import DEVICE_STATUSES, Device
from mobile_api.schemas import DeviceSchema


def _own_for_engineers(actor: Actor) -> ColumnElement[bool] | None:
    if actor.may(WRITE):
        return None
    return Device.engineer_id.in_(select(Engineer.id).where(Engineer.user_id == actor.user_id))


DEVICES = Resource(
    name="devices",
    label="Mobile phone",
    label_plural="Mobile phones",
    model=Device,
    schema=DeviceSchema,
    title=lambda device: device.name or str(device.id)[:8],
    search=(Device.name,),
    sort=("-enrolled_at", "status", "seen_at"),
    filters={
        "engineer_id": Filter(
            fields.UUID(metadata={"label": "Engineer", "resource": "engineers"}),
            lambda value: Device.engineer_id == value,
        ),
        "status": Filter(
            fields.String(validate=validate.OneOf(DEVICE_STATUSES), metadata={"label": "Status"}),
            lambda value: Device.status == value,
        ),
    },
    visible=_own_for_engineers,
    deletable=False,
)
