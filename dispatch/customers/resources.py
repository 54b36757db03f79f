"""Customers, sites, assets and contracts as resources: who may do what, how lists are filtered."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, select

from core.auth.actors import Actor
from core.errors import Invalid, mark
from core.resource import Filter, Resource
from dispatch.customers.models import GRADES, Asset, Contract, Customer, CustomerUser, Site
from dispatch.customers.schemas import GRADE_NAMES, AssetSchema, ContractSchema, CustomerSchema, SiteSchema
from geo import places


def customer_ids_of(actor: Actor) -> Any:
    """Return the subquery of customers a person of the role customer belongs to."""
    return select(CustomerUser.customer_id).where(CustomerUser.user_id == actor.user_id)


def only_own(column: Any) -> Any:
    """Return a `visible` rule: staff see every row, a customer only those of their own."""

    def visible(actor: Actor) -> ColumnElement[bool] | None:
        if actor.roles and actor.roles <= {"customer"}:
            return column.in_(customer_ids_of(actor))
        return None

    return visible


def _locate(actor: Actor, site: Site, data: dict[str, Any], created: bool) -> None:
    places.take_position(site, data)


def _check_span(actor: Actor, contract: Contract, data: dict[str, Any], created: bool) -> None:
    # A change may give one end only, which the schema cannot compare with the other.
    if data.get("ends_on", contract.ends_on) < data.get("starts_on", contract.starts_on):
        message = mark("The end comes after the start.")
        raise Invalid(message, fields={"ends_on": [message]})


def title_of_site(site: Site) -> str:
    """Return a site's name with its customer's, unless it begins with that."""
    owner = site.customer.name
    return site.name if site.name.startswith(owner) else f"{owner} · {site.name}"


CUSTOMERS = Resource(
    name="customers",
    label="Customer",
    label_plural="Customers",
    model=Customer,
    schema=CustomerSchema,
    title=lambda customer: customer.name,
    search=(Customer.name, Customer.number, Customer.phone),
    sort=("name", "number", "grade", "created_at"),
    filters={
        "grade": Filter(
            fields.String(validate=validate.OneOf(GRADES), metadata={"label": "Grade", "names": GRADE_NAMES}),
            lambda value: Customer.grade == value,
        ),
        "active": Filter(
            fields.Boolean(metadata={"label": "Active"}), lambda value: Customer.active == value
        ),
        "external_key": Filter(fields.String(), lambda value: Customer.external_key == value),
    },
    visible=only_own(Customer.id),
)
SITES = Resource(
    name="sites",
    label="Site",
    label_plural="Sites",
    model=Site,
    schema=SiteSchema,
    title=title_of_site,
    search=(Site.name, Site.address),
    sort=("name", "address", "created_at"),
    filters={
        "customer_id": Filter(
            fields.UUID(metadata={"label": "Customer", "resource": "customers"}),
            lambda value: Site.customer_id == value,
        ),
        "territory_id": Filter(
            fields.UUID(metadata={"label": "Territory", "resource": "territories"}),
            lambda value: Site.territory_id == value,
        ),
        "located": Filter(
            fields.Boolean(metadata={"label": "Located"}),
            lambda value: Site.lat.is_not(None) if value else Site.lat.is_(None),
        ),
    },
    visible=only_own(Site.customer_id),
    prepare=_locate,
)
ASSETS = Resource(
    name="assets",
    label="Asset",
    label_plural="Assets",
    model=Asset,
    schema=AssetSchema,
    title=lambda asset: f"{asset.name} ({asset.serial})" if asset.serial else asset.name,
    search=(Asset.name, Asset.model, Asset.serial),
    sort=("name", "model", "serial", "warranty_until"),
    filters={
        "site_id": Filter(
            fields.UUID(metadata={"label": "Site", "resource": "sites"}), lambda value: Asset.site_id == value
        )
    },
    visible=lambda actor: _of_own_sites(actor),
)
CONTRACTS = Resource(
    name="contracts",
    label="Contract",
    label_plural="Contracts",
    model=Contract,
    schema=ContractSchema,
    title=lambda contract: contract.number,
    search=(Contract.number, Contract.name),
    sort=("number", "starts_on", "ends_on"),
    filters={
        "customer_id": Filter(
            fields.UUID(metadata={"label": "Customer", "resource": "customers"}),
            lambda value: Contract.customer_id == value,
        )
    },
    visible=only_own(Contract.customer_id),
    prepare=_check_span,
)


def _of_own_sites(actor: Actor) -> ColumnElement[bool] | None:
    own = only_own(Site.customer_id)(actor)
    return None if own is None else Asset.site_id.in_(select(Site.id).where(own))
