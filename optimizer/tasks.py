"""Work to be done: tasks, and how they hang together."""

from dataclasses import dataclass
from typing import Literal

from optimizer.bounds import (
    MOST_CENTS,
    MOST_COUNT,
    MOST_SECONDS,
    require_counts,
    require_kind,
    require_name,
    require_names,
    require_optional_whole,
    require_whole,
    require_windows,
)

Window = tuple[int, int]  # from_s, until_s, both included
Counts = tuple[tuple[str, int], ...]  # skill to level, or part to quantity


@dataclass(frozen=True)
class Lock:
    """A dispatcher's word that a task stays where it is.

    With an engineer, nobody else may do the task and whether he may (skills, tools, parts,
    territory, refusals) is not asked again. With a start, service begins exactly then and
    windows and deadline are not asked again.
    """

    engineer: str | None = None
    start_s: int | None = None


@dataclass(frozen=True)
class Previous:
    """Where a task stood in the last published plan."""

    engineer: str
    start_s: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """One visit to be made.

    Parameters
    ----------
    id : str
    place : int
    service_s : int
        Duration of the service [s], never interrupted.
    windows : tuple of (from_s, until_s)
        When service may start, any of them; none: at any time.
    due_s : int, optional
        End of service after this is late and priced.
    deadline_s : int, optional
        End of service after this is forbidden.
    lateness_percent : int
        Share of `Weights.lateness_cents_per_hour` that an hour late of this task costs [%].
    unplanned_cents : int
        What leaving the task out costs: its priority.
    skills : tuple of (skill, least level)
    parts : tuple of (part, quantity)
        Used up by the task.
    tools : tuple of str
        Needed, and taken away again.
    territory : str, optional
        Only engineers of this territory, or of no territory, may come.
    preferred, refused, required : tuple of engineer ids
        Whom to send if possible, whom never to send, and (if any) the only ones to send.
    lock : Lock, optional
    previous : Previous, optional
    promised : (from_s, until_s), optional
        Start of service the customer was told.

    Raises
    ------
    ValueError
        A value that cannot be, named in the sentence.
    """

    id: str
    place: int
    service_s: int
    windows: tuple[Window, ...] = ()
    due_s: int | None = None
    deadline_s: int | None = None
    lateness_percent: int = 100
    unplanned_cents: int = 50_000
    skills: Counts = ()
    parts: Counts = ()
    tools: tuple[str, ...] = ()
    territory: str | None = None
    preferred: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    lock: Lock | None = None
    previous: Previous | None = None
    promised: Window | None = None

    def __post_init__(self) -> None:
        require_name("the id of a task", self.id)
        me = f"task {self.id}"
        require_whole(f"{me}: place", self.place, 0, MOST_COUNT)
        require_whole(f"{me}: service_s", self.service_s)
        require_windows(me, self.windows)
        require_windows(f"{me}: promised", (self.promised,) if self.promised else ())
        require_optional_whole(f"{me}: due_s", self.due_s, -MOST_SECONDS)
        require_optional_whole(f"{me}: deadline_s", self.deadline_s, -MOST_SECONDS)
        require_whole(f"{me}: lateness_percent", self.lateness_percent, 0, 1_000_000)
        require_whole(f"{me}: unplanned_cents", self.unplanned_cents, 0, MOST_CENTS)
        require_counts(f"{me}: skills", self.skills, 0)
        require_counts(f"{me}: parts", self.parts, 1)
        for name in ("tools", "preferred", "refused", "required"):
            require_names(f"{me}: {name}", getattr(self, name))
        if self.territory is not None:
            require_name(f"{me}: territory", self.territory)
        if self.lock is not None:
            require_kind(f"{me}: lock", self.lock, Lock)
            if self.lock.engineer is not None:
                require_name(f"{me}: lock.engineer", self.lock.engineer)
            require_optional_whole(f"{me}: lock.start_s", self.lock.start_s, -MOST_SECONDS)
        if self.previous is not None:
            require_kind(f"{me}: previous", self.previous, Previous)
            require_name(f"{me}: previous.engineer", self.previous.engineer)
            require_whole(f"{me}: previous.start_s", self.previous.start_s, -MOST_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two tasks that depend on each other.

    The second is served only if the first is, and, where `max_gap_s` is given, the first only if
    the second is.

    Parameters
    ----------
    before, after : str
        Task ids.
    min_gap_s, max_gap_s : int, int or None
        Least and most time to the start of the second [s].
    measured_from : {'end', 'start'}
        Of the first task. Both gaps 0 from 'start': two engineers at once.
    engineers : {'any', 'same', 'different'}

    Raises
    ------
    ValueError
        A value that cannot be, named in the sentence.
    """

    before: str
    after: str
    min_gap_s: int = 0
    max_gap_s: int | None = None
    measured_from: Literal["end", "start"] = "end"
    engineers: Literal["any", "same", "different"] = "any"

    def __post_init__(self) -> None:
        me = f"link {self.before} to {self.after}"
        require_whole(f"{me}: min_gap_s", self.min_gap_s)
        require_optional_whole(f"{me}: max_gap_s", self.max_gap_s, self.min_gap_s)
        if self.measured_from not in ("end", "start"):
            raise ValueError(f"{me}: measured_from must be 'end' or 'start', not {self.measured_from!r}")
        if self.engineers not in ("any", "same", "different"):
            raise ValueError(f"{me}: engineers must be 'any', 'same' or 'different', not {self.engineers!r}")
