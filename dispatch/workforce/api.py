"""The JSON door to skills, engineers, shifts and leave."""

from __future__ import annotations

from typing import Any

from core import api
from core.db import transaction
from dispatch.workforce import shifts
from dispatch.workforce.resources import ENGINEERS, LEAVE, SHIFTS, SKILLS
from dispatch.workforce.roster_schemas import RosterResultSchema, RosterSchema

blp = api.blueprint("workforce", __name__, "Engineers with their skills, shifts and leave")

for _resource in (SKILLS, ENGINEERS, SHIFTS, LEAVE):
    api.add_resource(blp, _resource)


@blp.route("/shifts/from-pattern", methods=["POST"])
@api.needs(SHIFTS.write)
@blp.arguments(RosterSchema)
@blp.response(200, RosterResultSchema)
@blp.doc(
    operationId="make_shifts_from_pattern",
    summary="Make the shifts of a weekly pattern for engineers and days",
)
def shifts_from_pattern(data: dict[str, Any]) -> Any:
    """Make a roster; shifts at whose time the engineer has one already are skipped."""
    who = api.actor()
    with transaction(who):
        return shifts.make_from_pattern(who, **data)
