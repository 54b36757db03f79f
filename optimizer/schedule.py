"""When everything on one shift happens, given the order of its tasks: as early as possible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optimizer.bounds import MOST_SECONDS
from optimizer.crew import Break, Shift
from optimizer.plan import Rule
from optimizer.tasks import Window
from optimizer.travel import UNREACHABLE

#: How much later a visit, by its number, may begin than at a moment [s], its windows left aside.
Slack = Callable[[int, int], int]
#: Travel time [s] from a place to a place for whoever leaves at a moment [s].
LegTime = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Visit:
    """What timing needs to know of a task.

    `windows` are sorted and already cut to what deadline, lock and pin leave; `rule` is the one
    broken by whoever comes after them; `fixed` says that nothing may move the visit.
    """

    place: int
    service_s: int
    windows: tuple[Window, ...]
    rule: Rule = Rule.WINDOW
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Halt:
    """A visit, timed [s]."""

    arrival_s: int
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Timetable:
    """A route, timed [s]; `travel_s` and `work_s` are sums over it."""

    leave_s: int
    halts: tuple[Halt, ...]
    end_s: int
    breaks: tuple[Window, ...]
    travel_s: int
    work_s: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why an order of visits cannot be timed: the rule, and the first visit it shows at.

    The index is the number of visits where it shows on the way back.
    """

    rule: Rule
    index: int


@dataclass(frozen=True, slots=True)
class _Step:
    """Earliest way to have ended a visit with a number of breaks taken."""

    halt: Halt
    breaks: tuple[Window, ...]
    came_from: "_Step | None"
    travel_s: int


def merged(windows: Sequence[Window]) -> tuple[Window, ...]:
    """Return windows in order of time, those that touch made one."""
    found: list[Window] = []
    for from_s, until_s in sorted(windows):
        if found and from_s <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], until_s))
        else:
            found.append((from_s, until_s))
    return tuple(found)


def breaks_possible(shift: Shift, visits: Sequence[Visit]) -> tuple[Break, ...]:
    """Return the breaks of a shift, without those that fixed visits leave no place for."""
    fixed = [(visit.windows[0][0], visit.windows[0][0] + visit.service_s) for visit in visits if visit.fixed]

    def has_place(pause: Break) -> bool:
        starts = [pause.earliest_start_s, *(end_s for _, end_s in fixed)]
        return any(
            pause.earliest_start_s <= start_s <= pause.latest_start_s
            and all(start_s + pause.duration_s <= busy_s or start_s >= free_s for busy_s, free_s in fixed)
            for start_s in starts
        )

    return tuple(pause for pause in shift.breaks if has_place(pause)) if fixed else shift.breaks


def ride(leave_s: int, leg_s: int, pauses: Sequence[Break]) -> tuple[int, int, tuple[Window, ...]] | None:
    """Return arrival, readiness for service and the breaks of a ride that these breaks interrupt.

    Each break is taken as early as it may be, on the way or after arrival; None where one of them
    would begin too late.
    """
    clock_s, left_s = leave_s, leg_s
    arrival_s = leave_s + leg_s
    taken: list[Window] = []
    for pause in pauses:
        start_s = max(clock_s, pause.earliest_start_s)
        if start_s > pause.latest_start_s:
            return None
        if left_s:
            driven_s = min(left_s, start_s - clock_s)
            left_s -= driven_s
            if left_s:
                arrival_s += pause.duration_s
        clock_s = start_s + pause.duration_s
        taken.append((start_s, clock_s))
    return arrival_s, max(clock_s + left_s, arrival_s), tuple(taken)


def first_start_s(windows: Sequence[Window], ready_s: int) -> int | None:
    """Return the first moment in sorted windows not before `ready_s`, None where there is none."""
    for from_s, until_s in windows:
        if ready_s <= until_s:
            return max(ready_s, from_s)
    return None


def timetable(
    shift: Shift, visits: Sequence[Visit], leg_time: LegTime, slack: Slack | None = None
) -> Timetable | Misfit:
    """Return the earliest timing of visits in this order, or what prevents one.

    Exact: the earliest end of every visit is kept for every number of breaks taken so far, as a
    break early on may cost less than one later. The start place is left as late as the first
    visit allows; given a slack, as late as the end of the route allows, so that nobody waits for
    what could be waited for at home.

    Parameters
    ----------
    shift : Shift
    visits : sequence of Visit
    leg_time : LegTime
        The same at all hours where there is a slack.
    slack : Slack, optional

    Returns
    -------
    Timetable or Misfit
    """
    pauses = breaks_possible(shift, visits)
    begin = _Step(Halt(shift.start_s, shift.start_s, shift.start_s), (), None, 0)
    steps: list[_Step | None] = [begin, *([None] * len(pauses))]
    place = shift.start_place
    for index, visit in enumerate(visits):
        following: list[_Step | None] = [None] * (len(pauses) + 1)
        rule = visit.rule
        for taken, step in enumerate(steps):
            if step is None:
                continue
            leave_s = step.halt.end_s
            leg_s = leg_time(place, visit.place, leave_s)
            if leg_s >= UNREACHABLE:  # at this hour; with another break taken before, it may be later
                rule = Rule.UNREACHABLE
                continue
            for now_taken in range(taken, len(pauses) + 1):
                ridden = ride(leave_s, leg_s, pauses[taken:now_taken])
                if ridden is None:
                    break
                arrival_s, ready_s, rests = ridden
                start_s = first_start_s(visit.windows, ready_s)
                best = following[now_taken]
                if start_s is None:
                    break
                if best is None or start_s < best.halt.start_s:
                    halt = Halt(arrival_s, start_s, start_s + visit.service_s)
                    following[now_taken] = _Step(halt, rests, step, leg_s)
        if all(step is None for step in following):
            return Misfit(rule, index)
        steps, place = following, visit.place
    return _ended(shift, visits, leg_time, pauses, steps, place, slack)


