"""The door of web push: a phone asks to be told when its app is closed."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields, validate

from core import api
from core.api import Strict
from core.db import transaction
from mobile_api import web_push
from mobile_api.api import PREFIX, phone

blp = api.blueprint("web-push", __name__, "Phones: being told while the app is closed", f"{PREFIX}/push")


class KeysSchema(Strict):
    """What a message is encrypted with, as the browser gave it."""

    p256dh = fields.String(required=True, validate=validate.Regexp(r"\A[A-Za-z0-9_-]{80,100}=*\Z"))
    auth = fields.String(required=True, validate=validate.Regexp(r"\A[A-Za-z0-9_-]{16,40}=*\Z"))


class SubscriptionSchema(Strict):
    """A browser's subscription."""

    endpoint = fields.Url(
        required=True, schemes={"https", "http"}, require_tld=False, validate=validate.Length(max=2_000)
    )
    keys = fields.Nested(KeysSchema, required=True)


class KeySchema(Schema):
    """This server's key."""

    key = fields.String(required=True, metadata={"description": "applicationServerKey, Base64url"})


@blp.route("")
class Push(MethodView):
    """Being told."""

    @blp.response(200, KeySchema)
    @blp.doc(operationId="get_push_key", summary="The key a browser subscribes with")
    def get(self) -> Any:
        """Answer with the key."""
        phone()
        return {"key": web_push.public_key()}

    @blp.arguments(SubscriptionSchema)
    @blp.response(204)
    @blp.doc(operationId="subscribe_push", summary="Be told through a browser's push service")
    def put(self, data: dict[str, Any]) -> None:
        """Keep a subscription."""
        device = phone()
        with transaction(api.actor()):
            web_push.subscribe(device, data["endpoint"], **data["keys"])

    @blp.response(204)
    @blp.doc(operationId="unsubscribe_push", summary="Be told no more")
    def delete(self) -> None:
        """Forget the subscription."""
        device = phone()
        with transaction(api.actor()):
            web_push.unsubscribe(device)
