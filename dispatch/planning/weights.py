"""The weights of a run: which of the optimizer's prices somebody chose, checked; the rest as usual."""

from __future__ import annotations

import json
from dataclasses import fields as fields_of
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from core.errors import mark
from optimizer.weights import Weights

_MOST = 100_000_000
_LABELS = {
    "travel_cents_per_hour": mark("An hour on the road"),
    "distance_cents_per_km": mark("A kilometre driven"),
    "unplanned_percent": mark("Work left out [%]"),
    "lateness_cents_per_hour": mark("An hour late"),
    "worst_lateness_cents_per_hour": mark("An hour of the latest visit"),
    "overtime_cents_per_hour": mark("An hour of overtime"),
    "spread_cents_per_hour": mark("An hour of uneven load"),
    "change_engineer_cents": mark("Another engineer than published"),
    "change_time_cents_per_hour": mark("An hour away from the published start"),
    "promise_cents": mark("A promise to a customer broken"),
    "preference_cents": mark("None of the preferred engineers"),
    "overskill_cents_per_level": mark("A skill level more than needed"),
    "empty_engineer_cents": mark("An engineer without work"),
}


def _field(name: str, usual: int) -> fields.Field:
    most = 1_000_000 if name == "unplanned_percent" else _MOST
    return fields.Integer(
        strict=True,
        validate=validate.Range(0, most),
        metadata={
            "label": _LABELS[name],
            "description": f"{_LABELS[name]}; usually {usual}",
            "example": usual,
        },
    )


WeightsSchema = Schema.from_dict(
    {item.name: _field(item.name, item.default) for item in fields_of(Weights)},  # type: ignore[arg-type]
    name="RunWeightsSchema",
)
"""Prices a run may be given, in cents where the name says so; what is left out is as usual."""


def weights_of(chosen: dict[str, Any]) -> Weights:
    """Return the optimizer's weights with those somebody chose."""
    return Weights(**chosen)


def weights_from_text(text: str) -> dict[str, int]:
    """Return weights written as JSON, as a setting holds them; empty text is none chosen.

    Raises
    ------
    ValueError
        It is not JSON, or names what is not a weight.
    """
    if not text:
        return {}
    try:
        chosen: dict[str, int] = WeightsSchema().loads(text)
    except json.JSONDecodeError:
        raise ValueError('give JSON such as {"travel_cents_per_hour": 6000}') from None
    except ValidationError as error:
        raise ValueError(f"give known weights as whole numbers ({error})") from None
    return chosen
