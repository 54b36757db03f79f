"""Why a task is left out."""

import numpy as np

from optimizer.draft import Draft
from optimizer.insertion import Inserter
from optimizer.plan import Reason, Rule, Unplanned
from optimizer.schedule import Misfit


def reasons(draft: Draft, inserter: Inserter, alone: Draft, task: int, thorough: bool = True) -> Unplanned:
    """Return every rule that keeps a task out of a draft, and whom it concerns.

    Parameters
    ----------
    draft : Draft
    inserter : Inserter
        Of the same draft.
    alone : Draft
        Of the same problem, empty: what would be possible with nothing else to do.
    task : int
        Index of a task that is not placed.
    thorough : bool
        Try the task on every engineer who may do it; else say of all of them that there is no room.

    Returns
    -------
    Unplanned
        Every engineer is in at least one reason: rules between the task and the engineer; else
        what keeps the task off the engineer's empty shift; else room or cost beside what is
        planned; else the partner it is linked with.
    """
    arrays = draft.arrays
    detail, engineers = arrays.problem.tasks[task], arrays.problem.engineers
    concerned: dict[Rule, list[str]] = {}
    for rule, mask in arrays.eligibility.forbidden(detail).items():
        concerned[rule] = [engineers[index].id for index in np.flatnonzero(mask)]
    roomy = inserter.engineers_with_room(task) if thorough else set()
    best = inserter.best(task) if roomy else None
    missed = Rule.NO_TIME if best and inserter.worth_it(task, best) else Rule.COST
    for index in np.flatnonzero(arrays.allowed[task]):
        if int(index) not in roomy:
            rule = rule_alone(alone, task, int(index)) if thorough else Rule.NO_ROOM
        else:
            rule = Rule.LINK_BOTH if task in arrays.linked else missed
        concerned.setdefault(rule, []).append(engineers[index].id)
    if not engineers:
        concerned[Rule.NO_ROOM] = []
    return Unplanned(detail.id, tuple(Reason(rule, tuple(ids)) for rule, ids in concerned.items()))


def rule_alone(alone: Draft, task: int, engineer: int) -> Rule:
    """Return the rule that keeps a task off an engineer even with nothing else to do, or that of room."""
    rule = Rule.SHIFT_END
    for vehicle in alone.arrays.vehicles_of[engineer]:
        tried = alone.trial(vehicle, [task])
        if not isinstance(tried, Misfit):
            return Rule.NO_ROOM
        rule = tried.rule
    return rule
