"""Settings, read once from the environment; a wrong value stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class SettingsError(Exception):
    """A setting is wrong; the message names it, its value and what it may be."""


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"", "0", "false", "no", "off"}:
        return False
    raise ValueError("give 1 or 0")


def _number(low: float, high: float, kind: Callable[[str], Any] = int) -> Callable[[str], Any]:
    def read(value: str) -> Any:
        number = kind(value)
        if not low <= number <= high:
            raise ValueError(f"give a number from {low:g} to {high:g}")
        return number

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError("give one of: " + ", ".join(choices))
        return value

    return read


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("give a time zone's name, such as Asia/Shanghai") from None
    return value


def _instant(value: str) -> datetime | None:
    if not value:
        return None
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("give an instant with a time zone, such as 2011-03-02T07:00-05:00")
    return instant


def _database(value: str) -> str:
    if not value:
        return ""
    scheme = urlsplit(value).scheme
    if scheme in {"postgres", "postgresql"}:
        return "postgresql+psycopg" + value[len(scheme) :]
    if scheme in {"sqlite", "postgresql+psycopg"}:
        return value
    raise ValueError("give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def _url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise ValueError("give an address such as http://127.0.0.1:5000")
    return value.rstrip("/")


def _broker(value: str) -> str:
    if value:
        raise ValueError("this version runs jobs by `flask worker` alone; leave it empty")
    return value


def _setting(default: str, read: Callable[[str], Any], about: str) -> Any:
    return field(metadata={"default": default, "read": read, "about": about})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings; each field's `about` is its documentation."""

    database_url: str = _setting("", _database, "SQLite or PostgreSQL; empty: SQLite in DATA_DIR")
    data_dir: Path = _setting("data", Path, "folder for the database, keys and files")
    files_url: str = _setting(
        "",
        _text,
        "where photos are kept; empty: DATA_DIR/files; s3://BUCKET/PREFIX needs `pip install s3fs`",
    )
    evidence_key_file: str = _setting(
        "",
        _text,
        "private key (Ed25519, PEM) that seals evidence; empty: made once as DATA_DIR/keys/evidence.key",
    )
    secret_key: str = _setting("", _text, "signs sessions; empty: made once and kept in DATA_DIR")
    push_hosts: str = _setting(
        "fcm.googleapis.com updates.push.services.mozilla.com *.push.apple.com *.notify.windows.com",
        _text,
        "hosts of push services that phones may be told through, * for any part",
    )
    public_url: str = _setting(
        "", _url, "address people reach this server at, for links it hands out; empty: as the browser asked"
    )
    trusted_proxies: int = _setting(
        "0",
        _number(0, 9),
        "how many proxies (nginx …) each request passes; all must set X-Forwarded-For, -Proto and -Host. "
        "0: these headers are ignored; 1 or more: demo accounts do not work",
    )
    production: bool = _setting("0", _flag, "1: secure cookies, no demo, SECRET_KEY must be set")
    osrm_url: str = _setting(
        "", _url, "address of osrm-routed for travel on roads; empty: the distance model"
    )
    osrm_timeout_s: float = _setting("5", _number(0.1, 600, float), "seconds to wait for one OSRM answer")
    broker_url: str = _setting("", _broker, "message broker of Celery workers; must be empty in this version")
    geocoder: str = _setting(
        "none", _one_of("none", "nominatim", "baidu"), "who turns addresses into positions"
    )
    geocoder_url: str = _setting("", _url, "another address of the geocoder, such as an own Nominatim")
    geocoder_key: str = _setting("", _text, "key for the geocoder")
    geocoder_interval_s: float = _setting(
        "1", _number(0, 3600, float), "least seconds between two geocodings"
    )
    replan_minutes: int = _setting(
        "0", _number(0, 1440), "re-plan the open work every so many minutes; 0: off"
    )
    freeze_minutes: int = _setting(
        "15",
        _number(0, 1440),
        "runs leave alone what the published plan begins within so many minutes: its engineer is on the way; "
        "0: off",
    )
    replan_publish: bool = _setting("0", _flag, "1: periodic plans are published without a person")
    replan_seconds: int = _setting("20", _number(1, 600), "time limit of a periodic run")
    replan_weights: str = _setting("", _text, "weights of periodic runs as JSON; empty: the defaults")
    clock_start: datetime | None = _setting(
        "", _instant, "replays only: the instant at which the clock starts"
    )
    clock_anchor: datetime | None = _setting(
        "", _instant, "real instant that belongs to CLOCK_START; set by the launcher"
    )
    time_zone: str = _setting("Asia/Shanghai", _zone, "the company's time zone")
    locale: str = _setting("zh", _one_of("zh", "en"), "language where a person has chosen none")
    session_hours: int = _setting("12", _number(1, 720), "a person is signed out after so many hours unused")
    log_level: str = _setting("INFO", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "least severe log line")
    log_format: str = _setting("console", _one_of("console", "json"), "log lines for eyes or for machines")
    rate_limit_storage: str = _setting(
        "memory://", _text, "where sign-in attempts are counted; redis://… for several processes"
    )
    max_body_mb: int = _setting("16", _number(1, 1024), "largest request body, in MB")
    hint_streams: int = _setting(
        "24",
        _number(0, 10_000),
        "how many phones and boards one web process keeps waiting for news; fewer than it has threads",
    )
    position_days: int = _setting(
        "90",
        _number(1, 3650),
        "how many days it is kept where engineers were on their way; check-ins at visits stay",
    )
    map_tiles: str = _setting("", _text, "tile address with {z}, {x}, {y} for the map; empty: no tiles")
    job_lease_s: int = _setting(
        "15", _number(2, 3600), "seconds after which a silent worker's job is taken over"
    )

    job_processes: int = _setting(
        "0", _number(0, 256), "processes a heavy job may use at once; 0: as many as there are cores"
    )

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `env` (default: the process's environment).

        Raises
        ------
        SettingsError
            A value is wrong, or two do not go together.
        """
        env = os.environ if env is None else env
        values = {}
        for item in fields(cls):
            name = item.name.upper()
            raw = env.get(name, "").strip() or item.metadata["default"]
            try:
                values[item.name] = item.metadata["read"](raw)
            except ValueError as error:
                raise SettingsError(f"{name}={raw!r} is not usable: {error}.") from None
        settings = cls(**values)
        if settings.production and settings.clock_start:
            raise SettingsError("CLOCK_START is for replays and tests; it cannot be used with PRODUCTION=1.")
        if settings.production and not settings.secret_key:
            raise SettingsError("PRODUCTION=1 needs SECRET_KEY: set it to a long random text.")
        return settings

    @property
    def database(self) -> str:
        """The database's address, the embedded SQLite file where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'paidan.db'}"

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    def signing_key(self) -> str:
        """Return SECRET_KEY, or the one made once and kept in `data_dir` (mode 0600)."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret-key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(48))
        return path.read_text()


def settings_table() -> list[tuple[str, str, str]]:
    """Return (name, default, about) of every setting, for the documentation."""
    return [(f.name.upper(), f.metadata["default"], f.metadata["about"]) for f in fields(Settings)]
