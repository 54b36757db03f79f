"""A large problem in parts: each a neighbourhood of engineers with their work, small enough to be quick.

Parts share neither engineers nor tasks, so what is found in each is put together as it is. Every round
cuts along other lines.
"""

import heapq
import itertools
from dataclasses import dataclass, replace

import numpy as np

from optimizer.search.data import Data, Ints, Orders, Small, Table
from optimizer.search.flatten import frozen

Random = np.random.Generator


@dataclass(frozen=True)
class Cell:
    """Some engineers of a problem with all their shifts, tasks, and all depots: by number, ascending."""

    vehicles: Ints
    tasks: Ints
    shelf: Ints  # (depots, kinds) what depots have for it


def crews_of(d: Data) -> list[Ints]:
    """Return the engineers in groups that share neither tasks nor linked ones: each is searched apart."""
    allowed = np.isfinite(d.taste_cents[: d.price[0].tasks])
    _, kinds = np.unique(np.packbits(allowed, axis=1), axis=0, return_index=True)
    group = np.arange(len(d.engineer))

    def join(engineers: Ints) -> None:
        if len(engineers):
            mine = np.isin(group, group[engineers])
            group[mine] = group[engineers].min()

    for task in kinds:
        join(np.flatnonzero(allowed[task]))
    for first, end in sorted({*zip(d.task.first_member.tolist(), d.task.end_member.tolist(), strict=True)}):
        join(np.flatnonzero(allowed[d.member[first:end]].any(axis=0)))
    working = np.zeros(len(d.engineer), dtype=bool)
    working[d.vehicle.engineer] = True
    crews = [np.flatnonzero((group == one) & working) for one in np.unique(group[working])]
    return crews or [np.flatnonzero(working)]


