"""Settings: a wrong value stops the start with a sentence that names it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.config import Settings, SettingsError, settings_table


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"OSRM_URL": "localhost:5000"}, "OSRM_URL"),
        ({"REPLAN_MINUTES": "often"}, "REPLAN_MINUTES"),
        ({"REPLAN_MINUTES": "-1"}, "REPLAN_MINUTES"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE"),
        ({"CLOCK_START": "2011-03-02T07:00"}, "time zone"),
        ({"CLOCK_START": "2011-03-02T07:00-05:00", "PRODUCTION": "1", "SECRET_KEY": "x"}, "CLOCK_START"),
        ({"PRODUCTION": "1"}, "SECRET_KEY"),
        ({"PRODUCTION": "maybe"}, "PRODUCTION"),
        ({"GEOCODER": "oracle"}, "GEOCODER"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "TRUSTED_PROXIES"),
        ({"BROKER_URL": "redis://127.0.0.1"}, "BROKER_URL"),
    ],
)
def test_a_wrong_setting_is_named_in_a_sentence(env: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings.from_env(env)


def test_postgresql_addresses_get_the_driver() -> None:
    settings = Settings.from_env({"DATABASE_URL": "postgresql://root@127.0.0.1/x"})
    assert settings.database == "postgresql+psycopg://root@127.0.0.1/x"


def test_the_signing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings.from_env({"DATA_DIR": str(tmp_path)})
    first = settings.signing_key()
    assert first == settings.signing_key()
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_every_setting_is_told_about() -> None:
    assert all(about for _, _, about in settings_table())
