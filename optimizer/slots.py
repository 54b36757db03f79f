"""Slot quotes: what one more task costs in each of several slots of a plan that stands.

Nothing planned goes to another engineer or into another order; it may begin at another time if its
windows allow it, at the plan's prices. What is locked or linked keeps its time.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.arrays import Arrays, visit_of
from optimizer.bounds import require_windows
from optimizer.draft import Draft
from optimizer.new_place import RoomyTravel, Ways
from optimizer.plan import Plan, Reason, Rule
from optimizer.problem import Problem
from optimizer.routes import index_of, orders_of
from optimizer.search.data import Data, Table
from optimizer.search.flatten import data_of, desk_of, frozen, kinds_of, state_of
from optimizer.search.rows import ints, table, task_rows
from optimizer.tasks import Task, Window

__all__ = ["Offer", "Quoter", "Quotes", "Refusal", "Ways"]

_WHOLE = ("first_window", "end_window", "vehicle", "at", "depot", "fetch_at", "more_s", "start_s", "other")
_QUOTE = np.dtype([*((name, "i8") for name in _WHOLE), ("cents", "f8"), ("other_cents", "f8")])
_SPARE = "the task that is quoted"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The cheapest place for a task in a slot.

    Parameters
    ----------
    slot : (from_s, until_s)
    cents : int
        What the plan costs more with the task [cents].
    travel_s : int
        Travel that comes on top; negative where it spares a longer way [s].
    engineer : str
    shift : int
        Index into the engineer's shifts.
    start_s : int
        Begin of the service [s].
    depot : str, optional
        Where what the task needs would be fetched on the way, on a stop of its own.
    runner_up : str, optional
        The next best engineer, and `runner_up_cents` with them; None where nobody else can.
    """

    slot: Window
    cents: int
    travel_s: int
    engineer: str
    shift: int
    start_s: int
    depot: str | None = None
    runner_up: str | None = None
    runner_up_cents: int | None = None


@dataclass(frozen=True)
class Refusal:
    """A slot in which nobody can serve the task, and the rules that keep each engineer from it."""

    slot: Window
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Quotes:
    """What can be offered, the cheapest first, and what cannot, in the order asked."""

    offers: tuple[Offer, ...]
    refusals: tuple[Refusal, ...]


