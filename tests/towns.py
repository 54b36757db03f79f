"""Builders of small towns: engineers with shifts, sites with open orders, all a few minutes apart.

They write rows directly, as what stands in the database before the thing under test begins.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from core.auth.actors import system
from core.db import db, transaction
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category
from dispatch.workforce.models import Engineer, EngineerSkill, Shift, Skill
from dispatch.workorders.models import OrderSkill, Visit, WorkOrder
from geo.models import Territory

#: Seven in the morning in Shanghai, a Monday.
MORNING = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
CENTRE = (31.23, 121.47)
HOUR = timedelta(hours=1)


@dataclass
class Town:
    """What a town holds, by what the builders were told.

    Attributes
    ----------
    day : tuple of datetime
        From when until when everybody works: 08:00 to 17:00 local time.
    """

    morning: datetime = MORNING
    category: Category | None = None
    customer: Customer | None = None
    engineers: list[Engineer] = field(default_factory=list)
    orders: list[WorkOrder] = field(default_factory=list)

    @property
    def day(self) -> tuple[datetime, datetime]:
        return self.morning + HOUR, self.morning + 10 * HOUR

    def add(self, *rows: Any) -> Any:
        """Write rows; return the first."""
        with transaction(system("test")) as session:
            session.add_all(rows)
        return rows[0]

    def add_territory(self, code: str = "east") -> Territory:
        ring = [[121.0, 31.0], [122.0, 31.0], [122.0, 32.0], [121.0, 32.0], [121.0, 31.0]]
        return self.add(Territory(code=code, name=code, geometry={"type": "Polygon", "coordinates": [ring]}))

    def add_skill(self, code: str = "hvac") -> Skill:
        return self.add(Skill(code=code, name_en=code, name_zh=code))

    def add_customer(self, **values: Any) -> Customer:
        return self.add(Customer(**{"number": f"C-{uuid.uuid4().hex[:8]}", "name": "青禾商场", **values}))

    def add_engineer(self, skills: dict[uuid.UUID, int] | None = None, **values: Any) -> Engineer:
        """Add an engineer at home in the centre who works on the town's day."""
        number = len(self.engineers) + 1
        usual = {"number": f"E-{number}", "name": f"engineer {number}", "home_lat": CENTRE[0]}
        engineer = Engineer(id=uuid.uuid4(), **{**usual, "home_lon": CENTRE[1], **values})
        engineer.skills = [EngineerSkill(skill_id=one, level=level) for one, level in (skills or {}).items()]
        shift = Shift(engineer_id=engineer.id, starts_at=self.day[0], ends_at=self.day[1])
        self.add(engineer)
        self.add(shift)
        self.engineers.append(engineer)
        return engineer

    def add_order(
        self,
        *,
        lat: float | None = None,
        lon: float | None = None,
        skills: dict[uuid.UUID, int] | None = None,
        site: dict[str, Any] | None = None,
        visit: dict[str, Any] | None = None,
        customer: Customer | None = None,
        **values: Any,
    ) -> WorkOrder:
        """Add an open order of one hour with one visit; the site lies about 1 km from the last one."""
        return self.add_orders(
            1, lat=lat, lon=lon, skills=skills, site=site, visit=visit, customer=customer, **values
        )[0]

    def add_orders(
        self,
        count: int,
        *,
        lat: float | None = None,
        lon: float | None = None,
        skills: dict[uuid.UUID, int] | None = None,
        site: dict[str, Any] | None = None,
        visit: dict[str, Any] | None = None,
        customer: Customer | None = None,
        **values: Any,
    ) -> list[WorkOrder]:
        """Add several open orders, as `add_order`."""
        self.category = self.category or self.add(Category(code="repair", name_en="Repair", name_zh="维修"))
        self.customer = self.customer or self.add_customer()
        made: list[WorkOrder] = []
        rows: list[Any] = []
        for _ in range(count):
            number = len(self.orders) + len(made) + 1
            step = number % 97
            where = {
                "lat": CENTRE[0] + 0.01 * (step % 10) if lat is None else lat,
                "lon": CENTRE[1] + 0.01 * (step // 10) if lon is None else lon,
            }
            owner = customer or self.customer
            place = Site(
                id=uuid.uuid4(), customer_id=owner.id, name=f"site {number}", **{**where, **(site or {})}
            )
            usual = {"title": f"order {number}", "requested_at": self.morning, "number": f"WO-{number:05d}"}
            order = WorkOrder(
                id=uuid.uuid4(),
                category_id=self.category.id,
                customer_id=owner.id,
                site_id=place.id,
                **{**usual, "duration_s": 3_600, **values},
            )
            order.skills = [OrderSkill(skill_id=one, level=level) for one, level in (skills or {}).items()]
            going = Visit(id=uuid.uuid4(), order_id=order.id, **(visit or {}))
            if going.status not in (None, "created"):
                order.status = going.status
            rows.append((place, order, going))
            made.append(order)
        with transaction(system("test")) as session:
            for column in zip(*rows, strict=True):
                session.add_all(column)
                session.flush()
        self.orders += made
        return made


def visit_of(order: WorkOrder) -> Visit:
    """Return the (first) visit of an order, read afresh."""
    db.session.rollback()
    visit = db.session.query(Visit).filter_by(order_id=order.id).order_by(Visit.sequence).first()
    assert visit is not None, "every order of a town has a visit"
    return visit
