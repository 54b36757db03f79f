"""What rows refer to by name or key: categories, skills, customers, sites and parts, found or made."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any

from sqlalchemy import or_, select

from core import audit, clock, numbers
from core.db import db, insert_rows
from core.errors import mark
from dispatch.customers.models import Customer, Site
from dispatch.flows.models import Category
from dispatch.intake.imports import Entry
from dispatch.intake.mappings import Mapping
from dispatch.workforce.models import Skill
from geo import places
from geo.datum import to_wgs84
from geo.point import haversine_m
from inventory.models import Part

SAME_PLACE_M = 250
"""Rows of one address whose positions lie further apart speak of two places (a long road)."""
_MOST_MINUTES = 525_600
_SITE = (
    "id",
    "customer_id",
    "name",
    "address",
    "lat",
    "lon",
    "position_source",
    "territory_id",
    "external_key",
)
_SITE_DEFAULTS = {"time_zone": "", "access_notes": "", "version": 1}


def code_of(name: str, most: int) -> str:
    """Return a code made from a name: letters of any script and digits, told apart when cut."""
    code = re.sub(r"[^\w]+", "-", name.casefold()).strip("-_") or "x"
    if len(code) > most:
        code = f"{code[: most - 9]}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
    return code


def skill_ids(mapping: Mapping, entries: Iterable[Entry]) -> dict[str, uuid.UUID]:
    """Return ids of skills by what the rows call them; unknown ones are made, or their rows refused."""
    known: dict[str, uuid.UUID] = {}
    for skill in db.session.scalars(select(Skill)):
        for name in (skill.name_zh, skill.name_en, skill.code):
            known[name.casefold()] = skill.id
    found = {}
    for entry in entries:
        for name in entry.values.get("skills", ()):
            if name.casefold() not in known:
                if "skills" not in mapping.create:
                    message = mark("There is no skill %(name)s: create it first, or map it to one there is.")
                    entry.refuse(mapping.column_of("skills"), message, name=name)
                    continue
                made = Skill(id=uuid.uuid4(), code=code_of(name, 40), name_en=name, name_zh=name)
                db.session.add(made)
                known[name.casefold()] = made.id
            found[name] = known[name.casefold()]
    return found


def part_ids(mapping: Mapping, entries: Iterable[Entry]) -> dict[str, uuid.UUID]:
    """Return ids of parts by number; rows that name an unknown part are refused."""
    named = {name for entry in entries for name in entry.values.get("parts", ())}
    query = select(Part.number, Part.id).where(Part.number.in_(named))
    known = dict(db.session.execute(query).all()) if named else {}
    for entry in entries:
        for name in entry.values.get("parts", ()):
            if name not in known:
                entry.refuse(
                    mapping.column_of("parts"), mark("There is no part with the number %(name)s."), name=name
                )
    return known


class Categories:
    """Types and sub-types of work by code or name; where the mapping says so, missing ones are made.

    A new one gets as resolution time the median of what its rows have from request to due instant.
    """

    def __init__(self, mapping: Mapping, entries: Iterable[Entry]) -> None:
        self.mapping = mapping
        self._known: dict[tuple[uuid.UUID | None, str], uuid.UUID] = {}
        columns = (Category.id, Category.parent_id, Category.code, Category.name_en, Category.name_zh)
        for id_, parent_id, *said in db.session.execute(select(*columns)):
            for name in said:
                self._known[parent_id, name.casefold()] = id_
        self._minutes: dict[tuple[str, str], list[int]] = defaultdict(list)
        for entry in entries:
            due, asked = entry.values.get("resolve_due_at"), entry.values.get("requested_at")
            if due and asked:
                minutes = int((due - asked).total_seconds() // 60)
                for names in {("", entry.values["category"]), _names_of(entry)}:
                    self._minutes[names].append(minutes)

    def id_of(self, entry: Entry) -> uuid.UUID | None:
        """Return the id of the row's sub-type, or its type; None where the row had to be refused."""
        parent_id = self._one(entry, None, "category")
        if parent_id is None or not entry.values.get("subcategory"):
            return parent_id
        return self._one(entry, parent_id, "subcategory")

    def _one(self, entry: Entry, parent_id: uuid.UUID | None, field: str) -> uuid.UUID | None:
        name = entry.values[field]
        known = self._known.get((parent_id, name.casefold()))
        if known:
            return known
        if "categories" not in self.mapping.create:
            message = mark("There is no category %(name)s: create it first, or map it to one there is.")
            entry.refuse(self.mapping.column_of(field), message, name=name)
            return None
        parent_name = entry.values["category"] if parent_id else ""
        minutes = self._minutes.get((parent_name, name))
        made = Category(
            id=uuid.uuid4(),
            parent_id=parent_id,
            code=code_of(name, 60),
            name_en=name,
            name_zh=name,
            duration_s=None if parent_id else entry.values.get("duration_minutes", 60) * 60,
            resolution_minutes=min(max(1, int(median(minutes))), _MOST_MINUTES) if minutes else None,
        )
        db.session.add(made)
        for said in (name, made.code):
            self._known.setdefault((parent_id, said.casefold()), made.id)
        return made.id


def _names_of(entry: Entry) -> tuple[str, str]:
    return (entry.values["category"], entry.values.get("subcategory", ""))


