"""The town's open work: what customers have asked for, by when, and when somebody may come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dispatch.demo.kinds import FAMILIES, KINDS, Kind
from dispatch.demo.people import at, person_name, phone
from dispatch.demo.rows import Ref, Row

SOURCE = "demo"
_PROMISES = ((8, 10), (9, 11), (10, 12), (13, 15), (14, 16), (15, 17))
_HALF_DAYS = ((8, 12), (13, 17))
_CHANNELS = ("phone", "phone", "phone", "web", "chat", "mail", "app")
_DESCRIPTIONS = (
    "",
    "客户反映昨天开始出现，今天加重。",
    "现场有人等候，到达前请先致电。",
    "上次维修后再次出现，请带齐工具。",
    "影响营业，希望尽快处理。",
    "设备编号贴在面板右下角。",
)
_IMPACT_OF = {"low": "person", "normal": "group", "high": "site", "urgent": "public"}
_URGENCY_OF = {"low": "normal", "normal": "normal", "high": "expedited", "urgent": "urgent"}


def order_rows(
    rng: random.Random,
    count: int,
    *,
    sites: Sequence[Row],
    assets: Sequence[Row],
    contracts: Sequence[Row],
    days: Sequence[date],
    now: datetime,
    zone: ZoneInfo,
) -> list[Row]:
    """Return `count` requests about devices of the sites, the oldest first."""
    by_key = {site["external_key"]: site for site in sites}
    contract_of = {contract["customer_id"]: contract for contract in contracts}
    by_family: dict[str, list[Row]] = {}
    for asset in assets:
        by_family.setdefault(asset["_family"], []).append(asset)
    unlocated = [asset for asset in assets if by_key[asset["site_id"].key]["lat"] is None]
    family_of = {family.code: family for family in FAMILIES}
    families = [family for family in FAMILIES if family.code in by_family]
    rows = []
    for index in range(count):
        family = rng.choices(families, [each.weight for each in families])[0]
        # One in a hundred is where no map knows the way.
        among = unlocated if index % 100 == 20 and unlocated else by_family[family.code]
        asset = rng.choice(among)
        family = family_of[asset["_family"]]
        site = by_key[asset["site_id"].key]
        kinds = [kind for kind in KINDS if kind.family == family.code]
        kind = rng.choices(kinds, [each.weight for each in kinds])[0]
        customer = site["customer_id"]
        contract = contract_of.get(customer)
        limit = contract["resolution_minutes"] if contract else family.resolution_minutes
        requested_at = now - timedelta(minutes=_age_minutes(rng, kind, limit))
        row = {
            "channel": rng.choice(_CHANNELS),
            "category_id": kind.ref,
            "title": rng.choice(kind.complaints),
            "description": rng.choice(_DESCRIPTIONS),
            "priority": kind.priority,
            "urgency": _URGENCY_OF[kind.priority],
            "impact": _IMPACT_OF[kind.priority],
            "customer_id": customer,
            "site_id": asset["site_id"],
            "asset_id": Ref("assets", asset["serial"]),
            "contract_id": Ref("contracts", contract["number"]) if contract else None,
            "contact_name": person_name(rng),
            "contact_phone": phone(rng),
            "occurred_at": requested_at - timedelta(minutes=rng.randint(5, 90)),
            "requested_at": requested_at,
            "duration_s": 60 * max(20, kind.minutes + rng.choice((-15, -10, 0, 0, 0, 10, 15))),
            "parts": _parts(rng, kind),
            "windows": _windows(rng, kind, days, now, zone),
            "external_source": SOURCE,
        }
        rows.append(row)
    rows.sort(key=lambda each: each["requested_at"])
    for index, row in enumerate(rows):
        row["external_key"] = f"{index + 1:04d}"
    return rows


def _age_minutes(rng: random.Random, kind: Kind, limit_minutes: int) -> int:
    """Return how long ago it was asked for: minutes where it is urgent, up to two days else.

    Hardly anything is near its limit for resolution, as the company keeps up with its work.
    """
    most = {"urgent": 25, "high": 300, "normal": 1200, "low": 2800}[kind.priority]
    return rng.randint(3, min(most, limit_minutes // 3))


def _parts(rng: random.Random, kind: Kind) -> list[Row]:
    if rng.random() * 100 >= kind.part_percent:
        return []
    return [{"part_id": Ref("parts", number), "quantity": n} for number, n in kind.quantities.items()]


def _windows(
    rng: random.Random, kind: Kind, days: Sequence[date], now: datetime, zone: ZoneInfo
) -> list[Row]:
    """Return a two-hour promise, a half day, two of them, or nothing; never what is nearly over."""
    chance = rng.random()
    if kind.priority == "urgent" or chance < 0.42:
        return []
    day = rng.choices(days, (16, 3, 1)[: len(days)])[0]
    choices = _PROMISES if chance < 0.62 else _HALF_DAYS
    count = 2 if chance > 0.95 else 1
    spans = [(at(day, time(a), zone), at(day, time(b), zone)) for a, b in choices]
    ahead = [span for span in spans if span[0] >= now] or [
        (at(days[1], time(a), zone), at(days[1], time(b), zone)) for a, b in choices
    ]
    picked = sorted(rng.sample(ahead, min(count, len(ahead))))
    return [{"starts_at": starts_at, "ends_at": ends_at} for starts_at, ends_at in picked]
