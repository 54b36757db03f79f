"""Files are kept once under their SHA-256, whole or not at all, in a folder or in an object store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from core import files
from core.config import Settings, SettingsError
from wsgi import create_app


@pytest.fixture(params=["folder", "memory"])
def kept_in(request: pytest.FixtureRequest, own_files: None, app: Flask, tmp_path: Path) -> str:
    if request.param == "memory":
        app.extensions["paidan-files"] = files.Remote(f"memory://{tmp_path.name}/files")
    return str(request.param)


def test_a_file_is_found_by_its_hash(kept_in: str, app: Flask, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"a photo")
    sha256 = files.keep(given)
    assert sha256 == hashlib.sha256(b"a photo").hexdigest()
    assert given.read_bytes() == b"a photo", "whoever gave it still has it"
    with files.open_kept(sha256) as stream:
        assert stream.read() == b"a photo"
    with files.as_path(sha256) as path:
        assert path.read_bytes() == b"a photo"
    assert not path.exists()


def test_the_same_bytes_are_kept_once(kept_in: str, app: Flask, tmp_path: Path) -> None:
    assert files.keep_bytes(b"twice") == files.keep_bytes(b"twice")
    if kept_in == "folder":
        folder = app.config["SETTINGS"].data_dir / "files"
        assert [path.read_bytes() for path in folder.rglob("*") if path.is_file()] == [b"twice"]


@pytest.mark.parametrize("name", ["0" * 64, "../../secret-key", "", "A" * 64])
def test_nothing_else_can_be_opened(kept_in: str, app: Flask, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        files.open_kept(name)


def test_an_unknown_store_is_refused_with_a_sentence(tmp_path: Path) -> None:
    settings = Settings.from_env({"DATA_DIR": str(tmp_path), "FILES_URL": "floppy://a"})
    with pytest.raises(SettingsError, match=r"FILES_URL='floppy://a' is not usable"):
        create_app(settings)
