"""From a draft to the arrays of the kernels, and empty arrays to work in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from optimizer.arrays import Arrays
from optimizer.crew import Break
from optimizer.draft import Draft
from optimizer.schedule import Visit, breaks_possible
from optimizer.search.alike import alike
from optimizer.search.data import (
    AFTER,
    CHOICE,
    DELAY,
    ENGINEER,
    FREE,
    FROM,
    GROUP,
    KEPT_ROUTE,
    KNOWN,
    LASTS,
    LATEST,
    LOAD,
    NEVER,
    PRICE,
    REST,
    ROUTE,
    VEHICLE,
    Data,
    Desk,
    Ints,
    Small,
    State,
)
from optimizer.search.near import near_starts, neighbours_of
from optimizer.search.rows import HOUR_S, ints, optional, pickup_rows, table, task_rows
from optimizer.search.ties import link_tables, moving_groups

#: Tasks from which on places are looked for near a task only.
_MANY_TASKS = 150
#: Routes looked at for what it means to them that one visit is later.
_DELAYS = 4
#: Of how many pairs of a task and a route the cheapest place is remembered at most.
_MOST_KNOWN = 500_000
#: How many places are priced exactly where the cheapest cannot be told at once.
_CHOICES = 4
_REMOVED = np.dtype([("task", "i8"), ("key", "f8")])


def frozen(matrix: "np.ndarray[tuple[int, ...], np.dtype[Any]]") -> Small:
    """Return a matrix that cannot be written, as those of a problem are: to numba that is another type."""
    made = np.ascontiguousarray(matrix, dtype=np.int32).view()
    made.flags.writeable = False
    return made


def _break_tables(breaks: list[tuple[Break, ...]]) -> dict[str, Ints]:
    """Return the arrays of `Data` that speak of breaks."""
    vehicles, most = len(breaks), max((len(mine) for mine in breaks), default=0)
    rides = np.zeros((vehicles, 3, most + 1, most + 1), dtype=np.int64)
    rides[:, FREE], rides[:, LATEST] = -NEVER, NEVER
    pauses = np.full((vehicles, 3, most + 1), NEVER, dtype=np.int64)
    for vehicle, mine in enumerate(breaks):
        ride, pauses_here = rides[vehicle], pauses[vehicle]
        for taken in range(len(mine) - 1, -1, -1):
            pause = mine[taken]
            pauses_here[LASTS, taken], pauses_here[FROM, taken] = pause.duration_s, pause.earliest_start_s
            pauses_here[AFTER, taken] = min(
                pause.latest_start_s, pauses_here[AFTER, taken + 1] - pause.duration_s
            )
            for now in range(taken + 1, len(mine) + 1):
                last, rested_s = mine[now - 1], ride[REST, taken, now - 1]
                ride[REST, taken, now] = rested_s + last.duration_s
                ride[FREE, taken, now] = last.earliest_start_s + last.duration_s
                ride[LATEST, taken, now] = min(ride[LATEST, taken, now - 1], last.latest_start_s - rested_s)
    return {"rides": rides, "pauses": pauses}


def kinds_of(arrays: Arrays) -> dict[tuple[str, bool], int]:
    """Return the numbers of the parts that tasks need, and of the tools (True) that depots lend them."""
    supply = arrays.supply
    if supply is None:
        return {}
    parts = ((name, False) for needs in (*supply.parts, *supply.extras.values()) for name, _ in needs)
    tools = ((name, True) for needs in supply.tools for name in needs)
    return {kind: number for number, kind in enumerate(dict.fromkeys((*parts, *tools)))}


def _held_of(
    owners: Sequence[tuple[Mapping[str, int], Iterable[str]]], kinds: dict[tuple[str, bool], int], tool: int
) -> Ints:
    """Return how much owners of parts and tools have of each kind, of a tool as much as told."""
    held = np.zeros((len(owners), max(1, len(kinds))), dtype=np.int64)
    for row, (parts, tools) in zip(held, owners, strict=True):
        for name, number in parts.items():
            if (name, False) in kinds:
                row[kinds[name, False]] = number
        row[[kinds[name, True] for name in tools if (name, True) in kinds]] = tool
    return held


def _part_tables(arrays: Arrays) -> tuple[list[int], dict[str, Ints]]:
    """Return where each task's parts begin, and the arrays of `Data` that speak of parts and tools."""
    problem, supply, kinds = arrays.problem, arrays.supply, kinds_of(arrays)
    at, needs = [0], []
    for task in range(len(problem.tasks)):
        if supply:
            needs += [(kinds[name, False], number, False) for name, number in supply.parts[task]]
            needs += [(kinds[name, True], 1, False) for name in supply.tools[task]]
            extras = supply.extras.get(task, ()) if problem.depots else ()
            needs += [(kinds[name, False], number, True) for name, number in extras]
        at.append(len(needs))
    vans = supply.vans if supply else [Counter[str]()] * len(problem.engineers)
    stock = _held_of([(van, one.tools) for van, one in zip(vans, problem.engineers, strict=True)], kinds, 1)
    shelf = _held_of([(dict(depot.parts), depot.tools) for depot in problem.depots], kinds, NEVER)
    kept = np.zeros(max(1, len(kinds)), dtype=np.int64)
    kept[: len(kinds)] = [is_tool for _, is_tool in kinds]
    return at, {
        "parts": ints(needs).reshape(-1, 3),
        "stock": stock,
        "kept": kept,
        "shelf": shelf,
        "offers": ints(shelf > 0),
    }