def _ended(
    shift: Shift,
    visits: Sequence[Visit],
    leg_time: LegTime,
    pauses: tuple[Break, ...],
    steps: Sequence[_Step | None],
    place: int,
    slack: Slack | None,
) -> Timetable | Misfit:
    """Return the timing of the way back: home first, breaks that are left after it if need be."""
    best: tuple[int, int, _Step, tuple[Window, ...]] | None = None
    rule = Rule.BREAK
    for taken, step in enumerate(steps):
        if step is None:
            continue
        end_s = step.halt.end_s
        leg_s = leg_time(place, shift.end_place, end_s) if shift.end_place is not None else 0
        if leg_s >= UNREACHABLE:
            rule = Rule.UNREACHABLE
            continue
        for on_the_way in range(taken, len(pauses) + 1):
            ridden = ride(end_s, leg_s, pauses[taken:on_the_way])
            after = ride(ridden[1], 0, pauses[on_the_way:]) if ridden else None
            if ridden and after and (best is None or ridden[0] < best[0]):
                best = (ridden[0], leg_s, step, ridden[2] + after[2])
    if best is None:
        return Misfit(rule, len(visits))
    back_s, leg_s, last, rests = best
    if back_s > shift.end_s + shift.max_overtime_s:
        return Misfit(Rule.SHIFT_END, len(visits))
    chain: list[_Step] = []
    step = last
    while step.came_from is not None:
        chain.append(step)
        step = step.came_from
    chain.reverse()
    leave_s = shift.start_s
    if slack:
        leave_s, chain = _put_off(leave_s, visits, pauses, chain, slack)
    halts = [step.halt for step in chain]
    travel_s = leg_s + sum(step.travel_s for step in chain)
    if halts and not slack and not chain[0].breaks:
        # Nobody waits at the first door for what could be waited for at home.
        late_s = leave_s + halts[0].start_s - halts[0].arrival_s
        if leg_time(shift.start_place, visits[0].place, late_s) == chain[0].travel_s:
            leave_s = late_s
            halts[0] = Halt(halts[0].start_s, halts[0].start_s, halts[0].end_s)
    breaks = tuple(rest for step in chain for rest in step.breaks) + rests
    work_s = travel_s + sum(visit.service_s for visit in visits)
    return Timetable(leave_s, tuple(halts), back_s, breaks, travel_s, work_s)


def _put_off(
    leave_s: int,
    visits: Sequence[Visit],
    pauses: tuple[Break, ...],
    chain: list[_Step],
    slack: Slack,
) -> tuple[int, list[_Step]]:
    """Return when to leave at the latest for the last visit to begin when it does, and the steps then."""
    taken: list[tuple[Break, ...]] = []
    for step in chain:
        first = sum(map(len, taken))
        taken.append(pauses[first : first + len(step.breaks)])
    room_s = 0
    for number in range(len(chain) - 1, -1, -1):
        step, start_s = chain[number], chain[number].halt.start_s
        left_s = chain[number - 1].halt.end_s if number else leave_s
        if number < len(chain) - 1:
            until_s = next(b for a, b in visits[number].windows if a <= start_s <= b)
            room_s = min(room_s, until_s - start_s, slack(number, start_s))
        rest_s, latest_s = 0, left_s + room_s + MOST_SECONDS
        for pause in taken[number]:
            latest_s = min(latest_s, pause.latest_start_s - rest_s)
            rest_s += pause.duration_s
        room_s = min(latest_s - left_s, room_s + start_s - left_s - step.travel_s - rest_s)
    leave_s = clock_s = leave_s + room_s
    put_off = []
    for step, resting in zip(chain, taken, strict=True):
        ridden = ride(clock_s, step.travel_s, resting)
        assert ridden is not None, "nobody leaves too late for a break"
        arrival_s, ready_s, rests = ridden
        start_s = max(ready_s, step.halt.start_s)
        clock_s = start_s + step.halt.end_s - step.halt.start_s
        put_off.append(_Step(Halt(arrival_s, start_s, clock_s), rests, None, step.travel_s))
    return leave_s, put_off