class Quoter:
    """Answers what one more task would cost in a plan, which is loaded once.

    Parameters
    ----------
    problem : Problem
    plan : Plan
        A shift whose route breaks a rule is offered to nobody.

    Raises
    ------
    ValueError
        The plan names what the problem does not have.
    """

    def __init__(self, problem: Problem, plan: Plan) -> None:
        # Kernels and their compiler are heavy: only whoever quotes loads them.
        from optimizer.search.quotes import look_everywhere
        from optimizer.search.strings import load

        self.problem, self._plan = problem, plan
        self._look, self._lock = look_everywhere, threading.Lock()
        self._ways = RoomyTravel(problem.travel)
        # The spare task needs everything there is, for its need of each thing to be looked into.
        held = [one.parts for one in problem.engineers] + [one.parts for one in problem.depots]
        parts = dict.fromkeys(name for mine in held for name, _ in mine)
        spare = Task(
            id=_SPARE,
            place=self.new_place,
            service_s=0,
            parts=tuple((name, 1) for name in parts),
            tools=tuple(dict.fromkeys(tool for depot in problem.depots for tool in depot.tools)),
        )
        self._arrays = Arrays(
            replace(problem, tasks=(*problem.tasks, spare), travel=self._ways.travel),
        )
        self._alone = Draft(self._arrays)
        draft, broken = _standing(self._arrays, plan)
        self._draft = draft
        data = data_of(draft, [])
        data.vehicle.most_tasks[broken] = 0
        # What is laid into the travel later is seen by the kernels.
        self._data = replace(data, seconds=frozen(self._ways.seconds))
        if data.price[0].priced_metres and self._ways.metres is not None:
            self._data = replace(self._data, metres=frozen(self._ways.metres))
        columns = max((len(order) for order in draft.orders), default=0) + 4
        self._state, self._desk = state_of(data, draft.orders, columns), desk_of(data, columns)
        if not load(self._data, self._state, self._desk):
            raise RuntimeError("the search cannot time a plan that the draft could: please report this")
        self._kinds = kinds_of(self._arrays)

    @property
    def new_place(self) -> int:
        """The place of a task that comes with its own `Ways`."""
        return self.problem.travel.places

    def without(self, task_id: str) -> "Quoter":
        """Return the same without one task, so that it can be quoted anew."""
        problem = replace(
            self.problem,
            tasks=tuple(task for task in self.problem.tasks if task.id != task_id),
            links=tuple(link for link in self.problem.links if task_id not in (link.before, link.after)),
        )
        index = self._arrays.task_index[task_id]
        vehicle = self._draft.where.get(index)
        gone, mine = {index}, None
        if vehicle is not None:  # with it goes a stop where something is fetched for it alone
            gone |= {*self._draft.orders[vehicle]} - {*self._draft.without(vehicle, index)}
            one = self._arrays.vehicles[vehicle]
            mine = self.problem.engineers[one.engineer].id, one.shift_index
        routes = []
        for route in self._plan.routes:
            here = gone if (route.engineer, route.shift) == mine else {index}
            stops = tuple(stop for stop in route.stops if index_of(self._arrays, stop) not in here)
            routes.append(replace(route, stops=stops))
        return Quoter(problem, Plan(tuple(routes)))

    def quote(self, task: Task, slots: Sequence[Window], ways: Ways | None = None) -> Quotes:
        """Return what a task costs in each slot, exactly; several threads may ask at once.

        Parameters
        ----------
        task : Task
            Not in the problem. Its service begins within a slot and, if it has any, its own windows.
        slots : sequence of (from_s, until_s)
        ways : Ways, optional
            To and from its place, where that is `new_place`.

        Raises
        ------
        ValueError
            The task is in the problem or locked, its place is not known, or ways or a slot make no sense.
        """
        slots = tuple(slots)
        self._require_quotable(task, slots, ways)
        tasks = [_within(task, slot) for slot in slots]
        with self._lock:
            if ways is not None:
                self._ways.lay(ways)
            data, quotes = self._written(task, tasks)
            state = replace(self._state, windows=data.windows)
            self._look(data, state, self._desk, len(self.problem.tasks), quotes)
            refused = [number for number in range(len(slots)) if quotes[number].vehicle < 0]
            reasons = self._reasons(task, [tasks[number] for number in refused]) if refused else []
        offers = [
            self._offer(slot, quotes[number], task.service_s)
            for number, slot in enumerate(slots)
            if number not in refused
        ]
        offers.sort(key=lambda offer: (offer.cents, offer.start_s))
        refusals = (Refusal(slots[number], why) for number, why in zip(refused, reasons, strict=True))
        return Quotes(tuple(offers), tuple(refusals))

    def _require_quotable(self, task: Task, slots: tuple[Window, ...], ways: Ways | None) -> None:
        require_windows("the slots", slots)
        if task.id in self._arrays.task_index:
            raise ValueError(f"task {task.id} is in the problem: ask a quoter without it")
        if task.lock:
            raise ValueError(f"task {task.id} is locked: only what may go anywhere is quoted")
        if task.place > self.new_place or (task.place == self.new_place) != (ways is not None):
            raise ValueError(
                f"task {task.id} is at place {task.place}: it must be below {self.new_place}, or just that "
                "with ways"
            )

    def _written(self, task: Task, tasks: list[Task | None]) -> tuple[Data, Table]:
        """Write a task over the spare one; return the data with it, and quotes to be filled in."""
        d, spare = self._data, len(self.problem.tasks)
        d.task[spare] = task_rows([task], [visit_of(task)], self.problem.weights, 0.0)[0]
        allowed = self._arrays.eligibility.allowed(task)
        d.taste_cents[spare] = np.where(allowed, self._arrays.taste_of(task), np.inf)
        # What nobody has there is nobody allowed to need.
        things = (
            *(((name, False), count) for name, count in task.parts),
            *(((name, True), 1) for name in task.tools),
        )
        needs = [(self._kinds[kind], count, False) for kind, count in things if kind in self._kinds]
        d.task[spare].first_part, d.task[spare].end_part = len(d.parts), len(d.parts) + len(needs)
        windows = [visit_of(one).windows if one else () for one in tasks]
        flat = [pair for mine in windows for pair in mine]
        ends = len(d.windows) + np.cumsum([len(mine) for mine in windows], dtype=np.int64)
        firsts = ends - ints([len(mine) for mine in windows])
        data = replace(
            d,
            windows=np.concatenate([d.windows, ints(flat).reshape(-1, 2)]),
            parts=np.concatenate([d.parts, ints(needs).reshape(-1, 3)]),
        )
        return data, table(_QUOTE, len(tasks), first_window=firsts, end_window=ends)

    def _offer(self, slot: Window, quote: Any, service_s: int) -> Offer:
        vehicle, engineers = self._arrays.vehicles[quote.vehicle], self.problem.engineers
        others = quote.other >= 0
        return Offer(
            slot=slot,
            cents=round(float(quote.cents)),
            travel_s=int(quote.more_s) - service_s,
            engineer=engineers[vehicle.engineer].id,
            shift=vehicle.shift_index,
            start_s=int(quote.start_s),
            depot=self.problem.depots[quote.depot].id if quote.depot >= 0 else None,
            runner_up=engineers[quote.other].id if others else None,
            runner_up_cents=round(float(quote.other_cents)) if others else None,
        )

    def _reasons(self, task: Task, tasks: list[Task | None]) -> list[tuple[Reason, ...]]:
        """Return for each slot nobody can serve the rules between task and engineer, else of the slot."""
        engineers, arrays, spare = self.problem.engineers, self._arrays, len(self.problem.tasks)
        always: dict[Rule, list[str]] = {
            rule: [engineers[index].id for index in np.flatnonzero(mask)]
            for rule, mask in arrays.eligibility.forbidden(task).items()
        }
        allowed = [int(index) for index in np.flatnonzero(arrays.eligibility.allowed(task))]
        found = []
        for one in tasks:
            concerned = {rule: list(ids) for rule, ids in always.items()}
            if one:
                arrays.visits[spare] = visit_of(one)
                arrays.supply = arrays.supply and arrays.supply.with_needs(spare, one)
            for engineer in allowed:
                rule = _rule_alone(self._alone, spare, engineer) if one else Rule.WINDOW
                concerned.setdefault(rule, []).append(engineers[engineer].id)
            if not engineers:
                concerned[Rule.NO_ROOM] = []
            found.append(tuple(Reason(rule, tuple(ids)) for rule, ids in concerned.items()))
        return found


def _rule_alone(alone: Draft, task: int, engineer: int) -> Rule:
    """Return the rule that keeps a task off an engineer even with nothing else to do, or that of room."""
    rule = Rule.SHIFT_END
    for vehicle in alone.arrays.vehicles_of[engineer]:
        misfit = alone.why_not(vehicle, [task])
        if misfit is None:
            return Rule.NO_ROOM
        rule = misfit.rule
    return rule


def _within(task: Task, slot: Window) -> Task | None:
    """Return a task with its windows within a slot, None where there is none."""
    cut = tuple(
        (max(from_s, slot[0]), min(until_s, slot[1]))
        for from_s, until_s in task.windows or (slot,)
        if from_s <= slot[1] and until_s >= slot[0]
    )
    return replace(task, windows=cut) if cut else None


def _standing(arrays: Arrays, plan: Plan) -> tuple[Draft, list[int]]:
    """Return a plan as a draft, and the vehicles nothing more is put on.

    Raises
    ------
    ValueError
        The plan names what the problem does not have.
    """
    draft, closed = Draft(arrays), []
    for _, vehicle, order in orders_of(draft, plan):
        if draft.put_what_fits(vehicle, order) or draft.orders[vehicle] != order:
            closed.append(vehicle)
    return draft, closed
