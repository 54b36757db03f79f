"""What people call the engineers, skills, parts and territories that a problem knows by their ids."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from sqlalchemy import select

from core.db import db
from core.i18n import reader_language
from dispatch.workforce.models import Engineer, Skill
from geo.models import Territory
from inventory.models import Part
from optimizer.plan import Rule


class Names:
    """Looks names up in the reader's language; what is gone by now has none."""

    @cached_property
    def engineers(self) -> dict[str, str]:
        """Names of all engineers, by id."""
        return {str(row.id): row.name for row in db.session.execute(select(Engineer.id, Engineer.name))}

    def engineer(self, name: str) -> str:
        """Return what an engineer is called."""
        return self.engineers.get(name, "")

    def thing(self, rule: Rule, name: str) -> str:
        """Return what the skill, part, territory or tool is called that a rule speaks of."""
        model: Any = {Rule.SKILL: Skill, Rule.PART: Part, Rule.TERRITORY: Territory}.get(rule)
        if model is None:
            return name
        found = db.session.get(model, uuid.UUID(name))
        if found is None:
            return ""
        field = "name" if model is Territory else f"name_{reader_language()}"
        called: str = getattr(found, field)
        return called
