"""Runs: asked for, carried out, ended early, failed, thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import clock, jobs
from core.auth.actors import Actor, system
from core.db import db, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from dispatch.planning import results, runs, solving
from dispatch.planning.runs import NothingToPlan
from dispatch.workforce.models import Shift
from dispatch.workorders.models import WorkOrder
from optimizer.check import check
from optimizer.problem import Problem
from tests.dispatch.planning_desk import (
    ask,
    assignments,
    place,
    planned,
    publish,
    rules_of,
    run_of,
    verbs_of,
    work,
)
from tests.towns import HOUR, MORNING, Town, visit_of


@pytest.fixture
def town(app: Any) -> Iterator[Town]:
    town = Town()
    with clock.freeze(MORNING):
        yield town


def test_a_run_plans_the_open_orders_and_says_what_that_is_worth(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    run = planned(town)
    assert run.status == "ready"
    assert run.before is not None
    assert run.after is not None
    assert (run.before["planned"], run.after["planned"]) == (0, 3)
    assert {row.change for row in run.assignments} == {"new"}
    assert len((run.routes or [])[0]["stops"]) == 3
    assert place(town.orders[0]) == (None, None)


def test_an_order_nobody_has_the_skill_for_is_left_out_with_the_reason(town: Town) -> None:
    town.add_engineer()
    skill = town.add_skill()
    order = town.add_order(skills={skill.id: 1})
    run = planned(town)
    assert assignments(run)[order.id].change == "left_out"
    assert rules_of(run, order) == {"skill"}


def test_an_order_long_overdue_is_done_late_rather_than_left_out(town: Town) -> None:
    town.add_engineer()
    long_ago = town.day[0] - timedelta(days=300)
    order = town.add_order(priority="urgent", requested_at=long_ago, resolve_due_at=long_ago)
    assert assignments(planned(town))[order.id].change == "new"


def test_an_order_without_position_ends_among_those_left_out(town: Town) -> None:
    town.add_engineer()
    order = town.add_order(site={"lat": None, "lon": None})
    run = planned(town)
    assert (run.status, rules_of(run, order)) == ("ready", {"needs_location"})


def test_a_run_whose_engineers_all_fell_away_ends_ready_with_reasons(town: Town) -> None:
    engineer = town.add_engineer()
    order = town.add_order()
    run_id = ask(town)
    engineer.active = False
    db.session.merge(engineer)
    db.session.commit()
    work()
    run = run_of(run_id)
    assert (run.status, rules_of(run, order)) == ("ready", {"no_engineers"})


def test_published_places_are_kept_where_nothing_speaks_against_them(town: Town) -> None:
    town.add_engineer()
    town.add_orders(3)
    publish(planned(town))
    again = planned(town)
    assert {row.change for row in again.assignments} == {"kept"}
    assert again.before == again.after
    assert again.status == "ready"


def test_the_plan_before_is_scored_like_the_plan_after(town: Town) -> None:
    engineer = town.add_engineer(home_lat=31.2)
    start = town.day[0] + HOUR
    for index in range(2):
        begin = start + index * HOUR / 2
        town.add_order(
            visit={
                "engineer_id": engineer.id,
                "planned_start_at": begin,
                "planned_end_at": begin + HOUR,
                "status": "dispatched",
            }
        )
    run = planned(town)
    assert run.before is not None
    assert (run.before["planned"], run.before["engineers_used"]) == (2, 1)
    assert run.before["waiting_s"] == 0
    assert run.before["travel_s"] > 0


def test_a_locked_visit_never_moves_and_a_started_one_is_not_even_looked_at(town: Town) -> None:
    engineer = town.add_engineer()
    at = {"engineer_id": engineer.id, "status": "dispatched"}
    late, now = town.day[0] + 6 * HOUR, town.day[0]
    locked = town.add_order(
        visit={**at, "planned_start_at": late, "planned_end_at": late + HOUR, "lock": "both"}
    )
    started = town.add_order(
        visit={**at, "planned_start_at": now, "planned_end_at": now + HOUR, "status": "arrived"}
    )
    town.add_orders(3)
    with clock.freeze(town.day[0] + HOUR / 2):
        run = planned(town)
        rows = assignments(run)
        publish(run)
    assert rows[locked.id].change == "kept"
    assert started.id not in rows
    assert place(locked) == (engineer.id, late)
    assert place(started) == (engineer.id, now)


def test_a_locked_visit_the_solver_finds_no_place_for_keeps_its_own(town: Town) -> None:
    engineer = town.add_engineer()
    start = town.day[0] + HOUR
    orders = [
        town.add_order(
            visit={
                "engineer_id": engineer.id,
                "status": "dispatched",
                "lock": "both",
                "planned_start_at": start + index * HOUR / 2,
                "planned_end_at": start + index * HOUR / 2 + HOUR,
            }
        )
        for index in range(2)
    ]
    run = planned(town)
    rows = assignments(run)
    assert {rows[order.id].change for order in orders} == {"kept"}
    assert any(rows[order.id].reasons for order in orders)
    assert [place(order)[0] for order in orders] == [engineer.id] * 2


def test_what_cannot_stay_is_removed_on_publishing(town: Town) -> None:
    engineer = town.add_engineer()
    skill = town.add_skill()
    start = town.day[0] + HOUR
    order = town.add_order(
        skills={skill.id: 1},
        visit={
            "engineer_id": engineer.id,
            "status": "dispatched",
            "planned_start_at": start,
            "planned_end_at": start + HOUR,
        },
    )
    run = planned(town)
    assert assignments(run)[order.id].change == "removed"
    done = publish(run)
    assert done.removed == [visit_of(order).id]
    assert place(order) == (None, None)
    assert verbs_of(order) == ["unschedule"]


def test_the_stored_plan_breaks_no_rule(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Problem] = []
    real = results.store

    def store(run: Any, snapshot: Any, result: Any, solve_ms: int) -> None:
        seen.append(snapshot.problem)
        assert check(snapshot.problem, result.plan) == []
        real(run, snapshot, result, solve_ms)

    monkeypatch.setattr(runs, "store", store)
    for _ in range(3):
        town.add_engineer()
    town.add_orders(20)
    assert planned(town).status == "ready"
    assert len(seen[0].tasks) == 20


def test_a_run_that_waits_is_cancelled_at_once(town: Town, actor: Actor) -> None:
    town.add_engineer()
    town.add_order()
    run_id = ask(town)
    with transaction(actor):
        runs.cancel_run(actor, run_of(run_id))
    work()
    assert run_of(run_id).status == "cancelled"
    with transaction(actor), pytest.raises(Conflict):
        runs.cancel_run(actor, run_of(run_id))


def test_a_run_at_work_that_is_cancelled_keeps_the_best_plan_so_far(
    town: Town, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.add_engineer()
    town.add_orders(8)
    run_id = ask(town, time_limit_s=30, auto_publish=True)
    told: list[dict[str, Any]] = []
    real = jobs.JobRun.report

    def report(self: jobs.JobRun, progress: dict[str, Any]) -> None:
        real(self, progress)
        told.append(progress)
        if progress["phase"] == "solving":
            with transaction(actor):
                runs.cancel_run(actor, db.session.get_one(runs.OptimizationRun, run_id))
            assert runs.progress_of(run_of(run_id))["cancel_asked"]

    monkeypatch.setattr(jobs.JobRun, "report", report)
    work()
    run = run_of(run_id)
    assert (run.status, run.stopped) == ("ready", "cancelled")
    assert {"reading", "solving"} <= {one["phase"] for one in told}


def test_a_run_stopped_in_its_last_moment_is_not_published_by_itself(
    town: Town, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.add_engineer()
    town.add_order()
    run_id = ask(town, auto_publish=True)
    real = runs.solve_apart

    def solve_apart(*args: Any) -> Any:
        result = real(*args)
        with transaction(actor):
            runs.cancel_run(actor, db.session.get_one(runs.OptimizationRun, run_id))
        return result

    monkeypatch.setattr(runs, "solve_apart", solve_apart)
    work()
    assert run_of(run_id).status == "ready"


def test_progress_tells_what_waits_before_and_how_it_ended(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    first, second = ask(town), ask(town)
    jobs.db.session.execute(
        jobs.update(jobs.Job).where(jobs.Job.id == run_of(first).job_id).values(run_at=clock.now() - HOUR)
    )
    db.session.commit()
    assert runs.progress_of(run_of(second)) == {
        "phase": "queued",
        "waiting_before": 1,
        "cancel_asked": False,
        "attempt": 0,
    }
    work()
    assert runs.progress_of(run_of(first)) == {"phase": "ready"}


def test_auto_publish_publishes_in_the_same_transaction(town: Town) -> None:
    town.add_engineer()
    town.add_orders(2)
    run = planned(town, auto_publish=True)
    assert (run.status, run.published_by_name) == ("published", "optimizer")
    assert verbs_of(town.orders[0]) == ["dispatch"]


def test_discarding_a_ready_run_leaves_the_plan_as_it_is(town: Town, actor: Actor) -> None:
    town.add_engineer()
    town.add_order()
    run = planned(town)
    with transaction(actor):
        runs.discard_run(actor, run_of(run.id))
    assert run_of(run.id).status == "cancelled"
    assert {row.outcome for row in assignments(run).values()} == {"declined"}
    with transaction(actor), pytest.raises(Conflict):
        runs.discard_run(actor, run_of(run.id))


def test_discarding_a_run_that_changes_nothing_cancels_it(town: Town, actor: Actor) -> None:
    town.add_engineer()
    town.add_order()
    publish(planned(town))
    run = planned(town)
    with transaction(actor):
        runs.discard_run(actor, run_of(run.id))
    assert run_of(run.id).status == "cancelled"


def test_discarding_the_rest_of_a_partly_published_run_leaves_it_published(town: Town, actor: Actor) -> None:
    town.add_engineer()
    orders = town.add_orders(2)
    run = planned(town)
    publish(run, visit_ids={visit_of(orders[0]).id})
    assert run_of(run.id).status == "ready"
    with transaction(actor):
        runs.discard_run(actor, run_of(run.id))
    assert run_of(run.id).status == "published"


def test_a_solver_that_dies_fails_its_run_in_a_sentence(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.add_engineer()
    town.add_order()
    monkeypatch.setattr(solving.sys, "executable", "/bin/false")
    run = planned(town)
    assert run.status == "failed"
    assert run.error is not None
    assert "plan fewer orders at once" in run.error


def test_failing_twice_or_after_the_end_changes_nothing(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    run = planned(town)
    with transaction():
        runs.mark_failed({"run_id": str(run.id)}, "late")
        runs.mark_failed({"run_id": str(uuid.uuid4())}, "unknown")
    assert (run_of(run.id).status, run_of(run.id).error) == ("ready", None)


def test_a_job_delivered_twice_has_one_effect(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    run = planned(town, auto_publish=True)
    runs.execute_run(jobs.JobRun(uuid.uuid4(), runs.KIND, {"run_id": str(run.id)}, 2, 2))
    assert verbs_of(town.orders[0]) == ["dispatch"]


def test_a_run_taken_over_by_another_worker_ends_its_solver_and_stores_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.add_engineer()
    town.add_orders(3)
    run_id = ask(town, time_limit_s=20)
    claimed = jobs.claim(timedelta(seconds=10))
    assert claimed is not None
    real = jobs.JobRun.report

    def report(self: jobs.JobRun, progress: dict[str, Any]) -> None:
        if progress["phase"] == "solving":
            with transaction():
                db.session.execute(jobs.update(jobs.Job).values(fence=99))
        real(self, progress)

    monkeypatch.setattr(jobs.JobRun, "report", report)
    with pytest.raises(jobs.LeaseLostError):
        runs.execute_run(claimed)
    assert assignments(run_of(run_id)) == {}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": MORNING - timedelta(days=1), "ends_at": MORNING - HOUR}, "past"),
    ({"starts_at": MORNING - timedelta(days=1), "ends_at": MORNING + HOUR}, "past"),
    ({"starts_at": MORNING + HOUR, "ends_at": MORNING}, "after the start"),
    ({"starts_at": MORNING, "ends_at": MORNING + timedelta(days=15)}, "14 days"),
    ({"starts_at": MORNING + timedelta(days=5_000), "ends_at": MORNING + timedelta(days=5_001)}, "year"),
    ({"territory_ids": [uuid.uuid4()]}, "do not exist"),
    ({"order_ids": [uuid.uuid4()]}, "do not exist"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_a_run_that_makes_no_sense_is_refused_in_a_sentence(
    town: Town, asked: dict[str, Any], said: str
) -> None:
    town.add_engineer()
    town.add_order()
    with pytest.raises(Invalid, match=said):
        ask(town, **asked)
    assert db.session.scalar(select(runs.OptimizationRun.id)) is None


def test_a_run_for_no_engineers_or_no_orders_is_refused_in_a_sentence(town: Town) -> None:
    town.add_order()
    with pytest.raises(NothingToPlan, match="No engineer"):
        ask(town)
    town.add_engineer()
    territory = town.add_territory()
    with pytest.raises(NothingToPlan, match="no open order"):
        ask(town, territory_ids=[territory.id])
    assert ask(town, order_ids=[town.orders[0].id])


def test_the_past_is_what_the_clock_says(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    with clock.freeze(MORNING - timedelta(days=400)):
        assert ask(town)
    with clock.freeze(MORNING + timedelta(days=1)), pytest.raises(Invalid, match="past"):
        ask(town)


def test_only_who_may_asks_for_runs(town: Town) -> None:
    town.add_engineer()
    town.add_order()
    nobody = Actor(None, "nobody", frozenset(), frozenset())
    with pytest.raises(Forbidden):
        ask(town, nobody)
    with pytest.raises(NotFound):
        runs.run_of(system(), uuid.uuid4())


def test_a_route_may_end_wherever_the_last_visit_is(town: Town) -> None:
    engineer = town.add_engineer(home_lat=None, home_lon=None)
    with transaction():
        shift = db.session.scalars(select(Shift).where(Shift.engineer_id == engineer.id)).one()
        shift.start_lat, shift.start_lon = 31.23, 121.47
    town.add_orders(2)
    publish(planned(town))
    run = planned(town)
    route = (run.routes or [])[0]
    assert route["end"] is None
    assert route["back_at"] == route["stops"][-1]["end_at"]
    assert run.before == run.after


def test_a_run_whose_orders_all_ended_meanwhile_is_ready_and_empty(town: Town) -> None:
    town.add_engineer()
    order = town.add_order()
    run_id = ask(town)
    with transaction():
        row = db.session.get_one(WorkOrder, order.id)
        row.status = row.decision = "cancelled"
    work()
    assert (run_of(run_id).status, assignments(run_of(run_id))) == ("ready", {})
