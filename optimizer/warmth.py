"""Compiles the kernels of the search ahead of need; what is compiled is kept on disk."""

import threading

import numpy as np

from optimizer.crew import Engineer, Shift
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.tasks import Task
from optimizer.travel import Travel

_warm = threading.Event()
_warming = threading.Lock()


def warm() -> None:
    """Compile the kernels, a minute or so after an installation, or load them from disk in a second."""
    with _warming:
        if not _warm.is_set():
            _compile()
            _warm.set()


def is_warm() -> bool:
    """Tell whether the kernels are compiled in this process."""
    return _warm.is_set()


def warm_in_background() -> None:
    """Have a thread compile the kernels, which ends with the process; once is enough."""
    if not _warm.is_set() and not _warming.locked():
        threading.Thread(target=warm, name="warming", daemon=True).start()


def _compile() -> None:
    from optimizer.arrays import Arrays
    from optimizer.draft import Draft
    from optimizer.search.engine import Search
    from optimizer.slots import Quoter

    shift = Shift(start_s=0, end_s=100, start_place=0, end_place=0)
    problem = Problem(
        (Task(id="task", place=0, service_s=1),),
        (Engineer(id="engineer", shifts=(shift,)),),
        Travel(np.zeros((1, 1), dtype=np.int32)),
    )
    search = Search(Draft(Arrays(problem)), 0)
    search.fill([0], lambda: False)
    search.improve(float("inf"), lambda: False, lambda *_: None, iterations=1)
    new = Task(id="new", place=0, service_s=1)
    Quoter(problem, Plan()).quote(new, [(0, 10)])
