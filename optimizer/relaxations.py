"""What relaxing a rule means for a task and an engineer, and which relaxation is the smaller one."""

from dataclasses import replace
from typing import Any

from optimizer.crew import Engineer, Shift
from optimizer.plan import Relaxation, Rule
from optimizer.tasks import Task

#: No rule is relaxed by more time than this [s].
MOST_S = 86_400
_STEP_S = 900
_TIMES = (Rule.SHIFT_END, Rule.MAX_WORK, Rule.WINDOW, Rule.DEADLINE)
_SOMEBODYS_WORD = (Rule.REFUSED, Rule.REQUIRED, Rule.LOCKED_ENGINEER)


def burden(relaxation: Relaxation) -> tuple[bool, int, int, str]:
    """Return a key by which the smallest relaxation comes first.

    What somebody said (a refusal, a demand, a lock) is gone back on last. Before that the number of
    steps counts: none for money alone; one for every quarter of an hour begun, a part, a tool, another
    territory, or a task more; two for a level of a skill. Then what it costs decides, then the name.
    """
    rule, amount = relaxation.rule, abs(relaxation.amount)
    if rule is Rule.COST:
        steps = 0
    elif rule in _TIMES:
        steps = -(-amount // _STEP_S)
    else:
        steps = 2 * amount if rule is Rule.SKILL else amount
    return rule in _SOMEBODYS_WORD, steps, relaxation.cents, relaxation.engineer


def applied(relaxation: Relaxation, task: Task, engineer: Engineer) -> tuple[Task, Engineer]:
    """Return a task and an engineer as they are with a rule relaxed.

    Raises
    ------
    ValueError
        A rule that cannot be relaxed.
    """
    rule, amount, about, index = relaxation.rule, relaxation.amount, relaxation.about, relaxation.index
    if rule is Rule.SKILL:
        asked = ((name, least - amount * (name == about)) for name, least in task.skills)
        has = dict(engineer.skills)
        # Whoever has not learnt a skill at all may do what asks for no level of it any more.
        still = tuple((name, least) for name, least in asked if least > 0 or name in has or name != about)
        return replace(task, skills=still), engineer
    if rule is Rule.TOOL:
        return task, replace(engineer, tools=(*engineer.tools, about))
    if rule is Rule.PART:
        parts = dict(engineer.parts)
        parts[about] = parts.get(about, 0) + amount
        return task, replace(engineer, parts=tuple(parts.items()))
    if rule is Rule.TERRITORY:
        return task, replace(engineer, territories=(*engineer.territories, about))
    if rule is Rule.REFUSED:
        return replace(task, refused=tuple(one for one in task.refused if one != engineer.id)), engineer
    if rule is Rule.REQUIRED:
        return replace(task, required=(*task.required, engineer.id)), engineer
    if rule is Rule.LOCKED_ENGINEER and task.lock:
        return replace(task, lock=replace(task.lock, engineer=engineer.id)), engineer
    if rule is Rule.WINDOW:
        windows = list(task.windows)
        from_s, until_s = windows[index]
        windows[index] = (from_s + min(0, amount), until_s + max(0, amount))
        return replace(task, windows=tuple(windows)), engineer
    if rule is Rule.DEADLINE and task.deadline_s is not None:
        return replace(task, deadline_s=task.deadline_s + amount), engineer
    if rule is Rule.COST:
        return replace(task, unplanned_cents=task.unplanned_cents + amount), engineer
    return task, _with_more(rule, amount, index, engineer)


def _with_more(rule: Rule, amount: int, index: int, engineer: Engineer) -> Engineer:
    """Return an engineer who may work longer on a shift, or do more."""
    shifts = list(engineer.shifts)
    shift = shifts[index]
    if rule is Rule.SHIFT_END:
        shifts[index] = replace(shift, max_overtime_s=shift.max_overtime_s + amount)
        return replace(engineer, shifts=tuple(shifts))
    if rule not in (Rule.MAX_TASKS, Rule.MAX_WORK):
        raise ValueError(f"{rule} cannot be relaxed")
    name = "max_tasks" if rule is Rule.MAX_TASKS else "max_work_s"
    of_shift, of_all = getattr(shift, name), getattr(engineer, name)
    if of_shift is not None:
        shifts[index] = replace(shift, **{name: of_shift + amount})
    more: dict[str, Any] = {} if of_all is None else {name: of_all + amount}
    return replace(engineer, shifts=tuple(shifts), **more)


def waived(rule: Rule, task: Task, engineer: Engineer) -> tuple[Task, Engineer] | None:
    """Return a task and an engineer without a rule of time or of quantity, None where it cannot be waived."""
    if rule is Rule.WINDOW:
        return replace(task, windows=()), engineer
    if rule is Rule.DEADLINE:
        return replace(task, deadline_s=None), engineer
    if rule is Rule.LOCKED_START and task.lock:
        return replace(task, lock=replace(task.lock, start_s=None)), engineer
    if rule is Rule.PART:
        return replace(task, parts=()), engineer
    if rule is Rule.SHIFT_END:
        following = [later.start_s for later in engineer.shifts[1:]]
        ends = [start_s - shift.end_s for shift, start_s in zip(engineer.shifts, following, strict=False)]
        longer = zip(engineer.shifts, [*ends, None], strict=True)
        return task, replace(engineer, shifts=tuple(_longer(shift, room_s) for shift, room_s in longer))
    if rule is Rule.BREAK:
        shifts = tuple(replace(shift, breaks=()) for shift in engineer.shifts)
        return task, replace(engineer, shifts=shifts)
    if rule in (Rule.MAX_TASKS, Rule.MAX_WORK):
        name = "max_tasks" if rule is Rule.MAX_TASKS else "max_work_s"
        none: dict[str, Any] = {name: None}
        shifts = tuple(replace(shift, **none) for shift in engineer.shifts)
        return task, replace(engineer, shifts=shifts, **none)
    return None


def _longer(shift: Shift, room_s: int | None) -> Shift:
    """Return a shift with all the overtime there is room for before the next one."""
    most_s = shift.max_overtime_s + MOST_S
    return replace(shift, max_overtime_s=most_s if room_s is None else min(most_s, room_s))
