"""Positions engineers report: check-ins at visits, and fixes on the way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from core import clock
from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, Forbidden, Invalid, NotFound, mark
from dispatch.workforce import shifts
from dispatch.workforce.models import Engineer
from dispatch.workorders import rules
from dispatch.workorders.models import Visit
from geo import places
from geo.models import Position
from geo.point import Point, geodesic_m

CLOCK_ERROR = timedelta(minutes=5)
"""How far ahead of ours a phone's clock may be before what it says is refused."""


AROUND_SHIFTS = timedelta(minutes=30)
"""How long before and after a shift it is still kept where an engineer is on the way."""


class OutsideShifts(Conflict):
    """A position was reported for a time at which the engineer does not work."""

    code = "outside_shifts"


class Whereabouts(TypedDict, total=False):
    """Where somebody is: a position (WGS-84) with its accuracy [m], or the reason why there is none."""

    lat: float | None
    lon: float | None
    accuracy_m: float | None
    reason: str
    at: datetime | None


def check_whereabouts(where: Whereabouts) -> None:
    """Raise Invalid unless there is a position, or the reason why there is none."""
    if (where.get("lat") is None or where.get("lon") is None) and not where.get("reason", "").strip():
        message = mark("Send your position, or say why there is none.")
        raise Invalid(message, code="position_missing", fields={"lat": [message], "reason": [message]})


def record_at(visit: Visit, kind: str, where: Whereabouts) -> dict[str, Any]:
    """Keep the position somebody reports at a visit, and return what its log says of it; nothing without."""
    lat, lon = where.get("lat"), where.get("lon")
    if lat is None or lon is None or visit.engineer_id is None:
        return {}
    accuracy_m, at = where.get("accuracy_m"), where.get("at")
    position = record(visit.engineer_id, kind, lat, lon, accuracy_m=accuracy_m, visit=visit, at=at)
    return {
        "position_id": position.id,
        "distance_from_site_m": position.distance_from_site_m,
        "outside_geofence": position.outside_geofence,
    }


def report(
    actor: Actor,
    engineer_id: uuid.UUID,
    *,
    lat: float,
    lon: float,
    accuracy_m: float | None = None,
    recorded_at: datetime | None = None,
) -> Position:
    """Keep where an engineer says to be; only they themselves (or the system) may say so.

    Raises
    ------
    NotFound
        There is no such engineer.
    Forbidden
        It is somebody else.
    Invalid
        The instant lies ahead.
    OutsideShifts
        The engineer does not work then; it is not kept.
    """
    actor.require("positions.write")
    engineer = db.session.get(Engineer, engineer_id)
    if engineer is None:
        raise NotFound(mark("There is no such engineer."))
    if engineer.user_id != actor.user_id and not actor.has_role("admin"):
        raise Forbidden(mark("Engineers report their own position only."))
    if recorded_at is not None and recorded_at > clock.now() + CLOCK_ERROR:
        message = mark("This instant lies in the future: check the phone's clock.")
        raise Invalid(message, fields={"recorded_at": [message]})
    if not shifts.at_work(engineer_id, [recorded_at or clock.now()], AROUND_SHIFTS)[0]:
        raise OutsideShifts(mark("Positions are kept within shifts only; this one is not."))
    return record(engineer_id, "fix", lat, lon, accuracy_m=accuracy_m, at=recorded_at)


def record_fixes(engineer_id: uuid.UUID, visit: Visit | None, fixes: Sequence[dict[str, Any]]) -> int:
    """Keep those of an engineer's fixes on the way that lie within their shifts, and return how many.

    Parameters
    ----------
    fixes : sequence of dict
        ``lat``, ``lon`` (WGS-84), ``accuracy_m`` and ``at``.
    """
    kept = shifts.at_work(engineer_id, [fix["at"] for fix in fixes], AROUND_SHIFTS)
    for fix in (fix for fix, is_kept in zip(fixes, kept, strict=True) if is_kept):
        record(engineer_id, "fix", visit=visit, **fix)
    return sum(kept)


def record(
    engineer_id: uuid.UUID,
    kind: str,
    lat: float,
    lon: float,
    *,
    accuracy_m: float | None = None,
    visit: Visit | None = None,
    at: datetime | None = None,
) -> Position:
    """Keep a position (WGS-84) of `kind` check_in or fix, with its distance from the visit's site."""
    site = places.point_of(visit.order.site) if visit else None
    distance_m = round(geodesic_m(Point(lat, lon), site)) if site else None
    position = Position(
        id=uuid.uuid4(),
        engineer_id=engineer_id,
        visit_id=visit.id if visit else None,
        kind=kind,
        lat=lat,
        lon=lon,
        accuracy_m=accuracy_m,
        distance_from_site_m=distance_m,
        outside_geofence=kind == "check_in" and distance_m is not None and distance_m > rules.GEOFENCE_M,
        recorded_at=at or clock.now(),
        received_at=clock.now(),
    )
    db.session.add(position)
    return position