def _below(above: "np.ndarray[tuple[int, ...], np.dtype[Any]]", value: int, rows: int) -> Any:
    """Return an array with so many rows of a value more."""
    return np.concatenate([above, np.full((rows, above.shape[1]), value, dtype=above.dtype)])


def data_of(draft: Draft, movable: list[int]) -> Data:
    """Return the arrays of a draft's problem.

    Parameters
    ----------
    draft : Draft
        Its tasks' windows are as it has them, those of linked tasks as they are in the problem where some of
        them may move; which breaks have a place is taken from its routes.
    movable : list of int
        Tasks that may change their place in the plan.
    """
    arrays = draft.arrays
    problem, weights = arrays.problem, arrays.problem.weights
    tasks, engineers = problem.tasks, problem.engineers
    groups = moving_groups(arrays, movable)
    free = {task for together, _ in groups for task in together}
    visits: list[Visit] = [
        arrays.visits[task] if task in free else draft.visit(task) for task in range(len(tasks))
    ]
    shifts = [vehicle.shift for vehicle in arrays.vehicles]
    engineer = ints([vehicle.engineer for vehicle in arrays.vehicles])
    windows = [visit.windows for visit in (*visits, *arrays.pickups)]
    breaks = [
        breaks_possible(shift, [visits[task] for task in order if arrays.is_task(task)])
        for shift, order in zip(shifts, draft.orders, strict=True)
    ]
    may_move = np.zeros(len(tasks) + len(arrays.pickups), dtype=bool)
    may_move[movable] = True
    rows = task_rows(tasks, visits, weights, arrays.unplanned_cents)
    links, members = link_tables(arrays, groups, rows)
    rows = np.concatenate([rows, pickup_rows(arrays.pickups)]).view(np.recarray)
    change_cents = weights.change_time_cents_per_hour / HOUR_S
    metre_cents = [
        (weights.distance_cents_per_km + engineers[index].cents_per_km) / 1_000 for index in engineer
    ]
    priced_metres = arrays.metres is not None and any(metre_cents)
    rich = bool(
        rows.late_cents.any()
        or (change_cents and any(task.previous for task in tasks))
        or any(task.promised for task in tasks)
        or any(engineers[index].cents_per_hour for index in engineer)
        or any(shift.max_overtime_s for shift in shifts)
        or weights.spread_cents_per_hour
        or len(problem.travel.band_starts_s) > 1
        or weights.worst_lateness_cents_per_hour
        or len(links)
    )
    seconds = np.ascontiguousarray(problem.travel.seconds, dtype=np.int32)
    if len(seconds) > 1:
        seconds = np.concatenate([seconds, seconds.min(axis=0, keepdims=True)])
    parts_at, part_tables = _part_tables(arrays)
    windows_at = np.cumsum([0, *(len(mine) for mine in windows)])
    rows.first_window, rows.end_window = windows_at[:-1], windows_at[1:]
    unpriced = arrays.linked if not change_cents else ()
    rows.wish_s[[task for task in unpriced if not rows[task].promise_cents]] = -NEVER
    rows.first_part[: len(tasks)], rows.end_part[: len(tasks)] = parts_at[:-1], parts_at[1:]
    rows.movable = may_move
    neighbours = neighbours_of(arrays, frozen(seconds)[-1], movable)
    near = np.hstack([neighbours, near_starts(arrays, engineer)])
    made = Data(
        task=rows,
        vehicle=table(
            VEHICLE,
            len(shifts),
            engineer=engineer,
            start_place=[shift.start_place for shift in shifts],
            end_place=optional([shift.end_place for shift in shifts], -1),
            start_s=[shift.start_s for shift in shifts],
            end_s=[shift.end_s for shift in shifts],
            back_s=[shift.end_s + shift.max_overtime_s for shift in shifts],
            most_tasks=optional([shift.max_tasks for shift in shifts], NEVER),
            most_work_s=np.minimum(
                optional([shift.max_work_s for shift in shifts], NEVER),
                optional([engineers[index].max_work_s for index in engineer], NEVER),
            ),
            percent=[engineers[index].travel_percent for index in engineer],
            breaks=[len(mine) for mine in breaks],
            leaves_late=[arrays.leaves_late[index] for index in engineer],
            metre_cents=metre_cents,
            duty_cents=[engineers[index].cents_per_hour / HOUR_S for index in engineer],
        ),
        engineer=table(
            ENGINEER,
            len(engineers),
            most_tasks=optional([one.max_tasks for one in engineers], NEVER),
            most_work_s=optional([one.max_work_s for one in engineers], NEVER),
            working=[bool(one.shifts) for one in engineers],
            first_vehicle=np.searchsorted(engineer, np.arange(len(engineers))),
            end_vehicle=np.searchsorted(engineer, np.arange(len(engineers)), side="right"),
        ),
        price=table(
            PRICE,
            1,
            tasks=len(tasks),
            period_s=problem.travel.period_s,
            bands=len(problem.travel.band_starts_s),
            priced_metres=priced_metres,
            rich=rich,
            late=rows.late_cents.any(),
            near_only=len(tasks) > _MANY_TASKS,
            neighbours=neighbours.shape[1],
            travel_cents=weights.travel_cents_per_hour / HOUR_S,
            overtime_cents=weights.overtime_cents_per_hour / HOUR_S,
            change_cents=change_cents,
            spread_cents=weights.spread_cents_per_hour / HOUR_S,
            empty_cents=float(weights.empty_engineer_cents),
            worst_cents=weights.worst_lateness_cents_per_hour / HOUR_S,
        ),
        windows=ints([pair for mine in windows for pair in mine]).reshape(-1, 2),
        link=links,
        member=members,
        bands=ints(problem.travel.band_starts_s),
        seconds=frozen(seconds),
        metres=frozen(arrays.metres if priced_metres and arrays.metres is not None else np.zeros((1, 1))),
        near=_below(near, -1, len(arrays.pickups)),
        taste_cents=_below(
            np.where(arrays.allowed, arrays.taste_cents, np.inf).astype(np.float32), 0, len(arrays.pickups)
        ),
        **_break_tables(breaks),
        **part_tables,
    )
    made.vehicle.kind = alike(made)
    return made


