"""The door of the engineers' app: its shell, its service worker, and what makes it installable.

Nobody has to be signed in: the shell holds nothing of anybody's, the phone's own token fetches that.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template, url_for

from core.static_files import static_url
from core.web import content_policy
from dispatch.evidence.completeness import MANDATORY
from dispatch.workorders.rules import INCOMPLETE_REASONS, STATUSES
from mobile_api.pwa.texts import texts_of_app

_HERE = Path(__file__).parent
_WORKER = _HERE / "static" / "sw.js"
_VENDOR = ("preact/preact.js", "idb/idb.js", "tus/tus.js", "signature_pad/signature_pad.js")
_CORE = ("base.css", "components.css", "format.js", "icon.svg", "vendor/leaflet/leaflet.js")
_BACKGROUND, _ACCENT = "#f4f6f8", "#0b5cd6"
bp = Blueprint("pwa", __name__, url_prefix="/m", template_folder="templates")


@bp.get("/")
def shell() -> Response:
    """Show the app."""
    response = make_response(
        render_template("pwa/shell.html", config=_config(), imports=_imports(), title="Paidan 派单")
    )
    response.headers["Content-Security-Policy"] = content_policy(
        images=" blob:", scripts=" 'wasm-unsafe-eval'"
    )
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=(self)"
    return response


@bp.get("/sw.js")
def worker() -> Response:
    """Send the service worker with the names of all it keeps; it is another one when any of them is."""
    told = {"VERSION": f"paidan-{_version()}", "FILES": _files(), "LATER": _scanner()}
    text = f"Object.assign(self, {json.dumps(told)});\n{_WORKER.read_text(encoding='utf-8')}"
    return Response(text, mimetype="text/javascript", headers={"Cache-Control": "no-cache"})


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """Tell what the app is called and how it starts."""
    told = {
        "id": "/m/",
        "name": "Paidan 派单",
        "short_name": "派单",
        "start_url": url_for(".shell"),
        "scope": url_for(".shell"),
        "display": "standalone",
        "orientation": "portrait",
        "background_color": _BACKGROUND,
        "theme_color": _ACCENT,
        "icons": [
            {"src": static_url(f"icon-{size}.png", "phone"), "sizes": f"{size}x{size}", "type": "image/png"}
            for size in (192, 512)
        ]
        + [
            {
                "src": static_url("icon-maskable-512.png", "phone"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            }
        ],
    }
    return Response(json.dumps(told, ensure_ascii=False), mimetype="application/manifest+json")


def _config() -> dict[str, Any]:
    settings = current_app.config["SETTINGS"]
    return {
        "zone": settings.time_zone,
        "tiles": settings.map_tiles,
        "texts": texts_of_app(),
        "colours": {status: style.colour for status, style in STATUSES.items()} | {"declined": "grey"},
        "reasons": list(INCOMPLETE_REASONS),
        "mandatory": list(MANDATORY),
        "wasm": _scanner()[1],
    }


def _imports() -> dict[str, str]:
    """Return the addresses of the libraries by the names the app imports them by."""
    named = {f"vendor/{name.split('/')[0]}": static_url(f"vendor/{name}") for name in _VENDOR}
    return named | {
        "vendor/leaflet": static_url("vendor/leaflet/leaflet.js"),
        "vendor/zxing": _scanner()[0],
        "core/format": static_url("format.js"),
    }


def _scanner() -> list[str]:
    """Return the addresses of what reads barcodes where the browser does not: too large for everybody."""
    return [static_url("vendor/zxing/zxing.js"), static_url("vendor/zxing/zxing_reader.wasm")]


def _files() -> list[str]:
    """Return the addresses of everything the app needs without a line, but its shell."""
    own = (file.name for file in sorted((_HERE / "static").iterdir()) if file != _WORKER)
    core = (*_CORE, "vendor/leaflet/leaflet.css", *(f"vendor/{name}" for name in _VENDOR))
    return [
        *(static_url(name, "phone") for name in own),
        *(static_url(name) for name in core),
        url_for(".manifest"),
    ]


def _version() -> str:
    """Return what changes with anything the app is made of."""
    made_of = [_files(), _config(), _sources()]
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


@cache
def _sources() -> str:
    """Return what of the shell and the worker has no address of its own."""
    return (_HERE / "templates" / "pwa" / "shell.html").read_text(encoding="utf-8") + _WORKER.read_text(
        encoding="utf-8"
    )
