"""How the town's rows name each other before they are in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.audit import plain

Row = dict[str, Any]


@dataclass(frozen=True)
class Ref:
    """Stands for the id of the row of a resource that has this key."""

    resource: str
    key: str


def resolved(row: Row, ids: Mapping[Ref, UUID]) -> Row:
    """Return `row` as JSON for its schema: each `Ref` as the id it stands for, without our own keys."""

    def plain_with_ids(value: Any) -> Any:
        if isinstance(value, Ref):
            return str(ids[value])
        if isinstance(value, dict):
            return {name: plain_with_ids(item) for name, item in value.items() if name[0] != "_"}
        if isinstance(value, list):
            return [plain_with_ids(item) for item in value]
        return plain(value)

    return {name: plain_with_ids(item) for name, item in row.items() if name[0] != "_"}


def shares(weights: Mapping[str, int], count: int) -> list[str]:
    """Return `count` names, each as often as its weight asks, the rarest last.

    Largest remainders (Hamilton's method) decide who gets the odd ones.
    """
    total = sum(weights.values())
    exact = {name: count * weight / total for name, weight in weights.items()}
    times = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(weights, key=lambda name: times[name] - exact[name])
    for name in by_remainder[: count - sum(times.values())]:
        times[name] += 1
    return [name for name in sorted(weights, key=lambda each: -weights[each]) for _ in range(times[name])]
