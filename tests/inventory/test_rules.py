"""What may be done with stock and part requests."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Forbidden
from inventory import rules

PART, A, B = (uuid.UUID(int=n) for n in range(3))
STATUSES = ("requested", "approved", "refused", "issued", "cancelled")
POSSIBLE = {
    ("approve", "requested"): "approved",
    ("refuse", "requested"): "refused",
    ("refuse", "approved"): "refused",
    ("issue", "approved"): "issued",
    ("cancel", "requested"): "cancelled",
    ("cancel", "approved"): "cancelled",
}


def test_what_goes_and_comes_back_leaves_nothing() -> None:
    assert rules.on_hand_of([(PART, A, B, 3), (PART, B, A, 3)]) == {}


@given(
    st.lists(st.tuples(st.just(PART), st.sampled_from([A, B]), st.sampled_from([A, B]), st.integers(1, 99)))
)
def test_moving_parts_neither_makes_nor_loses_any(flows: list[rules.Flow]) -> None:
    assert sum(rules.on_hand_of(flows).values()) == 0


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99))
def test_what_is_promised_and_what_is_missing_make_up_the_quantity(
    on_hand: int, reserved: int, quantity: int
) -> None:
    free = rules.available(on_hand, reserved)
    assert 0 <= free <= on_hand
    assert rules.shortage(quantity, free) + min(quantity, free) == quantity


def test_the_last_piece_can_be_taken_and_no_more() -> None:
    rules.check_enough(1, 1)
    with pytest.raises(rules.NotEnoughStock, match="Only 1"):
        rules.check_enough(1, 2)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("verb", ["approve", "refuse", "issue", "cancel"])
def test_only_the_transitions_of_the_table_are_possible(verb: str, status: str) -> None:
    own = verb == "cancel"
    if (verb, status) in POSSIBLE:
        assert rules.status_after(verb, status, decides=True, own=own) == POSSIBLE[verb, status]
    else:
        with pytest.raises(rules.RequestClosed):
            rules.status_after(verb, status, decides=True, own=own)


@pytest.mark.parametrize("verb", ["approve", "refuse", "issue"])
def test_only_the_warehouse_decides(verb: str) -> None:
    with pytest.raises(Forbidden, match="warehouse"):
        rules.status_after(verb, "requested", decides=False, own=False)


def test_nobody_approves_their_own_request() -> None:
    with pytest.raises(Forbidden, match="own request"):
        rules.status_after("approve", "requested", decides=True, own=True)


def test_only_who_asked_cancels() -> None:
    with pytest.raises(Forbidden, match="cancels"):
        rules.status_after("cancel", "requested", decides=True, own=False)
