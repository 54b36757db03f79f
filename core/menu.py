"""The top bar and the tabs under a heading: packages put their pages there, people see what they may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext

from core.auth.actors import Actor

_menu: list[MenuEntry] = []
_tabs: dict[str, list[MenuEntry]] = {}


@dataclass(frozen=True)
class MenuEntry:
    """A page in the top bar or a tab: shown to who holds `permission`, in the order of `place`."""

    place: int
    label: str
    endpoint: str
    permission: str


def add_menu(place: int, label: str, endpoint: str, permission: str) -> None:
    """Put a page into the top bar; `label` is English, a key of the translation catalogue."""
    entry = MenuEntry(place, label, endpoint, permission)
    if entry not in _menu:
        _menu.append(entry)
        _menu.sort(key=lambda each: each.place)


def add_tab(of: str, place: int, label: str, endpoint: str, permission: str) -> None:
    """Put a page beside the menu entry whose endpoint is `of`, as a tab under the heading of both.

    The entry stands for the tab in the top bar; it is itself the first tab.
    """
    entry = MenuEntry(place, label, endpoint, permission)
    tabs = _tabs.setdefault(of, [])
    if entry not in tabs:
        tabs.append(entry)
        tabs.sort(key=lambda each: each.place)


def menu_of(who: Actor | None) -> list[dict[str, Any]]:
    """Return the top bar's entries this person may open."""
    if who is None:
        return []
    return [
        {
            "label": gettext(entry.label),
            "url": url_for(entry.endpoint),
            "active": any(_is_here(each) for each in _group(entry)),
        }
        for entry in _menu
        if who.may(entry.permission)
    ]


def tabs_of(who: Actor | None) -> list[dict[str, Any]]:
    """Return the tabs of the page asked for which this person may open; none where there is but one."""
    group = next((group for group in map(_group, _menu) if any(map(_is_here, group))), [])
    shown = [entry for entry in group if who is not None and who.may(entry.permission)]
    if len(shown) < 2:
        return []
    exact = [entry for entry in shown if entry.endpoint == request.endpoint]
    here = next(iter(exact or [entry for entry in shown if _is_here(entry)]), None)
    return [
        {
            "label": gettext(entry.label),
            "url": url_for(entry.endpoint),
            "current": ("page" if exact else "true") if entry is here else None,
        }
        for entry in shown
    ]


def _group(entry: MenuEntry) -> list[MenuEntry]:
    return [entry, *_tabs.get(entry.endpoint, ())]


def _is_here(entry: MenuEntry) -> bool:
    return (request.endpoint or "").rpartition(".")[0] == entry.endpoint.rpartition(".")[0]
