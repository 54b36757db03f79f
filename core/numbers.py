"""Numbers people see, such as WO-2026-00317: counted by year, without gaps inside a transaction."""

from __future__ import annotations

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, mapped_column

from core.db import db, insert_if_absent


class NumberSeries(db.Model):  # type: ignore[name-defined,misc]
    """The last number given out in a series."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def take_numbers(name: str, year: int, count: int = 1) -> list[str]:
    """Return the next `count` numbers of a series, such as ``WO-2026-00317``."""
    insert_if_absent(NumberSeries, name=name, year=year, last=0)
    mine = (NumberSeries.name == name, NumberSeries.year == year)
    bump = (
        update(NumberSeries).where(*mine).values(last=NumberSeries.last + count).returning(NumberSeries.last)
    )
    last = db.session.scalars(bump).one()
    return [f"{name}-{year}-{number:05d}" for number in range(last - count + 1, last + 1)]
