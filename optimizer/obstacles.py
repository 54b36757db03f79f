"""What keeps a task that is not placed off each engineer: every rule, and what would help."""

from collections.abc import Iterable

import numpy as np

from optimizer.bench import Bench, Trials
from optimizer.draft import Draft
from optimizer.insertion import Inserter, Insertion
from optimizer.partners import Ties, ties_of
from optimizer.plan import Reason, Relaxation, Rule, Unplanned
from optimizer.relaxations import waived
from optimizer.relief import Relief
from optimizer.schedule import Misfit


class Obstacles:
    """What keeps a task that is not placed off each engineer.

    Parameters
    ----------
    inserter : Inserter
        Of the draft; it is as it was afterwards.
    alone : Draft
        Of the same problem, empty.
    task : int
    tries : int
        How many places of each engineer to price exactly.

    Attributes
    ----------
    rules : dict of int to list of Rule
        By engineer; who is not in it has room.
    standing : dict of int to list of Rule
        Those that hold whatever is planned.
    rooms : dict of int to Insertion
        The cheapest place with each engineer who has no rule against him.
    """

    def __init__(self, inserter: Inserter, alone: Draft, task: int, tries: int) -> None:
        draft = inserter.draft
        self.draft, self.alone, self.task = draft, alone, task
        self.ties = ties_of(draft, task)
        rooms = self._rooms(inserter, self.ties, tries)
        freely = self._rooms(inserter, None, 1) if self.ties else rooms
        self.standing = personal_rules(draft, task)
        for number in range(len(draft.arrays.problem.engineers)):
            # Where the way over other tasks is the shorter one, there may be room only among them.
            for rule in self._standing(number) if number not in freely else ():
                if rule not in self.standing.get(number, ()):
                    self.standing.setdefault(number, []).append(rule)
        self.rules = {number: list(rules) for number, rules in self.standing.items()}
        for number in range(len(draft.arrays.problem.engineers)):
            rules = self.rules.setdefault(number, [])
            if not rules and number not in rooms:
                rules.append(Rule.LINK_GAP if number in freely else Rule.NO_ROOM)
            if self.ties and self.ties.missing:
                rules.append(Rule.LINK_BOTH)
            if self.ties and not self.ties.engineers[number]:
                rules.append(Rule.LINK_ENGINEERS)
        self.rules = {number: rules for number, rules in self.rules.items() if rules}
        self.rooms = {number: one for number, one in rooms.items() if number not in self.rules}

    def _rooms(self, inserter: Inserter, ties: Ties | None, tries: int) -> dict[int, Insertion]:
        draft, task = self.draft, self.task
        if ties is None:
            return inserter.rooms(task, tries)
        draft.narrowed[task] = ties.cut(draft.arrays.visits[task])
        try:
            return inserter.rooms(task, tries)
        finally:
            del draft.narrowed[task]

    def _standing(self, number: int) -> Iterable[Rule]:
        """Return the rules that would have to give way for the task to fit with nothing else to do.

        Of several shifts those count where the fewest rules would.
        """
        vehicles = self.alone.arrays.vehicles_of[number]
        chains = []
        for vehicle in vehicles:
            first = self.alone.why_not(vehicle, [self.task])
            if first is None:
                return ()
            chains.append(self._chain(number, vehicle - vehicles[0], first))
        if not vehicles:
            return (Rule.SHIFT_END,)
        fewest = min(map(len, chains))
        return dict.fromkeys(rule for chain in chains if len(chain) == fewest for rule in chain)

    def _chain(self, number: int, shift: int, misfit: Misfit | None) -> list[Rule]:
        """Return the rules met one after the other when each one met is waived."""
        problem = self.alone.arrays.problem
        task, engineer = problem.tasks[self.task], problem.engineers[number]
        rules: list[Rule] = []
        while misfit and misfit.rule not in rules:
            rules.append(misfit.rule)
            without = waived(misfit.rule, task, engineer)
            if without is None:
                break
            task, engineer = without
            bench = Bench(self.alone, self.task, task, engineer, Trials(0), empty=True)
            misfit = bench.misfit(shift)
        return rules

    def told(self, inserter: Inserter, most_trials: int = 0) -> Unplanned:
        """Return every rule that keeps the task out, whom it concerns, and what would help.

        Parameters
        ----------
        inserter : Inserter
            The same.
        most_trials : int
            How many timings of a route looking for what would help may take; 0: it is not looked for.

        Returns
        -------
        Unplanned
            Every engineer is in at least one reason: rules between him and the task and rules that
            keep it off his empty shift; else room beside what is planned; the links of the task;
            else that it costs too much, or that there was no time to put it there.
        """
        rules, missed = dict(self.rules), False
        for number, insertion in self.rooms.items():
            worth_it = inserter.worth_it(self.task, insertion)
            missed = missed or worth_it
            rules[number] = [Rule.NO_TIME if worth_it else Rule.COST]
        relaxations: tuple[Relaxation, ...] = ()
        if most_trials and not missed:
            relief = Relief(self.draft, self.task, self.ties)
            order = inserter.nearest(self.task)
            relaxations = relief.smallest(order, self.standing, self.rooms, most_trials)
        name = self.draft.arrays.problem.tasks[self.task].id
        return Unplanned(name, grouped(self.draft, rules), relaxations)


def grouped(draft: Draft, rules: dict[int, list[Rule]]) -> tuple[Reason, ...]:
    """Return rules by engineer as rules with the engineers each concerns."""
    engineers = draft.arrays.problem.engineers
    concerned: dict[Rule, list[str]] = {}
    for number, of_engineer in sorted(rules.items()):
        for rule in of_engineer:
            concerned.setdefault(rule, []).append(engineers[number].id)
    if not engineers:
        concerned[Rule.NO_ROOM] = []
    return tuple(Reason(rule, tuple(ids)) for rule, ids in concerned.items())


def personal_rules(draft: Draft, task: int) -> dict[int, list[Rule]]:
    """Return the rules between a task and each engineer that look at nothing else."""
    rules: dict[int, list[Rule]] = {}
    for rule, mask in draft.arrays.eligibility.forbidden(draft.arrays.problem.tasks[task]).items():
        for index in np.flatnonzero(mask):
            rules.setdefault(int(index), []).append(rule)
    return rules


def plain_reasons(draft: Draft, task: int) -> Unplanned:
    """Return what is between a task and the engineers; of all others, that there is no room."""
    arrays = draft.arrays
    detail, engineers = arrays.problem.tasks[task], arrays.problem.engineers
    rules = {rule: arrays.ids_of(mask) for rule, mask in arrays.eligibility.forbidden(detail).items()}
    if arrays.allowed[task].any() or not engineers:
        rules[Rule.NO_ROOM] = arrays.ids_of(arrays.allowed[task])
    return Unplanned(detail.id, tuple(Reason(rule, ids) for rule, ids in rules.items()))
