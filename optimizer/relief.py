"""What would help: the smallest relaxation of each rule that lets a task into a plan as it is."""

from collections.abc import Iterator
from dataclasses import replace

from optimizer.bench import Bench, Trials
from optimizer.crew import Engineer
from optimizer.draft import Draft
from optimizer.insertion import Insertion
from optimizer.partners import Ties
from optimizer.plan import Relaxation, Rule
from optimizer.relaxations import MOST_S, applied, burden, waived
from optimizer.tasks import Task

#: How many relaxations are named for a task.
MOST_RELAXATIONS = 3


class Relief:
    """Looks for relaxations that let one task into a draft.

    Parameters
    ----------
    draft : Draft
        The plan; it is not changed.
    task : int
        Index of a task that is not placed.
    ties : Ties or None
        What links leave the task.
    """

    def __init__(self, draft: Draft, task: int, ties: Ties | None) -> None:
        self.draft, self.task, self.ties = draft, task, ties
        self.detail = draft.arrays.problem.tasks[task]

    def smallest(
        self,
        engineers: list[int],
        standing: dict[int, list[Rule]],
        rooms: dict[int, Insertion],
        most_trials: int,
    ) -> tuple[Relaxation, ...]:
        """Return the smallest relaxation of each rule that helps, the smallest first.

        Parameters
        ----------
        engineers : list of int
            Whom to ask, in this order.
        standing : dict of int to rules
            What stands between the task and each engineer, whatever is planned.
        rooms : dict of int to Insertion
            Places that break no rule.
        most_trials : int
            After so many timings of a route nobody else is asked.
        """
        found: dict[Rule, Relaxation] = {}
        trials = Trials(most_trials)
        for number in engineers:
            if trials.left <= 0:
                break
            if self.ties and (self.ties.missing or not self.ties.engineers[number]):
                continue
            rules = standing.get(number, [])
            if number in rooms:
                candidates = self._dearer(number, rooms[number])
            elif self.draft.arrays.allowed[self.task, number]:
                candidates = self._roomier(number, trials)
            elif len(rules) == 1:
                candidates = self._personal(rules[0], number, trials)
            else:
                continue
            for one in candidates:
                if one.rule not in found or burden(one) < burden(found[one.rule]):
                    found[one.rule] = one
        return tuple(sorted(found.values(), key=burden)[:MOST_RELAXATIONS])

    def _dearer(self, number: int, insertion: Insertion) -> Iterator[Relaxation]:
        """Yield by how much leaving the task out must cost more for a place to be worth it."""
        problem = self.draft.arrays.problem
        percent = problem.weights.unplanned_percent
        promise = problem.weights.promise_cents if self.detail.promised else 0
        if not percent or self.detail.lock:
            return
        needed = int((insertion.cents - promise) * 100 // percent) + 1 - self.detail.unplanned_cents
        if needed > 0:
            engineer = problem.engineers[number].id
            yield Relaxation(rule=Rule.COST, engineer=engineer, amount=needed, cents=round(insertion.cents))

    def _personal(self, rule: Rule, number: int, trials: Trials) -> Iterator[Relaxation]:
        engineer = self.draft.arrays.problem.engineers[number]
        lacking = self._lacking(rule, number)
        if len(lacking) == 1:
            about, amount = lacking[0]
            relaxation = self._relaxation(rule, engineer, amount, about)
            # What else is lacking may be fetched.
            tight = self._tightened(relaxation, trials) if rule is Rule.PART else relaxation
            yield from self._priced(tight, trials)

    def _lacking(self, rule: Rule, number: int) -> list[tuple[str, int]]:
        """Return what an engineer lacks of what a rule asks, and how much of each."""
        detail, engineer = self.detail, self.draft.arrays.problem.engineers[number]
        if rule is Rule.SKILL:
            has = dict(engineer.skills)
            levels = ((name, least, has.get(name, -1)) for name, least in detail.skills)
            return [(name, max(1, least - max(0, level))) for name, least, level in levels if level < least]
        if rule is Rule.TOOL:
            lacking = [(tool, 1) for tool in detail.tools if tool not in engineer.tools]
            lent = {tool for depot in self.draft.arrays.problem.depots for tool in depot.tools}
            return [one for one in lacking if one[0] not in lent] or lacking
        if rule is Rule.PART:
            left = self.draft.stock_left(number)
            return [(part, needs - left[part]) for part, needs in detail.parts if left[part] < needs]
        return [(detail.territory or "" if rule is Rule.TERRITORY else "", 1)]

    def _roomier(self, number: int, trials: Trials) -> Iterator[Relaxation]:
        """Yield what would make room on the shifts of an engineer who may do the task."""
        engineer, locked = self.draft.arrays.problem.engineers[number], self.detail.lock
        candidates = [*self._longer(number, engineer, trials)]
        if not (locked and locked.start_s is not None):
            candidates += [*self._wider(engineer, trials)]
        if not (locked and locked.engineer is not None):
            for rule in (Rule.PART, Rule.TOOL):
                lacking = self._lacking(rule, number)
                if len(lacking) == 1:
                    candidates.append(self._relaxation(rule, engineer, lacking[0][1], lacking[0][0]))
        for one in candidates:
            yield from self._priced(self._tightened(one, trials), trials)

    def _longer(self, number: int, engineer: Engineer, trials: Trials) -> Iterator[Relaxation]:
        """Yield how much longer an engineer must work, or how many more tasks he must do."""
        bench = self._bench(self.detail, engineer, trials).draft
        for rule in (Rule.SHIFT_END, Rule.MAX_WORK, Rule.MAX_TASKS):
            _, longer = waived(rule, self.detail, engineer) or (None, engineer)
            if longer == engineer:
                continue
            least: dict[int, int] = {}
            for vehicle, _, table in self._bench(self.detail, longer, trials).earliest():
                shift, old = engineer.shifts[vehicle], bench.tables[vehicle]
                if rule is Rule.SHIFT_END:
                    over = table.end_s - shift.end_s - shift.max_overtime_s
                elif rule is Rule.MAX_WORK:
                    all_s = int(bench.work_s[0]) - (old.work_s if old else 0) + table.work_s
                    over = max(_over(table.work_s, shift.max_work_s), _over(all_s, engineer.max_work_s))
                else:
                    mine = sum(map(bench.arrays.is_task, bench.orders[vehicle]))
                    count, all_count = mine + 1, int(bench.tasks_of[0]) + 1
                    over = max(_over(count, shift.max_tasks), _over(all_count, engineer.max_tasks))
                if over > 0:
                    least[vehicle] = min(over, least.get(vehicle, over))
            if least:
                index = min(least, key=lambda vehicle: least[vehicle])
                yield self._relaxation(rule, engineer, least[index], index=index)

    def _wider(self, engineer: Engineer, trials: Trials) -> Iterator[Relaxation]:
        """Yield how much later or earlier a window must reach, and how much later the deadline be."""
        detail, found = self.detail, []
        for index, (from_s, until_s) in enumerate(detail.windows):
            for wide in ((from_s, until_s + MOST_S), (from_s - MOST_S, until_s)):
                starts = self._starts(replace(detail, windows=(wide,)), engineer, trials)
                first_s = min(starts, default=None)
                if first_s is not None and not from_s <= first_s <= until_s:
                    amount = first_s - (until_s if first_s > until_s else from_s)
                    found.append(self._relaxation(Rule.WINDOW, engineer, amount, index=index))
        # Which of the earlier ones is the smallest shows only when it has been made tight.
        found = [self._tightened(one, trials) for one in found]
        yield from sorted(found, key=lambda one: abs(one.amount))[:1]
        if detail.deadline_s is not None:
            late = replace(detail, deadline_s=detail.deadline_s + MOST_S)
            first_s = min(self._starts(late, engineer, trials), default=None)
            if first_s is not None:
                amount = first_s + detail.service_s - detail.deadline_s
                if amount > 0:
                    yield self._relaxation(Rule.DEADLINE, engineer, amount)

    def _starts(self, detail: Task, engineer: Engineer, trials: Trials) -> Iterator[int]:
        """Yield the earliest start at every place where a task fits [s]."""
        for _, order, table in self._bench(detail, engineer, trials).earliest():
            yield table.halts[order.index(0)].start_s

    def _tightened(self, relaxation: Relaxation, trials: Trials) -> Relaxation:
        """Return the smallest amount that helps, given one that does."""
        sign = -1 if relaxation.amount < 0 else 1
        least, most = 1, abs(relaxation.amount)
        if most == 1 or not self._helps(replace(relaxation, amount=sign * (most - 1)), trials):
            return relaxation
        most -= 1
        while least < most and trials.left > 0:
            middle = (least + most) // 2
            if self._helps(replace(relaxation, amount=sign * middle), trials):
                most = middle
            else:
                least = middle + 1
        return replace(relaxation, amount=sign * most)

    def _helps(self, relaxation: Relaxation, trials: Trials) -> bool:
        return self._relaxed(relaxation, trials).fits()

    def _priced(self, relaxation: Relaxation, trials: Trials) -> Iterator[Relaxation]:
        """Yield a relaxation with what it costs, if it helps and is worth it."""
        insertion = self._relaxed(relaxation, trials).cheapest()
        worth = self.draft.arrays.unplanned_cents[self.task]
        if insertion and (self.detail.lock or insertion.cents < worth):
            yield replace(relaxation, cents=round(insertion.cents))

    def _relaxed(self, relaxation: Relaxation, trials: Trials) -> Bench:
        index = self.draft.arrays.engineer_index[relaxation.engineer]
        engineer = self.draft.arrays.problem.engineers[index]
        return self._bench(*applied(relaxation, self.detail, engineer), trials)

    def _bench(self, detail: Task, engineer: Engineer, trials: Trials) -> Bench:
        return Bench(self.draft, self.task, detail, engineer, trials, self.ties)

    @staticmethod
    def _relaxation(
        rule: Rule, engineer: Engineer, amount: int, about: str = "", index: int = 0
    ) -> Relaxation:
        return Relaxation(rule=rule, engineer=engineer.id, amount=amount, cents=0, about=about, index=index)


def _over(value: int, most: int | None) -> int:
    return 0 if most is None else value - most
