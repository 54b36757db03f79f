"""Publish and subscribe inside one transaction.

Packages below say aloud what happened; whoever stands above subscribes in its `wiring.py`. A subscriber
runs at once, in the publisher's transaction: all of it happens or none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[Event], handler: Callable[[Event], None]) -> None:
    """Have `handler` called with every published event of exactly this `kind`; twice is once."""
    if handler not in _subscribers[kind]:
        _subscribers[kind].append(handler)


def publish(event: object) -> None:
    """Call every subscriber of the event's class, in order of subscription; their errors are the caller's."""
    for handler in _subscribers[type(event)]:
        handler(event)
