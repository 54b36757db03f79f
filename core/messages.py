"""Sentences about what was sent, marshmallow's own among them, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext

from core.errors import mark

_MARSHMALLOW = (
    mark("Missing data for required field."),
    mark("Field may not be null."),
    mark("Unknown field."),
    mark("Invalid value."),
    mark("Invalid input type."),
    mark("Not a valid string."),
    mark("Not a valid number."),
    mark("Not a valid integer."),
    mark("Not a valid boolean."),
    mark("Not a valid UUID."),
    mark("Not a valid date."),
    mark("Not a valid time."),
    mark("Not a valid datetime."),
    mark("Not a valid list."),
    mark("Not a valid mapping type."),
    mark("Not a valid email address."),
    mark("Number too large."),
    mark("Special numeric values (nan or infinity) are not permitted."),
    mark("Shorter than minimum length %(a)s."),
    mark("Longer than maximum length %(a)s."),
    mark("Length must be between %(a)s and %(b)s."),
    mark("Length must be %(a)s."),
    mark("Must be greater than or equal to %(a)s and less than or equal to %(b)s."),
    mark("Must be greater than or equal to %(a)s."),
    mark("Must be greater than %(a)s."),
    mark("Must be less than or equal to %(a)s."),
    mark("Must be less than %(a)s."),
    mark("Must be one of: %(a)s."),
)
_WITH_VALUES = tuple(
    (re.compile(re.sub(r"%\((\w)\)s", r"(?P<\1>.+)", text.replace(".", r"\."))), text)
    for text in _MARSHMALLOW
    if "%" in text
)


def translated(said: Any) -> Any:
    """Return sentences, lists of them, or either by field, in the reader's language."""
    if isinstance(said, str):
        return _translated_text(said)
    if isinstance(said, dict):
        return {str(key): translated(value) for key, value in said.items()}
    return [translated(value) for value in said]


def _translated_text(text: str) -> str:
    # Marshmallow has put its values in already; the catalogue knows the sentence without them.
    for pattern, message in _WITH_VALUES:
        if found := pattern.fullmatch(text):
            return gettext(message, **found.groupdict())
    return gettext(text)
