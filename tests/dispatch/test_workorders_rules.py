"""The transition table: complete, closed, and the only way to another status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.workorders import rules
from dispatch.workorders.models import ORDER_STATUSES, VISIT_STATUSES
from dispatch.workorders.rules import (
    DECISIONS,
    OPEN_VISITS,
    ORDER_TRANSITIONS,
    STATUSES,
    VISIT_TRANSITIONS,
    order_status,
)

VISITS = st.lists(st.tuples(st.sampled_from(VISIT_STATUSES), st.booleans()), max_size=4)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_status_has_a_name_a_stage_and_a_colour() -> None:
    assert set(STATUSES) == {*ORDER_STATUSES, *VISIT_STATUSES}
    assert {style.stage for style in STATUSES.values()} == set(rules.STAGES)
    assert {style.colour for style in STATUSES.values()} == set(rules.COLOURS)


def test_colours_tell_waiting_working_solved_and_closed() -> None:
    colours = {status: style.colour for status, style in STATUSES.items()}
    assert [colours[s] for s in ("created", "triaged", "dispatched")] == ["grey"] * 3
    assert {colours[s] for s in ("accepted", "en_route", "arrived", "in_progress", "on_hold")} == {"yellow"}
    assert [colours[s] for s in ("completed", "awaiting_confirmation")] == ["green"] * 2
    assert [colours[s] for s in ("closed", "followed_up")] == ["blue"] * 2
    assert [colours[s] for s in ("cancelled", "merged")] == ["neutral"] * 2


def test_the_table_speaks_of_known_statuses_only() -> None:
    for row in VISIT_TRANSITIONS.values():
        assert {*row.before} <= set(VISIT_STATUSES)
        assert row.to in (None, *VISIT_STATUSES)
        assert row.decides in (None, *DECISIONS)
    for row in ORDER_TRANSITIONS.values():
        assert {*row.before} <= set(ORDER_STATUSES)
        assert row.to in (None, *DECISIONS)


def test_a_visit_walks_the_eight_steps() -> None:
    steps = ("dispatch", "accept", "depart", "arrive", "start", "complete")
    reached = ["created", *(VISIT_TRANSITIONS[verb].to for verb in steps)]
    for verb, (before, _) in zip(steps, pairwise(reached), strict=True):
        assert before in VISIT_TRANSITIONS[verb].before
    assert reached[-1] == "completed"


def test_started_visits_cannot_be_planned_anew() -> None:
    for verb in ("dispatch", "reassign", "reschedule", "unschedule", "decline"):
        assert {*VISIT_TRANSITIONS[verb].before} <= set(rules.MOVABLE_VISITS)


@given(st.sampled_from(DECISIONS), VISITS)
def test_every_combination_of_decision_and_visits_has_a_known_status(
    decision: str, visits: list[tuple[str, bool]]
) -> None:
    assert order_status(decision, visits) in ORDER_STATUSES


@given(st.sampled_from(("created", "triaged", "on_hold")), VISITS)
def test_an_order_stands_where_its_furthest_open_visit_stands(
    decision: str, visits: list[tuple[str, bool]]
) -> None:
    under_way = [OPEN_VISITS.index(status) for status, _ in visits if status in OPEN_VISITS[1:]]
    if under_way:
        assert order_status(decision, visits) == OPEN_VISITS[max(under_way)]


@given(VISITS)
def test_an_order_is_completed_only_when_no_required_visit_is_open(visits: list[tuple[str, bool]]) -> None:
    if order_status("triaged", visits) == "completed":
        assert not any(required and status in OPEN_VISITS for status, required in visits)
        assert any(status == "completed" for status, _ in visits)


def test_an_order_without_visits_under_way_stands_where_it_was_decided() -> None:
    assert order_status("created", [("created", True)]) == "created"
    assert order_status("triaged", [("created", True), ("incomplete", True)]) == "triaged"
    assert order_status("on_hold", [("created", True)]) == "on_hold"


class Walk:
    """An order and its visits moved by nothing but the table."""

    def __init__(self) -> None:
        self.decision = "created"
        self.visits = ["created"]

    @property
    def status(self) -> str:
        return order_status(self.decision, [(status, True) for status in self.visits])

    def step(self, verb: str, at: int) -> None:
        if verb.startswith("order."):
            self._decide(verb.removeprefix("order."))
            return
        row = VISIT_TRANSITIONS[verb]
        place = at % len(self.visits)
        if self.visits[place] not in row.before:
            return
        self.visits[place] = row.to or self.visits[place]
        self.decision = row.decides or self.decision
        if verb == "end_incomplete":
            self.visits.append("created")

    def _decide(self, verb: str) -> None:
        row = ORDER_TRANSITIONS[verb]
        if self.status not in row.before:
            return
        self.decision = row.to or self.decision
        if verb in ("merge", "cancel", "close"):
            self.visits = ["cancelled" if status in OPEN_VISITS else status for status in self.visits]
        if verb in ("dispute", "reopen", "add_visit"):
            self.visits.append("created")
        if verb == "reject":
            last = max(at for at, status in enumerate(self.visits) if status == "completed")
            self.visits[last] = "in_progress"


STEPS = st.tuples(
    st.sampled_from([*VISIT_TRANSITIONS, *(f"order.{verb}" for verb in ORDER_TRANSITIONS)]),
    st.integers(0, 3),
)


@given(st.lists(STEPS, max_size=60))
def test_no_walk_over_allowed_verbs_leaves_the_known_statuses(steps: list[tuple[str, int]]) -> None:
    walk = Walk()
    for verb, at in steps:
        before = walk.status
        walk.step(verb, at)
        assert walk.status in ORDER_STATUSES
        assert set(walk.visits) <= set(VISIT_STATUSES)
        if before in rules.FINAL_ORDERS and walk.status != before:
            assert verb in ("order.follow_up", "order.reopen")


def test_the_assigned_engineer_and_nobody_else_of_the_crew_reports_steps() -> None:
    accept, hold = VISIT_TRANSITIONS["accept"], VISIT_TRANSITIONS["hold"]
    assert rules.is_allowed(accept, {"engineer"}, is_own_visit=True)
    assert not rules.is_allowed(accept, {"engineer"}, is_own_visit=False)
    assert not rules.is_allowed(accept, {"dispatcher", "manager"}, is_own_visit=False)
    assert rules.is_allowed(hold, {"dispatcher"}, is_own_visit=False)
    assert rules.is_allowed(accept, {"admin"}, is_own_visit=False)


@pytest.mark.parametrize(
    ("lock", "same_engineer", "same_start", "kept"),
    [
        ("none", False, False, True),
        ("engineer", False, True, False),
        ("engineer", True, False, True),
        ("time", True, False, False),
        ("time", False, True, True),
        ("both", True, False, False),
        ("both", True, True, True),
    ],
)
def test_a_lock_holds_what_it_names(lock: str, same_engineer: bool, same_start: bool, kept: bool) -> None:
    assert rules.is_kept_by_lock(lock, same_engineer=same_engineer, same_start=same_start) is kept


def test_a_skill_at_a_lower_level_is_missing() -> None:
    assert rules.missing_skills({"a": 2, "b": 1, "c": 1}, {"a": 1, "b": 1}) == ["a", "c"]


@pytest.mark.parametrize(("duration_s", "is_good"), [(0, False), (59, False), (60, True), (86_400, True)])
def test_durations_are_from_a_minute_to_a_day(duration_s: int, is_good: bool) -> None:
    assert (rules.duration_problem(duration_s) is None) is is_good
    assert "24 hours" in (rules.duration_problem(10 * 86_400) or "")


def test_windows_end_after_they_start_within_this_century() -> None:
    hour = timedelta(hours=1)
    assert rules.windows_problem([(NOON, NOON + hour)]) is None
    assert rules.windows_problem([(NOON, NOON + hour), (NOON, NOON)]) is not None
    assert rules.windows_problem([(NOON, NOON.replace(year=2100))]) is not None
    assert rules.windows_problem([(NOON.replace(year=1999), NOON)]) is not None
