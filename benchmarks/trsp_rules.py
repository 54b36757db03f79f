"""The Technician Routing and Scheduling set: its instances, its rules, and what routes are worth.

Knows nothing of the optimizer, so that it can judge any solver's routes. A technician leaves home
and is back within the day, with own tools (kept) and parts (used up); one visit to the depot on the
way gives whatever tools and parts are still missing. Service starts within the request's window.
Distances are Euclidean and are times too. What counts is the sum of the routes' durations, each
leaving at the best moment.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: How a visit to the depot stands in a route; also the depot's id in the files.
DEPOT = 0
_TOLERANCE = 1e-6
_LISTS = re.compile(r"\[([\d,]*)\]")

#: By technician: the ids of the requests in order, and `DEPOT`.
Routes = Mapping[int, Sequence[int]]


@dataclass(frozen=True, kw_only=True)
class Node:
    """A line of the file: depot, technician (who has) or request (which needs).

    Parameters
    ----------
    id : int
    x, y : float
    opens, closes : float
        When service may start; of a technician, the working day.
    service : float
    skills, tools : frozenset of int
    parts : tuple of int
        Quantity of each part.
    """

    id: int
    x: float
    y: float
    opens: float
    closes: float
    service: float
    skills: frozenset[int] = frozenset()
    tools: frozenset[int] = frozenset()
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Instance:
    """A day: the depot, the technicians and the requests by their ids."""

    depot: Node
    technicians: dict[int, Node]
    requests: dict[int, Node]

    def node(self, id_: int) -> Node:
        """Return the depot or a request."""
        return self.depot if id_ == DEPOT else self.requests[id_]


@dataclass(frozen=True)
class Worth:
    """What routes come to: the sum of their durations, which is what counts, and of their distances."""

    duration: float
    distance: float


def read(path: Path) -> Instance:
    """Return the instance of a file.

    Raises
    ------
    ValueError
        A line that is not understood, or a number of nodes that does not fit the head.
    """
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    crew = int(lines[lines.index("INFO") + 2].split()[0])
    first = next(number for number, line in enumerate(lines) if line.startswith("ID ")) + 1
    nodes = [_node(line) for line in lines[first:]]
    if [node.id for node in nodes] != list(range(len(nodes))) or len(nodes) <= crew + 1:
        raise ValueError(
            f"{path.name}: the ids are not 0, 1, 2 … for a depot, {crew} technicians and requests"
        )
    return Instance(
        nodes[0],
        {node.id: node for node in nodes[1 : crew + 1]},
        {node.id: node for node in nodes[crew + 1 :]},
    )


def _node(line: str) -> Node:
    lists = [[int(text) for text in found.split(",") if text] for found in _LISTS.findall(line)]
    numbers = line.split("[", 1)[0].split()
    if len(lists) != 3 or len(numbers) != 6:
        raise ValueError(f"not a node: {line}")
    x, y, opens, closes, service = map(float, numbers[1:])
    return Node(
        id=int(numbers[0]),
        x=x,
        y=y,
        opens=opens,
        closes=closes,
        service=service,
        skills=frozenset(lists[0]),
        tools=frozenset(lists[1]),
        parts=tuple(lists[2]),
    )


def violations(instance: Instance, routes: Routes) -> list[str]:
    """Return a sentence for every rule that routes break; none for a solution."""
    unknown = [f"there is no technician {id_}" for id_ in routes if id_ not in instance.technicians]
    served = Counter(id_ for route in routes.values() for id_ in route if id_ != DEPOT)
    unknown += [f"there is no request {id_}" for id_ in served if id_ not in instance.requests]
    if unknown:
        return unknown
    found = [f"request {id_} is served {served[id_]} times" for id_ in instance.requests if served[id_] != 1]
    for id_, route in routes.items():
        technician = instance.technicians[id_]
        if list(route).count(DEPOT) > 1:
            found.append(f"technician {id_} visits the depot more than once")
        found += _lacks(instance, technician, route)
        late = _timed(instance, technician, route)[2]
        if late is not None:
            found.append(f"technician {id_} is late {f'at {late}' if late != technician.id else 'back home'}")
    return found


def _lacks(instance: Instance, technician: Node, route: Sequence[int]) -> Iterator[str]:
    left, supplied = list(technician.parts), False
    for id_ in route:
        supplied = supplied or id_ == DEPOT
        need = instance.node(id_)
        if not need.skills <= technician.skills:
            yield f"technician {technician.id} lacks a skill for request {id_}"
        if supplied:
            continue
        if not need.tools <= technician.tools:
            yield f"technician {technician.id} lacks a tool for request {id_}"
        for part, quantity in enumerate(need.parts):
            left[part] -= quantity
            if quantity and left[part] < 0:
                yield f"technician {technician.id} lacks part {part} for request {id_}"


def worth(instance: Instance, routes: Routes) -> Worth:
    """Return what routes come to, each leaving home at the best moment; only for known ids."""
    timed = [_timed(instance, instance.technicians[id_], route) for id_, route in routes.items() if route]
    return Worth(sum(one[0] for one in timed), sum(one[1] for one in timed))


def _timed(instance: Instance, technician: Node, route: Sequence[int]) -> tuple[float, float, int | None]:
    """Return duration, distance, and the first node where it is too late.

    Everything as early as possible first; then leaving is put off for as long as no wait runs out
    and no window closes.
    """
    stops = [technician, *(instance.node(id_) for id_ in route), technician]
    clock, distance, waited, slack = technician.opens, 0.0, 0.0, math.inf
    late = None
    for here, there in itertools.pairwise(stops):
        leg = math.hypot(there.x - here.x, there.y - here.y)
        distance += leg
        arrival = clock + (here.service if here is not technician else 0) + leg
        home = there is technician
        clock = arrival if home else max(arrival, there.opens)
        waited += clock - arrival
        slack = min(slack, waited + there.closes - clock)
        if late is None and clock > there.closes + _TOLERANCE:
            late = there.id
    return clock - technician.opens - max(0.0, min(slack, waited)), distance, late