class Places:
    """Customers and their sites, by key; sites get their position and territory."""

    def __init__(self, mapping: Mapping, entries: list[Entry]) -> None:
        self.mapping = mapping
        names = {customer_key_of(entry) for entry in entries}
        keys = {self._external(name) for name in names}
        query = select(Customer).where(or_(Customer.external_key.in_(keys), Customer.number.in_(names)))
        self._customers: dict[str, uuid.UUID] = {}
        self._numbers = set()
        for customer in db.session.scalars(query):
            self._numbers.add(customer.number)
            self._customers.setdefault(self._external(customer.number), customer.id)
        for customer in db.session.scalars(query.where(Customer.external_key.in_(keys))):
            self._customers[customer.external_key or ""] = customer.id
        self._places = {entry.row: self._place_of(entry) for entry in entries}
        site_keys = {key for *both, _ in self._places.values() for key in both}
        found = select(Site).where(Site.external_key.in_(site_keys))
        self._sites = {site.external_key: site for site in db.session.scalars(found)}
        self._new: list[Site] = []
        self._moved: list[Site] = []

    def ids_of(self, entry: Entry) -> tuple[uuid.UUID, uuid.UUID] | None:
        """Return the ids of the row's customer and site, None where the row had to be refused."""
        customer_id = self._customer_id(entry)
        if customer_id is None:
            return None
        key, elsewhere, point = self._places[entry.row]
        site = self._sites.get(key)
        if point and site and site.lat is not None and _is_elsewhere(point, site):
            key = elsewhere
            site = self._sites.get(key)
        if site is None:
            address = entry.values.get("address", "")
            name = entry.values.get("site_name") or address or entry.key
            site = Site(id=uuid.uuid4(), customer_id=customer_id, name=name[:200], address=address)
            site.external_key = key
            self._sites[key] = site
            self._new.append(site)
        elif site.customer_id != customer_id:
            message = mark("The site %(key)s belongs to another customer.")
            entry.refuse(self.mapping.column_of("site_key"), message, key=key)
            return None
        if point is not None and site.lat is None:
            site.lat, site.lon = point
            site.position_source = f"given:{self.mapping.datum.value}"
            self._moved.append(site)
        return customer_id, site.id

    def settle(self) -> None:
        """Find the territories of all sites that got a position, and write the new ones."""
        if self._moved:
            lats, lons = [s.lat or 0.0 for s in self._moved], [s.lon or 0.0 for s in self._moved]
            for site, territory_id in zip(self._moved, places.territory_ids_at(lats, lons), strict=True):
                site.territory_id = territory_id
        db.session.flush()
        if self._new:
            # Most rows bring a site of their own: one statement for all is several times faster.
            rows = [{name: getattr(site, name) for name in _SITE} for site in self._new]
            for row in rows:
                row["position_source"] = row["position_source"] or ""
            now = clock.now()
            same = {**_SITE_DEFAULTS, "created_at": now, "updated_at": now}
            insert_rows(db.session(), Site.__table__, rows, same)
            audit.write_entries(db.session(), [_created(row) for row in rows])

    def _customer_id(self, entry: Entry) -> uuid.UUID | None:
        name = customer_key_of(entry)
        key = self._external(name)
        if key not in self._customers:
            if "customers" not in self.mapping.create:
                message = mark("There is no customer %(name)s: create it first.")
                entry.refuse(self.mapping.column_of("customer_key"), message, name=name)
                return None
            taken = len(name) > 40 or name in self._numbers
            made = Customer(
                id=uuid.uuid4(),
                number=numbers.take_numbers("C", clock.now().year)[0] if taken else name,
                name=entry.values.get("customer_name", name),
                phone=entry.values.get("customer_phone", ""),
                grade=entry.values.get("customer_grade", "standard"),
                external_key=key,
            )
            db.session.add(made)
            self._customers[key] = made.id
        return self._customers[key]

    def _external(self, *parts: str) -> str:
        key = ":".join((self.mapping.source, *parts))
        if len(key) > 200:
            key = f"{key[:160]}:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
        return key

    def _place_of(self, entry: Entry) -> tuple[str, str, tuple[float, float] | None]:
        """Return the key of the row's site, the one it has if that site is elsewhere, and the position."""
        values = entry.values
        point = None
        if "lat" in values:
            said = to_wgs84(values["lat"], values["lon"], self.mapping.datum)
            point = said.lat, said.lon
        if "site_key" in values:
            return values["site_key"], values["site_key"], point
        address = " ".join(values.get("address", "").casefold().split())
        if not address:
            key = self._external(customer_key_of(entry), "#", entry.key)
            return key, key, point
        place = f"@{point[0]:.3f},{point[1]:.3f}" if point else ""
        customer = customer_key_of(entry)
        return self._external(customer, address), self._external(customer, address, place), point


def _created(row: dict[str, Any]) -> dict[str, Any]:
    id_ = str(row["id"])
    after = {name: audit.plain(value) for name, value in row.items() if value is not None}
    return {"action": "create", "table": "site", "row_id": id_, "root_id": id_, "after": after}


def _is_elsewhere(point: tuple[float, float], site: Site) -> bool:
    return float(haversine_m(*point, site.lat, site.lon)) > SAME_PLACE_M


def customer_key_of(entry: Entry) -> str:
    """Return by what the row's customer is known: its key, else its name."""
    key: Any = entry.values.get("customer_key") or entry.values["customer_name"]
    return str(key)
