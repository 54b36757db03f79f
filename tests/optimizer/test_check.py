"""Every rule: the smallest plan that keeps it, the smallest that breaks it and nothing else."""

import pytest

from optimizer import Plan, Problem, Rule, check
from tests.optimizer import rules_of_breaks, rules_of_links, rules_of_routes, rules_of_tasks
from tests.optimizer.small import plan, problem, task

CASES = [*rules_of_tasks.CASES, *rules_of_routes.CASES, *rules_of_breaks.CASES, *rules_of_links.CASES]


@pytest.mark.parametrize(("kept", "rule"), [pytest.param(case[2], case[1], id=case[0]) for case in CASES])
def test_check_is_silent_on_a_plan_that_keeps_the_rule(kept: tuple[Problem, Plan], rule: Rule) -> None:
    assert check(*kept) == []


@pytest.mark.parametrize(("broken", "rule"), [pytest.param(case[3], case[1], id=case[0]) for case in CASES])
def test_check_names_the_one_rule_that_is_broken(broken: tuple[Problem, Plan], rule: Rule) -> None:
    assert {violation.rule for violation in check(*broken)} == {rule}


def test_every_rule_a_plan_can_break_has_its_pair() -> None:
    only_reasons = {Rule.NO_ROOM, Rule.NO_TIME, Rule.COST}
    assert {case[1] for case in CASES} == set(Rule) - only_reasons


def test_violation_carries_the_facts() -> None:
    (violation,) = check(problem(task(deadline_s=2_000)), plan())
    assert (violation.task, violation.engineer) == ("A", "E")
    assert dict(violation.facts) == {"end_s": 2_400, "deadline_s": 2_000}
