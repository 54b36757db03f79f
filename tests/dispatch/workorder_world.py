"""A small company for tests of work orders: a customer with a site, categories, engineers with skills."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth.actors import Actor, person
from core.db import db, transaction
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category, CategorySkill
from dispatch.workforce.models import Engineer, EngineerSkill, Shift, Skill
from dispatch.workorders import orders, visits
from dispatch.workorders.models import Visit, WorkOrder

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class World:
    """The rows, and shortcuts to what tests do over and over."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        with transaction(actor) as session:
            self.lifts, self.power = (Skill(code=c, name_en=c, name_zh=c) for c in ("LIFT", "POWER"))
            self.customer = Customer(number="C-1", name="青禾商场")
            self.category = Category(
                code="lift",
                name_en="Lift",
                name_zh="电梯",
                default_priority="high",
                duration_s=5400,
                response_minutes=240,
                resolution_minutes=1440,
                required_fields=["contact_phone"],
            )
            session.add_all([self.lifts, self.power, self.customer, self.category])
            session.flush()
            self.category.skills.append(CategorySkill(skill_id=self.lifts.id, level=2))
            self.site = Site(customer_id=self.customer.id, name="North gate", lat=31.2304, lon=121.4737)
            session.add(self.site)
            self.expert = self.add_engineer("E-1", level=3)
            self.other = self.add_engineer("E-2", level=2)
            self.novice = self.add_engineer("E-3", level=None)

    def add_engineer(self, number: str, level: int | None, user_id: uuid.UUID | None = None) -> Engineer:
        engineer = Engineer(number=number, name=f"Engineer {number}", user_id=user_id)
        if level is not None:
            engineer.skills.append(EngineerSkill(skill_id=self.lifts.id, level=level))
        db.session.add(engineer)
        db.session.flush()
        return engineer

    def rostered(self, engineer: Engineer, start: datetime = MORNING, hours: float = 8, **more: Any) -> None:
        """Give an engineer a shift."""
        with transaction(self.actor) as session:
            ends_at = start + hours * HOUR
            session.add(Shift(engineer_id=engineer.id, starts_at=start, ends_at=ends_at, **more))

    def asked(self, **values: Any) -> dict[str, Any]:
        """Return a good request, as `orders.create` takes it."""
        return {
            "category_id": self.category.id,
            "customer_id": self.customer.id,
            "site_id": self.site.id,
            "title": "Escalator 3 stands still",
            "contact_phone": "021-5555",
            **values,
        }

    def sent(self, **values: Any) -> dict[str, Any]:
        """Return a good request, as the API takes it."""
        return {k: str(v) if isinstance(v, uuid.UUID) else v for k, v in self.asked(**values).items()}

    def order(self, **values: Any) -> WorkOrder:
        """Return a new order."""
        with transaction(self.actor):
            return orders.create(self.actor, self.asked(**values))

    def do(self, verb: Any, record: Any, *, by: Actor | None = None, **said: Any) -> Any:
        """Do a verb in a transaction of its own, as the system unless `by` says whom."""
        actor = by or self.actor
        with transaction(actor):
            return verb(actor, db.session.merge(record), **said)

    def dispatched(self, engineer: Engineer | None = None, **values: Any) -> Visit:
        """Return the visit of a new order, dispatched."""
        visit = self.order(**values).visits[0]
        return self.do(visits.schedule, visit, **self.slot(engineer))

    def slot(self, engineer: Engineer | None = None, **values: Any) -> dict[str, Any]:
        """Return what `visits.schedule` needs to know, for an hour in the morning."""
        return {
            "engineer_id": (engineer or self.expert).id,
            "start_at": MORNING,
            "end_at": MORNING + HOUR,
            **values,
        }

    def carry_out(self, visit: Visit, *verbs: str) -> Any:
        """Do steps of a visit one after the other, each with what it needs."""
        said = {
            "depart": {"reason": "no signal"},
            "arrive": {"lat": 31.2304, "lon": 121.4737},
            "hold": {"reason": "waits for a key"},
            "complete": {"solution": "Chain replaced"},
        }
        for verb in verbs:
            visit = self.do(getattr(visits, verb), visit, **said.get(verb, {}))
        return visit


def somebody(*roles: str) -> Actor:
    """Return a person with these roles who has no account."""
    return person(uuid.uuid4(), "-".join(roles), frozenset(roles))
