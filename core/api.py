"""The JSON door: what every address under ``/api/v1`` shares, and the addresses every `Resource` gets."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from core import records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError, Unauthenticated, mark
from core.json_text import BodyParser
from core.resource import Resource

PREFIX = "/api/v1"


class VersionMissing(DomainError):
    """A change was sent without saying which version it was made from."""

    status = 428
    code = "version_missing"


def actor() -> Actor:
    """Return who sent this request.

    Raises
    ------
    Unauthenticated
        Nobody is signed in.
    """
    who = g.get("actor")
    if who is None:
        raise Unauthenticated(mark("Sign in, or send a token as Authorization: Bearer …"))
    return who


def needs(permission: str) -> Callable[[Any], Any]:
    """Have a door ask who is there and what they may do before it reads what was sent."""

    def guard(door: Any) -> Any:
        @functools.wraps(door)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            actor().require(permission)
            return door(*args, **kwargs)

        return guarded

    return guard


def etag_of(record: Any) -> str:
    """Return the entity tag of a record: its id's head and version."""
    return f'"{str(record.id)[:8]}-{record.version}"'


def version_sent(record_id: uuid.UUID) -> int:
    """Return the version named by If-Match.

    Raises
    ------
    VersionMissing
        There is no If-Match header.
    """
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise VersionMissing(mark("Send the ETag you last read in the header If-Match."))
    head, _, version = sent.removeprefix("W/").strip('"').partition("-")
    return int(version) if head == str(record_id)[:8] and version.isdecimal() and len(version) < 10 else -1


def with_etag(record: Any) -> dict[str, str]:
    """Return the headers which carry a record's entity tag."""
    return {"ETag": etag_of(record)}


class Strict(Schema):
    """A schema for query arguments; what it does not know is refused."""


class ListArgs(Strict):
    """Arguments every list takes."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(1, 500))
    q = fields.String(validate=validate.Length(max=200), metadata={"description": "free text"})


class BulkResult(Schema):
    """What became of one row."""

    index = fields.Integer(required=True)
    id = fields.UUID()
    detail = fields.String()
    errors = fields.Dict()


class BulkResults(Schema):
    """What became of every row, in the order sent."""

    results = fields.List(fields.Nested(BulkResult), required=True)


class BulkItems(Schema):
    """Rows to create; each is judged alone."""

    items = fields.List(
        fields.Dict(keys=fields.String()),
        required=True,
        validate=validate.Length(1, records.MOST_AT_ONCE),
        metadata={"description": "objects as for a single creation"},
    )


class _Blueprint(Blueprint):
    ARGUMENTS_PARSER = BodyParser()


def blueprint(name: str, module: str, description: str, prefix: str = PREFIX) -> Blueprint:
    """Return a blueprint of the API for one package."""
    return _Blueprint(f"api_{name}", module, url_prefix=prefix, description=description)


def declared(schema: type[Schema], name: str) -> fields.Field:
    """Return a schema's field as a query argument: what comes in by it also says how to answer."""
    field = schema().fields[name]
    return fields.String(validate=field.validators, metadata=dict(field.metadata))


def add_resource(
    blp: Blueprint, resource: Resource, *, verbs: tuple[str, ...] = ("create", "change", "delete")
) -> None:
    """Give `resource` its addresses: list, one, create, bulk create, change, delete."""
    item = resource.schema
    noun = resource.label.lower()
    name = resource.name.replace("-", "_")
    base = item.__name__.removesuffix("Schema")
    # Fields that a reader may also give as query arguments, to say how to answer.
    output_args: tuple[str, ...] = getattr(item, "output_args", ())
    listed = type(
        f"{base}Page",
        (Schema,),
        {
            "items": fields.List(fields.Nested(item), required=True),
            "page": fields.Integer(required=True),
            "page_size": fields.Integer(required=True),
            "total": fields.Integer(required=True),
        },
    )
    args = type(
        f"{base}ListArgs",
        (ListArgs,),
        {
            "sort": fields.String(load_default=resource.sort[0], validate=validate.OneOf(resource.sortable)),
            **{key: each.field for key, each in resource.filters.items()},
            **{key: declared(item, key) for key in output_args},
        },
    )
    one_args = type(f"{base}Args", (Strict,), {key: declared(item, key) for key in output_args})

    def doc(verb: str, summary: str) -> Any:
        return blp.doc(operationId=f"{verb}_{name}", summary=summary)

    class Collection(MethodView):
        @needs(resource.read)
        @blp.arguments(args, location="query")
        @blp.response(200, listed)
        @doc("list", f"List of {resource.label_plural.lower()}")
        def get(self, query: dict[str, Any]) -> Any:
            return records.page_of(resource, actor(), query)

        if "create" in verbs:

            @needs(resource.write)
            @blp.arguments(item)
            @blp.response(201, item)
            @doc("create", f"Create a {noun}")
            def post(self, data: dict[str, Any]) -> Any:
                who = actor()
                with transaction(who):
                    record = records.create(resource, who, data)
                return record, 201, with_etag(record)

    class Item(MethodView):
        @needs(resource.read)
        @blp.arguments(one_args, location="query")
        @blp.response(200, item)
        @doc("get", f"One {noun}")
        def get(self, query: dict[str, Any], record_id: uuid.UUID) -> Any:
            record = records.record_of(resource, actor(), record_id)
            return not_modified(record) or (record, 200, with_etag(record))

        if "change" in verbs:

            @needs(resource.write)
            @blp.arguments(records.for_change(item))
            @blp.response(200, item)
            @doc("change", f"Change a {noun}")
            def patch(self, data: dict[str, Any], record_id: uuid.UUID) -> Any:
                who = actor()
                version = version_sent(record_id)
                with transaction(who):
                    record = records.change(resource, who, record_id, version, data)
                return record, 200, with_etag(record)

        if "delete" in verbs and resource.deletable:

            @needs(resource.write)
            @blp.response(204)
            @doc("delete", f"Delete a {noun} nothing refers to")
            def delete(self, record_id: uuid.UUID) -> None:
                who = actor()
                version = version_sent(record_id)
                with transaction(who):
                    records.delete(resource, who, record_id, version)

    blp.route(f"/{resource.name}", endpoint=f"{name}_list")(Collection)
    blp.route(f"/{resource.name}/<uuid:record_id>", endpoint=f"{name}_one")(Item)

    if "create" in verbs:

        @blp.route(f"/{resource.name}/bulk", methods=["POST"], endpoint=f"{name}_bulk")
        @needs(resource.write)
        @blp.arguments(BulkItems)
        @blp.response(200, BulkResults)
        @doc("bulk_create", f"Create many {resource.label_plural.lower()}; good rows land, bad ones say why")
        def bulk(data: dict[str, Any]) -> Any:
            who = actor()
            with transaction(who):
                return {"results": records.create_many(resource, who, data["items"])}


def not_modified(record: Any) -> Response | None:
    """Return the 304 answer when the client has this version already."""
    if etag_of(record) in [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]:
        return Response(status=304, headers=with_etag(record))
    return None
