"""Steps lead to the same state whatever arrived first, and times never contradict the phone's own order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobile_api.rules import STEPS, Landed, Step, event_time, fold

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def told(*verbs: str) -> list[Step]:
    return [Step(number, verb, number) for number, verb in enumerate(verbs, 1)]


@pytest.mark.parametrize(
    ("verbs", "status", "outcomes"),
    [
        (["accept", "depart", "arrive", "start", "complete"], "completed", ["applied"] * 5),
        (["arrive", "depart"], "arrived", ["applied", "superseded"]),  # whoever has arrived has departed
        (["complete", "complete"], "completed", ["applied", "superseded"]),
        (["arrive", "start", "hold", "resume", "complete"], "completed", ["applied"] * 5),
        (["arrive", "hold", "complete"], "completed", ["applied"] * 3),
        (["accept", "hold"], "accepted", ["applied", "superseded"]),
        (["resume"], "dispatched", ["superseded"]),
        (["accept", "decline"], "created", ["applied", "applied"]),
        (["decline", "depart"], "created", ["applied", "held"]),
        (["depart", "decline"], "en_route", ["applied", "superseded"]),
        (["arrive", "incomplete", "complete"], "incomplete", ["applied", "applied", "superseded"]),
    ],
)
def test_what_a_phone_says_leads_somewhere(verbs: list[str], status: str, outcomes: list[str]) -> None:
    found, landed = fold(told(*verbs))
    assert found == status
    assert [landed[number].outcome for number in range(1, len(verbs) + 1)] == outcomes


def test_what_was_done_here_stands_behind_what_was_known_then() -> None:
    cancelled = Step("here", "cancel", 2, "cancelled")
    status, landed = fold([*told("accept", "depart", "arrive"), cancelled])
    assert status == "cancelled"
    assert [landed[number].outcome for number in (1, 2, 3)] == ["applied", "applied", "held"]
    back = Step("here", "send_back", 3, "in_progress")
    status, landed = fold([*told("arrive", "start", "complete", "complete"), back])
    assert landed[4] == Landed("applied", "in_progress", "completed")
    assert status == "completed"


steps = st.lists(st.sampled_from(STEPS), max_size=8).map(lambda verbs: told(*verbs))
here = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from(["cancelled", "on_hold", "in_progress"])), max_size=2
).map(lambda made: [Step(("here", n), "", seq, to) for n, (seq, to) in enumerate(made)])


@given(steps, here, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(phone: list[Step], ours: list[Step], dice: object) -> None:
    whole = fold([*phone, *ours])
    shuffled = list(phone)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold([*shuffled, *ours]) == whole
    assert whole[1].keys() == {step.key for step in phone}


@given(steps)
def test_every_applied_step_goes_on_from_where_the_one_before_led(phone: list[Step]) -> None:
    status, landed = fold(phone)
    at = "dispatched"
    for step in phone:
        one = landed[step.key]
        assert one.before == at
        assert (one.before != one.after) == (one.outcome == "applied")
        at = one.after
    assert at == status


@pytest.mark.parametrize(
    ("device", "offset", "now", "at", "certain"),
    [
        (NOON, timedelta(), timedelta(), NOON, True),
        (NOON - DAY, DAY, DAY, NOON, True),  # the clock is a day behind, and it knows
        (NOON + DAY, -DAY, -DAY, NOON, True),
        (NOON + DAY, -DAY, timedelta(), NOON, False),  # put right meanwhile
        (NOON + DAY, None, None, NOON + timedelta(hours=1), False),  # nothing happens later than now
        (datetime(1970, 1, 1, tzinfo=UTC), None, None, datetime(1970, 1, 1, tzinfo=UTC), False),
        (datetime(2100, 1, 1, tzinfo=UTC), timedelta(), timedelta(), NOON + timedelta(hours=1), False),
        (NOON, timedelta(days=10**8), None, NOON + timedelta(hours=1), False),
    ],
)
def test_an_instant_is_told_by_our_clock(
    device: datetime, offset: timedelta | None, now: timedelta | None, at: datetime, certain: bool
) -> None:
    received_at = NOON + timedelta(hours=1)
    assert event_time(device, offset, now, received_at, None, None) == (at, certain)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(), timedelta(days=47_482)).map(lambda since: EPOCH + since)
offsets = st.none() | st.timedeltas(-DAY * 400, DAY * 400)


@given(
    st.lists(st.tuples(instants, offsets), min_size=1, max_size=6), offsets, st.randoms(use_true_random=False)
)
def test_one_phones_order_is_never_changed(
    said: list[tuple[datetime, timedelta | None]], now: timedelta | None, dice: object
) -> None:
    arrivals = list(enumerate(said))
    dice.shuffle(arrivals)  # type: ignore[attr-defined]
    known: dict[int, datetime] = {}
    for seq, (device, offset) in arrivals:
        earlier = [at for other, at in known.items() if other < seq]
        later = [at for other, at in known.items() if other > seq]
        bounds = (max(earlier, default=None), min(later, default=None))
        known[seq], _ = event_time(device, offset, now, NOON, *bounds)
    times = [known[seq] for seq in sorted(known)]
    assert times == sorted(times)
    assert times[-1] <= NOON
