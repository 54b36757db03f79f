"""Every way to drive one shift of a small problem; shares no code with any engine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optimizer import UNREACHABLE, Break, Problem, Route, Stop, Task

_HOUR_S = 3_600


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
    legs: tuple["_Leg", ...] = ()


@dataclass(frozen=True)
class _Leg:
    """The way to a stop: how long [s], from and up to which break it is interrupted, and the stop."""

    way_s: int
    first: int
    last: int
    task: Task
    start_s: int


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
        """Yield every way to do some of these tasks, at least one, with depots on the way or without."""
        start_s, holding = self.shift.start_s, [False]
        depots = range(len(self.problem.tasks), len(self.problem.tasks) + len(self.problem.depots))
        if any(self._wish_s(self.problem.tasks[task]) is not None for task in tasks):
            holding.append(True)
        begin = [
            _Partial(one, pinned, 0, self.shift.start_place, start_s, start_s, 0.0, 0, 0, (), (), ())
            for one in holding
            for pinned in pins
        ]
        yield from self._onwards(begin, [*tasks, *depots])

    def _stop(self, number: int) -> Task:
        """Return a task, or a depot, numbered after the tasks, as one."""
        tasks = self.problem.tasks
        if number < len(tasks):
            return tasks[number]
        one = self.problem.depots[number - len(tasks)]
        return Task(id=one.id, place=one.place, service_s=one.service_s, windows=one.windows)

    def _onwards(self, partials: list[_Partial], left: list[int]) -> Iterator[Way]:
        limits = (self.shift.max_tasks, self.engineer.max_tasks)
        for task in left:
            further = [one for partial in partials for one in self._with(partial, task)]
            if not further or any(most is not None and len(further[0].tasks) > most for most in limits):
                continue
            for partial in further if task < len(self.problem.tasks) else ():
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
        task, is_task = self._stop(number), number < len(self.problem.tasks)
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
            if not partial.stops and not rests and self._way_s(partial.place, task.place, left_s) == way_s:
                leave_s, arrival_s = left_s, start_s
            end_s = start_s + task.service_s
            late_s = max(0, end_s - task.due_s) if task.due_s is not None else 0
            stop = Stop(
                id=task.id,
                arrival_s=arrival_s,
                start_s=start_s,
                end_s=end_s,
                leave_s=end_s,
                kind="task" if is_task else "depot",
            )
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
                (*partial.tasks, number) if is_task else partial.tasks,
                (*partial.stops, stop),
                partial.rests + rests,
                (*partial.legs, _Leg(way_s, partial.taken, taken, task, start_s)),
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

    def _late_leave(self, partial: _Partial) -> _Partial:
        """Return the same, left as late as the last stop allows, with nothing else dearer for it."""
        least, most = 0, partial.legs[-1].start_s - self.shift.start_s
        best = self._driven(partial, 0)
        assert best is not None, "what was driven can be driven"
        while least < most:
            middle = (least + most + 1) // 2
            later = self._driven(partial, middle)
            if later is not None and later.cents <= best.cents + 1e-9:
                best, least = later, middle
            else:
                most = middle - 1
        return best

    def _driven(self, partial: _Partial, later_s: int) -> _Partial | None:
        """Return a route left so much later than it could be, None where the last stop would be later."""
        clock_s = leave_s = self.shift.start_s + later_s
        stops: list[Stop] = []
        all_rests: tuple[tuple[int, int], ...] = ()
        cents, worst_s = partial.cents, 0
        for leg, stop in zip(partial.legs, partial.stops, strict=True):
            ridden = _ridden(clock_s, leg.way_s, self.breaks[leg.first : leg.last])
            if ridden is None:
                return None
            arrival_s, ready_s, rests = ridden
            start_s = max(ready_s, leg.start_s)
            held = leg.task.id in partial.pins or (leg.task.lock and leg.task.lock.start_s is not None)
            moved = start_s != leg.start_s
            if moved and (
                held or leg is partial.legs[-1] or self._start_s(leg.task, start_s, None) != start_s
            ):
                return None
            clock_s, all_rests = start_s + leg.task.service_s, all_rests + rests
            late_s, late_before_s = (
                max(0, at_s + leg.task.service_s - leg.task.due_s) if leg.task.due_s is not None else 0
                for at_s in (start_s, leg.start_s)
            )
            worst_s = max(worst_s, late_s)
            cents += self._task_cents(leg.task, start_s, late_s)
            cents -= self._task_cents(leg.task, leg.start_s, late_before_s)
            timed = {"arrival_s": arrival_s, "start_s": start_s, "end_s": clock_s, "leave_s": clock_s}
            stops.append(replace(stop, **timed))
        return replace(
            partial, leave_s=leave_s, cents=cents, late_s=worst_s, stops=tuple(stops), rests=all_rests
        )

    def _home(self, partial: _Partial) -> Iterator[Way]:
        """Yield a route driven home, for every number of breaks on the way; the others come after."""
        mine = self.engineer
        if mine.leaves_late and mine.cents_per_hour and len(self.problem.travel.band_starts_s) == 1:
            partial = self._late_leave(partial)
        shift, end_place = self.shift, self.shift.end_place
        way_s = 0 if end_place is None else self._way_s(partial.place, end_place, partial.clock_s)
        if way_s is None:
            return
        cents = 0.0 if end_place is None else self._ride_cents(partial.place, end_place, way_s)
        services_s = sum(leg.task.service_s for leg in partial.legs)
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
