"""What tests of dispatch share: a small demo town."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core import clock
from core.auth.actors import Actor
from core.db import transaction
from dispatch.demo.load import load_town
from dispatch.demo.town import Town


@pytest.fixture
def demo_town(actor: Actor) -> Iterator[Town]:
    """The demo town with eight engineers and forty orders, stored; it is seven on a Monday in Shanghai."""
    with clock.freeze(datetime(2026, 11, 22, 23, tzinfo=UTC)):
        with transaction(actor):
            town = load_town(actor, 1, engineers=8, orders=40)
        yield town
