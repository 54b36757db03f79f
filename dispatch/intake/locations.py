"""Sites that wait for a position: asked of the geocoder by jobs, proposed where it is not sure."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app
from sqlalchemy import and_, func, select

from core import clock, jobs
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.errors import Conflict, Unavailable, mark
from dispatch.customers.models import Site
from dispatch.workorders.models import WorkOrder
from dispatch.workorders.rules import FINAL_ORDERS
from geo import places
from geo.geocoding import Geocoder, GeocodeResult, GeocodingUnavailable, make_geocoder
from geo.models import Geocoding

KIND = "geocode"
BATCH = 20
"""Addresses a job asks for: at one a second, other jobs wait no longer than this many seconds."""


class GeocodingOff(Conflict):
    """No geocoder is set."""

    code = "geocoding_off"


@dataclass(frozen=True)
class Waiting:
    """A site open orders wait for, and where the geocoder supposes it."""

    site: Site
    order_count: int
    proposal: Geocoding | None


def _provider() -> str:
    return str(current_app.config["SETTINGS"].geocoder)


def _waiting() -> Any:
    said = and_(Geocoding.address == Site.address, Geocoding.provider == _provider())
    return (
        select(Site.id, func.count(WorkOrder.id))
        .join(WorkOrder, WorkOrder.site_id == Site.id)
        .outerjoin(Geocoding, said)
        .where(Site.lat.is_(None), WorkOrder.status.not_in(FINAL_ORDERS))
        .group_by(Site.id)
    )


def waiting_sites(actor: Actor, page: int, page_size: int) -> tuple[list[Waiting], int]:
    """Return a page of the sites open orders wait for, those with most orders first, and how many in all."""
    actor.require("imports.read")
    query = _waiting()
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    query = query.order_by(func.count(WorkOrder.id).desc(), Site.id)
    counts: dict[uuid.UUID, int] = dict(
        db.session.execute(query.limit(page_size).offset((page - 1) * page_size)).all()
    )
    sites = {site.id: site for site in db.session.scalars(select(Site).where(Site.id.in_(counts)))}
    addresses = {site.address for site in sites.values()}
    asked = select(Geocoding).where(Geocoding.provider == _provider(), Geocoding.address.in_(addresses))
    said = {row.address: row for row in db.session.scalars(asked) if row.lat is not None}
    return [Waiting(sites[id_], n, said.get(sites[id_].address)) for id_, n in counts.items()], total


def geocode_pending(actor: Actor) -> int:
    """Enqueue jobs for all waiting sites whose address nobody has asked about, and return how many sites.

    Raises
    ------
    GeocodingOff
        GEOCODER is not set.
    """
    actor.require("sites.write")
    if _provider() == "none":
        raise GeocodingOff(mark("Geocoding is switched off: set GEOCODER to nominatim or baidu."))
    query = _waiting().where(Site.address != "", Geocoding.address.is_(None))
    ids = [str(id_) for id_, _ in db.session.execute(query.order_by(Site.id))]
    for first in range(0, len(ids), BATCH):
        batch = ids[first : first + BATCH]
        # Pressed twice in a minute is once; later, what was answered meanwhile is not asked again.
        jobs.enqueue(
            KIND, {"site_ids": batch}, key=f"{KIND}:{batch[0]}:{len(batch)}:{clock.now():%Y%m%d%H%M}"
        )
    return len(ids)


@jobs.handles(KIND)
def geocode_sites(run: jobs.JobRun) -> None:
    """Ask for the sites of one job, one after the other; each answer is stored at once."""
    geocoder = _geocoder()
    if geocoder is None:
        return
    for done, site_id in enumerate(run.payload["site_ids"], start=1):
        if run.cancel_asked():
            return
        site = db.session.get(Site, uuid.UUID(site_id))
        address = site.address if site is not None and site.lat is None else ""
        known = places.known_geocoding(_provider(), address) if address else None
        db.session.rollback()
        if not address:
            continue
        answer = None if known else _ask(geocoder, address)
        with transaction(system("geocoder")):
            said = known or places.keep_geocoding(_provider(), address, answer)
            _take(uuid.UUID(site_id), said)
        run.report({"done": done, "of": len(run.payload["site_ids"])})


def _ask(geocoder: Geocoder, address: str) -> GeocodeResult | None:
    try:
        return geocoder(address)
    except GeocodingUnavailable as error:
        if error.reason == "refused":
            return None
        if error.reason == "key":
            raise Unavailable(str(error)) from None
        raise


def _take(site_id: uuid.UUID, said: Geocoding) -> None:
    site = db.session.get(Site, site_id, populate_existing=True)
    # Somebody may have placed the site while the geocoder was asked; what is not sure stays a proposal.
    if site is None or site.lat is not None or site.address != said.address or not said.is_precise:
        return
    site.lat, site.lon = said.lat, said.lon
    site.position_source = f"geocoded:{said.provider}"
    site.territory_id = places.territory_ids_at([site.lat or 0.0], [site.lon or 0.0])[0]
    db.session.flush()


def _geocoder() -> Geocoder | None:
    settings = current_app.config["SETTINGS"]
    return _made(
        settings.geocoder, settings.geocoder_key, settings.geocoder_url, settings.geocoder_interval_s
    )


@lru_cache(maxsize=1)
def _made(provider: Any, key: str, url: str, interval_s: float) -> Geocoder | None:
    """Keep one geocoder a process: the pause between questions is its own."""
    return make_geocoder(provider, key, base_url=url, min_delay_s=interval_s)
