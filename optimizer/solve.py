"""The front door: a problem and a time limit in, a checked plan out."""

import time
from collections.abc import Callable
from typing import Literal

from optimizer.bounds import MOST_COUNT, require_kind, require_optional_whole, require_whole
from optimizer.check import check
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.result import Notice, NoticeKind, Progress, Result
from optimizer.run import Run
from optimizer.score import score
from optimizer.warmth import warm

Engine = Literal["auto", "search", "routing", "insertion"]
ENGINES: tuple[Engine, ...] = ("auto", "search", "routing", "insertion")
#: Tasks times shifts up to which the routing model keeps to its time limit: beyond, one pass of its
#: local search was measured to take half a minute.
MOST_ROUTING_PAIRS = 60_000
#: Tasks up to which it is built at all: its matrices are lists of Python's, a gigabyte for 5,000.
MOST_ROUTING_TASKS = 1_000
MOST_SEED = 2**32 - 1
#: More search than this for every task finds nothing more on small problems, without links and depots and
#: with some.
_SEARCH_S_PER_TASK, _HARD_S_PER_TASK = 0.3, 1.0
#: How long it takes to time, check and explain an answer, for every task [s].
_ANSWER_S_PER_TASK = 0.0003


def _notices(problem: Problem, engine: str) -> list[Notice]:
    """Return what of a problem an engine does not search for, though it keeps to it and prices it."""
    weights, found = problem.weights, []
    if problem.depots and engine != "search":
        found.append("depots")
    if problem.links and engine != "search":
        found.append("links")
    if (
        engine != "search"
        and weights.worst_lateness_cents_per_hour
        and any(task.due_s is not None for task in problem.tasks)
    ):
        found.append("weights.worst_lateness_cents_per_hour")
    if engine == "routing":
        if len(problem.travel.band_starts_s) > 1:
            found.append("travel.band_starts_s")
        if any(task.promised for task in problem.tasks) and weights.promise_cents:
            found.append("tasks.promised")
    return [Notice(NoticeKind.NOT_OPTIMISED, about) for about in found]


def solve(
    problem: Problem,
    *,
    seconds: float,
    engine: Engine = "auto",
    seed: int = 0,
    iterations: int | None = None,
    processes: int = 1,
    initial: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Result:
    """Return a good plan for a problem, found within a time limit.

    The caller's thread is busy throughout and every engine holds Python's lock: call it in a process
    of its own. The first search after an installation compiles its kernels before its time begins.

    Parameters
    ----------
    problem : Problem
    seconds : float
        Wall time for everything, building the model included [s].
    engine : {'auto', 'search', 'routing', 'insertion'}
        'search' is ours, and what 'auto' means; 'routing' is the routing model of OR-Tools, a second
        opinion for problems small enough for it; 'insertion' gives the first plan only.
    seed : int
        Of what is random in the search, up to `MOST_SEED`.
    iterations : int, optional
        Steps of the search at most; with a limit that is reached, a seed always gives the same plan.
    processes : int
        How many search at once, this one included; more than one find different plans every time.
    initial : Plan, optional
        Where to begin; else `Task.previous` says. Where it breaks no rule, what is returned costs no more.
    on_progress : callable, optional
        Called with a Progress at every better plan.
    should_stop : callable, optional
        Asked several times a second; True ends the search with the best plan so far.

    Returns
    -------
    Result
        Its plan passed `check`.

    Raises
    ------
    ValueError
        A time limit that is not positive, an engine that is not known, an argument out of its range.
    RuntimeError
        The plan does not pass `check`: a fault of the engine.
    """
    require_kind("what is to be solved", problem, Problem)
    if not isinstance(seconds, int | float) or not seconds > 0:
        raise ValueError(f"seconds must be positive, not {seconds!r}")
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}, not {engine!r}")
    require_whole("seed", seed, 0, MOST_SEED)
    require_optional_whole("iterations", iterations, 0, MOST_COUNT)
    require_whole("processes", processes, 1, 1_024)
    if initial is not None:
        require_kind("the initial plan", initial, Plan)
    searching = engine in ("auto", "search")
    if searching:
        warm()
    run = Run(problem, seconds, on_progress, should_stop)
    notices = []
    draft = run.begun_draft(initial) if searching else run.first_draft(initial)
    if not searching:
        run.report(run.score_of(draft), len(problem.tasks) - len(draft.where))
    used, finished = "insertion", engine == "insertion"
    # What is left over is for timing the answer, filling gaps, the reasons and the check.
    until = run.until - min(0.25 * seconds, 0.2 + _ANSWER_S_PER_TASK * len(problem.tasks))
    enough_s = _HARD_S_PER_TASK if problem.links or problem.depots else _SEARCH_S_PER_TASK
    enough = time.monotonic() + enough_s * len(problem.tasks)
    finished = finished or enough < until
    if searching:
        used = "search"
        if not run.improve(draft, min(until, enough), seed, iterations, processes):
            notices.append(Notice(NoticeKind.NO_TIME))
    elif run.stop():
        notices.append(Notice(NoticeKind.NO_TIME))
    elif engine == "routing":
        routable = len(problem.tasks) <= MOST_ROUTING_TASKS
        if routable and len(problem.tasks) * len(run.arrays.vehicles) <= MOST_ROUTING_PAIRS:
            used = "routing"
            better = run.better_of(draft, run.searched_draft(draft, min(until, enough)))
            if better is draft:
                notices.append(Notice(NoticeKind.NOT_IMPROVED))
            draft = better
        else:
            notices.append(Notice(NoticeKind.TOO_LARGE, "tasks"))
    if initial is not None:
        draft = run.better_of(draft, run.draft_before(initial))
    plan = run.plan_of(draft)
    violations = check(problem, plan)
    if violations:
        raise RuntimeError(f"the {used} engine made a plan that breaks {violations[0]}: please report this")
    return Result(
        plan=plan,
        score=score(problem, plan),
        engine=used,
        elapsed_s=run.elapsed_s(),
        warnings=(*notices, *_notices(problem, used), *run.overruled(draft)),
        stopped="cancelled" if run.cancelled else "finished" if finished else "limit",
    )
