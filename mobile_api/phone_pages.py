"""The HTML door to phones: which there are, taking one away, and the code that makes one an engineer's."""

from __future__ import annotations

import uuid
from typing import Any

import segno
from flask import render_template, url_for
from flask_babel import gettext

from core import records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import mark
from core.i18n import local_time
from core.pages import Pages, blueprint
from core.verb_pages import Verb, action_of, add_verbs
from core.web import page_actor, public_url
from dispatch.workforce.models import Engineer
from dispatch.workforce.resources import ENGINEERS
from mobile_api import devices
from mobile_api.models import Device
from mobile_api.resources import DEVICES
from mobile_api.schemas import DEVICE_STATUS_NAMES, RevocationSchema

TONES = {"active": "green", "draining": "yellow", "revoked": "neutral"}
REVOKE = Verb(
    name="revoke",
    label=mark("Take away"),
    act=lambda actor, device, data: devices.revoke(actor, device.id, **data),
    schema=RevocationSchema,
    at_once=False,
    permission=devices.READ,
    danger=True,
)


def _actions(actor: Actor, device: Device) -> list[dict[str, Any]]:
    mine = device.engineer.user_id is not None and device.engineer.user_id == actor.user_id
    if device.status == "revoked" or not (mine or actor.may(devices.WRITE)):
        return []
    return [action_of("devices", REVOKE, device)]


bp = blueprint(
    Pages(
        resource=DEVICES,
        columns=("engineer_id", "name", "status", "seen_at"),
        groups=(("", ("engineer_id", "name", "status", "enrolled_at", "seen_at", "drained_at")),),
        filters=("engineer_id", "status"),
        actions=_actions,
        badge=lambda device: {
            "text": gettext(DEVICE_STATUS_NAMES[device.status]),
            "tone": TONES[device.status],
        },
        tones={"status": TONES},
        creatable=False,
        editable=False,
    ),
    __name__,
)
add_verbs(bp, DEVICES, (REVOKE,))


def engineer_actions(actor: Actor, engineer: Engineer) -> list[dict[str, Any]]:
    """Return the buttons about phones on an engineer's page."""
    if not devices.may_invite(actor, engineer):
        return []
    url = url_for("devices.invite", record_id=engineer.id)
    return [{"label": gettext("Enrol a phone"), "url": url, "method": "post"}]


@bp.post("/of-engineer/<uuid:record_id>")
def invite(record_id: uuid.UUID) -> str:
    """Make a code and show it this once, as text and to be scanned."""
    who = page_actor()
    engineer = records.record_of(ENGINEERS, who, record_id)
    with transaction(who):
        invitation, code = devices.invite(who, record_id)
        until = local_time(invitation.expires_at)
    url = f"{public_url('pwa.shell')}#code={code}"
    return render_template(
        "phones/code.html",
        title=gettext("A phone for %(name)s", name=engineer.name),
        code=code,
        url=url,
        until=until,
        picture=segno.make(url, error="m").svg_data_uri(scale=6, border=4, light="#fff"),
        back=url_for("engineers.detail", record_id=record_id),
    )
