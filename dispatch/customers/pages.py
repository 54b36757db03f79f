"""The HTML door to customers, sites, assets and contracts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.lists import table_of
from core.pages import Pages, blueprint
from dispatch.customers.models import Asset, Contract, Customer, Site
from dispatch.customers.resources import ASSETS, CONTRACTS, CUSTOMERS, SITES

HISTORY = "customers.history"
GRADE_TONES = {"vip": "yellow", "gold": "yellow", "silver": "neutral"}


def _of_customer(actor: Actor, customer: Customer) -> list[dict[str, Any]]:
    sites = db.session.scalars(
        select(Site).where(Site.customer_id == customer.id).order_by(Site.name).limit(100)
    )
    contracts = db.session.scalars(
        select(Contract).where(Contract.customer_id == customer.id).order_by(Contract.starts_on)
    )
    mine = {"customer_id": customer.id}
    return [
        table_of(actor, SITES, sites.unique(), ("name", "address"), new=mine),
        table_of(actor, CONTRACTS, contracts.unique(), ("number", "name", "starts_on", "ends_on"), new=mine),
    ]


def _of_site(actor: Actor, site: Site) -> list[dict[str, Any]]:
    assets = db.session.scalars(select(Asset).where(Asset.site_id == site.id).order_by(Asset.name).limit(100))
    columns = ("name", "model", "serial", "warranty_until")
    return [table_of(actor, ASSETS, assets.unique(), columns, new={"site_id": site.id})]


def _site_badge(site: Site) -> dict[str, str] | None:
    return {"text": gettext("Needs a location"), "tone": "red"} if site.lat is None else None


blueprints = [
    blueprint(
        Pages(
            resource=CUSTOMERS,
            history=HISTORY,
            columns=("name", "number", "grade", "phone", "active"),
            groups=(
                ("", ("number", "name", "grade", "active")),
                ("Contact", ("phone", "email")),
                ("Dispatch", ("engineer_stances", "notes", "external_key")),
            ),
            filters=("grade", "active"),
            tables=_of_customer,
            tones={"grade": GRADE_TONES},
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=SITES,
            history=HISTORY,
            columns=("name", "address", "customer_id", "territory_id"),
            groups=(
                ("", ("customer_id", "name", "address")),
                ("Position", ("lat", "lon", "datum", "territory_id", "time_zone")),
                ("Access", ("access_hours", "access_notes", "external_key")),
            ),
            filters=("located", "territory_id"),
            tables=_of_site,
            badge=_site_badge,
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=ASSETS,
            history=HISTORY,
            columns=("name", "model", "serial", "site_id", "warranty_until"),
            groups=(("", ("site_id", "name", "model", "serial", "installed_on", "warranty_until", "notes")),),
        ),
        __name__,
    ),
    blueprint(
        Pages(
            resource=CONTRACTS,
            history=HISTORY,
            columns=("number", "name", "customer_id", "starts_on", "ends_on"),
            groups=(
                ("", ("customer_id", "number", "name", "starts_on", "ends_on")),
                ("Limits", ("response_minutes", "resolution_minutes")),
            ),
        ),
        __name__,
    ),
]
