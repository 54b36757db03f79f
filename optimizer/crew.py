"""Who does the work, when, and where parts are fetched."""

from dataclasses import dataclass

from optimizer.bounds import (
    MOST_CENTS,
    MOST_COUNT,
    require_counts,
    require_kind,
    require_name,
    require_names,
    require_optional_whole,
    require_whole,
    require_windows,
)
from optimizer.tasks import Counts, Window


@dataclass(frozen=True)
class Break:
    """Time in which an engineer does not work; it may interrupt travel, never service.

    Parameters
    ----------
    duration_s : int
    earliest_start_s, latest_start_s : int
        When it may begin.
    """

    duration_s: int
    earliest_start_s: int
    latest_start_s: int


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One stretch of an engineer's working time; a route is the work of one shift.

    Parameters
    ----------
    start_s, end_s : int
        Nobody leaves before the start; whoever is back after the end works overtime.
    start_place : int
        Home, a depot, or where the engineer is now.
    end_place : int, optional
        Where the route ends; none: wherever the last stop is.
    breaks : tuple of Break
        In the order in which they are taken; each lies within the shift.
    max_overtime_s : int
        How long after the end the engineer may be back [s].
    max_tasks, max_work_s : int, optional
        Most tasks, and most seconds of service and travel, on this shift.

    Raises
    ------
    ValueError
        A value that cannot be, named in the sentence.
    """

    start_s: int
    end_s: int
    start_place: int
    end_place: int | None
    breaks: tuple[Break, ...] = ()
    max_overtime_s: int = 0
    max_tasks: int | None = None
    max_work_s: int | None = None

    def __post_init__(self) -> None:
        require_windows("a shift", ((self.start_s, self.end_s),))
        require_whole("a shift: start_place", self.start_place, 0, MOST_COUNT)
        require_optional_whole("a shift: end_place", self.end_place, 0, MOST_COUNT)
        require_whole("a shift: max_overtime_s", self.max_overtime_s)
        require_optional_whole("a shift: max_tasks", self.max_tasks, 0, MOST_COUNT)
        require_optional_whole("a shift: max_work_s", self.max_work_s)
        free_from_s = self.start_s
        for pause in self.breaks:
            require_kind("a break of a shift", pause, Break)
            require_whole("a break: duration_s", pause.duration_s)
            require_windows("a break", ((pause.earliest_start_s, pause.latest_start_s),))
            if pause.earliest_start_s < free_from_s or pause.latest_start_s + pause.duration_s > self.end_s:
                raise ValueError(
                    f"a break from {pause.earliest_start_s} to {pause.latest_start_s + pause.duration_s} "
                    f"must lie within its shift ({self.start_s} to {self.end_s}), after the break before it"
                )
            free_from_s = pause.earliest_start_s + pause.duration_s


@dataclass(frozen=True, kw_only=True)
class Engineer:
    """One person who makes visits.

    Parameters
    ----------
    id : str
    shifts : tuple of Shift
        In order of time, not overlapping even with all overtime.
    skills : tuple of (skill, level)
    tools : tuple of str
    parts : tuple of (part, quantity)
        In the van when the first shift begins.
    territories : tuple of str
        Where the engineer works; none: everywhere.
    travel_percent : int
        Share of `Travel.seconds` the engineer needs [%]; 120 is a slow driver.
    cents_per_hour : int
        Cost of an hour between leaving and being back, breaks taken off.
    cents_per_km : int
        Cost of a kilometre beyond `Weights.distance_cents_per_km`.
    leaves_late : bool
        Leave as late as the last stop allows: nobody waits on the way for what could be waited for at home,
        but visits begin later than they could. Only where an hour costs something and ways take as long at
        all hours.
    max_tasks, max_work_s : int, optional
        Most tasks, and most seconds of service and travel, over all shifts.

    Raises
    ------
    ValueError
        A value that cannot be, named in the sentence.
    """

    id: str
    shifts: tuple[Shift, ...]
    skills: Counts = ()
    tools: tuple[str, ...] = ()
    parts: Counts = ()
    territories: tuple[str, ...] = ()
    travel_percent: int = 100
    cents_per_hour: int = 0
    cents_per_km: int = 0
    leaves_late: bool = False
    max_tasks: int | None = None
    max_work_s: int | None = None

    def __post_init__(self) -> None:
        require_name("the id of an engineer", self.id)
        me = f"engineer {self.id}"
        require_counts(f"{me}: skills", self.skills, 0)
        require_counts(f"{me}: parts", self.parts, 0)
        require_names(f"{me}: tools", self.tools)
        require_names(f"{me}: territories", self.territories)
        require_kind(f"{me}: leaves_late", self.leaves_late, bool)
        require_whole(f"{me}: travel_percent", self.travel_percent, 1, 10_000)
        require_whole(f"{me}: cents_per_hour", self.cents_per_hour, 0, MOST_CENTS)
        require_whole(f"{me}: cents_per_km", self.cents_per_km, 0, MOST_CENTS)
        require_optional_whole(f"{me}: max_tasks", self.max_tasks, 0, MOST_COUNT)
        require_optional_whole(f"{me}: max_work_s", self.max_work_s)
        for shift in self.shifts:
            require_kind(f"{me}: a shift", shift, Shift)
        for a, b in zip(self.shifts, self.shifts[1:], strict=False):
            if a.end_s + a.max_overtime_s > b.start_s:
                raise ValueError(
                    f"{me}: the shift until {a.end_s} (and overtime) runs into that from {b.start_s}"
                )


@dataclass(frozen=True, kw_only=True)
class Depot:
    """A shelf several engineers may fetch parts and tools from on their way.

    Parameters
    ----------
    id : str
    place : int
    service_s : int
        How long a pick-up takes [s].
    windows : tuple of (from_s, until_s)
        When a pick-up may start; none: at any time.
    parts : tuple of (part, quantity)
        Shared by all who come.
    tools : tuple of str
        Lent to whoever comes, never short.

    Raises
    ------
    ValueError
        A value that cannot be, named in the sentence.
    """

    id: str
    place: int
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    parts: Counts = ()
    tools: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_name("the id of a depot", self.id)
        me = f"depot {self.id}"
        require_whole(f"{me}: place", self.place, 0, MOST_COUNT)
        require_whole(f"{me}: service_s", self.service_s)
        require_windows(me, self.windows)
        require_counts(f"{me}: parts", self.parts, 0)
        require_names(f"{me}: tools", self.tools)
