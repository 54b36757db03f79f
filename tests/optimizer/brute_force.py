"""The cheapest plan of a small problem, by trying every one; shares no code with any engine.

What is tried: every choice of tasks for every shift in every order, every spread of the breaks over the
legs, and each timed twice: as early as possible, and with every task held back to where it was or was
promised to begin, where its windows allow that. Linked tasks are tried then, and where another plan has
them: they may wait for each other. Nothing is fetched at depots, and what a van needs for the tasks
locked to it is kept for them, as every engine keeps it. Locked tasks come before any price.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from optimizer import UNREACHABLE, Break, Plan, Problem, Route, Rule, Stop, Task, Unplanned, check

_HOUR_S = 3_600
_EITHER = {Rule.SKILL, Rule.TOOL, Rule.TERRITORY, Rule.REFUSED, Rule.REQUIRED, Rule.LOCKED_ENGINEER}


@dataclass(frozen=True)
class Way:
    """One way to drive a shift: cost [cents] of the route alone, work and worst lateness [s]."""

    cents: float
    work_s: int
    late_s: int
    tasks: tuple[int, ...]
    route: Route


@dataclass(frozen=True)
class _Partial:
    """A route as far as it has been driven."""

    holding: bool
    pins: dict[str, int]
    taken: int
    place: int
    clock_s: int
    leave_s: int
    cents: float
    travel_s: int
    late_s: int
    tasks: tuple[int, ...]
    stops: tuple[Stop, ...]
    rests: tuple[tuple[int, int], ...]


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
            pins = {stop.id: stop.start_s for stop in stops if self.number[stop.id] in self.linked}
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
                    best, answer = total, chosen
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
                        stop.start_s for stop in way.route.stops if self.number[stop.id] in self.linked
                    )
                    key = (frozenset(way.tasks), way.work_s, way.late_s, starts)
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
        if weights.spread_cents_per_hour or any(task in self.linked for task in ways[0].tasks):
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
        stop = Stop(id=name, arrival_s=0, start_s=0, end_s=0, leave_s=0)
        alone = Plan((Route(engineer=mine.id, shift=0, leave_s=0, stops=(stop,), end_s=0),))
        return not any(one.task == name and one.rule in _EITHER for one in check(self.problem, alone))


class Drive:
    """Every way to drive one shift with these tasks locked to a moment on it."""

    def __init__(self, problem: Problem, engineer: int, shift_index: int, held: set[int]) -> None:
        self.problem, self.shift_index = problem, shift_index
        self.engineer = problem.engineers[engineer]
        self.shift = self.engineer.shifts[shift_index]
        self.skills = dict(self.engineer.skills)
        services = []
        for number in held:
            lock = problem.tasks[number].lock
            assert lock is not None, "only locked tasks are held"
            assert lock.start_s is not None, "only tasks locked to a moment are held"
            services.append((lock.start_s, lock.start_s + problem.tasks[number].service_s))
        self.breaks = [one for one in self.shift.breaks if _has_place(one, services)]

    def ways(self, tasks: list[int], pins: list[dict[str, int]]) -> Iterator[Way]:
        """Yield every way to do some of these tasks, at least one."""
        start_s, holding = self.shift.start_s, [False]
        if any(self._wish_s(self.problem.tasks[task]) is not None for task in tasks):
            holding.append(True)
        begin = [
            _Partial(one, pinned, 0, self.shift.start_place, start_s, start_s, 0.0, 0, 0, (), (), ())
            for one in holding
            for pinned in pins
        ]
        yield from self._onwards(begin, tasks)

    def _onwards(self, partials: list[_Partial], left: list[int]) -> Iterator[Way]:
        limits = (self.shift.max_tasks, self.engineer.max_tasks)
        for task in left:
            further = [one for partial in partials for one in self._with(partial, task)]
            if not further or any(most is not None and len(further[0].tasks) > most for most in limits):
                continue
            for partial in further:
                yield from self._home(partial)
            yield from self._onwards(further, [other for other in left if other != task])

    def _way_s(self, from_place: int, to_place: int, leave_s: int) -> int | None:
        travel = self.problem.travel
        passed = [band for band, at_s in enumerate(travel.band_starts_s) if at_s <= leave_s % travel.period_s]
        seconds = int(travel.seconds[passed[-1] if passed else -1, from_place, to_place])
        if seconds == UNREACHABLE:
            return None
        return (seconds * self.engineer.travel_percent + 99) // 100

    def _ride_cents(self, from_place: int, to_place: int, way_s: int) -> float:
        weights, metres = self.problem.weights, self.problem.travel.metres
        cents = way_s * weights.travel_cents_per_hour / _HOUR_S
        if metres is not None:
            km = int(metres[from_place, to_place]) / 1_000
            cents += km * (weights.distance_cents_per_km + self.engineer.cents_per_km)
        return cents

    @staticmethod
    def _wish_s(task: Task) -> int | None:
        wishes = [task.previous.start_s] if task.previous else []
        return max([*wishes, *([task.promised[0]] if task.promised else [])], default=None)

    def _with(self, partial: _Partial, number: int) -> Iterator[_Partial]:
        """Yield a route one task longer, for every number of breaks on the way there."""
        task = self.problem.tasks[number]
        way_s = self._way_s(partial.place, task.place, partial.clock_s)
        if way_s is None:
            return
        for taken in range(partial.taken, len(self.breaks) + 1):
            ridden = _ridden(partial.clock_s, way_s, self.breaks[partial.taken : taken])
            if ridden is None:
                return
            arrival_s, ready_s, rests = ridden
            if task.id in partial.pins:
                start_s = partial.pins[task.id] if ready_s <= partial.pins[task.id] else None
            else:
                start_s = self._start_s(task, ready_s, self._wish_s(task) if partial.holding else None)
            if start_s is None:
                return
            leave_s, left_s = partial.leave_s, partial.leave_s + start_s - arrival_s
            if not partial.tasks and not rests and self._way_s(partial.place, task.place, left_s) == way_s:
                leave_s, arrival_s = left_s, start_s
            end_s = start_s + task.service_s
            late_s = max(0, end_s - task.due_s) if task.due_s is not None else 0
            stop = Stop(id=task.id, arrival_s=arrival_s, start_s=start_s, end_s=end_s, leave_s=end_s)
            cents = self._ride_cents(partial.place, task.place, way_s) + self._task_cents(
                task, start_s, late_s
            )
            yield _Partial(
                partial.holding,
                partial.pins,
                taken,
                task.place,
                end_s,
                leave_s,
                partial.cents + cents,
                partial.travel_s + way_s,
                max(partial.late_s, late_s),
                (*partial.tasks, number),
                (*partial.stops, stop),
                partial.rests + rests,
            )

    @staticmethod
    def _start_s(task: Task, ready_s: int, wish_s: int | None) -> int | None:
        """Return when service starts: not before it is wished for, where windows allow that."""
        if task.lock and task.lock.start_s is not None:
            return task.lock.start_s if ready_s <= task.lock.start_s else None
        last_s = 10**12 if task.deadline_s is None else task.deadline_s - task.service_s
        windows = [(a, min(b, last_s)) for a, b in task.windows or ((-(10**12), 10**12),)]
        for from_s in (max(ready_s, wish_s), ready_s) if wish_s is not None else (ready_s,):
            starts = [max(a, from_s) for a, b in windows if max(a, from_s) <= b]
            if starts:
                return min(starts)
        return None

    def _task_cents(self, task: Task, start_s: int, late_s: int) -> float:
        weights, me = self.problem.weights, self.engineer.id
        hours_late = late_s / _HOUR_S * task.lateness_percent / 100
        cents = hours_late * weights.lateness_cents_per_hour
        if task.previous:
            cents += weights.change_engineer_cents * (task.previous.engineer != me)
            cents += abs(start_s - task.previous.start_s) * weights.change_time_cents_per_hour / _HOUR_S
        if task.promised and not task.promised[0] <= start_s <= task.promised[1]:
            cents += weights.promise_cents
        if task.preferred and me not in task.preferred:
            cents += weights.preference_cents
        above = sum(max(0, self.skills.get(skill, 0) - level) for skill, level in task.skills)
        return cents + above * weights.overskill_cents_per_level

    def _home(self, partial: _Partial) -> Iterator[Way]:
        """Yield a route driven home, for every number of breaks on the way; the others come after."""
        shift, end_place = self.shift, self.shift.end_place
        way_s = 0 if end_place is None else self._way_s(partial.place, end_place, partial.clock_s)
        if way_s is None:
            return
        cents = 0.0 if end_place is None else self._ride_cents(partial.place, end_place, way_s)
        services_s = sum(self.problem.tasks[number].service_s for number in partial.tasks)
        work_s = partial.travel_s + way_s + services_s
        if any(most is not None and work_s > most for most in (shift.max_work_s, self.engineer.max_work_s)):
            return
        for taken in range(partial.taken, len(self.breaks) + 1):
            ridden = _ridden(partial.clock_s, way_s, self.breaks[partial.taken : taken])
            after = _ridden(ridden[1], 0, self.breaks[taken:]) if ridden else None
            if ridden is None or after is None or ridden[0] > shift.end_s + shift.max_overtime_s:
                continue
            end_s, rests = ridden[0], partial.rests + ridden[2] + after[2]
            rest_s = sum(b - a for a, b in rests if partial.leave_s <= a < end_s)
            duty_s = end_s - partial.leave_s - rest_s
            late_cents = max(0, end_s - shift.end_s) * self.problem.weights.overtime_cents_per_hour
            yield Way(
                partial.cents + cents + (duty_s * self.engineer.cents_per_hour + late_cents) / _HOUR_S,
                work_s,
                partial.late_s,
                partial.tasks,
                Route(
                    engineer=self.engineer.id,
                    shift=self.shift_index,
                    leave_s=partial.leave_s,
                    stops=partial.stops,
                    end_s=end_s,
                    breaks=rests,
                ),
            )


def _has_place(pause: Break, services: list[tuple[int, int]]) -> bool:
    """Tell whether locked services leave a moment to begin a break at."""
    return any(
        all(at_s + pause.duration_s <= a or b <= at_s for a, b in services)
        for at_s in [pause.earliest_start_s, *(b for _, b in services)]
        if pause.earliest_start_s <= at_s <= pause.latest_start_s
    )


def _ridden(
    leave_s: int, way_s: int, breaks: list[Break]
) -> tuple[int, int, tuple[tuple[int, int], ...]] | None:
    """Return arrival, readiness and the breaks, each as early as may be; None where one comes too late."""
    now_s, left_s, arrival_s = leave_s, way_s, leave_s if way_s == 0 else None
    rests = []
    for pause in breaks:
        from_s = max(now_s, pause.earliest_start_s)
        if from_s > pause.latest_start_s:
            return None
        if arrival_s is None and now_s + left_s <= from_s:
            arrival_s = now_s + left_s
        if arrival_s is None:
            left_s -= from_s - now_s
        now_s = from_s + pause.duration_s
        rests.append((from_s, now_s))
    if arrival_s is None:
        arrival_s = now_s = now_s + left_s
    return arrival_s, now_s, tuple(rests)
