"""Whether a visit may be given to an engineer: what stands against it, and what a reason may override."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.db import db
from core.errors import Conflict, Invalid, mark
from dispatch.workforce.models import Engineer, Skill
from dispatch.workorders import rules
from dispatch.workorders.models import Visit, WorkOrder


def check_movable(visit: Visit, is_by_optimizer: bool, same_engineer: bool, same_start: bool) -> None:
    """Raise Conflict unless a plan may still move this visit: so, and by whom."""
    if visit.order.status not in (*rules.OPEN_ORDERS, "completed"):
        raise Conflict(mark("This order needs no visit any more: reopen it first."), code="order_closed")
    if visit.status not in rules.MOVABLE_VISITS:
        raise Conflict(
            mark("This visit has started or ended: it cannot be moved any more."), code="visit_started"
        )
    if not is_by_optimizer:
        return
    if visit.order.decision == "on_hold":
        raise Conflict(mark("This order waits for a part: a dispatcher resumes it."), code="order_on_hold")
    if not rules.is_kept_by_lock(visit.lock, same_engineer=same_engineer, same_start=same_start):
        raise Conflict(mark("This visit is locked: the optimizer does not move it."), code="visit_locked")


def misfits_of(order: WorkOrder, engineer: Engineer, override_reason: str) -> dict[str, Any]:
    """Return what does not fit, to be logged.

    Raises
    ------
    Invalid
        Something does not, and there is no reason to override it.
    """
    lacking = rules.missing_skills(
        {item.skill_id: item.level for item in order.skills},
        {item.skill_id: item.level for item in engineer.skills},
    )
    misfits: dict[str, Any] = {}
    if lacking:
        names = db.session.scalars(select(Skill.code).where(Skill.id.in_(lacking)).order_by(Skill.code))
        misfits["missing_skills"] = list(names)
    # The customer's own list: asking for the one stance costs a query for each of a run's visits.
    stances = {each.engineer_id: each.stance for each in order.customer.engineer_stances}
    if stances.get(engineer.id) == "refused":
        misfits["refused_by_customer"] = True
    if not misfits or override_reason.strip():
        return misfits
    if lacking:
        message = mark("%(engineer)s lacks the skills: %(skills)s. Choose another, or give a reason.")
        code, skills = "skills_missing", ", ".join(misfits["missing_skills"])
    else:
        message = mark("The customer refused %(engineer)s. Choose another, or give a reason.")
        code, skills = "engineer_refused", ""
    raise Invalid(
        message,
        code=code,
        fields={"override_reason": [mark("Give a reason.")]},
        engineer=engineer.name,
        skills=skills,
    )
