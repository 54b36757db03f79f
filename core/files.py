"""Files by their content: each is kept once under its SHA-256, in a folder or in an object store.

What is not whole yet stands in a folder of this machine (`staging`). Rows name files by their SHA-256; that
two of them name the same one is nothing special.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import fsspec
from flask import Flask, current_app

from core.config import SettingsError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = "paidan-files"
_CHUNK = 1 << 20


class Store(Protocol):
    """Where whole files are kept."""

    def put(self, path: Path, sha256: str) -> None:
        """Keep a copy of a file. What is kept already stays."""

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file; raises FileNotFoundError where there is none."""


class Folder:
    """Files in a folder of this machine, or of one all machines share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def put(self, path: Path, sha256: str) -> None:
        """Copy a file in, whole or not at all; it is on the disk when this returns."""
        place = self._place(sha256)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_name(f"{sha256}.{uuid.uuid4().hex}")
        with path.open("rb") as given, part.open("wb") as stream:
            shutil.copyfileobj(given, stream, _CHUNK)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(place)
        for folder in (place.parent, place.parent.parent, self._root):
            sync_folder(folder)

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file."""
        return self._place(sha256).open("rb")


class Remote:
    """Files in an object store that fsspec knows, such as ``s3://bucket/prefix``."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)

    def put(self, path: Path, sha256: str) -> None:
        """Send a file there; object stores show it whole or not at all."""
        place = f"{self._root}/{sha256}"
        if not self._files.exists(place):
            self._files.put_file(str(path), place)

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file."""
        found: BinaryIO = self._files.open(f"{self._root}/{sha256}", "rb")
        return found


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file, whole or not at all; one that is there stays, and the first of several counts."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        os.fchmod(handle, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        os.unlink(name)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk know the names of a folder, as it does a file's bytes after `os.fsync`."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def init_app(app: Flask) -> None:
    """Open the store that `FILES_URL` names, or the folder beside the database.

    Raises
    ------
    SettingsError
        Nobody knows such a store.
    """
    settings = app.config["SETTINGS"]
    try:
        remote = Remote(settings.files_url) if settings.files_url else None
    except (ImportError, ValueError) as error:
        raise SettingsError(f"FILES_URL={settings.files_url!r} is not usable: {error}.") from None
    app.extensions[_EXTENSION] = remote or Folder(settings.data_dir / "files")


def _store() -> Store:
    found: Store = current_app.extensions[_EXTENSION]
    return found


def staging(name: str) -> Path:
    """Return a folder of this machine for files that are not whole yet."""
    folder: Path = current_app.config["SETTINGS"].data_dir / "staging" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def keep(path: Path) -> str:
    """Keep a copy of a whole file and return its SHA-256.

    No transaction may be open: it takes as long as the store does.
    """
    sha256 = sha256_of(path)
    _store().put(path, sha256)
    return sha256


def keep_bytes(data: bytes) -> str:
    """Keep bytes as a file and return their SHA-256."""
    with tempfile.NamedTemporaryFile(dir=staging("made")) as made:
        made.write(data)
        made.flush()
        return keep(Path(made.name))


def open_kept(sha256: str) -> BinaryIO:
    """Open a file by its SHA-256.

    Raises
    ------
    FileNotFoundError
        None is kept under it.
    """
    if not _SHA256.fullmatch(sha256):
        raise FileNotFoundError(sha256)
    return _store().open(sha256)


@contextmanager
def as_path(sha256: str) -> Iterator[Path]:
    """Give a kept file as one of this machine, for who cannot read a stream; it is gone afterwards."""
    with tempfile.NamedTemporaryFile(dir=staging("read")) as copy, open_kept(sha256) as kept:
        shutil.copyfileobj(kept, copy, _CHUNK)
        copy.flush()
        yield Path(copy.name)
