"""What a category demands: its settings with its parent's, its own fields, and when its work is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from core.errors import mark

DEFAULT_PRIORITY = "normal"
DEFAULT_DURATION_S = 3600
LONGEST_TEXT = 10_000
LARGEST = 1e100
"""Of the numbers in custom fields: larger ones fit no float, which is what most readers of JSON have."""
FIELD_TYPES = ("text", "number", "boolean", "date", "choice")


class SkillNeed(Protocol):
    """A skill with its least level."""

    @property
    def skill_id(self) -> UUID: ...
    @property
    def level(self) -> int: ...


class Settings(Protocol):
    """The settings of a category as they are stored; None and empty: as the parent's."""

    @property
    def default_priority(self) -> str | None: ...
    @property
    def duration_s(self) -> int | None: ...
    @property
    def response_minutes(self) -> int | None: ...
    @property
    def resolution_minutes(self) -> int | None: ...
    @property
    def required_fields(self) -> list[str] | None: ...
    @property
    def custom_fields(self) -> list[dict[str, Any]] | None: ...
    @property
    def skills(self) -> Sequence[SkillNeed]: ...
    @property
    def active(self) -> bool: ...


@dataclass(frozen=True)
class EffectiveCategory:
    """What holds for work of a category.

    Attributes
    ----------
    priority : str
    duration_s : int
        How long the work takes [s].
    response_minutes, resolution_minutes : int or None
        From the request to the first response and to the end [min]; None: no limit.
    required_fields : tuple of str
        Fields of an order that have to be filled in.
    custom_fields : tuple of dict
        Definitions of further fields, see `definition_problems`.
    skills : dict
        Least level by skill id.
    active : bool
        Whether new work may be of it.
    """

    priority: str
    duration_s: int
    response_minutes: int | None
    resolution_minutes: int | None
    required_fields: tuple[str, ...]
    custom_fields: tuple[dict[str, Any], ...]
    skills: dict[UUID, int]
    active: bool


def effective(own: Settings, parent: Settings | None) -> EffectiveCategory:
    """Return what holds for a category: its own settings, where it has none its parent's, else defaults."""
    chain = (own,) if parent is None else (own, parent)

    def first(name: str, default: Any) -> Any:
        return next((value for item in chain if (value := getattr(item, name))), default)

    return EffectiveCategory(
        priority=first("default_priority", DEFAULT_PRIORITY),
        duration_s=first("duration_s", DEFAULT_DURATION_S),
        response_minutes=first("response_minutes", None),
        resolution_minutes=first("resolution_minutes", None),
        required_fields=tuple(first("required_fields", ())),
        custom_fields=tuple(first("custom_fields", ())),
        skills={need.skill_id: need.level for need in first("skills", ())},
        active=all(item.active for item in chain),
    )


def due_at(requested_at: datetime, minutes: int | None) -> datetime | None:
    """Return the instant so many elapsed minutes after the request, None where there is no limit."""
    return None if minutes is None else requested_at + timedelta(minutes=minutes)


def definition_problems(definitions: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, list[str]]]:
    """Return sentences by place in the list and by field, for custom fields that contradict themselves.

    Parameters
    ----------
    definitions : sequence of dict
        With ``key``, ``label_en``, ``label_zh``, ``type`` (of `FIELD_TYPES`), ``required``, ``choices``.
    """
    problems: dict[int, dict[str, list[str]]] = {}
    keys: set[str] = set()
    for at, definition in enumerate(definitions):
        said: dict[str, list[str]] = {}
        choices = definition.get("choices") or []
        if definition["key"] in keys:
            said["key"] = [mark("Another field has this key already.")]
        if definition["type"] == "choice" and not choices:
            said["choices"] = [mark("Give the choices.")]
        elif definition["type"] != "choice" and choices:
            said["choices"] = [mark("Only a field of the type choice has choices.")]
        elif len(set(choices)) < len(choices):
            said["choices"] = [mark("The same entry is given twice.")]
        keys.add(definition["key"])
        if said:
            problems[at] = said
    return problems


def custom_problems(
    definitions: Iterable[Mapping[str, Any]], values: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return sentences by key for values of custom fields that are missing, unknown or of the wrong type."""
    by_key = {definition["key"]: definition for definition in definitions}
    problems = {
        key: [mark("Work of this category has no such field; leave it out.")]
        for key in values
        if key not in by_key
    }
    for key, definition in by_key.items():
        value = values.get(key)
        if not _is_empty(value):
            sentence = _value_problem(definition, value)
        else:
            sentence = mark("Work of this category needs this field.") if definition.get("required") else None
        if sentence:
            problems[key] = [sentence]
    return problems


def required_problems(required_fields: Iterable[str], values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return sentences by field for required fields of an order that are empty."""
    return {
        name: [mark("Work of this category needs this field.")]
        for name in required_fields
        if _is_empty(values.get(name))
    }


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _value_problem(definition: Mapping[str, Any], value: Any) -> str | None:
    match definition["type"]:
        case "text":
            fits = isinstance(value, str) and len(value) <= LONGEST_TEXT
            return None if fits else mark("Give a text of at most 10,000 characters.")
        case "number":
            fits = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
            return None if fits else mark("Give a number.")
        case "boolean":
            return None if isinstance(value, bool) else mark("Give true or false.")
        case "date":
            return None if _is_day(value) else mark("Give a day, such as 2026-11-22.")
        case _:
            fits = isinstance(value, str) and value in (definition.get("choices") or ())
            return None if fits else mark("Give one of the choices of this field.")


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
