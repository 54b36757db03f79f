"""The archive of a backup: tar and gzip, with a manifest that knows every member by its SHA-256.

The manifest comes last, so that an archive without it is not whole. Members have names of a fixed form; what
is taken out goes to a place that the caller chooses, never to one that the archive names.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import uuid
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.files import sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE, POSTGRESQL = "database.sqlite", "database.pgdump"
FILES, DATA = "files/", "data/"
_NAME = re.compile(
    rf"{re.escape(SQLITE)}|{re.escape(POSTGRESQL)}|{FILES}[0-9a-f]{{64}}"
    rf"|{DATA}secret-key|{DATA}keys/[A-Za-z0-9_][A-Za-z0-9_.-]*"
)
_CHUNK = 1 << 20
_BROKEN = (tarfile.TarError, EOFError, zlib.error, OSError, UnicodeDecodeError)


class BackupError(Exception):
    """A backup cannot be made or put back; the message is for whoever asked."""


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself.

    Attributes
    ----------
    facts : mapping
        ``kind`` of database, its ``revision``, ``counts`` of rows by table, ``made_at`` …
    members : mapping
        SHA-256 by name.
    """

    facts: Mapping[str, Any]
    members: Mapping[str, str]


class _Hashing:
    """A stream whose bytes are hashed as they are read; one of an archive says so where it is damaged."""

    def __init__(self, stream: IO[bytes], source: Path | None = None) -> None:
        self._stream, self._source, self._hash = stream, source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
        except _BROKEN as error:
            if self._source is None:
                raise
            raise _damaged(self._source, error) from None
        self._hash.update(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Writer:
    """An archive in the making."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file under a name."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a backup's")
        with path.open("rb") as stream:
            hashed = _Hashing(stream)
            self._tar.addfile(_head(name, os.fstat(stream.fileno()).st_size), hashed)  # type: ignore[arg-type]
        self.members[name] = hashed.sha256
        # The library keeps them all, with much about each, for what is never asked here.
        self._tar.members.clear()  # type: ignore[attr-defined]


@contextmanager
def writing(target: Path, facts: Mapping[str, Any]) -> Iterator[Writer]:
    """Make an archive, which only its owner reads; it is there whole when the block ends, or not at all.

    Raises
    ------
    BackupError
        Something of that name is there.
    """
    if target.exists():
        raise BackupError(f"{target} is there already: choose another name, or take it away.")
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=4) as tar:
                writer = Writer(tar)
                yield writer
                said = {"format": FORMAT, **facts, "members": writer.members}
                text = json.dumps(said, ensure_ascii=False, indent=1).encode()
                tar.addfile(_head(MANIFEST, len(text)), io.BytesIO(text))
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
        sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _head(name: str, size: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600
    return head


def checked(source: Path) -> Manifest:
    """Read an archive to its end and return its manifest; nothing is taken out.

    Raises
    ------
    BackupError
        It is damaged, not whole, has members it should not have, or is none of ours.
    """
    found: dict[str, str] = {}
    said: Any = None
    for name, stream in _members(source):
        if said is not None:
            raise BackupError(f"{source} is not as it was made: something follows its manifest.")
        if name == MANIFEST:
            said = _json(source, stream)
            continue
        if name in found:
            raise BackupError(f"{source} has {name!r} twice.")
        while stream.read(_CHUNK):
            pass
        found[name] = stream.sha256
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BackupError(f"{source} is not a backup of this format ({FORMAT}), or not a whole one.")
    if said.get("members") != found:
        raise BackupError(f"{source} is damaged: its members are not those of its manifest.")
    return Manifest({name: value for name, value in said.items() if name != "members"}, found)


def unpacked(source: Path, manifest: Manifest, folder: Path) -> Iterator[tuple[str, Path]]:
    """Take members out one by one into a folder of the caller's, and yield name and path; it may be moved.

    Raises
    ------
    BackupError
        One is not what the manifest says.
    """
    for name, stream in _members(source):
        if name == MANIFEST:
            continue
        path = folder / uuid.uuid4().hex
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            shutil.copyfileobj(stream, out, _CHUNK)
            out.flush()
            os.fsync(out.fileno())
        if manifest.members.get(name) != stream.sha256:
            raise BackupError(f"{source} has changed while it was read: {name!r} is another.")
        yield name, path
        path.unlink(missing_ok=True)


def _members(source: Path) -> Iterator[tuple[str, _Hashing]]:
    """Yield each member; what is no file of a name of ours ends it."""
    if not source.is_file():
        raise BackupError(f"There is no {source}.")
    with gzip.open(source) as stream:
        try:
            tar = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115
        except _BROKEN as error:
            reason = str(error) or type(error).__name__
            raise BackupError(f"{source} cannot be read as a backup: {reason}.") from None
        with tar:
            while (found := _next(source, tar)) is not None:
                yield found
        # Only at its very end does the file say whether all of it came.
        rest = _Hashing(stream, source)  # type: ignore[arg-type]
        while rest.read(_CHUNK):
            pass


def _next(source: Path, tar: tarfile.TarFile) -> tuple[str, _Hashing] | None:
    try:
        head = tar.next()
        if head is None:
            return None
        stream = tar.extractfile(head) if head.isreg() else None
    except _BROKEN as error:
        raise _damaged(source, error) from None
    tar.members.clear()  # type: ignore[attr-defined]
    if stream is None or not (head.name == MANIFEST or _NAME.fullmatch(head.name)):
        raise BackupError(f"{source} has a member that no backup has: {head.name!r}.")
    return head.name, _Hashing(stream, source)


def _json(source: Path, stream: _Hashing) -> Any:
    try:
        return json.loads(stream.read())
    except ValueError as error:
        raise _damaged(source, error) from None


def _damaged(source: Path, error: Exception) -> BackupError:
    return BackupError(f"{source} is damaged or not whole: {str(error) or type(error).__name__}.")
