"""The town's stock: stores with shelves, vans, what came from the supplier, and who asks for more."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.demo.catalogue import FAMILY_OF_PREFIX
from dispatch.demo.rows import Ref, Row
from dispatch.demo.streets import DISTRICT_OF, place

SUPPLIER = Ref("stock-locations", "SUPPLIER")
_STORES = (("WH1", "湖心中心库", "HUXIN", "ABCDEF"), ("WH2", "东塘分库", "DONGTANG", "AB"))
DEAR_CENTS = 100_000
"""What costs more lies in few vans."""


def location_rows(rng: random.Random, engineers: Sequence[Row]) -> list[Row]:
    """Return the world outside, two stores with their shelves, and everyone's van."""
    rows: list[Row] = [
        {"code": "SUPPLIER", "name": "供应商", "kind": "supplier"},
        {"code": "CUSTOMER", "name": "客户现场", "kind": "customer"},
        {"code": "SCRAP", "name": "报废", "kind": "scrap"},
        {"code": "DIFFERENCE", "name": "盘点差异", "kind": "difference"},
    ]
    for code, name, district, shelves in _STORES:
        where = place(rng, DISTRICT_OF[district])
        rows.append({"code": code, "name": name, "kind": "warehouse", "lat": where.lat, "lon": where.lon})
        rows += [
            {
                "code": f"{code}-{shelf}",
                "name": f"{name}{shelf}货架",
                "kind": "shelf",
                "parent_id": Ref("stock-locations", code),
            }
            for shelf in shelves
        ]
    rows += [
        {
            "code": van_code(engineer),
            "name": f"{engineer['name']}的车",
            "kind": "van",
            "holder_id": Ref("engineers", engineer["number"]),
        }
        for engineer in engineers
    ]
    return rows


def van_code(engineer: Row) -> str:
    """Return the code of an engineer's van."""
    return f"VAN-{engineer['number'][2:]}"


def movement_rows(rng: random.Random, parts: Sequence[Row], engineers: Sequence[Row]) -> list[Row]:
    """Return the opening stock from the supplier: on shelves, and in vans what their engineers use."""
    shelves = [f"{code}-{shelf}" for code, _, _, names in _STORES for shelf in names]
    rows = []
    for index, part in enumerate(parts):
        dear = part["cost_cents"] > DEAR_CENTS
        quantity = rng.randint(1, 3) if dear else rng.randint(8, 60)
        rows.append(_delivery(part["number"], shelves[index % len(shelves)], quantity))
    for engineer in engineers:
        skills = {row["skill_id"].key: row["level"] for row in engineer["skills"]}
        for part in parts:
            level = skills.get(FAMILY_OF_PREFIX[part["number"][:2]], 0)
            chance = 0.35 if part["cost_cents"] > DEAR_CENTS else 0.9
            if level >= 3 and rng.random() < chance:
                quantity = 1 if part["cost_cents"] > DEAR_CENTS else rng.randint(2, 8)
                rows.append(_delivery(part["number"], van_code(engineer), quantity))
    return rows


def _delivery(part: str, to: str, quantity: int) -> Row:
    return {
        "part_id": Ref("parts", part),
        "from_location_id": SUPPLIER,
        "to_location_id": Ref("stock-locations", to),
        "quantity": quantity,
        "reason": "期初入库",
    }


@dataclass(frozen=True)
class Asking:
    """A part request by somebody who signs in, and the last verb done to it; `shelf` is where it lies."""

    email: str
    clerk: str
    row: Row
    shelf: Ref
    to: str


def askings(engineers: Sequence[tuple[str, Row]], clerk: str, movements: Sequence[Row]) -> list[Asking]:
    """Return requests with every outcome for parts the stores hold; engineers come with their addresses."""
    shelved: dict[str, Ref] = {}
    for movement in movements:
        shelved.setdefault(movement["part_id"].key, movement["to_location_id"])
    outcomes = ("request", "approve", "issue", "refuse", "cancel", "request", "approve", "issue")
    found = []
    for index, (to, part) in enumerate(zip(outcomes, list(shelved)[4::6], strict=False)):
        email, engineer = engineers[index % len(engineers)]
        row = {
            "part_id": Ref("parts", part),
            "quantity": 1,
            "engineer_id": Ref("engineers", engineer["number"]),
            "reason": ("补充车载库存", "明天的工单要用", "原件损坏，需更换")[index % 3],
        }
        found.append(Asking(email, clerk, row, shelved[part], to))
    return found