def _held(d: Data) -> tuple[int, int]:
    """Return the shape of what is told of every linked task."""
    return len(d.task) if len(d.link) else 1, 2


def state_of(d: Data, orders: list[list[int]], columns: int) -> State:
    """Return a solution with these routes, not yet timed, with room for so many visits on each."""
    vehicles, states = len(d.vehicle), d.rides.shape[2]
    made = State(
        route=np.zeros((vehicles, columns), dtype=np.int64),
        vehicle=table(ROUTE, vehicles, length=[len(order) for order in orders], version=1),
        engineer=table(LOAD, len(d.engineer)),
        times=np.zeros((vehicles, columns + 1, states, 2), dtype=np.int64),
        where=np.full(len(d.task), -1, dtype=np.int64),
        windows=d.windows.copy(),
        held=np.zeros(_held(d), dtype=np.int64),
        used=np.zeros(d.stock.shape, dtype=np.int64),
        drawn=np.zeros(d.shelf.shape, dtype=np.int64),
        fetched=np.zeros((vehicles, len(d.shelf)), dtype=np.int64),
        absent_cents=np.array([d.task.absent_cents.sum()]),
    )
    for vehicle, order in enumerate(orders):
        made.route[vehicle, : len(order)] = order
    return made


def _remembers(d: Data) -> bool:
    """Tell whether what a task costs at a place hangs on its route alone, and is not too much to remember."""
    limited = (d.vehicle.most_work_s < NEVER).any() or (d.engineer.most_work_s < NEVER).any()
    large = len(d.task) * len(d.vehicle) > _MOST_KNOWN
    return not (d.price[0].rich or len(d.shelf) or limited or large)


def desk_of(d: Data, columns: int) -> Desk:
    """Return room to work on a solution with so many columns."""
    vehicles, states = len(d.vehicle), d.rides.shape[2]
    return Desk(
        trace=np.zeros((columns + 2, states, 2), dtype=np.int64),
        order=np.zeros(columns + 2, dtype=np.int64),
        kept=table(KEPT_ROUTE, vehicles),
        kept_route=np.zeros((vehicles, columns), dtype=np.int64),
        kept_times=np.zeros((vehicles, columns + 1, states, 2), dtype=np.int64),
        kept_held=np.zeros(_held(d), dtype=np.int64),
        moved=np.zeros(_held(d)[0], dtype=np.int64),
        group=table(GROUP, _held(d)[0]),
        removed=table(_REMOVED, len(d.task) + 1),
        counters=np.zeros(9, dtype=np.int64),
        known=table(KNOWN, len(d.task) * vehicles if _remembers(d) else 0),
        delay=table(DELAY, _DELAYS),
        choice=table(CHOICE, _CHOICES if d.price[0].rich or len(d.shelf) else 1),
    )
