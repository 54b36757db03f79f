"""An invented crew for a replay: engineers who live where the open orders lie and can do what these need."""

from __future__ import annotations

import math
import random
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.auth.actors import Actor
from core.db import db
from core.errors import Conflict, mark
from dispatch.customers.models import Site
from dispatch.workforce.models import Engineer, EngineerSkill, Shift, ShiftBreak
from dispatch.workorders.models import OrderSkill, WorkOrder
from dispatch.workorders.rules import FINAL_ORDERS
from geo import places

STARTS, ENDS = time(8), time(16, 30)
LUNCH_FROM, LUNCH_UNTIL, LUNCH_S = time(11, 30), time(13), 1800
_HOME_SPREAD_M = 1500.0
_SECOND_SKILLS = 2
_METRES_A_DEGREE = 111_195.0
_GIVEN = ("Alex", "Bo", "Chris", "Dana", "Eli", "Fran", "Gale", "Hana", "Ivo", "Jules", "Kim", "Lee", "Max")
_FAMILY = (
    "Adler",
    "Brook",
    "Chen",
    "Dale",
    "Evans",
    "Field",
    "Grove",
    "Hill",
    "Ito",
    "Lake",
    "Moor",
    "Stone",
)
Needs = frozenset[tuple[uuid.UUID, int]]


@dataclass(frozen=True)
class Made:
    """How many rows `generate` wrote, and how many skills the open orders need."""

    engineers: int
    shifts: int
    skills: int


def generate(actor: Actor, count: int, *, seed: int, first_day: date, days: int, zone: ZoneInfo) -> Made:
    """Invent `count` engineers with shifts; those of the same seed that are there already are kept.

    Homes are drawn near the sites of open orders. What orders need together is somebody's main trade,
    shared out by how many orders need it (largest remainder, at least one engineer each); everybody gets
    further skills by the same weights. Shifts last from 08:00 to 16:30 with a break of half an hour.

    Raises
    ------
    Conflict
        There is no open order with a position.
    """
    actor.require("engineers.write")
    sites, needs_of = _demand()
    if not sites:
        raise Conflict(mark("There is no open order with a position: import requests first."))
    draw = random.Random(seed)
    by_needs: dict[Needs, list[tuple[float, float]]] = defaultdict(list)
    for order_id, point in sites.items():
        by_needs[needs_of.get(order_id, frozenset())].append(point)
    weights = Counter({needs: len(points) for needs, points in by_needs.items()})
    trades = [needs for needs in weights if needs]
    levels: dict[uuid.UUID, int] = {}
    for skill_id, level in (pair for needs in trades for pair in needs):
        levels[skill_id] = max(level, levels.get(skill_id, 1))
    prefix = f"generated:{seed}:"
    query = select(Engineer).where(Engineer.external_key.startswith(prefix, autoescape=True))
    known = {engineer.external_key: engineer for engineer in db.session.scalars(query)}
    crew, homes = [], []
    for index, mains in enumerate(_shared_out(weights, count)):
        home = _near(draw, draw.choice([p for needs in mains for p in by_needs[needs]]))
        held = {skill_id for needs in mains for skill_id, _ in needs}
        if trades:
            chosen = draw.choices(trades, [weights[needs] for needs in trades], k=_SECOND_SKILLS)
            held |= {skill_id for needs in chosen for skill_id, _ in needs}
        level_of = {skill_id: draw.randint(levels[skill_id], 5) for skill_id in sorted(held)}
        name = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}"
        if f"{prefix}{index}" in known:
            continue
        engineer = Engineer(
            id=uuid.uuid4(),
            number=f"G{seed}-{index + 1:03d}",
            name=name,
            home_lat=home[0],
            home_lon=home[1],
            external_key=f"{prefix}{index}",
            skills=[EngineerSkill(skill_id=skill_id, level=level) for skill_id, level in level_of.items()],
        )
        crew.append(engineer)
        homes.append(home)
    territories = places.territory_ids_at([h[0] for h in homes], [h[1] for h in homes]) if homes else []
    for engineer, territory_id in zip(crew, territories, strict=True):
        engineer.territory_id = territory_id
    db.session.add_all(crew)
    db.session.flush()
    everyone = crew + [e for key, e in known.items() if int((key or "").removeprefix(prefix)) < count]
    shifts = _shifts(everyone, first_day, days, zone)
    db.session.add_all(shifts)
    db.session.flush()
    return Made(len(crew), len(shifts), len(levels))


