"""What is shipped is allowed, and the page of settings is current."""

from __future__ import annotations

import pytest

from deploy import licences, settings


def test_no_runtime_dependency_is_gpl_agpl_or_unknown() -> None:
    assert licences.problems() == []


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-only",
        "AGPL-3.0",
        "GNU Affero General Public License v3",
        "GNU General Public License (GPL)",
        "LGPL-3.0-only AND GPL-2.0-or-later",
        "Own licence, ask us",
        "",
    ],
)
def test_copyleft_and_unknown_licences_are_refused(licence: str) -> None:
    assert licences.licence_problem(licence)


@pytest.mark.parametrize(
    "licence",
    ["MIT", "LGPL-3.0-only", "GNU Lesser General Public License v3 (LGPLv3)", "GPL-2.0-only OR MIT"],
)
def test_free_licences_without_strong_copyleft_are_fine(licence: str) -> None:
    assert licences.licence_problem(licence) is None


def test_the_page_of_settings_is_current() -> None:
    assert settings.PAGE.read_text(encoding="utf-8") == settings.page_text(), "run `make settings`"
