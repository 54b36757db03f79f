"""Finds good plans for people who make visits: `solve(problem, seconds=30)` gives a `Result`.

A library of its own: it knows nothing of the programme around it.
"""

from optimizer.check import check
from optimizer.crew import Break, Depot, Engineer, Shift
from optimizer.explain import Alternative, Explanation, explain
from optimizer.plan import Plan, Reason, Relaxation, Route, Rule, Stop, Unplanned
from optimizer.problem import Problem
from optimizer.result import Notice, NoticeKind, Progress, Result
from optimizer.score import Score, score
from optimizer.solve import solve
from optimizer.tasks import Link, Lock, Previous, Task
from optimizer.travel import UNREACHABLE, Travel
from optimizer.violations import Violation
from optimizer.weights import Weights

__all__ = [
    "UNREACHABLE",
    "Alternative",
    "Break",
    "Depot",
    "Engineer",
    "Explanation",
    "Link",
    "Lock",
    "Notice",
    "NoticeKind",
    "Plan",
    "Previous",
    "Problem",
    "Progress",
    "Reason",
    "Relaxation",
    "Result",
    "Route",
    "Rule",
    "Score",
    "Shift",
    "Stop",
    "Task",
    "Travel",
    "Unplanned",
    "Violation",
    "Weights",
    "check",
    "explain",
    "score",
    "solve",
]
