"""Chinese and English: the reader's language, and catalogues read straight from ``translations/*.po``."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, format_datetime, get_locale

LOCALES = {"zh": "中文", "en": "English"}
_packages: list[Path] = []


def add_catalogues(package_file: str) -> None:
    """Use the catalogues in the ``translations`` folder beside `package_file` (a module's ``__file__``)."""
    folder = Path(package_file).parent / "translations"
    if folder not in _packages:
        _packages.append(folder)
        _translations.cache_clear()


@cache
def _translations(locale: str) -> NullTranslations:
    merged = Catalog(locale=locale)
    for folder in _packages:
        path = folder / locale / "LC_MESSAGES" / "messages.po"
        if path.exists():
            with path.open("rb") as stream:
                for message in read_po(stream, locale=locale):
                    if message.id and not message.fuzzy:
                        merged.add(message.id, message.string, context=message.context)
    buffer = BytesIO()
    write_mo(buffer, merged)
    buffer.seek(0)
    return Translations(buffer)


class PackageCatalogues(Domain):
    """The one translation domain, merged from all packages."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return _translations(locale.language) if locale else NullTranslations()


class CatalogueBabel(Babel):  # type: ignore[misc]
    """Babel with the packages' catalogues as its domain."""

    domain_instance = PackageCatalogues()


def choose_locale() -> str:
    """Return the language to answer in: the person's, the browser's choice, the company's."""
    if has_request_context():
        chosen = getattr(g.get("actor"), "locale", "") or request.cookies.get("locale", "")
        if chosen in LOCALES:
            return chosen
        accepted = request.accept_languages.best_match(LOCALES)
        if accepted:
            return accepted
    return str(current_app.config["SETTINGS"].locale)


def reader_language() -> str:
    """Return the reader's language, ``zh`` or ``en``."""
    locale = get_locale()
    return locale.language if locale else "zh"


def local_time(instant: Any, form: str = "short") -> str:
    """Return an instant as the reader's date and time in the company's zone; empty for None."""
    if reader_language() == "en":
        form = _ENGLISH_TIMES[form]
    return format_datetime(instant, form) if instant else ""


_ENGLISH_TIMES = {"short": "d MMM y, HH:mm", "medium": "d MMM y, HH:mm:ss"}
"""The day before the month in words: nobody mistakes the one for the other."""


def init_app(app: Flask) -> None:
    """Set Babel up with the packages' catalogues."""
    add_catalogues(__file__)
    settings = app.config["SETTINGS"]
    app.config.setdefault("BABEL_DEFAULT_LOCALE", settings.locale)
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", settings.time_zone)
    CatalogueBabel(app, locale_selector=choose_locale)
