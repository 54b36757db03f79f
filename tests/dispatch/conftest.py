"""What tests of dispatch share: a small demo town, and a day of an engineer with a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from core import clock
from core.auth.actors import Actor
from core.db import transaction
from dispatch.demo.load import load_town
from dispatch.demo.town import Town
from tests.dispatch.evidence_day import Day, working_day


@pytest.fixture
def demo_town(actor: Actor) -> Iterator[Town]:
    """The demo town with eight engineers and forty orders, stored; it is seven on a Monday in Shanghai."""
    with clock.freeze(datetime(2026, 11, 22, 23, tzinfo=UTC)):
        with transaction(actor):
            town = load_town(actor, 1, engineers=8, orders=40)
        yield town


@pytest.fixture
def day(app: Flask, actor: Actor, own_files: None) -> Iterator[Day]:
    """An engineer with a phone on a Monday morning, and a visit; nothing is done yet."""
    with working_day(app, actor) as found:
        yield found
