"""Territories as a resource."""

from __future__ import annotations

from marshmallow import fields

from core.resource import Filter, Resource
from geo.models import Territory
from geo.schemas import TerritorySchema

TERRITORIES = Resource(
    name="territories",
    label="Territory",
    label_plural="Territories",
    model=Territory,
    schema=TerritorySchema,
    title=lambda territory: territory.name,
    search=(Territory.name, Territory.code),
    sort=("code", "name", "created_at"),
    filters={"active": Filter(fields.Boolean(), lambda value: Territory.active == value)},
)
