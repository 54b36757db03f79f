"""The town's people: engineers with skills, shifts and leave, and who signs in."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatch.demo.kinds import FAMILIES
from dispatch.demo.rows import Ref, Row, shares
from dispatch.demo.streets import DISTRICT_OF, DISTRICTS, place

DOMAIN = "qingyu.example"
SECOND_SKILLS = {
    "hvac": ("electric", "plumbing", "kitchen"),
    "electric": ("network", "hvac", "access", "lift"),
    "plumbing": ("pump", "boiler", "electric"),
    "lift": ("electric", "access"),
    "network": ("access", "electric"),
    "access": ("network", "electric"),
    "fire": ("pump", "electric"),
    "pump": ("plumbing", "fire", "electric"),
    "kitchen": ("hvac", "electric", "plumbing"),
    "boiler": ("plumbing", "pump", "electric"),
}
"""What engineers of a trade often learn besides."""
MOST_BOILER_LEVEL = 4
LEAST_FOR_DISTRICTS = 5
TOOLS = ("万用表", "真空泵", "管道疏通机", "热成像仪", "测厚仪", "登高梯")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁任"
_GIVEN = re.findall(
    "..",
    "志强建国海波晓峰立新俊杰国栋永康文斌家明振华少军宏伟子轩明辉德胜春生学文卫东浩然"
    "向阳一鸣思远书恒景行慧敏雪梅丽娟静怡若兰秋月晓芸佳琪雅文素英玉洁婷婷梦瑶诗涵安然",
)
_DAY = ("day", time(8), time(17), time(11, 30), time(13, 30))
_EARLY = ("early", time(6, 30), time(15, 30), time(10, 30), time(12, 30))
_LATE = ("late", time(12), time(21), time(16, 30), time(18, 30))


@dataclass(frozen=True)
class Account:
    """Somebody who signs in; `engineer` and `customer` are numbers of whom they are or belong to."""

    email: str
    name: str
    roles: tuple[str, ...]
    engineer: str | None = None
    customer: str | None = None


def person_name(rng: random.Random) -> str:
    """Return a random Chinese name."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def phone(rng: random.Random) -> str:
    """Return a telephone number in a range that is not given out."""
    return f"128 {rng.randrange(5000, 5600)} {rng.randrange(10000):04d}"


def engineer_rows(rng: random.Random, count: int) -> list[Row]:
    """Return `count` engineers, spread over trades and districts as the work is."""
    trades = shares({family.code: family.weight for family in FAMILIES}, count)
    names: set[str] = set()
    rows = []
    for index, (trade, district) in enumerate(zip(trades, _districts_of(trades), strict=True)):
        name = person_name(rng)
        while name in names:
            name = person_name(rng)
        names.add(name)
        levels = _levels(rng, trade, first=trade not in trades[:index])
        best = max(levels.values())
        home = place(rng, DISTRICT_OF[district] if district else None)
        rows.append(
            {
                "number": f"E-{index + 1:02d}",
                "name": name,
                "phone": phone(rng),
                "territory_id": Ref("territories", district) if district else None,
                "home_address": home.address,
                "home_lat": home.lat,
                "home_lon": home.lon,
                "skills": [
                    {"skill_id": Ref("skills", code), "level": level} for code, level in levels.items()
                ],
                "tools": [{"tool": tool} for tool in rng.sample(TOOLS, rng.randint(1, 3))],
                "speed_factor": rng.choice((0.9, 1.0, 1.0, 1.0, 1.1)),
                "cost_cents_per_hour": 4500 + 700 * best,
                "overtime_cents_per_hour": (4500 + 700 * best) * 3 // 2,
                "cost_cents_per_km": 80,
                "external_key": f"HR-{2100 + index}",
            }
        )
    return rows


def _districts_of(trades: Sequence[str]) -> list[str | None]:
    """Return the district each works in, None for the whole city.

    Trades with enough people send one to each district, except their master; specialists go everywhere.
    """
    weights = {district.code: district.weight for district in DISTRICTS}
    found: list[str | None] = []
    for trade in dict.fromkeys(trades):
        people = trades.count(trade)
        bound = people - 1 if people >= LEAST_FOR_DISTRICTS else 0
        found += [None] * (people - bound)
        found += shares(weights, bound)
    return found


