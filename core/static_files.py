"""Static files of every package, at addresses that change when a file does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, abort, send_from_directory, url_for

_folders: dict[str, Path] = {"core": Path(__file__).parent / "static"}


def add_static(package: str, package_file: str) -> None:
    """Serve the ``static`` folder beside `package_file` as ``static_url(name, package)``."""
    _folders[package] = Path(package_file).parent / "static"


@cache
def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def static_url(filename: str, package: str = "core") -> str:
    """Return the versioned address of a static file; relative imports inside keep the version."""
    return url_for("static_file", package=package, tag=_fingerprint(_folders[package]), filename=filename)


def send_static(package: str, tag: str, filename: str) -> Response:
    """Send a static file; its address holds its version, so it may be kept for ever."""
    folder = _folders.get(package)
    if folder is None:
        abort(404)
    response = send_from_directory(folder, filename, max_age=31536000, conditional=True)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
