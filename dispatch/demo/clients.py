"""The town's customers: companies and households with sites, devices and contracts."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dispatch.demo.kinds import FAMILIES
from dispatch.demo.people import DOMAIN, person_name, phone
from dispatch.demo.rows import Ref, Row
from dispatch.demo.streets import CITY, place

SITES_PER_UNLOCATED = 80
"""Of so many sites, one has an address that no map knows."""
_FIRST = re.findall("..", "锦澜云禾晨屿泊岸青檐澄湖望舒南枝禾木知行明序渔歌栖云澜湾松月听涛鹿鸣半山朴树青禾")
_SECOND = ("", "", *"和盛安达源嘉泰")
_ACCESS_NOTES = ("", "", "到前台登记领卡", "货梯上楼", "停车入地下二层", "请提前半小时致电")
_DEVICES = {family.code: family.devices for family in FAMILIES}


@dataclass(frozen=True)
class Trade:
    """A sort of customers: how many, what they are called, what they have, when one can come in."""

    weight: int
    names: tuple[str, ...]
    families: str
    grades: str
    hours: tuple[str, str] | None = None
    most_sites: int = 1


TRADES = (
    Trade(
        16,
        ("大厦", "广场", "国际中心"),
        "hvac electric lift network access fire pump plumbing",
        "silver gold vip",
        None,
        2,
    ),
    Trade(
        10,
        ("大酒店", "宾馆", "度假酒店"),
        "hvac electric plumbing lift kitchen fire boiler pump",
        "silver gold vip",
        None,
        2,
    ),
    Trade(
        16,
        ("餐厅", "酒楼", "中央厨房"),
        "kitchen hvac plumbing electric",
        "standard silver",
        ("08:00", "21:00"),
        3,
    ),
    Trade(
        12,
        ("物业", "花园", "公寓"),
        "lift pump plumbing access electric fire",
        "standard silver gold",
        None,
        3,
    ),
    Trade(
        8,
        ("中学", "实验小学", "职业学院"),
        "electric network plumbing hvac fire boiler",
        "silver gold",
        ("07:30", "18:00"),
        1,
    ),
    Trade(
        5, ("医院", "体检中心"), "hvac electric lift plumbing fire boiler pump network", "gold vip", None, 2
    ),
    Trade(
        10,
        ("食品厂", "电子厂", "包装厂", "冷链物流"),
        "hvac electric pump fire access boiler",
        "standard silver gold",
        None,
        2,
    ),
    Trade(
        12,
        ("超市", "书店", "健身中心", "药房"),
        "hvac electric access network plumbing",
        "standard silver",
        ("08:30", "21:00"),
        3,
    ),
    Trade(11, ("",), "hvac plumbing electric", "standard", ("08:00", "20:00"), 1),
)


def customer_rows(rng: random.Random, count: int, engineers: Sequence[Row]) -> list[Row]:
    """Return `count` customers; a few prefer or refuse an engineer. ``_trade`` is ours, not a field."""
    numbers = [engineer["number"] for engineer in engineers]
    rows: list[Row] = []
    taken: set[str] = set()
    for index in range(count):
        trade = rng.choices(TRADES, [each.weight for each in TRADES])[0]
        name = _name(rng, trade)
        while name in taken:
            name = _name(rng, trade)
        taken.add(name)
        stance = {3: "preferred", 7: "refused"}.get(index % 10)
        rows.append(
            {
                "number": f"C-{1001 + index}",
                "name": name,
                "grade": rng.choice(trade.grades.split()),
                "phone": phone(rng),
                "email": f"c{1001 + index}@{DOMAIN}" if trade.names[0] else "",
                "engineer_stances": [{"engineer_id": Ref("engineers", rng.choice(numbers)), "stance": stance}]
                if stance
                else [],
                "external_key": f"CRM-{70001 + index}",
                "_trade": trade,
            }
        )
    return rows


def _name(rng: random.Random, trade: Trade) -> str:
    kind = rng.choice(trade.names)
    if not kind:
        return person_name(rng)
    return rng.choice(_FIRST) + rng.choice(_SECOND) + kind


def site_rows(rng: random.Random, customers: Sequence[Row]) -> list[Row]:
    """Return one site or several of each customer; a few have an address no map knows."""
    rows = []
    for customer in customers:
        trade: Trade = customer["_trade"]
        for index in range(rng.randint(1, trade.most_sites)):
            where = place(rng)
            number = f"{customer['number']}-{index + 1}"
            rows.append(
                {
                    "customer_id": Ref("customers", customer["number"]),
                    "name": customer["name"] if index == 0 else f"{customer['name']}{'二三'[index - 1]}号点",
                    "address": where.address,
                    "lat": where.lat,
                    "lon": where.lon,
                    "access_hours": _hours(trade),
                    "access_notes": rng.choice(_ACCESS_NOTES),
                    "external_key": number,
                    "_trade": trade,
                }
            )
    for index, row in enumerate(rows[SITES_PER_UNLOCATED // 3 :: SITES_PER_UNLOCATED]):
        row.update(lat=None, lon=None, address=f"{CITY}云溪区规划{index + 1}路（暂无门牌）")
    return rows


def _hours(trade: Trade) -> list[Row]:
    if trade.hours is None:
        return []
    opens, closes = trade.hours
    return [{"weekday": day, "opens": opens, "closes": closes} for day in range(7)]


def asset_rows(rng: random.Random, sites: Sequence[Row], today: date) -> list[Row]:
    """Return the devices at the sites; some are under warranty."""
    rows: list[Row] = []
    for site in sites:
        trade: Trade = site["_trade"]
        families = trade.families.split()
        for family in rng.sample(families, min(len(families), rng.randint(1, 3))):
            name, model = rng.choice(_DEVICES[family])
            installed_on = today - timedelta(days=rng.randint(60, 3600))
            serial = f"{model.split()[1].replace('-', '')}{len(rows) + 1:05d}"
            rows.append(
                {
                    "site_id": Ref("sites", site["external_key"]),
                    "name": name,
                    "model": model,
                    "serial": serial,
                    "installed_on": installed_on.isoformat(),
                    "warranty_until": (installed_on + timedelta(days=730)).isoformat(),
                    "_family": family,
                }
            )
    return rows


def contract_rows(customers: Sequence[Row], today: date) -> list[Row]:
    """Return a contract of every customer above standard, with limits by grade."""
    limits = {"silver": (240, 2880), "gold": (120, 1440), "vip": (60, 720)}
    return [
        {
            "customer_id": Ref("customers", customer["number"]),
            "number": f"HT-{customer['number'][2:]}",
            "name": f"{customer['name']}年度维保",
            "starts_on": date(today.year, 1, 1).isoformat(),
            "ends_on": date(today.year + 1, 12, 31).isoformat(),
            "response_minutes": limits[customer["grade"]][0],
            "resolution_minutes": limits[customer["grade"]][1],
        }
        for customer in customers
        if customer["grade"] in limits
    ]
