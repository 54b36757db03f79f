"""What is answered: routes with every stop timed, and what was left out and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Rule(StrEnum):
    """The one name of every rule: of its constraint, its check, its reasons and its sentences."""

    SKILL = "skill"  #: a skill is missing or its level too low
    TOOL = "tool"  #: a tool is missing
    PART = "part"  #: the van does not hold enough of a part
    TERRITORY = "territory"  #: the engineer works elsewhere
    REFUSED = "refused"  #: the engineer must not be sent there
    REQUIRED = "required"  #: somebody else is demanded
    LOCKED_ENGINEER = "locked_engineer"  #: the task is locked to somebody else
    LOCKED_START = "locked_start"  #: the task is locked to another start
    WINDOW = "window"  #: service starts outside every window
    DEADLINE = "deadline"  #: service ends after the deadline
    SHIFT_START = "shift_start"  #: left before the shift begins
    SHIFT_END = "shift_end"  #: back after the shift and all overtime
    BREAK = "break"  #: a break is missing, misplaced, too short, or interrupts service
    TRAVEL = "travel"  #: arrival does not follow from leaving and the way
    UNREACHABLE = "unreachable"  #: there is no way there
    SERVICE = "service"  #: a stop begins before arrival, has a wrong duration or is left too early
    MAX_TASKS = "max_tasks"  #: too many tasks
    MAX_WORK = "max_work"  #: too much service and travel
    LINK_GAP = "link_gap"  #: linked tasks too close together or too far apart
    LINK_ENGINEERS = "link_engineers"  #: linked tasks with the wrong pair of engineers
    LINK_BOTH = "link_both"  #: one of two linked tasks without the other
    DEPOT_WINDOW = "depot_window"  #: a pick-up while the depot is closed
    DEPOT_STOCK = "depot_stock"  #: more fetched than the depot holds
    ONCE = "once"  #: a task, or a shift, more than once, or a task neither planned nor unplanned
    UNKNOWN = "unknown"  #: an id that is not in the problem
    NO_ROOM = "no_room"  #: reason only: it would fit, but not beside what is planned
    NO_TIME = "no_time"  #: reason only: the search ended before the task was looked at
    COST = "cost"  #: reason only: it would cost more than leaving it out


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One halt of a route.

    Parameters
    ----------
    kind : {'task', 'depot'}
    id : str
        Of the task or depot.
    arrival_s, start_s, end_s, leave_s : int
        Arrival, begin and end of the service, and leaving [s].
    parts : tuple of (part, quantity)
        Fetched, at a depot.
    tools : tuple of str
        Fetched, at a depot.
    """

    id: str
    arrival_s: int
    start_s: int
    end_s: int
    leave_s: int
    kind: Literal["task", "depot"] = "task"
    parts: tuple[tuple[str, int], ...] = ()
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Route:
    """The work of one engineer on one shift.

    Parameters
    ----------
    engineer : str
    shift : int
        Index into the engineer's shifts.
    leave_s, end_s : int
        Leaving the start place and arriving at the end place, or leaving the last stop where the
        shift has no end place [s].
    stops : tuple of Stop
    breaks : tuple of (start_s, end_s)
    """

    engineer: str
    shift: int
    leave_s: int
    stops: tuple[Stop, ...]
    end_s: int
    breaks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Reason:
    """A rule that keeps a task out of the plan, and whom of the engineers it concerns."""

    rule: Rule
    engineers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """One rule that, relaxed so far for one engineer, lets a task into the plan as it is.

    Parameters
    ----------
    rule : Rule
    engineer : str
    amount : int
        By how much: seconds of overtime (SHIFT_END), of work (MAX_WORK), by which a window opens earlier
        (WINDOW, negative) or closes later, by which the deadline is later; cents by which leaving
        the task out must cost more (COST); levels missing of a skill, pieces of a part, tasks more
        (MAX_TASKS); else 1.
    cents : int
        What the task would then add to the cost of the plan, without what leaving it out costs.
    about : str
        The skill, part, tool or territory.
    index : int
        Which of the engineer's shifts (SHIFT_END, MAX_TASKS, MAX_WORK), or of the task's windows.
    """

    rule: Rule
    engineer: str
    amount: int
    cents: int
    about: str = ""
    index: int = 0


@dataclass(frozen=True)
class Unplanned:
    """A task left out: the reasons (every engineer is in at least one), and what would help, least first."""

    task: str
    reasons: tuple[Reason, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Routes with at least one stop, and the tasks left out."""

    routes: tuple[Route, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
