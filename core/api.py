"""The JSON door: the API under ``/api/v1``, its description, and the doors every `Resource` gets."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields, validate

from core import idempotency, records
from core.auth.actors import Actor
from core.db import transaction
from core.errors import DomainError, Unauthenticated, mark
from core.json_text import BodyParser
from core.problems import TYPE, ProblemSchema
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


def blueprint(name: str, module: str, description: str) -> Blueprint:
    """Return a blueprint of the API for one package."""
    return _Blueprint(f"api_{name}", module, url_prefix=PREFIX, description=description)


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


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    name = kind.__name__.removesuffix("Schema")
    if getattr(schema, "partial", None):
        return f"{name}Change"
    return name + ("".join(sorted(p.title() for p in schema.only)) if getattr(schema, "only", None) else "")


class PaidanApi(Api):  # type: ignore[misc]
    """flask-smorest with our own error documents; `core.problems` answers all errors."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Leave errors to `core.problems`."""


def init_app(app: Flask) -> PaidanApi:
    """Set the API up and return it; packages register their blueprints on it."""
    app.config.update(
        API_TITLE="Paidan 派单",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {
                "description": "Dispatch for field-service companies.",
                "license": {"name": "Apache-2.0"},
            },
            "components": {
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
                }
            },
            "security": [{"token": []}, {"session": []}],
        },
    )
    api = PaidanApi(spec_kwargs={"marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=_schema_name)})
    api.init_app(app)
    app.extensions["paidan-api"] = api
    app.add_url_rule("/api/openapi.json", "openapi", _openapi)
    app.add_url_rule("/api/docs", "api_docs", _docs)
    idempotency.init_app(app)
    return api


def _docs() -> str:
    return render_template("api_docs.html")


def _openapi() -> Response:
    api = current_app.extensions["paidan-api"]
    cached = current_app.extensions.get("paidan-openapi")
    if cached is None:
        cached = current_app.extensions["paidan-openapi"] = describe(api.spec)
    return jsonify(cached)


_ALWAYS = ("401", "403", "404", "500", "503")
_WITH_BODY = ("400", "409", "413", "415", "422")


def describe(spec: APISpec) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document, every error answer of ours in it."""
    document = spec.to_dict()
    document["components"].setdefault("responses", {})
    content = {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    document["components"]["responses"]["Problem"] = {"description": "What went wrong", "content": content}
    document["components"].setdefault("schemas", {}).setdefault("Problem", _problem_schema())
    for tag in document.get("tags", []):
        tag["name"] = tag["name"].removeprefix("api_")
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in ("get", "post", "patch", "put", "delete"):
                continue
            operation["tags"] = [name.removeprefix("api_") for name in operation.get("tags", [])]
            told = operation["responses"]
            told.pop("default", None)
            codes = set(_ALWAYS) | ({"422"} if method == "get" else set(_WITH_BODY))
            one = "{record_id}" in str(operation) or method in ("patch", "put", "delete")
            if method in ("patch", "put", "delete") and one:
                codes |= {"412", "428"}
                _add_header(operation, "If-Match", "the ETag last read")
            if method == "get":
                told.setdefault("304", {"description": "You have this version"})
            if method == "post":
                _add_header(
                    operation, "Idempotency-Key", "repeat with the same key to get the first answer again"
                )
            for code in {*codes, *(c for c in told if c >= "400")}:
                told[code] = {"$ref": "#/components/responses/Problem"}
    return document


def _add_header(operation: dict[str, Any], name: str, about: str) -> None:
    parameters = operation.setdefault("parameters", [])
    if not any(p.get("name") == name for p in parameters):
        parameters.append(
            {
                "in": "header",
                "name": name,
                "required": False,
                "description": about,
                "schema": {"type": "string"},
            }
        )


def _problem_schema() -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    return {
        "type": "object",
        "required": ["title", "status"],
        "properties": {
            "type": text,
            "title": text,
            "status": number,
            "detail": text,
            "code": text,
            "errors": {"type": "object"},
            "facts": {"type": "object"},
        },
    }
