"""Compiles the kernels of the search ahead of need; what is compiled is kept on disk."""

import numpy as np

from optimizer.crew import Engineer, Shift
from optimizer.problem import Problem
from optimizer.tasks import Task
from optimizer.travel import Travel

_warm = False


def warm() -> None:
    """Compile the kernels, or load them from disk: some 20 s after an installation, else under a second."""
    global _warm
    if _warm:
        return
    from optimizer.arrays import Arrays
    from optimizer.draft import Draft
    from optimizer.search.engine import Search

    shift = Shift(start_s=0, end_s=100, start_place=0, end_place=0)
    problem = Problem(
        (Task(id="task", place=0, service_s=1),),
        (Engineer(id="engineer", shifts=(shift,)),),
        Travel(np.zeros((1, 1), dtype=np.int32)),
    )
    search = Search(Draft(Arrays(problem)), 0)
    search.fill([0], lambda: False)
    search.improve(float("inf"), lambda: False, lambda *_: None, iterations=1)
    _warm = True
