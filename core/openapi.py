"""The API as a whole: set up on the application, and described for those who program against it."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app, jsonify, render_template
from flask_smorest import Api

from core.problems import TYPE, ProblemSchema


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
    for tag in document.get("tags", []):
        tag["name"] = tag["name"].removeprefix("api_")
    for path in document["paths"].values():
        for method, operation in path.items():
            if method not in ("get", "post", "patch", "put", "delete", "head", "options"):
                continue
            operation["tags"] = [name.removeprefix("api_") for name in operation.get("tags", [])]
            told = operation["responses"]
            told.pop("default", None)
            codes = {*_ALWAYS}
            if method not in ("head", "options"):
                codes |= {*(("422",) if method == "get" else _WITH_BODY)}
            if method == "get":
                told.setdefault("304", {"description": "You have this version"})
            elif method == "post":
                _add_header(operation, "Idempotency-Key", "repeat with it to get the first answer again")
            elif method not in ("head", "options"):
                codes |= {"412", "428"}
                _add_header(operation, "If-Match", "the ETag last read")
            for code in {*codes, *(c for c in told if c >= "400")}:
                told[code] = {"$ref": "#/components/responses/Problem"}
    return document


def _add_header(operation: dict[str, Any], name: str, about: str) -> None:
    header = {"in": "header", "name": name, "required": False, "description": about}
    parameters = operation.setdefault("parameters", [])
    if not any(known.get("name") == name for known in parameters):
        parameters.append({**header, "schema": {"type": "string"}})
