"""What is asked: tasks, crew, places, and what everything costs.

All times are whole seconds from an origin the caller chooses, durations whole seconds, money whole
cents; places are indexes into `Travel`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from optimizer.bounds import require_names
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
        The same id twice, a place or task that is not there, links in a circle.
    """

    tasks: tuple[Task, ...]
    engineers: tuple[Engineer, ...]
    travel: Travel
    depots: tuple[Depot, ...] = ()
    links: tuple[Link, ...] = ()
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
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
