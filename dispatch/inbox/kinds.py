"""Kinds of things to decide: packages beside or above say what theirs are, and what a decision does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.auth.actors import Actor
from core.errors import mark
from dispatch.inbox.models import InboxItem

#: What a decision does, beside the item's own end: by whom, about what, and why.
Act = Callable[[Actor, InboxItem, str], None]
_kinds: dict[str, Kind] = {}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind.

    Attributes
    ----------
    name : str
    permission : str
        Who sees and decides these.
    title : callable
        What one is about, in the reader's language.
    told : callable
        More of it for whoever decides: label and text.
    hold : callable
        Holds what stands before an item wherever several are held, as orders do.
    accept, discard : callable, optional
        What the decision does; an error of theirs leaves the item open. None: it does nothing but end it.
    accept_label, discard_label : str
        English words on the buttons.
    """

    name: str
    label: str
    permission: str
    title: Callable[[InboxItem], str]
    told: Callable[[InboxItem], Sequence[tuple[str, str]]] = lambda item: ()
    hold: Callable[[InboxItem], object] = lambda item: None
    accept: Act | None = None
    discard: Act | None = None
    accept_label: str = mark("Accept")
    discard_label: str = mark("Discard")


def add(kind: Kind) -> None:
    """Have items of a kind known."""
    _kinds[kind.name] = kind


def kind_of(item: InboxItem) -> Kind:
    """Return the kind of an item."""
    return _kinds[item.kind]


def kinds_for(actor: Actor) -> list[Kind]:
    """Return the kinds a person decides about."""
    return [kind for kind in _kinds.values() if actor.may(kind.permission)]


def labels() -> dict[str, str]:
    """Return the English label of every kind, by its name."""
    return {name: kind.label for name, kind in _kinds.items()}
