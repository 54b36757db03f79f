"""What territories and positions look like from outside."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request
from marshmallow import Schema, ValidationError, fields, post_dump, validate, validates, validates_schema

from core.fields import Instant
from core.resource import RecordSchema
from geo.datum import Datum, from_wgs84
from geo.point import Point, coordinate_problem
from geo.territory_index import geometry_problem


def in_datum_asked_for(data: dict[str, Any], lat: str = "lat", lon: str = "lon") -> dict[str, Any]:
    """Convert a dumped position (WGS-84) to the datum the request's query asks for."""
    asked = request.args.get("datum") if has_request_context() and request.method == "GET" else None
    if asked in _SHIFTED and data.get(lat) is not None and data.get(lon) is not None:
        data[lat], data[lon] = from_wgs84(Point(data[lat], data[lon]), Datum(asked))
    return data


_SHIFTED = {datum.value for datum in Datum if datum is not Datum.WGS84}


class PositionFields(Schema):
    """Latitude and longitude, in any of China's datums coming in and, by ``?datum=``, going out."""

    output_args = ("datum",)

    lat = fields.Float(
        load_default=None, allow_none=True, metadata={"label": "Latitude", "step": "any", "example": 31.2304}
    )
    lon = fields.Float(
        load_default=None,
        allow_none=True,
        metadata={"label": "Longitude", "step": "any", "example": 121.4737},
    )
    datum = fields.String(
        load_only=True,
        validate=validate.OneOf([datum.value for datum in Datum]),
        metadata={
            "label": "Datum of the position",
            "names": {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"},
            "description": "what lat and lon are measured in; WGS-84 when absent",
        },
    )

    @post_dump
    def _as_asked_for(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return in_datum_asked_for(data)

    @validates_schema(skip_on_field_errors=True)
    def _is_a_place(self, data: dict[str, Any], **_: Any) -> None:
        lat, lon = data.get("lat"), data.get("lon")
        if (lat is None) != (lon is None):
            raise ValidationError("Give both latitude and longitude, or neither.", "lat")
        if lat is None or lon is None:
            return
        problem = coordinate_problem(lat, lon)
        if problem:
            raise ValidationError(problem.sentence, "lat")


class TerritorySchema(RecordSchema):
    """An area served together."""

    code = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"label": "Code", "example": "NORTH"}
    )
    name = fields.String(required=True, validate=validate.Length(1, 200), metadata={"label": "Name"})
    geometry = fields.Dict(
        required=True,
        metadata={
            "label": "Outline (GeoJSON)",
            "kind": "json",
            "description": "GeoJSON Polygon or MultiPolygon in WGS-84",
            "example": {
                "type": "Polygon",
                "coordinates": [[[121.4, 31.2], [121.5, 31.2], [121.5, 31.3], [121.4, 31.2]]],
            },
        },
    )
    active = fields.Boolean(load_default=True, metadata={"label": "Active"})

    @validates("geometry")
    def _is_an_area(self, value: dict[str, Any], **_: Any) -> None:
        problem = geometry_problem(value)
        if problem:
            raise ValidationError(problem.sentence)


class PositionSchema(Schema):
    """Where an engineer reported to be."""

    id = fields.UUID(dump_only=True)
    engineer_id = fields.UUID(required=True)
    visit_id = fields.UUID(load_default=None, allow_none=True)
    kind = fields.String(dump_only=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    accuracy_m = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))
    distance_from_site_m = fields.Integer(dump_only=True, allow_none=True)
    outside_geofence = fields.Boolean(dump_only=True)
    recorded_at = fields.AwareDateTime(dump_only=True)


class PositionLookSchema(Schema):
    """Who looked at where an engineer was, when, and over which time."""

    id = fields.UUID(dump_only=True)
    at = Instant(dump_only=True, metadata={"label": "Looked"})
    by_id = fields.UUID(dump_only=True, allow_none=True)
    by_name = fields.String(dump_only=True, metadata={"label": "Who looked"})
    engineer_id = fields.UUID(dump_only=True, metadata={"label": "Engineer", "resource": "engineers"})
    from_at = Instant(dump_only=True, metadata={"label": "Positions from"})
    until_at = Instant(dump_only=True, metadata={"label": "Positions until"})
