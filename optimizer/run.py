"""One call of `solve`, step by step: first plan, search, repair, answer."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace

from optimizer.arrays import Arrays, visit_of
from optimizer.check import check
from optimizer.draft import Draft
from optimizer.insertion import Inserter, tasks_by_urgency
from optimizer.links import linked_groups
from optimizer.obstacles import Obstacles, plain_reasons
from optimizer.plan import Plan, Unplanned
from optimizer.problem import Problem
from optimizer.result import Notice, NoticeKind, Progress
from optimizer.routes import draft_of, routes_of
from optimizer.routing import improved_orders
from optimizer.score import score

#: Tasks left out times engineers for which reasons are looked into even when the time is up.
_THOROUGH_PAIRS = 2_000
#: Tasks left out for which it is looked into what would help, and timings of a route for each of them.
_MOST_RELIEVED = 100
_RELIEF_TRIALS = 500
#: Places of each engineer that are priced to tell whether a task left out is worth it.
_TRIES = 4


class Run:
    """One call of `solve`."""

    def __init__(
        self,
        problem: Problem,
        seconds: float,
        on_progress: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.began = time.monotonic()
        self.until = self.began + seconds
        self.problem = problem
        self.cancelled = False
        self._should_stop, self._on_progress = should_stop, on_progress
        self.arrays = Arrays(problem)
        self.groups = linked_groups(self.arrays)

    def elapsed_s(self) -> float:
        return time.monotonic() - self.began

    def told_to_stop(self) -> bool:
        self.cancelled = self.cancelled or bool(self._should_stop and self._should_stop())
        return self.cancelled

    def stop(self) -> bool:
        return self.late() or self.told_to_stop()

    def late(self) -> bool:
        """Tell whether the time is up."""
        return time.monotonic() >= self.until

    def report(self, cost_cents: int, unplanned: int) -> None:
        if self._on_progress:
            self._on_progress(Progress(self.elapsed_s(), cost_cents, unplanned))

    def first_draft(self, initial: Plan | None) -> Draft:
        """Return a plan begun from locks, links, the plan before and cheapest insertion."""
        draft = self.begun_draft(initial)
        left = [task for task in tasks_by_urgency(draft) if task not in self.arrays.linked]
        Inserter(draft).insert_all(left, self.stop)
        return draft

    def begun_draft(self, initial: Plan | None) -> Draft:
        """Return a plan of what is locked or linked, and of what was in the plan before."""
        draft = Draft(self.arrays)
        starts = self._starts_before(initial)
        starts = {task: at for task, at in starts.items() if task not in self.arrays.linked}
        self._put_as_before(draft, {task: at for task, at in starts.items() if self.problem.tasks[task].lock})
        inserter = Inserter(draft)
        urgent = tasks_by_urgency(draft)
        linked = self.arrays.linked
        tasks = self.problem.tasks
        inserter.insert_all([task for task in urgent if tasks[task].lock and task not in linked], self.stop)
        for group in self.groups:
            group.place(inserter, self.stop)
        self._put_as_before(draft, starts)
        return draft

    def _starts_before(self, initial: Plan | None) -> dict[int, tuple[int, int]]:
        """Return vehicle and start [s] of every task that has been somewhere before."""
        number_of = {
            (self.problem.engineers[vehicle.engineer].id, vehicle.shift_index): number
            for number, vehicle in enumerate(self.arrays.vehicles)
        }
        starts: dict[int, tuple[int, int]] = {}
        for index, task in enumerate(self.problem.tasks):
            engineer, start_s = (
                (task.previous.engineer, task.previous.start_s) if task.previous else (None, None)
            )
            if task.lock:
                engineer = task.lock.engineer if task.lock.engineer is not None else engineer
                start_s = task.lock.start_s if task.lock.start_s is not None else start_s
            if engineer is not None and start_s is not None:
                known = self.arrays.engineer_index.get(engineer)
                for number in self.arrays.vehicles_of[known] if known is not None else ():
                    shift = self.arrays.vehicles[number].shift
                    if shift.start_s <= start_s <= shift.end_s + shift.max_overtime_s:
                        starts[index] = number, start_s
        for route in initial.routes if initial else ():
            for stop in route.stops:
                task_index = self.arrays.task_index.get(stop.id) if stop.kind == "task" else None
                number = number_of.get((route.engineer, route.shift), -1)
                if task_index is not None and number >= 0 and not self.problem.tasks[task_index].lock:
                    starts[task_index] = number, stop.start_s
        return starts

    def _put_as_before(self, draft: Draft, starts: dict[int, tuple[int, int]]) -> None:
        orders: dict[int, list[tuple[int, int]]] = {}
        for task, (number, start_s) in starts.items():
            if task not in draft.where:
                orders.setdefault(number, []).append((start_s, task))
        for number, timed in orders.items():
            table = draft.tables[number]
            halts = table.halts if table else ()
            standing = [(halt.start_s, stop) for halt, stop in zip(halts, draft.orders[number], strict=True)]
            both = sorted([*standing, *timed], key=lambda one: one[0])
            draft.put_what_fits(number, [stop for _, stop in both])

    def improve(
        self, draft: Draft, until: float, seed: int, iterations: int | None = None, processes: int = 1
    ) -> bool:
        """Fill a draft and make it cheaper by the compiled search; tell whether there was time for it."""
        # Kernels and their compiler are heavy: only whoever searches loads them.
        from optimizer.search.annealing import CannotTime
        from optimizer.search.engine import Search

        base, search, begun = self.score_of(draft), Search(draft, seed, processes), draft.copy()
        cents = search.cents

        def report(now_cents: float, left_out: int) -> None:
            self.report(base - round(cents - now_cents), left_out)

        timely = True
        try:
            search.fill(tasks_by_urgency(draft), self.stop)
            report(search.cents, search.left_out)
            timely = not self.stop()
            if timely:
                with contextlib.suppress(CannotTime):  # then what it began with stays
                    search.improve(until, self.told_to_stop, report, iterations)
            search.finish()
            draft.drop_idle()
        except CannotTime:  # a plan to go on from is better than none
            draft.become(begun)
        if self.better_of(begun, draft) is begun:
            draft.become(begun)
        return timely

    def draft_before(self, initial: Plan) -> Draft | None:
        """Return the plan before exactly as it was, None where it breaks a rule of this problem."""
        planned = {stop.id for route in initial.routes for stop in route.stops}
        left = tuple(Unplanned(task.id) for task in self.problem.tasks if task.id not in planned)
        whole = Plan(initial.routes, left)
        return None if check(self.problem, whole) else draft_of(self.arrays, whole)

    def searched_draft(self, draft: Draft, until: float) -> Draft | None:
        """Return what the routing model makes of a draft, None where it finds nothing."""
        offset: list[int] = []
        base = self.score_of(draft)

        def on_better(cost_cents: int, unplanned: int) -> None:
            offset.append(base - cost_cents)
            self.report(cost_cents + offset[0], unplanned)

        orders = improved_orders(draft, until, self.told_to_stop, on_better)
        if orders is None:
            return None
        found = Draft(self.arrays)
        found.narrowed = dict(draft.narrowed)
        for vehicle, order in enumerate(orders):
            found.put_what_fits(vehicle, order)
        self.repair(found)
        return found

    def repair(self, draft: Draft) -> None:
        """Take out what links forbid, put in what still has room."""
        inserter = Inserter(draft)
        for group in self.groups:
            group.enforce(inserter)
        linked = self.arrays.linked
        inserter.insert_all([task for task in tasks_by_urgency(draft) if task not in linked], lambda: False)

    def score_of(self, draft: Draft) -> int:
        return score(self.problem, self.plan_of(draft, explained=False)).total_cents

    def better_of(self, draft: Draft, found: Draft | None) -> Draft:
        """Return the cheaper draft, never one that lost a locked task."""
        if found is None:
            return draft
        locked = {task for task in draft.where if self.problem.tasks[task].lock}
        if not locked <= found.where.keys():
            return draft
        return found if self.score_of(found) < self.score_of(draft) else draft

    def overruled(self, draft: Draft) -> list[Notice]:
        """Return a notice for every placed task whose lock keeps it where a rule would forbid it."""
        found = []
        for index, task in enumerate(self.problem.tasks):
            if not task.lock or index not in draft.where:
                continue
            free, vehicle = replace(task, lock=None), draft.where[index]
            table = draft.tables[vehicle]
            assert table is not None, "a task that is placed has a timed route"
            start_s = table.halts[draft.orders[vehicle].index(index)].start_s
            barred = not self.arrays.eligibility.allowed(free)[self.arrays.vehicles[vehicle].engineer]
            if barred or not any(a <= start_s <= b for a, b in visit_of(free).windows):
                found.append(Notice(NoticeKind.LOCK_OVERRULES, task.id))
        return found

    def plan_of(self, draft: Draft, explained: bool = True) -> Plan:
        """Return a draft as a plan, with the reasons for what is left out.

        The dearest of those left out come first: for some of them, while there is time, it is looked
        into what would help; of very many, once the time is up, only what is between task and engineer
        is told.
        """
        tasks, routes = self.problem.tasks, routes_of(draft)
        left = [task for task in range(len(tasks)) if task not in draft.where]
        if not explained:
            return Plan(routes, tuple(Unplanned(tasks[task].id) for task in left))
        inserter, alone = Inserter(draft), Draft(self.arrays)
        most = _THOROUGH_PAIRS // max(1, len(self.problem.engineers))
        dearest = sorted(left, key=lambda task: -float(self.arrays.unplanned_cents[task]))
        told: dict[int, Unplanned] = {}
        thorough: list[Obstacles] = []
        for number, task in enumerate(dearest):
            if number < most or not self.stop():
                thorough.append(Obstacles(inserter, alone, task, _TRIES))
                told[task] = thorough[-1].told(inserter)
            else:
                told[task] = plain_reasons(draft, task)
        for obstacles in thorough[:_MOST_RELIEVED]:
            if self.stop():
                break
            told[obstacles.task] = obstacles.told(inserter, _RELIEF_TRIALS)
        return Plan(routes, tuple(told[task] for task in left))
