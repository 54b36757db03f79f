"""What the newest runs were asked and what they answered, kept as the optimizer's own files."""

from __future__ import annotations

import uuid
import zlib

from sqlalchemy import delete, insert, select

from core.db import db
from core.errors import NotFound, mark
from dispatch.planning.models import KeptProblem, OptimizationRun
from optimizer.codec import plan_from_text, problem_from_text, text_of_plan, text_of_problem
from optimizer.plan import Plan
from optimizer.problem import Problem

KEPT_RUNS = 10
MOST_PLACES = 3_000
"""Places of the largest problem that is kept: their travel matrix alone is 100 MB of text."""


def packed(problem: Problem, plan: Plan) -> dict[str, bytes] | None:
    """Return problem and plan as `keep` takes them, None of a problem too large to be kept."""
    if problem.travel.places > MOST_PLACES:
        return None
    texts = {"problem": text_of_problem(problem), "plan": text_of_plan(plan)}
    return {name: zlib.compress(text.encode(), 1) for name, text in texts.items()}


def keep(run_id: uuid.UUID, values: dict[str, bytes] | None) -> None:
    """Keep what `packed` gave for a run, and let go of what older runs left."""
    newest = select(OptimizationRun.id).order_by(OptimizationRun.created_at.desc()).limit(KEPT_RUNS)
    db.session.execute(delete(KeptProblem).where(KeptProblem.run_id.not_in(newest.scalar_subquery())))
    db.session.execute(delete(KeptProblem).where(KeptProblem.run_id == run_id))
    if values:
        db.session.execute(insert(KeptProblem).values(run_id=run_id, **values))


def texts_of(run: OptimizationRun) -> dict[str, str]:
    """Return the problem and the plan of a run as JSON, for `python -m optimizer`.

    Raises
    ------
    NotFound
        There is no plan, or nothing is kept of the run any more.
    """
    if run.after is None:
        raise NotFound(mark("The run %(number)s has no plan."), number=run.number)
    found = db.session.get(KeptProblem, run.id)
    if found is None:
        raise NotFound(
            mark(
                "Nothing is kept of %(number)s: only problems of the last %(runs)s runs are, and none too "
                "large (more than %(places)s places)."
            ),
            number=run.number,
            runs=KEPT_RUNS,
            places=MOST_PLACES,
        )
    return {name: zlib.decompress(getattr(found, name)).decode() for name in ("problem", "plan")}


def problem_and_plan_of(run: OptimizationRun) -> tuple[Problem, Plan]:
    """Return what a run was asked and what it answered.

    Raises
    ------
    NotFound
        There is no plan, or nothing is kept of the run any more.
    """
    texts = texts_of(run)
    return problem_from_text(texts["problem"]), plan_from_text(texts["plan"])
