"""The whole town as rows, before anything is stored."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.demo import catalogue, clients, kinds, people, stock, streets, work
from dispatch.demo.people import Account
from dispatch.demo.rows import Ref, Row
from dispatch.demo.stock import Asking

DAYS = 3
_TOO_LATE_HOUR = 15
_WHOLE_DAY_HOUR = 10


@dataclass(frozen=True)
class Town:
    """Rows by resource, as its schema takes them but for each `Ref`; keys that begin with _ are ours."""

    days: tuple[date, ...]
    accounts: tuple[Account, ...]
    rows: dict[str, list[Row]]
    askings: tuple[Asking, ...]


def build_town(seed: int, now: datetime, zone: ZoneInfo, *, engineers: int = 40, orders: int = 300) -> Town:
    """Return the town of a seed as it is at `now`; customers are half as many as orders."""

    def rng(topic: str) -> random.Random:
        return random.Random(f"{seed} {topic}")

    days = working_days(now, zone)
    today = now.astimezone(zone).date()
    crew = people.engineer_rows(rng("engineers"), engineers)
    customers = clients.customer_rows(rng("customers"), -(-orders // 2), crew)
    sites = clients.site_rows(rng("sites"), customers)
    assets = clients.asset_rows(rng("assets"), sites, today)
    contracts = clients.contract_rows(customers, today)
    parts = catalogue.part_rows()
    movements = stock.movement_rows(rng("stock"), parts, crew)
    accounts = people.accounts(rng("accounts"), crew, customers[0])
    by_number = {row["number"]: row for row in crew}
    asking = [(who.email, by_number[who.engineer]) for who in accounts if who.engineer]
    for email, engineer in asking:
        engineer["user_id"] = Ref("people", email)
    return Town(
        days=days,
        accounts=tuple(accounts),
        rows={
            "territories": streets.territories(),
            "skills": kinds.skill_rows(),
            "engineers": crew,
            "shifts": people.shift_rows(crew, days, zone),
            "leaves": people.leave_rows(crew, days, zone),
            "categories": kinds.category_rows(),
            "customers": customers,
            "sites": sites,
            "assets": assets,
            "contracts": contracts,
            "parts": parts,
            "stock-locations": stock.location_rows(rng("places"), crew),
            "stock-movements": movements,
            "work-orders": work.order_rows(
                rng("orders"),
                orders,
                sites=sites,
                assets=assets,
                contracts=contracts,
                days=days,
                now=now,
                zone=zone,
            ),
        },
        askings=tuple(stock.askings(asking, f"warehouse@{people.DOMAIN}", movements)),
    )


def working_days(now: datetime, zone: ZoneInfo) -> tuple[date, ...]:
    """Return the days the town works: today, or from tomorrow on when this day is nearly over."""
    local = now.astimezone(zone)
    first = local.date() + timedelta(days=local.hour >= _TOO_LATE_HOUR)
    return tuple(first + timedelta(days=index) for index in range(DAYS))


def last_planned_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the day with which the first plan ends: today where most of it is ahead, else tomorrow."""
    local = now.astimezone(zone)
    return local.date() + timedelta(days=local.hour >= _WHOLE_DAY_HOUR)