def _demand() -> tuple[dict[uuid.UUID, tuple[float, float]], dict[uuid.UUID, Needs]]:
    open_ = (WorkOrder.status.not_in(FINAL_ORDERS), Site.lat.is_not(None))
    rows = db.session.execute(
        select(WorkOrder.id, Site.lat, Site.lon)
        .join(Site, Site.id == WorkOrder.site_id)
        .where(*open_)
        # Drawn from in this order, so the same seed means the same crew.
        .order_by(WorkOrder.number)
    ).all()
    needs: dict[uuid.UUID, set[tuple[uuid.UUID, int]]] = defaultdict(set)
    wanted = select(OrderSkill.order_id, OrderSkill.skill_id, OrderSkill.level)
    wanted = wanted.join(WorkOrder, WorkOrder.id == OrderSkill.order_id)
    for order_id, skill_id, level in db.session.execute(wanted.join(Site).where(*open_)):
        needs[order_id].add((skill_id, level))
    return {id_: (float(lat), float(lon)) for id_, lat, lon in rows if lat is not None and lon is not None}, {
        id_: frozenset(n) for id_, n in needs.items()
    }


def _shared_out(weights: Counter[Needs], count: int) -> list[list[Needs]]:
    """Return the main trades of each engineer; with fewer engineers than trades some have several."""
    ranked = [needs for needs, _ in weights.most_common()]
    if count < len(ranked):
        mains: list[list[Needs]] = [[] for _ in range(count)]
        for index, needs in enumerate(ranked):
            mains[index % count].append(needs)
        return mains
    spare, total = count - len(ranked), weights.total()
    exact = {needs: spare * weights[needs] / total for needs in ranked}
    shares = {needs: 1 + math.floor(exact[needs]) for needs in ranked}
    by_remainder = sorted(ranked, key=lambda needs: exact[needs] % 1, reverse=True)
    for needs in by_remainder[: count - sum(shares.values())]:
        shares[needs] += 1
    return [[needs] for needs in ranked for _ in range(shares[needs])]


def _near(draw: random.Random, point: tuple[float, float]) -> tuple[float, float]:
    lat, lon = point
    north, east = draw.gauss(0, _HOME_SPREAD_M), draw.gauss(0, _HOME_SPREAD_M)
    wide = _METRES_A_DEGREE * max(0.01, math.cos(math.radians(lat)))
    return round(lat + north / _METRES_A_DEGREE, 6), round(lon + east / wide, 6)


def _shifts(crew: list[Engineer], first_day: date, days: int, zone: ZoneInfo) -> list[Shift]:
    def at(day: date, clock_time: time) -> datetime:
        return datetime.combine(day, clock_time, zone).astimezone(UTC)

    last_day = first_day + timedelta(days=days - 1)
    present = select(Shift.engineer_id, Shift.starts_at, Shift.ends_at).where(
        Shift.starts_at < at(last_day, ENDS), Shift.ends_at > at(first_day, STARTS)
    )
    taken = defaultdict(list)
    for engineer_id, starts_at, ends_at in db.session.execute(present):
        taken[engineer_id].append((starts_at, ends_at))
    shifts = []
    for engineer in crew:
        for day in (first_day + timedelta(days=n) for n in range(days)):
            span = at(day, STARTS), at(day, ENDS)
            if any(starts < span[1] and ends > span[0] for starts, ends in taken[engineer.id]):
                continue
            lunch = ShiftBreak(
                earliest_at=at(day, LUNCH_FROM), latest_at=at(day, LUNCH_UNTIL), duration_s=LUNCH_S
            )
            shifts.append(Shift(engineer_id=engineer.id, starts_at=span[0], ends_at=span[1], breaks=[lunch]))
    return shifts
