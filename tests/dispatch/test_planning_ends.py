"""How runs end: stopped, thrown away, failed, taken over."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from core import clock, jobs
from core.auth.actors import Actor
from core.db import db, transaction
from core.errors import Conflict
from dispatch.planning import runs, solving
from tests.dispatch.planning_desk import (
    ask,
    assignments,
    planned,
    publish,
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

    def solve_apart(*args: Any, **more: Any) -> Any:
        result = real(*args, **more)
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
