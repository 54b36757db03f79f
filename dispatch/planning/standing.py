"""What stands when a run is published: visits as they are now, and what engineers do otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from core.db import db
from dispatch.planning.crew import times_of
from dispatch.planning.models import OptimizationRun, RunAssignment
from dispatch.planning.rules import OPEN_VISIT_STATUSES, STARTED_VISIT_STATUSES
from dispatch.workforce.models import Engineer, Leave, Shift
from dispatch.workforce.rules import WorkingSpan, working_spans
from dispatch.workorders.models import Visit, WorkOrder


def held_visits(rows: Collection[RunAssignment]) -> dict[uuid.UUID, Visit]:
    """Return the visits as they are now, with their orders, held against other changes.

    Their engineers are held first: of two runs with the same ones, the second waits and sees what the
    first gave them. Orders come before visits and each in the order of their ids, as everybody writes
    them: nobody waits in a circle.
    """
    crew = {one for row in rows for one in (row.engineer_id, row.was_engineer_id) if one}
    engineers = select(Engineer.id).where(Engineer.id.in_(crew)).order_by(Engineer.id)
    db.session.execute(engineers.with_for_update(key_share=True))
    orders = {order.id: order for order in held(WorkOrder, {row.order_id for row in rows})}
    found = {visit.id: visit for visit in held(Visit, {row.visit_id for row in rows})}
    for visit in found.values():
        # Loading the visits anew made each of them forget its order.
        set_committed_value(visit, "order", orders[visit.order_id])
    return found


def held(model: type[Any], ids: Collection[uuid.UUID]) -> Iterator[Any]:
    """Yield rows by id, read afresh and locked."""
    in_order = sorted(ids)
    for first in range(0, len(in_order), 1_000):
        query = select(model).where(model.id.in_(in_order[first : first + 1_000])).order_by(model.id)
        query = query.with_for_update(of=model, key_share=True).execution_options(populate_existing=True)
        yield from db.session.scalars(query).unique()


def visits_of(run: OptimizationRun, engineer_ids: Collection[uuid.UUID]) -> Sequence[Any]:
    """Return id, engineer, start and end of all that engineers have to do around a run's time."""
    query = select(Visit.id, Visit.engineer_id, Visit.planned_start_at, Visit.planned_end_at).where(
        Visit.engineer_id.in_(engineer_ids),
        Visit.status.in_((*OPEN_VISIT_STATUSES, *STARTED_VISIT_STATUSES)),
        Visit.planned_start_at < run.ends_at + timedelta(days=1),
        Visit.planned_end_at > run.starts_at,
    )
    return db.session.execute(query).all()


class Duty:
    """When the engineers of some rows work, by their shifts and leave of now."""

    def __init__(self, run: OptimizationRun, rows: Collection[RunAssignment]) -> None:
        span = (run.starts_at, run.ends_at)
        ids = list({row.engineer_id for row in rows if row.engineer_id})
        shifts, leaves = times_of(Shift, ids, *span), times_of(Leave, ids, *span)
        self.spans: dict[uuid.UUID | None, list[WorkingSpan]] = {
            one: working_spans(shifts[one], leaves[one], *span) for one in ids
        }

    def covers(self, row: RunAssignment) -> bool:
        """Tell whether the engineer works when a row wants it; one that is taken off needs nobody."""
        start_at, end_at = row.planned_start_at, row.planned_end_at
        if start_at is None or end_at is None:
            return True
        return any(
            span.starts_at <= start_at and end_at <= span.ends_at + timedelta(seconds=span.most_overtime_s)
            for span in self.spans[row.engineer_id]
        )