def cells_of(d: Data, orders: Orders, crews: list[Ints], count: int, random: Random) -> list[Cell]:
    """Return the problem cut into at most so many cells of about as many tasks, at random.

    Every engineer is in one, with what is in their routes; so is every movable task that is in none. Small
    crews that share nothing are in a cell together, large ones are cut each by itself.
    """
    places, owners = _stops(d, orders)
    load = np.bincount(owners, minlength=len(d.engineer))
    waiting = [(int(load[crew].sum()), number, crew) for number, crew in enumerate(crews)]
    heapq.heapify(waiting)
    while len(waiting) > count:
        (small, _, one), (less, number, other) = heapq.heappop(waiting), heapq.heappop(waiting)
        heapq.heappush(waiting, (small + less, number, np.sort(np.concatenate([one, other]))))
    groups = [crew for _, _, crew in waiting]
    while len(groups) < count:
        largest = max(
            range(len(groups)), key=lambda number: (len(groups[number]) > 1) * load[groups[number]].sum()
        )
        group = groups.pop(largest)
        if len(group) < 2:
            groups.append(group)
            break
        groups += _halves(d, group, places, owners, load, random)
    group_of = np.zeros(len(d.engineer), dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    of_vehicle = group_of[d.vehicle.engineer]
    of_task = _groups_of_tasks(d, orders, group_of)
    pickups = np.arange(d.price[0].tasks, len(d.task))
    return [
        Cell(
            np.flatnonzero(of_vehicle == number),
            np.concatenate([np.flatnonzero(of_task[: d.price[0].tasks] == number), pickups]),
            d.shelf,
        )
        for number in range(len(groups))
    ]


def _stops(d: Data, orders: Orders) -> tuple[Ints, Ints]:
    """Return places that engineers have to do with, and who: where shifts begin, and their tasks."""
    lengths = [len(order) for order in orders]
    tasks = np.fromiter(itertools.chain.from_iterable(orders), dtype=np.int64, count=sum(lengths))
    places = np.concatenate([d.vehicle.start_place, d.task.place[tasks]])
    return places, np.concatenate([d.vehicle.engineer, np.repeat(d.vehicle.engineer, lengths)])


def _halves(d: Data, group: Ints, places: Ints, owners: Ints, load: Ints, random: Random) -> list[Ints]:
    """Cut a group of engineers in two across the line between a random place of theirs and the farthest."""
    mine = np.isin(owners, group)
    here, owner = places[mine], owners[mine]
    fastest = d.seconds[-1]
    one = random.choice(here)
    other = here[np.argmax(fastest[one, here])]
    along = fastest[one, here].astype(np.int64) - fastest[other, here]
    sums = np.bincount(owner, weights=along, minlength=len(load))
    sorted_group = group[
        np.argsort((sums / np.bincount(owner, minlength=len(load)).clip(1))[group], kind="stable")
    ]
    passed = np.cumsum(load[sorted_group])
    cut = 1 + int(np.searchsorted(passed[:-2], passed[-1] / 2))
    return [np.sort(sorted_group[:cut]), np.sort(sorted_group[cut:])]


def _groups_of_tasks(d: Data, orders: Orders, group_of: Ints) -> Ints:
    """Return the group of every task: its vehicle's, else of those who may do it the nearest's."""
    found, of_vehicle = np.full(len(d.task), -1, dtype=np.int64), group_of[d.vehicle.engineer]
    for vehicle, order in enumerate(orders):
        found[order] = of_vehicle[vehicle]
    planned = found.copy()
    neighbours = d.price[0].neighbours
    for task in np.flatnonzero((found < 0) & (d.task.movable > 0)):
        near, starts = d.near[task, :neighbours], d.near[task, neighbours:]
        able = group_of[np.isfinite(d.taste_cents[task])]
        groups = np.concatenate([planned[near[near >= 0]], of_vehicle[starts[starts >= 0]], able, [0]])
        found[task] = groups[np.isin(groups, able) | (np.arange(len(groups)) == len(groups) - 1)][0]
    for first, end in sorted({*zip(d.task.first_member.tolist(), d.task.end_member.tolist(), strict=True)}):
        together = d.member[first:end]
        if len(together) and (planned[together] < 0).all():
            found[together] = found[together].max()
    return found


def _ranges(first: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the rows of some ranges one after the other, and where each begins and ends among them."""
    lengths = end - first
    ends = np.cumsum(lengths)
    rows = np.repeat(first - (ends - lengths), lengths) + np.arange(lengths.sum())
    return rows, ends - lengths, ends


def _renumbered(numbers: Ints, among: Ints, size: int) -> Ints:
    """Return numbers as positions among others; -1 stays, and becomes of what is not there."""
    position = np.full(size + 1, -1, dtype=np.int64)
    position[among] = np.arange(len(among))
    return position[numbers]


def _left_aligned(numbers: Ints, columns: int) -> Ints:
    """Return rows with every -1 moved behind all others."""
    order = np.argsort(numbers < 0, axis=1, kind="stable")
    return np.take_along_axis(numbers, order, axis=1)[:, :columns]


def _submatrix(matrix: Small, places: Ints) -> Small:
    return frozen(matrix[..., places[:, None], places[None, :]])


def _links_in(d: Data, cell: Cell, task: Table) -> tuple[Ints, Ints, Ints]:
    """Return the rows of links and members that lie in a cell, and which of its tasks are linked beyond it.

    Writes into the rows of the cell's tasks which are theirs.
    """
    inside = np.zeros(len(d.task), dtype=bool)
    inside[cell.tasks] = True
    members, first, end = _ranges(task.first_member, task.end_member)
    beyond = np.array(
        [not inside[d.member[members[a:b]]].all() for a, b in zip(first, end, strict=True)], dtype=bool
    )
    for name in ("first_link", "end_link", "first_member", "end_member"):
        task[name][beyond] = 0
    links, task.first_link, task.end_link = _ranges(task.first_link, task.end_link)
    rows, _, _ = _ranges(task.first_member, task.end_member)
    rows = np.unique(rows)
    for name in ("first_member", "end_member"):
        task[name] = np.searchsorted(rows, task[name])
    return links, rows, np.flatnonzero(beyond)


def part_of(d: Data, cell: Cell, held: Ints) -> Data:
    """Return a cell as a problem of its own, its tasks, vehicles and engineers numbered anew in order.

    Tasks linked to others beyond the cell stay where they are, and begin when they are `held`.
    """
    tasks, vehicles = cell.tasks, cell.vehicles
    engineers = np.unique(d.vehicle.engineer[vehicles])
    used = [d.task.place[tasks], d.vehicle.start_place[vehicles], d.vehicle.end_place[vehicles]]
    places = np.unique(np.concatenate(used))
    places = places[places >= 0]

    def at(numbers: Ints) -> Ints:
        return _renumbered(numbers, places, d.seconds.shape[1])

    windows, first_window, end_window = _ranges(d.task.first_window[tasks], d.task.end_window[tasks])
    parts, first_part, end_part = _ranges(d.task.first_part[tasks], d.task.end_part[tasks])
    neighbours = d.price[0].neighbours
    task = _rows(d.task, tasks)
    task.place = at(task.place)
    task.first_window, task.end_window = first_window, end_window
    task.first_part, task.end_part = first_part, end_part
    windows = d.windows[windows]
    links, members, beyond = _links_in(d, cell, task)
    task.movable[beyond] = False
    if len(beyond):
        windows[first_window[beyond]] = held[tasks[beyond], :1]
        task.end_window[beyond] = first_window[beyond] + 1
    link = _rows(d.link, links)
    link.other = _renumbered(link.other, tasks, len(d.task))
    price = _rows(d.price, np.arange(1))
    price.tasks = len(tasks) - len(d.shelf)
    vehicle = _rows(d.vehicle, vehicles)
    vehicle.engineer = _renumbered(vehicle.engineer, engineers, len(d.engineer))
    vehicle.start_place, vehicle.end_place = at(vehicle.start_place), at(vehicle.end_place)
    vehicle.kind = np.unique(vehicle.kind, return_inverse=True)[1]
    engineer = _rows(d.engineer, engineers)
    engineer.first_vehicle = np.searchsorted(vehicle.engineer, np.arange(len(engineers)))
    engineer.end_vehicle = np.searchsorted(vehicle.engineer, np.arange(len(engineers)), side="right")
    near_tasks = _renumbered(d.near[tasks, :neighbours], tasks, len(d.task))
    near_starts = _renumbered(d.near[tasks, neighbours:], vehicles, len(d.vehicle))
    return replace(
        d,
        task=task,
        vehicle=vehicle,
        engineer=engineer,
        price=price,
        windows=windows,
        link=link,
        member=_renumbered(d.member[members], tasks, len(d.task)),
        parts=d.parts[parts],
        seconds=_submatrix(d.seconds, places),
        metres=_submatrix(d.metres, places) if d.price[0].priced_metres else d.metres,
        near=np.hstack([_left_aligned(near_tasks, neighbours), _left_aligned(near_starts, len(d.vehicle))]),
        taste_cents=np.ascontiguousarray(d.taste_cents[np.ix_(tasks, engineers)]),
        rides=d.rides[vehicles],
        pauses=d.pauses[vehicles],
        stock=d.stock[engineers],
        shelf=cell.shelf,
    )


def rationed(d: Data, cells: list[Cell], drawn: list[Ints], random: Random) -> list[Cell]:
    """Return cells for whom depots have what they draw now, and of what is left each piece for one of them.

    Parameters
    ----------
    d : Data
    cells : list of Cell
    drawn : list of (depots, kinds) of int
        What each draws.
    random : Generator
    """
    sizes = np.array([1.0 + len(cell.tasks) for cell in cells])
    left = np.where(d.kept > 0, 0, d.shelf - sum(drawn))
    shares = random.multinomial(left, sizes / sizes.sum())  # (depots, kinds, cells)
    return [
        replace(cell, shelf=np.where(d.kept > 0, d.shelf, mine + shares[..., number]))
        for number, (cell, mine) in enumerate(zip(cells, drawn, strict=True))
    ]


def _rows(table: Table, numbers: Ints) -> Table:
    made: Table = table[numbers].view(np.recarray)
    return made


def orders_in(cell: Cell, orders: Orders, tasks: int) -> Orders:
    """Return the routes of a cell in the cell's numbers, of a problem with so many tasks."""
    position = np.full(tasks, -1, dtype=np.int64)
    position[cell.tasks] = np.arange(len(cell.tasks))
    return [position[orders[vehicle]].tolist() for vehicle in cell.vehicles]


def put_into(orders: Orders, cell: Cell, found: Orders) -> None:
    """Make the routes found in a cell those of the whole."""
    for vehicle, order in zip(cell.vehicles, found, strict=True):
        orders[vehicle] = cell.tasks[order].tolist()
