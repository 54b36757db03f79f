"""JSON that is wrong is refused with the path of what is wrong."""

import json
from typing import Any

import pytest

from optimizer import Lock, Reason, Rule, Unplanned
from optimizer.codec import plan_from_text, problem_from_text, text_of_plan, text_of_problem
from tests.optimizer.small import SHELF, fetched, plan, problem, task


def document(**changes: Any) -> str:
    """Return the plainest problem as text, some of its values replaced by path."""
    whole = json.loads(text_of_problem(problem(task(windows=((0, 9),), lock=Lock("E")))))
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = whole
        for step in way:
            inner = inner[int(step) if step.isdigit() else step]
        inner[last] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "this is not JSON"),
        ("[]", "must be an object with 'version' and 'problem'"),
        (document(version=2), "version must be 1, not 2"),
        (document(problem=[]), "problem must be an object, not"),
        (document(problem__tasks={}), r"problem\.tasks must be a list"),
        (document(problem__tasks__0__id=5), r"problem\.tasks\[0\]\.id must be a text, not 5"),
        (document(problem__tasks__0__place="x" * 99), r"problem\.tasks\[0\]\.place must be a whole number"),
        (document(problem__tasks__0__windows=[[1]]), r"problem\.tasks\[0\]\.windows\[0\] must have 2 values"),
        (document(problem__tasks__0__colour=5), r"problem\.tasks\[0\]\.colour is not known; known are id, "),
        (document(problem__tasks__0__service_s=-5), r"problem\.tasks\[0\]: task A: service_s"),
        (document(problem__tasks=[{"id": "A"}]), r"problem\.tasks\[0\]\.place is missing"),
        (document(problem__travel={}), r"problem\.travel\.seconds is missing"),
        (document(problem__travel__seconds=[[1, 2], [3]]), r"problem\.travel\.seconds must have rows"),
        (document(problem__travel__seconds=[[0.5]]), r"problem\.travel\.seconds must be lists of whole"),
        (document(problem__travel__seconds=[[2**40]]), r"problem\.travel: travel seconds must be from 0"),
        (
            document(problem__links=[{"before": "A", "after": "A", "engineers": "all"}]),
            r"problem\.links\[0\]\.engineers must be one of any, same, different",
        ),
    ],
)
def test_wrong_problem_is_refused_by_path(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        problem_from_text(text)


def test_wrong_rule_in_a_plan_is_refused() -> None:
    text = text_of_plan(plan(unplanned=(Unplanned("B", (Reason(Rule.SKILL, ("E",)),)),)))
    with pytest.raises(ValueError, match=r"plan\.unplanned\[0\]\.reasons\[0\]\.rule must be one of skill"):
        plan_from_text(text.replace('"skill"', '"luck"'))


def test_everything_a_plan_holds_comes_back() -> None:
    whole = plan(*fetched().routes, unplanned=(Unplanned("急", (Reason(Rule.NO_ROOM, ("E",)),)),))
    assert plan_from_text(text_of_plan(whole)) == whole


def test_travel_without_metres_comes_back() -> None:
    given = problem(depots=(SHELF,))
    text = text_of_problem(given).replace('"metres"', '"metres_"', 1)
    with pytest.raises(ValueError, match="metres_ is not known"):
        problem_from_text(text)
    whole = json.loads(text_of_problem(given))
    whole["problem"]["travel"]["metres"] = None
    assert problem_from_text(json.dumps(whole)).travel.metres is None
