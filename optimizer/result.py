"""What comes back: a plan, its cost, and what there is to say about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from optimizer.plan import Plan
from optimizer.score import Score


class NoticeKind(StrEnum):
    """What a result may have to say about itself."""

    NOT_OPTIMISED = "not_optimised"  #: a feature is priced and kept to, but not searched for
    TOO_LARGE = "too_large"  #: too many tasks for the routing model: only the first plan was made
    NO_TIME = "no_time"  #: time was up before every task had been looked at
    NOT_IMPROVED = "not_improved"  #: the search found nothing better than the first plan
    LOCK_OVERRULES = "lock_overrules"  #: a lock keeps a task where a rule would forbid it


@dataclass(frozen=True)
class Notice:
    """A notice, and what it is about: a field of the problem, or a task."""

    kind: NoticeKind
    about: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a search has come."""

    elapsed_s: float
    cost_cents: int
    unplanned: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """A plan that passed `check`, and how it came about.

    Parameters
    ----------
    plan : Plan
    score : Score
    engine : str
        The one that found the plan.
    elapsed_s : float
    bound_cents : int or None
        No plan can cost less, where that is known.
    warnings : tuple of Notice
    stopped : {'limit', 'cancelled', 'finished'}
        Out of time, told to, or nothing left to do.
    """

    plan: Plan
    score: Score
    engine: str
    elapsed_s: float
    bound_cents: int | None = None
    warnings: tuple[Notice, ...] = ()
    stopped: Literal["limit", "cancelled", "finished"] = "limit"
