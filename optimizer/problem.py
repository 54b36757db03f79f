"""What is asked: tasks, crew, places, and what everything costs.

All times are whole seconds from an origin the caller chooses, durations whole seconds, money whole
cents; places are indexes into `Travel`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from optimizer.bounds import MOST_PAIRS, MOST_TASKS, require_kind, require_names
from optimizer.crew import Depot, Engineer
from optimizer.tasks import Link, Task
from optimizer.travel import Travel
from optimizer.weights import Weights


@dataclass(frozen=True)
class Problem:
    """Everything an engine needs to know, checked to hang together.

    Engineers named by tasks need not be there: a preferred one who is off is simply not to be had.

    Raises
    ------
    ValueError
        The same id twice, a place or task that is not there, links in a circle, more than fits
        into one problem.
    """

    tasks: tuple[Task, ...]
    engineers: tuple[Engineer, ...]
    travel: Travel
    depots: tuple[Depot, ...] = ()
    links: tuple[Link, ...] = ()
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        self._require_kinds()
        self._require_fitting_size()
        require_names("the problem's tasks", tuple(task.id for task in self.tasks))
        require_names("the problem's engineers", tuple(engineer.id for engineer in self.engineers))
        require_names("the problem's depots", tuple(depot.id for depot in self.depots))
        for what, place in self._places():
            if place >= self.travel.places:
                raise ValueError(f"{what} is at place {place}, but travel knows {self.travel.places} places")
        known = {task.id for task in self.tasks}
        for link in self.links:
            for end in (link.before, link.after):
                if end not in known:
                    raise ValueError(f"a link names task {end}, which is not in the problem")
        self._require_no_circle()

    def _require_kinds(self) -> None:
        kinds = {"tasks": Task, "engineers": Engineer, "depots": Depot, "links": Link}
        for name, kind in kinds.items():
            require_kind(f"the problem's {name}", getattr(self, name), tuple)
            for one in getattr(self, name):
                require_kind(f"each of the problem's {name}", one, kind)
        require_kind("the problem's travel", self.travel, Travel)
        require_kind("the problem's weights", self.weights, Weights)

    def _require_fitting_size(self) -> None:
        tasks, engineers = len(self.tasks), len(self.engineers)
        if tasks > MOST_TASKS or tasks * engineers > MOST_PAIRS:
            raise ValueError(
                f"{tasks:,} tasks for {engineers:,} engineers are too many for one problem: it takes at most "
                f"{MOST_TASKS:,} tasks, and {MOST_PAIRS:,} tasks times engineers; make one problem of each "
                "territory, or of each day"
            )

    def _places(self) -> Iterable[tuple[str, int]]:
        for task in self.tasks:
            yield f"task {task.id}", task.place
        for depot in self.depots:
            yield f"depot {depot.id}", depot.place
        for engineer in self.engineers:
            for shift in engineer.shifts:
                yield f"a shift of engineer {engineer.id}", shift.start_place
                if shift.end_place is not None:
                    yield f"a shift of engineer {engineer.id}", shift.end_place

    def _require_no_circle(self) -> None:
        left = list(self.links)
        while left:
            later = {link.after for link in left}
            still = [link for link in left if link.before in later]
            if len(still) == len(left):
                names = ", ".join(sorted({link.before for link in left}))
                raise ValueError(f"links go round in a circle among tasks {names}")
            left = still
