"""What the kernels look up, and what they change: flat arrays by number of task, vehicle, engineer.

A vehicle is one shift of one engineer. Times are whole seconds, costs cents as floating numbers. The
arrays are few, and tables of named columns where they can be: every kernel is handed all of them, and
numba takes long over long lists. All whole numbers have 64 bits, for each kernel to be compiled once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.search.bundle import Bundle

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Floats = NDArray[np.float64]
Orders = list[list[int]]
Table = np.recarray[tuple[int], np.dtype[np.void]]

#: Later than any moment of a problem [s], with room to add some; as good as no limit on a count.
NEVER = 2**40
#: Tables of `Data.rides`, of `Data.pauses`, of `State.times`.
REST, FREE, LATEST = 0, 1, 2
LASTS, FROM, AFTER = 0, 1, 2
READY, BY = 0, 1


def _columns(ints: str, floats: str = "") -> np.dtype[np.void]:
    return np.dtype([(name, "i8") for name in ints.split()] + [(name, "f8") for name in floats.split()])


#: Stops at depots are numbered after the tasks, as tasks that never move nor are absent.
#: `due_s` NEVER and `previous_s`, `wish_s` -NEVER where there is none; windows and parts are rows of
#: other arrays; `wish_s` is before when the task would rather not start; costs a second late.
TASK = _columns(
    "place service_s first_window end_window due_s previous_s promise_from_s promise_until_s wish_s movable"
    " first_part end_part first_link end_link first_member end_member",
    "late_cents promise_cents absent_cents",
)
#: How the other task's start hangs on one's own: between `low_s` and `high_s` later; `engineers` ANY, SAME or
#: DIFFERENT; `needed` where one cannot be without the other. Every link is there twice, once for either end.
LINK = _columns("other low_s high_s engineers needed")
ANY, SAME, DIFFERENT = 0, 1, 2
#: `kind` is the same of those alike; `end_place` -1 for none; `back_s` with overtime; `duty_cents` a second.
VEHICLE = _columns(
    "engineer kind start_place end_place start_s end_s back_s most_tasks most_work_s percent breaks"
    " leaves_late",
    "metre_cents duty_cents",
)
#: Vehicles of an engineer are side by side.
ENGINEER = _columns("most_tasks most_work_s working first_vehicle end_vehicle")
#: Prices a second; `rich`: something is priced that a place alone does not tell; `late`: lateness is;
#: `near_only`: look for places near a task, not in every route; `tasks`: how many, depots left aside.
PRICE = _columns(
    "tasks period_s bands priced_metres rich late near_only neighbours",
    "travel_cents overtime_cents change_cents spread_cents empty_cents worst_cents",
)


@dataclass(frozen=True)
class Data(Bundle):
    """A problem that does not change while it is searched: T tasks and depots, V vehicles, E engineers,
    P places.

    Breaks of a vehicle are numbered as they are taken, at most B of them. Of a ride with breaks i to
    j-1, `rides` tells by how much longer it lasts (REST), before when nobody is ready (FREE), and when
    it begins at the latest (LATEST); `pauses` how long a break lasts (LASTS), when it begins at the
    earliest (FROM), and from when the breaks from it on can still be taken (AFTER).
    """

    task: Table  # (T,) of TASK
    vehicle: Table  # (V,) of VEHICLE
    engineer: Table  # (E,) of ENGINEER
    price: Table  # (1,) of PRICE
    windows: Ints  # (windows, 2) from, until
    parts: Ints  # (needs, 3) kind, quantity, whether it may lack; of tools only those that a depot lends
    kept: Ints  # (kinds,) whether it is a tool, and not used up
    offers: Ints  # (depots, kinds) whether each has any, for whomever
    shelf: Ints  # (depots, kinds) how much of it there is to be had
    link: Table  # (ends of links,) of LINK, by task
    member: Ints  # (linked tasks,) those that hang together are side by side
    bands: Ints  # (bands,) when each begins
    seconds: Small  # (bands and the fastest of all, P, P); one band alone is the fastest
    metres: Small  # (P, P), or (1, 1) where no distance is priced
    near: Ints  # (T, N + S) nearest movable tasks, itself first, then vehicles that begin nearest; -1
    taste_cents: NDArray[np.float32]  # (T, E), infinite where not allowed
    rides: Ints  # (V, 3, B + 1, B + 1)
    pauses: Ints  # (V, 3, B + 1)
    stock: Ints  # (E, kinds of parts)


def left_out(d: Data, orders: Orders) -> int:
    """Return how many tasks are in none of the orders."""
    tasks = int(d.price[0].tasks)
    return tasks - sum(stop < tasks for order in orders for stop in order)


#: Of a vehicle in a state, and as it was when a step began.
#: `pickups`: how many of its stops are at depots; `lacks`: the first position where something lacks, or -1;
#: `version` is another whenever the stops between two steps are.
ROUTE = _columns("length work_s worst_s pickups lacks version", "cost")
#: Of an engineer; `supplied`: whether what his routes take is counted.
LOAD = _columns("tasks work_s supplied")
KEPT_ROUTE = _columns("length work_s worst_s vehicle is_kept stamp near touched empty", "cost")


@dataclass(frozen=True)
class State(Bundle):
    """A solution, kept timed: M visits a route at most.

    A linked task begins at the first of its `held` moments, as its partners let it, and may begin until the
    second while they stay where they are; its windows are cut to what lies between.

    `times[v, p, i, READY]` is the earliest moment the visit before position p has ended with i breaks
    taken, `times[v, p, i, BY]` the latest moment to be ready at the visit now at p.
    """

    route: Ints  # (V, M)
    vehicle: Table  # (V,) of ROUTE
    engineer: Table  # (E,) of LOAD
    times: Ints  # (V, M + 1, B + 1, 2)
    where: Ints  # (T,) vehicle, -1 for absent
    windows: Ints  # (windows, 2) those of linked tasks cut
    held: Ints  # (T, 2), or (1, 2) where nothing is linked
    used: Ints  # (E, kinds) of what is in the van
    drawn: Ints  # (depots, kinds) of what is there
    fetched: Ints  # (V, depots) how many needs are fetched there on the way
    absent_cents: Floats  # (1,) of all absent tasks together


#: Of a group of linked tasks: whether it waits to be looked at, how often it has moved in one go, and whether
#: it must begin earlier than it did.
GROUP = _columns("waits moves stamp key_s pulled waiting")


#: A place for a task: its position, and before, that of a stop at a depot on the way, which is -1 for none;
#: what of the cost is elsewhere.
CHOICE = _columns("vehicle at depot fetch_at", "cents beside_cents")
#: The cheapest place for a task in a version of a route, -1 where none costs less than `cents`, what the task
#: costs on any place left aside.
KNOWN = _columns("version at", "cents")
#: Of a route that is delayed from a position on: who visits it comes from a place then.
DELAY = _columns("vehicle at ready_s place")


@dataclass(frozen=True)
class Desk(Bundle):
    """Room to work in: nothing in it outlasts one step, but `known`, `counters` and the stamps."""

    trace: Ints  # (M + 2, B + 1, 2) start and breaks taken before, of a route that is being timed
    order: Ints  # (M + 2,)
    kept: Table  # (V,) of KEPT_ROUTE; vehicle, near and touched are lists; empty by kind
    kept_route: Ints  # (V, M)
    kept_times: Ints  # (V, M + 1, B + 1, 2)
    kept_held: Ints  # as `State.held`
    moved: Ints  # (T,) or (1,) when tasks of a group of linked ones begin, while it is moved
    group: Table  # (T,) or (1,) of GROUP, by the first of its tasks; waiting is a list
    removed: Table  # (T + 1,) of task, key
    counters: (
        Ints  # (9,): kept, removed, look-ups, positions until the next blink, whether to look everywhere,
        # touched, waiting, whether the step came to what cannot be, passes
    )
    known: Table  # (T * V,) of KNOWN, or none where nothing is remembered; outlasts steps
    delay: Table  # (delays,) of DELAY
    choice: Table  # (choices,) of CHOICE