def _levels(rng: random.Random, trade: str, first: bool) -> dict[str, int]:
    """Return levels by skill; a trade's first engineer is its master."""
    main = 5 if first else rng.choice((3, 3, 4, 4, 4, 5))
    levels = {trade: main}
    others = SECOND_SKILLS[trade]
    for code in others if first else rng.sample(others, rng.randint(1, len(others))):
        levels[code] = 3 if first else rng.choice((1, 2, 2, 3))
    if "boiler" in levels:
        levels["boiler"] = min(levels["boiler"], MOST_BOILER_LEVEL)
    return levels


def shift_rows(engineers: Sequence[Row], days: Sequence[date], zone: ZoneInfo) -> list[Row]:
    """Return everyone's shifts: most by day, every eighth early, every eighth late."""
    rows = []
    for index, engineer in enumerate(engineers):
        _, starts, ends, earliest, latest = {3: _EARLY, 7: _LATE}.get(index % 8, _DAY)
        pause = timedelta(minutes=30 if index % 3 else 45)
        for day in days:
            rows.append(
                {
                    "engineer_id": Ref("engineers", engineer["number"]),
                    "starts_at": at(day, starts, zone),
                    "ends_at": at(day, ends, zone),
                    "most_overtime_s": 3600 if index % 4 == 0 else 0,
                    "breaks": [
                        {
                            "earliest_at": at(day, earliest, zone),
                            "latest_at": at(day, latest, zone) - pause,
                            "duration_s": int(pause.total_seconds()),
                        }
                    ],
                }
            )
    return rows


def leave_rows(engineers: Sequence[Row], days: Sequence[date], zone: ZoneInfo) -> list[Row]:
    """Return leave of one engineer in eight, five at most."""
    first, last = days[0], days[-1]
    kinds = (
        ("annual", at(first, time(0), zone), at(last + timedelta(days=1), time(0), zone), "探亲"),
        ("sick", at(first, time(0), zone), at(first + timedelta(days=1), time(0), zone), ""),
        ("training", at(days[1], time(13), zone), at(days[1], time(18), zone), "特种设备证复审"),
        ("other", at(first, time(8), zone), at(first, time(10), zone), "车辆年检"),
        ("annual", at(last, time(0), zone), at(last + timedelta(days=1), time(0), zone), ""),
    )
    # From the middle of the list: the trades with several people.
    away = engineers[2 :: max(1, len(engineers) // 5)][: len(engineers) // 8]
    return [
        {
            "engineer_id": Ref("engineers", engineer["number"]),
            "kind": kind,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "notes": notes,
        }
        for engineer, (kind, starts_at, ends_at, notes) in zip(away, kinds, strict=False)
    ]


def accounts(
    rng: random.Random, engineers: Sequence[Row], customer: Row, signing_in: int = 3
) -> list[Account]:
    """Return who signs in: one of each role, the first engineers, and somebody of `customer`."""
    office = (
        ("admin", ("admin",)),
        ("dispatcher", ("dispatcher",)),
        ("agent", ("agent",)),
        ("warehouse", ("warehouse",)),
        ("reviewer", ("reviewer",)),
        ("manager", ("manager",)),
    )
    people = [Account(f"{role}@{DOMAIN}", person_name(rng), roles) for role, roles in office]
    people += [
        Account(f"engineer{index}@{DOMAIN}", engineer["name"], ("engineer",), engineer=engineer["number"])
        for index, engineer in enumerate(engineers[:signing_in], 1)
    ]
    people.append(Account(f"customer@{DOMAIN}", person_name(rng), ("customer",), customer=customer["number"]))
    return people


def at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """Return the instant at which it is `clock_time` on `day` in `zone`."""
    return datetime.combine(day, clock_time, tzinfo=zone)
