"""The cheapest plan of a small problem, by trying every one; shares no code with any engine.

What is tried: every choice of tasks for every shift in every order, every spread of the breaks over the
legs, and each timed twice: as early as possible, and with every task held back to where it was or was
promised to begin, where its windows allow that. Linked tasks are tried then, and where another plan has
them: they may wait for each other. What a van needs for the tasks locked to it is kept for them, as every
engine keeps it. Every depot may be on every route, once; whether vans and depots give what is needed then is
a question of flows. Locked tasks come before any price.
"""

import itertools
from collections import Counter
from dataclasses import replace

from ortools.graph.python.max_flow import SimpleMaxFlow

from optimizer import Engineer, Plan, Problem, Route, Rule, Stop, Task, Unplanned, check
from tests.optimizer.every_way import Drive, Way

_HOUR_S = 3_600
_EITHER = {Rule.SKILL, Rule.TOOL, Rule.TERRITORY, Rule.REFUSED, Rule.REQUIRED, Rule.LOCKED_ENGINEER}


class BruteForce:
    """Every plan of a problem.

    Parameters
    ----------
    problem : Problem
        Of seven tasks and three shifts at most: more take minutes.
    others : tuple of Plan
        Plans to take other starts of linked tasks from.
    """

    def __init__(self, problem: Problem, others: tuple[Plan, ...] = ()) -> None:
        self.problem, self.tasks = problem, problem.tasks
        self.vehicles = [(e, s) for e, one in enumerate(problem.engineers) for s in range(len(one.shifts))]
        self.number = {task.id: number for number, task in enumerate(problem.tasks)}
        self.linked = {self.number[end] for link in problem.links for end in (link.before, link.after)}
        self.absent_cents = [self._absent_cents(task) for task in self.tasks]
        self.pins: list[dict[str, int]] = [{}]
        for plan in others:
            stops = [stop for route in plan.routes for stop in route.stops]
            pins = {stop.id: stop.start_s for stop in stops if self.number.get(stop.id) in self.linked}
            if pins not in self.pins:
                self.pins.append(pins)

    def _absent_cents(self, task: Task) -> float:
        weights = self.problem.weights
        promise = weights.promise_cents if task.promised else 0
        return task.unplanned_cents * weights.unplanned_percent / 100 + promise

    def best(self) -> tuple[int, float, Plan]:
        """Return how many locked tasks the best plan leaves out, what it costs [cents], and the plan."""
        ways = [self._ways(engineer, shift) for engineer, shift in self.vehicles]
        everything = [0] * (len(ways) + 1)
        for vehicle in range(len(ways) - 1, -1, -1):
            everything[vehicle] = everything[vehicle + 1]
            for subset in ways[vehicle]:
                everything[vehicle] |= subset
        best: tuple[int, float] = (len(self.tasks) + 1, 0.0)
        answer: tuple[Way | None, ...] = ()

        def go_on(chosen: tuple[Way | None, ...], done: int, cents: float) -> None:
            nonlocal best, answer
            vehicle = len(chosen)
            locked, absent_cents = self._absent(done | everything[vehicle])
            if (locked, cents + absent_cents) >= best or not self._fit_together(chosen):
                return
            if vehicle == len(ways):
                total = (locked, cents + absent_cents + self._between_cents(chosen))
                if total < best and self._linked_well(chosen):
                    supplied = self._supplied(chosen)
                    if supplied is not None:
                        best, answer = total, supplied
                return
            for subset, mine in ways[vehicle].items():
                if not subset & done:
                    for way in mine:
                        go_on((*chosen, way), done | subset, cents + way.cents)
            go_on((*chosen, None), done, cents)

        go_on((), 0, 0.0)
        routes = tuple(way.route for way in answer if way)
        planned = {stop.id for route in routes for stop in route.stops}
        left_out = tuple(Unplanned(task.id) for task in self.tasks if task.id not in planned)
        return best[0], best[1], Plan(routes, left_out)

    def _absent(self, done: int) -> tuple[int, float]:
        left = [task for task in range(len(self.tasks)) if not done >> task & 1]
        locked = sum(self.tasks[task].lock is not None for task in left)
        return locked, sum(self.absent_cents[task] for task in left)

    def _fit_together(self, chosen: tuple[Way | None, ...]) -> bool:
        """Tell whether the shifts of the engineer chosen last are not too much for one person."""
        if not chosen or chosen[-1] is None:
            return True
        mine = self.vehicles[len(chosen) - 1][0]
        engineer = self.problem.engineers[mine]
        ways = [way for way, one in zip(chosen, self.vehicles, strict=False) if way and one[0] == mine]
        if engineer.max_tasks is not None and sum(len(way.tasks) for way in ways) > engineer.max_tasks:
            return False
        if engineer.max_work_s is not None and sum(way.work_s for way in ways) > engineer.max_work_s:
            return False
        if self.problem.depots:
            return True
        van = Counter(dict(engineer.parts))
        for task in self.tasks:
            if task.lock and task.lock.engineer == engineer.id:
                van.subtract(dict(task.parts))
        needed: Counter[str] = Counter()
        for way in ways:
            for number in way.tasks:
                lock = self.tasks[number].lock
                if lock is None or lock.engineer is None:
                    needed.update(dict(self.tasks[number].parts))
        return all(quantity <= van[part] for part, quantity in needed.items())

    def _supplied(self, chosen: tuple[Way | None, ...]) -> tuple[Way | None, ...] | None:
        """Return the ways with what is fetched on them, None where something is not to be had."""
        if not self.problem.depots:
            return chosen
        fetched: dict[str, list[tuple[str, int]]] = {}
        for part in dict.fromkeys(part for task in self.tasks for part, _ in task.parts):
            flows = self._flows(part, chosen)
            if flows is None:
                return None
            for at, quantity in flows.items():
                fetched.setdefault(at, []).append((part, quantity))
        lent: dict[str, tuple[str, ...]] = {}
        for mine, engineer in enumerate(self.problem.engineers):
            tools = set(engineer.tools)
            for at, stop in self._stops(chosen, mine):
                if stop.kind == "depot":
                    lent[at] = next(one.tools for one in self.problem.depots if one.id == stop.id)
                    tools.update(lent[at])
                elif not (self._free(stop) or set(self.tasks[self.number[stop.id]].tools) <= tools):
                    return None
        found: list[Way | None] = []
        for number, way in enumerate(chosen):
            stops = [
                replace(
                    stop,
                    parts=tuple(fetched.get(f"{number} {at}", ())),
                    tools=lent.get(f"{number} {at}", ()),
                )
                for at, stop in enumerate(way.route.stops if way else ())
            ]
            found.append(way and replace(way, route=replace(way.route, stops=tuple(stops))))
        return tuple(found)

    def _stops(self, chosen: tuple[Way | None, ...], engineer: int) -> list[tuple[str, Stop]]:
        """Return the stops of an engineer in order, with a name for each place in the plan."""
        return [
            (f"{number} {at}", stop)
            for number, (way, (mine, _)) in enumerate(zip(chosen, self.vehicles, strict=True))
            if way and mine == engineer
            for at, stop in enumerate(way.route.stops)
        ]

    def _free(self, stop: Stop) -> bool:
        """Tell whether a task needs nothing: it is locked to somebody."""
        lock = self.tasks[self.number[stop.id]].lock
        return lock is not None and lock.engineer is not None

    def _flows(self, part: str, chosen: tuple[Way | None, ...]) -> dict[str, int] | None:
        """Return how much of a part is fetched at each place of the plan, None where there is too little.

        Where a van has less than the tasks locked to it need, each of these takes what is on board: either it
        is fetched for, too, or nothing is left for those after it.
        """
        short = [
            at
            for mine, engineer in enumerate(self.problem.engineers)
            if self._kept_for_others(engineer, part) < 0
            for at, stop in self._stops(chosen, mine)
            if stop.kind == "task" and self._free(stop) and self._need(stop, part)
        ]
        for served in itertools.product((False, True), repeat=len(short)):
            found = self._flow(part, chosen, dict(zip(short, served, strict=True)))
            if found is not None:
                return found
        return None

    def _need(self, stop: Stop, part: str) -> int:
        return dict(self.tasks[self.number[stop.id]].parts).get(part, 0)

    def _kept_for_others(self, engineer: Engineer, part: str) -> int:
        """Return how much of a part a van has beyond what the tasks locked to it need; negative: lacks."""
        locked = [task for task in self.tasks if task.lock and task.lock.engineer == engineer.id]
        return dict(engineer.parts).get(part, 0) - sum(dict(task.parts).get(part, 0) for task in locked)

    def _flow(
        self, part: str, chosen: tuple[Way | None, ...], served: dict[str, bool]
    ) -> dict[str, int] | None:
        """Return what is fetched where; of the locked tasks that lack something, those `served` get it."""
        flow, wanted = SimpleMaxFlow(), 0
        shelves = {one.id: 2 + number for number, one in enumerate(self.problem.depots)}
        for one in self.problem.depots:
            flow.add_arc_with_capacity(0, shelves[one.id], dict(one.parts).get(part, 0))
        node = 2 + len(shelves)
        arcs: dict[str, int] = {}
        for mine, engineer in enumerate(self.problem.engineers):
            spare = self._kept_for_others(engineer, part)
            held = spare if spare >= 0 else dict(engineer.parts).get(part, 0)
            flow.add_arc_with_capacity(0, node, held)
            van, before, node = node, [node], node + 1
            for at, stop in self._stops(chosen, mine):
                if stop.kind == "depot":
                    arcs[at] = flow.add_arc_with_capacity(shelves[stop.id], node, 10**6)
                    before, node = [*before, node], node + 1
                elif served.get(at) is False:
                    before = []
                elif at in served or not self._free(stop):
                    need = self._need(stop, part)
                    for source in before:
                        # What a van has too little of is for the tasks locked to it.
                        if source != van or spare >= 0 or at in served:
                            flow.add_arc_with_capacity(source, node, need)
                    flow.add_arc_with_capacity(node, 1, need)
                    wanted, node = wanted + need, node + 1
        assert flow.solve(0, 1) == flow.OPTIMAL or not wanted
        if wanted and flow.optimal_flow() < wanted:
            return None
        return {at: flow.flow(arc) for at, arc in arcs.items() if wanted and flow.flow(arc)}

    def _linked_well(self, chosen: tuple[Way | None, ...]) -> bool:
        at = {stop.id: (stop, way.route.engineer) for way in chosen if way for stop in way.route.stops}
        for link in self.problem.links:
            held = [self.tasks[self.number[end]].lock is not None for end in (link.before, link.after)]
            if link.before not in at or link.after not in at:
                alone = link.after in at and not held[1]
                left = link.before in at and link.max_gap_s is not None and not held[0]
                if alone or left:
                    return False
                continue
            (before, by), (after, then_by) = at[link.before], at[link.after]
            gap_s = after.start_s - (before.end_s if link.measured_from == "end" else before.start_s)
            wrong = gap_s < link.min_gap_s or (link.max_gap_s is not None and gap_s > link.max_gap_s)
            wrong |= {"any": False, "same": by != then_by, "different": by == then_by}[link.engineers]
            if wrong and not all(held):
                return False
        return True

    def _between_cents(self, chosen: tuple[Way | None, ...]) -> float:
        """Return what uneven work, engineers without any and the latest task cost [cents]."""
        weights = self.problem.weights
        work_s = {number: 0 for number, one in enumerate(self.problem.engineers) if one.shifts}
        busy = set()
        for way, (engineer, _) in zip(chosen, self.vehicles, strict=True):
            if way:
                work_s[engineer] += way.work_s
                busy.add(engineer)
        mean_s = sum(work_s.values()) / max(1, len(work_s))
        spread_s = sum(abs(one - mean_s) for one in work_s.values())
        late_s = max((way.late_s for way in chosen if way), default=0)
        return (
            spread_s * weights.spread_cents_per_hour / _HOUR_S
            + (len(work_s) - len(busy)) * weights.empty_engineer_cents
            + late_s * weights.worst_lateness_cents_per_hour / _HOUR_S
        )

    def _ways(self, engineer: int, shift_index: int) -> dict[int, list[Way]]:
        """Return the ways worth a look to drive a shift, cheapest first, by the set of tasks done."""
        able = [task for task in range(len(self.tasks)) if self._may(task, engineer)]
        fixed = [task for task in able if self._locked_s(task) is not None]
        found: dict[int, dict[object, Way]] = {}
        for chosen in range(1 << len(fixed)):
            held = {task for number, task in enumerate(fixed) if chosen >> number & 1}
            free = [task for task in able if task in held or task not in fixed]
            drive = Drive(self.problem, engineer, shift_index, held)
            for way in drive.ways(free, self.pins):
                if held <= set(way.tasks):
                    starts = tuple(
                        stop.start_s for stop in way.route.stops if self.number.get(stop.id) in self.linked
                    )
                    errands = tuple(stop.id for stop in way.route.stops if self.problem.depots)
                    key = (frozenset(way.tasks), way.work_s, way.late_s, starts, errands)
                    mine = found.setdefault(sum(1 << task for task in way.tasks), {})
                    if key not in mine or way.cents < mine[key].cents:
                        mine[key] = way
        worth = {subset: self._worth_a_look(list(mine.values())) for subset, mine in found.items()}
        gain = {subset: self._absent(~subset)[1] - mine[0].cents for subset, mine in worth.items()}
        return {subset: worth[subset] for subset in sorted(worth, key=lambda subset: -gain[subset])}

    def _worth_a_look(self, ways: list[Way]) -> list[Way]:
        """Leave out what is dearer than another that is no worse in anything asked for elsewhere."""
        ways.sort(key=lambda way: way.cents)
        weights = self.problem.weights
        limited = any(one.max_work_s is not None and len(one.shifts) > 1 for one in self.problem.engineers)
        watched = weights.spread_cents_per_hour or self.problem.depots
        if watched or any(task in self.linked for task in ways[0].tasks):
            return ways
        kept: list[Way] = []
        for way in ways:
            if not any(
                (not limited or one.work_s <= way.work_s)
                and (not weights.worst_lateness_cents_per_hour or one.late_s <= way.late_s)
                for one in kept
            ):
                kept.append(way)
        return kept

    def _locked_s(self, task: int) -> int | None:
        lock = self.tasks[task].lock
        return lock.start_s if lock else None

    def _may(self, task: int, engineer: int) -> bool:
        """Ask the oracle whether somebody may do a task, whenever that is."""
        mine, name = self.problem.engineers[engineer], self.tasks[task].id
        lent = tuple(tool for depot in self.problem.depots for tool in depot.tools)
        stop = Stop(id=name, arrival_s=0, start_s=0, end_s=0, leave_s=0)
        fetched = [replace(stop, kind="depot", id=one.id, tools=lent) for one in self.problem.depots]
        alone = Plan((Route(engineer=mine.id, shift=0, leave_s=0, stops=(*fetched, stop), end_s=0),))
        return not any(one.task == name and one.rule in _EITHER for one in check(self.problem, alone))
